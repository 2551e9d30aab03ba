import io
import random
import re
import shutil
import struct
import subprocess
import tarfile
import tracemalloc
import zipfile
import zlib
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
    (remark,) = archive_photos(path)
    assert remark.reason.startswith('damaged in its archive (Bad CRC-32')
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


OUT = 'its path leads out of the archive'


@pytest.mark.parametrize(('member', 'name', 'reason'), [
    (special('men/a.jpg', tarfile.SYMTYPE, '/etc/passwd'), 'men/a.jpg', 'a link in an archive'),
    (special('men/a.jpg', tarfile.LNKTYPE, 'men/0.jpg'), 'men/a.jpg', 'a link in an archive'),
    (('../men/a.jpg', b'a'), '../men/a.jpg', OUT),
    (('men/../../a.jpg', b'a'), 'men/../../a.jpg', OUT),
    (('/men/a.jpg', b'a'), '/men/a.jpg', OUT),
], ids=['link', 'hard link', 'above', 'above from within', 'absolute'])  # fmt: skip
def test_a_link_or_a_path_out_of_a_tar_archive_costs_only_itself(tmp_path, member, name, reason):
    path = tar(tmp_path / 'a.tar', ('men/0.jpg', b'0'), member)
    assert sorted(archive_photos(path), key=lambda offer: isinstance(offer, Remark)) == [
        Photo(b'0', '.jpg', 'male', 'men/0.jpg'), Remark(name, False, reason)
    ]  # fmt: skip
    with pytest.raises(ArchiveError, match=rf'^has no file that can be read \({re.escape(name)}: {reason}\)$'):
        next(archive_photos(tar(tmp_path / 'b.tar', member)))
    assert sorted(tmp_path.iterdir()) == [tmp_path / 'a.tar', tmp_path / 'b.tar']


MEN = {f'men/{number}.jpg': b'photo %d' % number for number in range(3)}


