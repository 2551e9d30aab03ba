"""Photos read from an archive without unpacking it, so that names and links in it can do no harm."""

import errno
import gzip
import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path, PurePath, PurePosixPath
from shlex import quote
from tempfile import TemporaryFile, gettempdir
from typing import IO

from stages.common.errors import StudyError
from stages.common.files import Remark
from stages.sources.layouts import KNOWN, NO_FILE, offer
from stages.sources.source import Photo
from stages.sources.words import Vocabulary

MAX_EXPANSION = 20  # times the archive's size; photos are already compressed, so a larger archive is a bomb
HEADERS = 10_000_000  # bytes that the headers and padding of a compressed tar archive may take beyond that
BLOCK = 1_000_000  # bytes that are decompressed at a time
LINK = 'a link in an archive'
OUTSIDE = 'its path leads out of the archive'
PASSWORD = 'protected by a password'
# Python reads Zstandard from 3.14 on.
READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA} | (
    {93} if hasattr(zipfile, 'ZIP_ZSTANDARD') else set()
)
AES = 99
UTF_8 = 0x800  # the flag of a name
UNICODE_PATH = 0x7075  # an extra field; Python reads it from 3.13 on
COMPRESSIONS = {6: 'Implode', 9: 'Deflate64', 93: 'Zstandard', 95: 'XZ', 96: 'JPEG', 98: 'PPMd'}


class ArchiveError(Exception):
    """An archive cannot be read; the message completes a sentence that starts with its name."""


@dataclass(frozen=True)
class Member:
    """A file in an archive, by its header."""

    path: PurePosixPath
    size: int
    flaw: str | None  # why it is not read
    open: Callable[[], IO[bytes]]

    def read(self) -> bytes:
        """Return as much of it as its header says: it may decompress to more."""
        with self.open() as file:
            return file.read(self.size)


