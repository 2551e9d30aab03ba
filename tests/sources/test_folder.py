import os

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark
from stages.sources.folder import Folder, folder_photos
from stages.sources.layouts import HIDDEN, NO_LABEL
from stages.sources.lost import read_counts
from stages.sources.source import Photo, ReadingParams
from tests.sources.kaggle_server import archive
from tests.sources.test_archive import tar


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
        StudyError, match=r'^data\.folder: .*/men\.zip is damaged or not a zip archive .*; create it again, '
    ):
        list(folder_photos(tmp_path))
    (tmp_path / 'men.zip').write_bytes(archive({'../\nout.jpg': b'1'}))
    with pytest.raises(StudyError, match=r'\.\./\\nout\.jpg: its path leads out of the archive\); create it again, '):
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
        Remark('men/again', False, 'a symlink to a folder that is read as men'),
        Remark('men/loop.jpg', False, 'a broken symlink'),
        Remark('men/pipe.jpg', False, 'not a regular file'),
    ]


@pytest.mark.parametrize('name', ['faces.zip', 'faces.TGZ'])
def test_the_folder_may_be_an_archive(tmp_path, name):
    path = tmp_path / name
    if name == 'faces.zip':
        path.write_bytes(archive({'men/a.jpg': b'a'}))
    else:
        tar(path, ('men/a.jpg', b'a'), mode='w:gz')
    assert list(folder_photos(path)) == [Photo(b'a', '.jpg', 'male', 'men/a.jpg')]


def test_another_file_is_no_folder(tmp_path):
    (tmp_path / 'a.rar').write_bytes(b'Rar!')
    with pytest.raises(StudyError, match=r'^data\.folder: .*/a\.rar: not a folder or an archive \(\.zip, '):
        list(folder_photos(tmp_path / 'a.rar'))


def test_words_that_are_told_name_folders_and_archives(tmp_path):
    (tmp_path / '0').mkdir()
    (tmp_path / '0' / 'a.jpg').write_bytes(b'a')
    (tmp_path / '1.zip').write_bytes(archive({'0 (1).jpg': b'b', 'part 0/c.jpg': b'c'}))
    source = Folder(str(tmp_path), ReadingParams(words={0: 'female', '1': 'male'}))
    assert [(photo.origin, photo.label) for photo in source.photos(workers=1)] == [
        ('0/a.jpg', 'female'), ('1.zip/0 (1).jpg', 'male'), ('1.zip/part 0/c.jpg', 'male'),
    ]  # fmt: skip


def test_a_symlink_to_a_folder_inside_is_followed_where_it_gives_the_label(tmp_path):
    for place in ('.store/x/1.jpg', 'sets/a/1.jpg', 'sets/a/deep/2.jpg', 'women/1.jpg', 'plain/1.jpg'):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(place.encode())
    links = {
        'men': 'sets/a',
        'sets/boys': 'a',
        'girls': '.store/x',
        'males': 'women',
        'ghost': 'plain',
        'women/up': '..',
    }
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    assert [offer if isinstance(offer, Remark) else (offer.origin, offer.content.decode(), offer.label)
            for offer in folder_photos(tmp_path)] == [
        Remark('.store', False, HIDDEN),
        Remark('ghost', False, 'a symlink to a folder that is read as plain'),
        ('girls/1.jpg', '.store/x/1.jpg', 'female'),
        Remark('males', False, 'a symlink to a folder that is read as women'),
        ('men/1.jpg', 'sets/a/1.jpg', 'male'),
        ('men/deep/2.jpg', 'sets/a/deep/2.jpg', 'male'),
        Remark('plain/1.jpg', False, NO_LABEL),
        Remark('sets/boys', False, 'a symlink to a folder that is read as men'),
        ('women/1.jpg', 'women/1.jpg', 'female'),
        Remark('women/up', False, 'a symlink to a folder that is read as a whole'),
    ]  # fmt: skip


def test_a_photo_without_a_label_may_have_one_by_a_symlink_to_it(tmp_path):
    for place in ('pool/1.jpg', 'pool/2.jpg', 'pool/3.jpg', 'men/4.jpg'):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(place.encode())
    (tmp_path / 'women').mkdir()
    for link, target in (
        ('women/1.jpg', '../pool/1.jpg'),
        ('men/2.jpg', '../pool/2.jpg'),
        ('women/4.jpg', '../men/4.jpg'),
    ):
        (tmp_path / link).symlink_to(target)
    offers = list(folder_photos(tmp_path))
    remarks = [offer for offer in offers if isinstance(offer, Remark)]
    assert remarks == [
        Remark('pool/1.jpg', False, 'a file that is read as women/1.jpg'),
        Remark('pool/2.jpg', False, 'a file that is read as men/2.jpg'),
        Remark('pool/3.jpg', False, NO_LABEL),
    ]
    assert [offer.origin for offer in offers if offer not in remarks] == [
        'men/2.jpg',
        'men/4.jpg',
        'women/1.jpg',
        'women/4.jpg',
    ]
    assert read_counts(4, remarks)['pictures'] == 5


def test_symlinks_in_each_other_s_folders_lose_no_file(tmp_path):
    for name, link, target in (('a', 'women', '../b'), ('b', 'men', '../a')):
        (tmp_path / name).mkdir()
        (tmp_path / name / f'{name}.jpg').write_bytes(name.encode())
        (tmp_path / name / link).symlink_to(target)
    assert [offer.origin for offer in folder_photos(tmp_path)] == ['a/a.jpg', 'a/women', 'b/b.jpg', 'b/men']


def test_symlinks_that_lead_out_are_followed_if_the_params_say_so(tmp_path):
    for place in ('out/1.jpg', 'out/more/2.jpg', 'set/women/3.jpg', '4.jpg'):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(place.encode())
    (tmp_path / 'set' / 'men').symlink_to('../out')
    (tmp_path / 'out' / 'back').symlink_to('..')
    (tmp_path / 'set' / 'women' / '4.jpg').symlink_to('../../4.jpg')
    found = {}
    for links in ('inside', 'anywhere'):
        offers = Folder(str(tmp_path / 'set'), ReadingParams(links=links)).photos(workers=1)
        found[links] = [(offer.origin, type(offer)) for offer in offers]
    assert found['inside'] == [('men', Remark), ('women/3.jpg', Photo), ('women/4.jpg', Remark)]
    assert found['anywhere'] == [
        (place, Photo) for place in ('men/1.jpg', 'men/back/4.jpg', 'men/more/2.jpg', 'women/3.jpg', 'women/4.jpg')
    ]  # fmt: skip
