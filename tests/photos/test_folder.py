import pytest

from stages.common.errors import StudyError
from stages.common.remarks import Remark
from stages.photos.folder import folder_photos
from stages.photos.photo import Photo


def test_offers_every_file_in_an_order_of_names(tmp_path):
    for place in ('men/b.jpg', 'men/a.JPG', 'women/c', 'notes.txt'):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(place.encode())
    assert list(folder_photos(tmp_path)) == [
        Photo(b'men/a.JPG', '.jpg', 'male', 'men/a.JPG'),
        Photo(b'men/b.jpg', '.jpg', 'male', 'men/b.jpg'),
        Remark('notes.txt', False, 'neither its name nor a folder above it tells a label'),
        Photo(b'women/c', '', 'female', 'women/c'),
    ]


def test_links_that_break_or_lead_out_are_said(tmp_path):
    inside = tmp_path / 'set' / 'men'
    inside.mkdir(parents=True)
    (tmp_path / 'secret').write_bytes(b'secret')
    (inside / 'out.jpg').symlink_to(tmp_path / 'secret')
    (inside / 'broken.jpg').symlink_to(inside / 'nowhere')
    assert [offer.reason for offer in folder_photos(tmp_path / 'set')] == [
        'not a regular file',
        'a link that leads out of the folder',
    ]


def test_a_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(StudyError, match=r'data\.folder: .*nowhere: no such folder'):
        list(folder_photos(tmp_path / 'nowhere'))