@contextmanager
def _zip_members(path: Path) -> Iterator[list[Member]]:
    with _UpTo(path, _end_of_zip(path)) as file, zipfile.ZipFile(file) as archive:
        members = []
        for info in archive.infolist():
            name = _name(info)
            # PowerShell 5 and .NET Framework write women\\1.jpg.
            place = PurePosixPath(name if '/' in name else name.replace('\\', '/'))
            if not name.endswith(('/', '\\')):
                flaw = _flaw(place) or _zip_flaw(info)
                members.append(Member(place, info.file_size, flaw, partial(archive.open, info)))
        yield members


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a file; macOS writes UTF-8 without the flag that says so, others an extra field."""
    written = info.orig_filename.encode('utf-8' if info.flag_bits & UTF_8 else 'cp437', 'replace')
    prefix = b'\1' + zlib.crc32(written).to_bytes(4, 'little')
    at = 0
    while at + 4 <= len(info.extra):
        kind, size = struct.unpack_from('<HH', info.extra, at)
        at += 4 + size
        body = info.extra[at - size : at]
        if kind == UNICODE_PATH and body.startswith(prefix):
            return body.removeprefix(prefix).decode(errors='replace')
    try:
        return info.filename if info.flag_bits & UTF_8 else info.filename.encode('cp437').decode()
    except UnicodeError:
        return info.filename


def _flaw(place: PurePosixPath) -> str | None:
    return OUTSIDE if place.is_absolute() or '..' in place.parts else None


def _zip_flaw(info: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(info.external_attr >> 16):
        return LINK
    if info.flag_bits & 1 or info.compress_type == AES:
        return PASSWORD
    if info.compress_type not in READ:
        name = COMPRESSIONS.get(info.compress_type, f'method {info.compress_type} of the zip format')
        return f'compressed with {name}, which is not read'
    return None


def _end_of_zip(path: Path) -> int:
    """Return where an archive's last record ends but for its comment: that may hold the mark of such a record, too.

    An ArchiveError says that other parts of the archive are in other files.
    """
    size = path.stat().st_size
    with path.open('rb') as file:
        file.seek(max(0, size - 22 - 65_535))
        tail = file.read()
    for mark in re.finditer(b'PK\5\6', tail):
        end = mark.start() + 22
        if end + int.from_bytes(tail[end - 2 : end], 'little') == len(tail):
            parts = int.from_bytes(tail[mark.start() + 4 : mark.start() + 6], 'little') + 1
            if 1 < parts <= 0xFFFF:  # a larger archive has the number elsewhere
                name, whole = quote(path.name), quote(f'whole-{path.name}')
                raise ArchiveError(f'is the last of {parts} parts: `zip -s 0 {name} --out {whole}` joins them')
            return size - len(tail) + end
    return size


class _UpTo(io.FileIO):
    """A file without what is behind a position."""

    def __init__(self, path: Path, end: int):
        super().__init__(path)
        self._end = end

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return super().seek(self._end + offset) if whence == io.SEEK_END else super().seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._end - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


@contextmanager
def _tar_members(path: Path, content: IO[bytes] | None = None) -> Iterator[list[Member]]:
    # 'r:' refuses compressed archives, which would be decompressed again for each photo.
    with tarfile.open(path, 'r:', fileobj=content) as archive:
        members = []
        for info in archive.getmembers():
            place, opened = PurePosixPath(info.name), partial(archive.fileobject, archive, info)
            flaw = LINK if info.issym() or info.islnk() else None
            flaw = flaw or _flaw(place) or (None if info.isreg() and not info.issparse() else NO_FILE)
            if not info.isdir():
                members.append(Member(place, info.size, flaw, opened))
        # tarfile takes a header that it cannot read for the end.
        archive.fileobj.seek(archive.offset)
        if any(archive.fileobj.read(tarfile.BLOCKSIZE)):
            raise ArchiveError(f'is damaged behind {archive.getnames()[-1]}')
        yield members


@contextmanager
def _compressed_members(opened: Callable[[Path], BufferedIOBase], path: Path) -> Iterator[list[Member]]:
    # Decompressed once, to a file without a name, since photos are read in the order of their paths.
    with TemporaryFile() as content:
        with opened(path) as stream:
            for block in iter(partial(stream.read, BLOCK), b''):
                if content.tell() + len(block) > MAX_EXPANSION * path.stat().st_size + HEADERS:
                    raise ArchiveError(TOO_LARGE)
                _write(content, block)
        content.seek(0)
        with _tar_members(path, content) as members:
            yield members


def _write(content: IO[bytes], block: bytes) -> None:
    try:
        content.write(block)
        content.flush()
    except OSError as error:
        place = f'{gettempdir()}: {error.strerror}'
        raise StudyError(f'{place}, on unpacking an archive; let TMPDIR name another folder') from error


TOO_LARGE = f'unpacks to more than {MAX_EXPANSION} times its size'
GZIP, XZ = (partial(_compressed_members, opened) for opened in (gzip.GzipFile, lzma.LZMAFile))
ARCHIVES: dict[str, Callable[[Path], AbstractContextManager[list[Member]]]] = {
    '.zip': _zip_members, '.tar': _tar_members,
    '.tar.gz': GZIP, '.tgz': GZIP, '.tar.xz': XZ, '.txz': XZ,
}  # fmt: skip


def archive_kind(path: PurePath) -> str | None:
    """Return which of ARCHIVES a path has as its ending, or None."""
    return next((kind for kind in ARCHIVES if path.name.casefold().endswith(kind)), None)


def archive_photos(
    path: Path, origin: PurePosixPath | str = '', vocabulary: Vocabulary = KNOWN
) -> Iterator[Photo | Remark]:
    """Yield a photo for every file of an archive, or a remark why it is not one, in the order of paths.

    `path` must have an `archive_kind`; `origin` is the archive's position in its source. Raises an ArchiveError, before
    the first photo if the headers show it, if the archive is damaged as a whole, a bomb, or has nothing that is read.
    """
    kind = archive_kind(path) or ''
    with _damage(kind), ARCHIVES[kind](path) as members:
        _check(members, path.stat().st_size)
        for member in sorted(members, key=lambda member: member.path):
            yield _offered(member, origin / member.path, vocabulary)


def _offered(member: Member, origin: PurePosixPath, vocabulary: Vocabulary) -> Photo | Remark:
    """Return a file of an archive as a photo, or why it is none; damage to it alone costs no other."""
    if member.flaw:
        return Remark(str(origin), False, member.flaw)

    def read() -> bytes:
        with _damage('file'):
            return member.read()

    try:
        return offer(origin, member.size, read, vocabulary)
    except ArchiveError as error:
        return Remark(str(origin), False, str(error))


@contextmanager
def _damage(kind: str) -> Iterator[None]:
    """Turn what goes wrong on reading a broken archive, or a file in it, into an ArchiveError."""
    try:
        yield
    except (ArchiveError, StudyError, MemoryError):
        raise
    # zipfile, tarfile and their decompressors raise errors of every kind on broken archives.
    except Exception as error:
        # Errors of the disk have another number; an invalid seek has EINVAL or none.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        what = 'damaged in its archive' if kind == 'file' else f'is damaged or not a {kind[1:]} archive'
        raise ArchiveError(f'{what} ({" ".join(str(error).split())})') from error


def _check(members: list[Member], size: int) -> None:
    """Refuse bombs, and archives of which nothing is read."""
    if sum(member.size for member in members) > MAX_EXPANSION * size:
        raise ArchiveError(TOO_LARGE)
    if members and all(member.flaw for member in members):
        raise ArchiveError(f'has no file that can be read ({members[0].path}: {members[0].flaw})')
