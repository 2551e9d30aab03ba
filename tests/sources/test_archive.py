import io
import random
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark
from stages.sources.archive import ArchiveError, archive_photos
from stages.sources.layouts import HIDDEN
from stages.sources.source import Photo
from tests.sources.kaggle_server import archive


def test_files_are_offered_in_the_order_of_their_names(tmp_path):
    path = tmp_path / 'a.zip'
    path.write_bytes(archive({'men/b.JPG': b'b', 'men/': b'', 'men/a.jpg': b'a', 'notes.txt': b'', 'men/._a.jpg': b''}))
    assert list(archive_photos(path)) == [
        Remark('men/._a.jpg', False, HIDDEN),
        Photo(b'a', '.jpg', 'male', 'men/a.jpg'),
        Photo(b'b', '.jpg', 'male', 'men/b.JPG'),
        Remark('notes.txt', False, 'neither its name nor that of a parent folder gives a label'),
    ]


def test_too_large_file_is_left_out_unread(tmp_path, monkeypatch):
    monkeypatch.setattr('stages.sources.layouts.MOST_BYTES', 1_000_000)
    path = tmp_path / 'a.zip'
    path.write_bytes(archive({'men/a.jpg': bytes(1_000_001)}))
    assert list(archive_photos(path)) == [Remark('men/a.jpg', False, 'larger than 1 MB')]


def test_file_larger_than_the_archive_says_is_not_unpacked(tmp_path):
    path, size = tmp_path / 'a.zip', 50_000_000
    content = archive({'men/a.jpg': bytes(size)}, zipfile.ZIP_DEFLATED)
    path.write_bytes(content.replace(size.to_bytes(4, 'little'), (1000).to_bytes(4, 'little')))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match='damaged'):
        list(archive_photos(path))
    assert tracemalloc.get_traced_memory()[1] < size / 10
    tracemalloc.stop()


def tar(path: Path, *members: tarfile.TarInfo | tuple[str, bytes], mode: str = 'w') -> Path:
    """Write a tar archive of files by name and content, or of members without content."""
    with tarfile.open(path, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, target: str = '') -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_tar_archive_offers_its_files_below_its_own_path(tmp_path):
    path = tar(
        tmp_path / 'a.tar',
        ('men/b.JPG', b'b'), ('men/a.jpg', b'a'), special('men', tarfile.DIRTYPE), ('notes.txt', b''),
        special('men/pipe.jpg', tarfile.FIFOTYPE),
    )  # fmt: skip
    assert list(archive_photos(path, 'set/a.tar')) == [
        Photo(b'a', '.jpg', 'male', 'set/a.tar/men/a.jpg'),
        Photo(b'b', '.jpg', 'male', 'set/a.tar/men/b.JPG'),
        Remark('set/a.tar/men/pipe.jpg', False, 'not a regular file'),
        Remark('set/a.tar/notes.txt', False, 'neither its name nor that of a parent folder gives a label'),
    ]


def test_an_archive_of_one_label_may_be_named_by_it(tmp_path):
    path = tmp_path / 'Women.ZIP'
    path.write_bytes(archive({'a.jpg': b'a'}))
    assert list(archive_photos(path, 'Women.ZIP')) == [Photo(b'a', '.jpg', 'female', 'Women.ZIP/a.jpg')]


@pytest.mark.parametrize(('member', 'reason'), [
    (special('men/a.jpg', tarfile.SYMTYPE, '/etc/passwd'), r'contains a link \(men/a\.jpg\)'),
    (special('men/a.jpg', tarfile.LNKTYPE, 'men/b.jpg'), 'contains a link'),
    (('../men/a.jpg', b'a'), r'contains a file with a path outside the archive \(\.\./men/a\.jpg\)'),
    (('/men/a.jpg', b'a'), 'contains a file with a path outside'),
], ids=['link', 'hard link', 'above', 'absolute'])  # fmt: skip
def test_malicious_tar_archive_is_refused(tmp_path, member, reason):
    path = tar(tmp_path / 'a.tar', ('men/0.jpg', b'0'), member)
    with pytest.raises(ArchiveError, match=reason):
        next(archive_photos(path))