def altered(content: bytes, name: str, flags: int = 0, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive in which both headers of a file, or of all with the name '', have other flags and method."""
    changed = bytearray(content)
    for mark, at, name_at in ((b'PK\3\4', 6, 30), (b'PK\1\2', 8, 46)):
        for found in re.finditer(re.escape(mark), content):
            start = found.start()
            if content[start + name_at :].startswith(name.encode()):
                changed[start + at : start + at + 4] = struct.pack('<HH', flags, method)
    return bytes(changed)


@pytest.mark.parametrize(('flags', 'method', 'reason'), [
    (1, 0, 'protected by a password'),
    (1, 99, 'protected by a password'),
    (0, 9, 'compressed with Deflate64, which is not read'),
    (0, 98, 'compressed with PPMd, which is not read'),
    (0, 1, 'compressed with method 1 of the zip format, which is not read'),
    pytest.param(0, 93, 'compressed with Zstandard, which is not read', marks=pytest.mark.skipif(
        hasattr(zipfile, 'ZIP_ZSTANDARD'), reason='this Python reads it')),
])  # fmt: skip
def test_what_is_encrypted_or_compressed_otherwise_is_named(tmp_path, flags, method, reason):
    path = tmp_path / 'a.zip'
    path.write_bytes(altered(archive(MEN), 'men/1.jpg', flags, method))
    offers = list(archive_photos(path))
    assert [offer.content for offer in offers if isinstance(offer, Photo)] == [b'photo 0', b'photo 2']
    assert offers[1] == Remark('men/1.jpg', False, reason)
    path.write_bytes(altered(archive(MEN), '', flags, method))
    with pytest.raises(ArchiveError, match=rf'^has no file that can be read \(men/0\.jpg: {reason}\)$'):
        next(archive_photos(path))


@pytest.mark.parametrize(('method', 'old', 'new'), [
    (zipfile.ZIP_STORED, b'photo 1', b'photo 9'),  # another sum
    (zipfile.ZIP_DEFLATED, zlib.compress(b'photo 1' * 9)[2:5], b'\xff\xff\xff'),
    (zipfile.ZIP_STORED, b'\0\0men/1', b'\0\0Men/1'),  # the names in its two headers differ
    (zipfile.ZIP_STORED, b'PK\3\4', b'PK\0\0'),
    (zipfile.ZIP_LZMA, b'', b''),
], ids=['sum', 'deflate', 'name', 'header', 'lzma'])  # fmt: skip
def test_a_damaged_file_in_a_zip_archive_costs_only_itself(tmp_path, method, old, new):
    photos = {name: content * 9 if method else content for name, content in MEN.items()}
    content = bytearray(archive(photos, method))
    start = content.index(b'men/1.jpg') - 30
    at = start + 50 if not old else content.index(old, start - (old == b'PK\3\4'))
    content[at : at + (len(old) or 8)] = new or bytes(8)
    (tmp_path / 'a.zip').write_bytes(content)
    offers = list(archive_photos(tmp_path / 'a.zip'))
    assert [offer.origin for offer in offers if isinstance(offer, Photo)] == ['men/0.jpg', 'men/2.jpg']
    assert offers[1].origin == 'men/1.jpg'
    assert offers[1].reason.startswith('damaged in its archive (')


@pytest.mark.parametrize(('before', 'comment', 'behind'), [
    (b'', b'PK\5\6' + b'x' * 500, b''),
    (b'', b'two PK\5\6 and PK\5\6', b''),
    (b'MZ' + bytes(5000), b'', b''),
    (b'MZ' + bytes(5000), b'made by PK\5\6', b''),
    (b'', b'', bytes(1000)),
    (b'', bytes(65_535), b''),
], ids=['mark in the comment', 'two marks', 'program', 'program and comment', 'tail', 'long comment'])  # fmt: skip
def test_a_zip_archive_may_have_a_comment_or_a_program_before_it(tmp_path, before, comment, behind):
    path = tmp_path / 'a.zip'
    path.write_bytes(archive(MEN))
    with zipfile.ZipFile(path, 'a') as written:
        written.comment = comment
    path.write_bytes(before + path.read_bytes() + behind)
    assert {photo.origin: photo.content for photo in archive_photos(path)} == MEN


def test_a_zip_archive_in_parts_is_called_one(tmp_path):
    if not (zip_program := shutil.which('zip')):
        pytest.skip('zip is not installed')
    for number in range(3):
        (tmp_path / f'{number}.jpg').write_bytes(random.Random(number).randbytes(100_000))
    subprocess.run([zip_program, '-q0s', '64k', 'my x.zip', '0.jpg', '1.jpg', '2.jpg'], cwd=tmp_path, check=True)
    parts = len(list(tmp_path.glob('my x.z*')))
    with pytest.raises(ArchiveError) as error:
        next(archive_photos(tmp_path / 'my x.zip', 'women.zip'))
    assert str(error.value) == f"is the last of {parts} parts: `zip -s 0 'my x.zip' --out 'whole-my x.zip'` joins them"
    subprocess.run(['sh', '-c', str(error.value).split('`')[1]], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert len(list(archive_photos(tmp_path / 'whole-my x.zip', 'women.zip'))) == 3


@pytest.mark.parametrize(('name', 'read'), [
    ('Männer/1.jpg'.encode(), 'Männer/1.jpg'), ('Männer/1.jpg'.encode('cp437'), 'Männer/1.jpg'),
    (b'men/\xc3.jpg', 'men/├.jpg'), ('Mężczyźni/ü.jpg'.encode(), 'Mężczyźni/ü.jpg'),
])  # fmt: skip
def test_names_in_utf_8_are_read_without_the_flag_that_says_so(tmp_path, name, read):
    content = archive({'x' * len(name): b'a'})
    (tmp_path / 'a.zip').write_bytes(content.replace(b'x' * len(name), name))
    assert list(archive_photos(tmp_path / 'a.zip')) == [Photo(b'a', '.jpg', 'male', read)]


@pytest.mark.parametrize(('checked', 'read'), [(b'M_nner/1.jpg', 'Männer/1.jpg'), (b'other', 'M_nner/1.jpg')])
def test_names_in_an_extra_field_are_read_where_they_belong_to_the_plain_name(tmp_path, checked, read):
    info, name = zipfile.ZipInfo('M_nner/1.jpg'), 'Männer/1.jpg'.encode()
    fields = struct.pack('<HHBI', 0x7075, 5 + len(name), 1, zlib.crc32(checked)) + name
    info.extra = struct.pack('<HHI', 0x5455, 4, 0) + fields
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as file:
        file.writestr(info, b'a')
    assert [offer.origin for offer in archive_photos(tmp_path / 'a.zip')] == [read]


def test_a_tar_archive_with_a_broken_header_is_no_shorter_one(tmp_path):
    path = tar(tmp_path / 'a.tar', *MEN.items())
    content = path.read_bytes()
    path.write_bytes(content.replace(b'men/1.jpg', b'xxxxxxxxx'))
    with pytest.raises(ArchiveError, match=r'^is damaged behind men/0\.jpg$'):
        next(archive_photos(path))
    path.write_bytes(content + content)
    assert len(list(archive_photos(path))) == len(MEN)


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
        written.addfile(tarfile.TarInfo('men/b.jpg'))
    assert next(archive_photos(tmp_path / 'a.tar')) == Remark('men/a.jpg', False, 'not a regular file')
