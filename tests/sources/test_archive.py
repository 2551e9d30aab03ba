import tracemalloc
import zipfile

import pytest

from stages.common.remarks import Remark
from stages.sources.archive import ArchiveError, archive_photos
from stages.sources.offer import HIDDEN
from stages.sources.source import Photo
from tests.sources.kaggle_server import archive


def test_offers_every_file_in_an_order_of_names(tmp_path):
    path = tmp_path / 'a.zip'
    path.write_bytes(archive({'men/b.JPG': b'b', 'men/': b'', 'men/a.jpg': b'a', 'notes.txt': b'', 'men/._a.jpg': b''}))
    assert list(archive_photos(path)) == [
        Remark('men/._a.jpg', False, HIDDEN),
        Photo(b'a', '.jpg', 'male', 'men/a.jpg'),
        Photo(b'b', '.jpg', 'male', 'men/b.JPG'),
        Remark('notes.txt', False, 'neither its name nor that of a folder above it names a label'),
    ]


def test_a_file_that_is_larger_than_a_photo_is_left_out_unread(tmp_path, monkeypatch):
    monkeypatch.setattr('stages.sources.offer.MOST_BYTES', 1_000_000)
    path = tmp_path / 'a.zip'
    path.write_bytes(archive({'men/a.jpg': bytes(1_000_001)}))
    assert list(archive_photos(path)) == [Remark('men/a.jpg', False, 'larger than 1 MB')]


def test_a_file_with_more_in_it_than_the_archive_says_is_not_unpacked(tmp_path):
    path, size = tmp_path / 'a.zip', 50_000_000
    content = archive({'men/a.jpg': bytes(size)}, zipfile.ZIP_DEFLATED)
    path.write_bytes(content.replace(size.to_bytes(4, 'little'), (1000).to_bytes(4, 'little')))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match='damaged'):
        list(archive_photos(path))
    assert tracemalloc.get_traced_memory()[1] < size / 10
    tracemalloc.stop()