def test_truncated_or_compressed_tar_archive_is_refused(tmp_path):
    path = tar(tmp_path / 'a.tar', ('men/a.jpg', bytes(5000)))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ArchiveError, match='damaged or not a tar archive'):
        list(archive_photos(path))
    with pytest.raises(ArchiveError, match='damaged or not a tar archive'):
        list(archive_photos(tar(tmp_path / 'b.tar', ('men/a.jpg', b'a'), mode='w:gz')))


COMPRESSED = pytest.mark.parametrize(('ending', 'mode'), [('.tar.gz', 'w:gz'), ('.tar.xz', 'w:xz')])


@pytest.fixture
def unpacked(monkeypatch):
    """The sizes of the blocks that were written while an archive was decompressed."""
    blocks = []
    monkeypatch.setattr('stages.sources.archive._write', lambda file, block: blocks.append(file.write(block)))
    return blocks


@pytest.mark.parametrize(('name', 'mode'), [
    ('a.tar.gz', 'w:gz'), ('b.tgz', 'w:gz'), ('c.tar.xz', 'w:xz'), ('D.TXZ', 'w:xz'),
])  # fmt: skip
def test_a_compressed_tar_archive_is_decompressed_once(tmp_path, unpacked, name, mode):
    path = tar(tmp_path / name, ('women/b.jpg', b'b'), ('women/a.jpg', b'a'), ('men/c.jpg', b'c'), mode=mode)
    photos = [(photo.origin, photo.content, photo.label) for photo in archive_photos(path)]
    assert photos == [('men/c.jpg', b'c', 'male'), ('women/a.jpg', b'a', 'female'), ('women/b.jpg', b'b', 'female')]
    assert sum(unpacked) == 10_240


def test_a_compressed_archive_of_one_label_may_be_named_by_it(tmp_path):
    path = tar(tmp_path / 'women.tar.gz', ('a.jpg', b'a'), mode='w:gz')
    assert [photo.label for photo in archive_photos(path, 'women.tar.gz')] == ['female']


@COMPRESSED
def test_a_compressed_tar_archive_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch, unpacked, ending, mode):
    monkeypatch.setattr('stages.sources.archive.HEADERS', 100_000)
    path = tar(tmp_path / f'a{ending}', ('men/a.jpg', bytes(50_000_000)), mode=mode)
    with pytest.raises(ArchiveError, match=r'^unpacks to more than 20 times its size$'):
        list(archive_photos(path))
    assert sum(unpacked) <= 20 * path.stat().st_size + 100_000
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match='unpacks to more than 20 times its size'):
        list(archive_photos(tar(tmp_path / f'b{ending}', ('men/a.jpg', bytes(9_000_000)), mode=mode)))


@COMPRESSED
def test_a_compressed_tar_archive_that_is_cut_or_none_is_damaged(tmp_path, ending, mode):
    whole = tar(tmp_path / f'a{ending}', ('men/a.jpg', random.Random(1).randbytes(5000)), mode=mode).read_bytes()
    for number, content in enumerate((whole[:2000], b'<html>', whole[:-2000] + bytes(2000))):
        path = tmp_path / f'{number}{ending}'
        path.write_bytes(content)
        with pytest.raises(ArchiveError, match=f'damaged or not a {ending[1:]} archive'):
            list(archive_photos(path))


def test_a_disk_that_is_too_small_to_unpack_is_named(tmp_path, monkeypatch):
    path = tar(tmp_path / 'a.tar.gz', ('men/a.jpg', b'a'), mode='w:gz')
    with open('/dev/full', 'r+b', buffering=0) as full:
        monkeypatch.setattr('stages.sources.archive.TemporaryFile', lambda: full)
        with pytest.raises(
            StudyError, match=r'No space left on device, on unpacking an archive; let TMPDIR name another'
        ):
            list(archive_photos(path))


def test_a_sparse_file_in_a_tar_archive_is_not_read(tmp_path):
    info = tarfile.TarInfo('men/a.jpg')
    info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '4000'}
    body = b'1\n0\n10\n' + bytes(505) + b'x' * 10
    info.size = len(body)
    with tarfile.open(tmp_path / 'a.tar', 'w', format=tarfile.PAX_FORMAT) as written:
        written.addfile(info, io.BytesIO(body))
    assert list(archive_photos(tmp_path / 'a.tar')) == [Remark('men/a.jpg', False, 'not a regular file')]
