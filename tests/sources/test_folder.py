import os

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark
from stages.sources.folder import Folder, folder_photos
from stages.sources.layouts import HIDDEN
from stages.sources.source import Photo
from tests.sources.kaggle_server import archive


def two_labels(name: str, label: str, other: str) -> str:
    return f'{label} by "{name}", although "{other}" in its path gives the other label'


def test_files_are_offered_in_the_order_of_their_names(tmp_path):
    for name in ('men/b.jpg', 'men/a.JPG', 'women/c', 'notes.txt'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert list(folder_photos(tmp_path)) == [
        Photo(b'men/a.JPG', '.jpg', 'male', 'men/a.JPG'),
        Photo(b'men/b.jpg', '.jpg', 'male', 'men/b.jpg'),
        Remark('notes.txt', False, 'neither its name nor that of a parent folder gives a label'),
        Photo(b'women/c', '', 'female', 'women/c'),
    ]


def test_archives_are_read_in_the_order_of_their_names(tmp_path):
    (tmp_path / 'men').mkdir()
    (tmp_path / 'men' / 'z.jpg').write_bytes(b'z')
    (tmp_path / 'men' / 'b.zip').write_bytes(archive({'1.jpg': b'1', 'women/2.jpg': b'2'}))
    assert list(folder_photos(tmp_path)) == [
        Photo(b'1', '.jpg', 'male', 'men/b.zip/1.jpg'),
        Photo(b'2', '.jpg', 'female', 'men/b.zip/women/2.jpg', two_labels('women', 'female', 'men')),
        Photo(b'z', '.jpg', 'male', 'men/z.jpg'),
    ]


def test_an_archive_that_cannot_be_read_is_a_clear_error(tmp_path):
    (tmp_path / 'men.zip').write_bytes(b'PK')
    with pytest.raises(
        StudyError, match=r'^data\.folder: .*/men\.zip is damaged or not a zip archive .*; create it again, or'
    ):
        list(folder_photos(tmp_path))
    (tmp_path / 'men.zip').write_bytes(archive({'../\nout.jpg': b'1'}))
    with pytest.raises(StudyError, match=r'with a path outside the archive \(\.\./\\nout\.jpg\); create it again, or'):
        list(folder_photos(tmp_path))


def test_broken_links_and_links_out_of_the_folder_get_a_remark(tmp_path):
    inside = tmp_path / 'set' / 'men'
    inside.mkdir(parents=True)
    (tmp_path / 'secret').write_bytes(b'secret')
    (inside / 'out.jpg').symlink_to(tmp_path / 'secret')
    (inside / 'broken.jpg').symlink_to(inside / 'nowhere')
    assert [offer.reason for offer in folder_photos(tmp_path / 'set')] == [
        'a broken symlink',
        'a symlink that points outside the folder',
    ]


def test_a_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(StudyError, match=r'^data\.folder: .*nowhere: no such folder; name one that holds'):
        list(folder_photos(tmp_path / 'nowhere'))


def test_source_offers_the_files_of_the_folder_in_its_params(tmp_path):
    (tmp_path / 'men').mkdir()
    (tmp_path / 'men' / 'a.jpg').write_bytes(b'a')
    photos = list(Folder(str(tmp_path)).photos(workers=1))
    assert photos == [Photo(b'a', '.jpg', 'male', 'men/a.jpg')]


@pytest.fixture
def nobody(tmp_path):
    """Run the test as the user nobody, since root may read everything."""
    if os.geteuid() == 0:
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(0o755)
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_unreadable_files_and_folders_get_a_remark(tmp_path, request):
    for name in ('men/file.jpg', 'men/closed/a.jpg', 'women/good.jpg'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / 'men' / 'file.jpg').chmod(0)
    (tmp_path / 'men' / 'closed').chmod(0)
    request.getfixturevalue('nobody')
    assert list(folder_photos(tmp_path)) == [
        Remark('men/closed', False, 'a folder that cannot be read'),
        Remark('men/file.jpg', False, 'cannot be read: Permission denied'),
        Photo(b'women/good.jpg', '.jpg', 'female', 'women/good.jpg'),
    ]


def test_anything_but_a_file_gets_a_remark_and_is_not_opened(tmp_path):
    men = tmp_path / 'men'
    (men / '.hidden').mkdir(parents=True)
    (men / 'folder.jpg').mkdir()
    os.mkfifo(men / 'pipe.jpg')
    (men / 'loop.jpg').symlink_to('loop.jpg')
    (men / 'again').symlink_to('.')
    assert list(folder_photos(tmp_path)) == [
        Remark('men/.hidden', False, HIDDEN),
        Remark('men/again', False, 'a symlink to a folder, which is not followed'),
        Remark('men/loop.jpg', False, 'a broken symlink'),
        Remark('men/pipe.jpg', False, 'not a regular file'),
    ]
