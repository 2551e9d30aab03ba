"""Photos read from an archive without unpacking it, so that names and links in it can do no harm."""

import errno
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path, PurePath, PurePosixPath
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


class ArchiveError(Exception):
    """An archive cannot be read; the message completes a sentence that starts with its name."""


@dataclass(frozen=True)
class Member:
    """A file in an archive, by its header."""

    path: PurePosixPath
    size: int
    is_link: bool
    is_file: bool
    open: Callable[[], IO[bytes]]

    def read(self) -> bytes:
        """Return as much of it as its header says: it may decompress to more."""
        with self.open() as file:
            return file.read(self.size)


@contextmanager
def _zip_members(path: Path) -> Iterator[list[Member]]:
    with zipfile.ZipFile(path) as archive:
        members = []
        for info in archive.infolist():
            # PowerShell 5 and .NET Framework write women\\1.jpg.
            name = info.filename if '/' in info.filename else info.filename.replace('\\', '/')
            if not name.endswith('/'):
                is_link, opened = stat.S_ISLNK(info.external_attr >> 16), partial(archive.open, info)
                members.append(Member(PurePosixPath(name), info.file_size, is_link, True, opened))
        yield members


@contextmanager
def _tar_members(path: Path, content: IO[bytes] | None = None) -> Iterator[list[Member]]:
    # 'r:' refuses compressed archives, which would be decompressed again for each photo.
    with tarfile.open(path, 'r:', fileobj=content) as archive:
        members = []
        for info in archive.getmembers():
            is_link, is_file = info.issym() or info.islnk(), info.isreg() and not info.issparse()
            opened = partial(archive.fileobject, archive, info)
            if not info.isdir():
                members.append(Member(PurePosixPath(info.name), info.size, is_link, is_file, opened))
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

    `path` must have an `archive_kind`; `origin` is the archive's position in its source. Raises an ArchiveError if the
    archive is damaged or malicious: before the first photo, if the headers show it.
    """
    kind = archive_kind(path) or ''
    try:
        with ARCHIVES[kind](path) as members:
            _check(members, path.stat().st_size)
            for member in sorted(members, key=lambda member: member.path):
                if member.is_file:
                    yield offer(origin / member.path, member.size, member.read, vocabulary)
                else:
                    yield Remark(str(origin / member.path), False, NO_FILE)
    except (ArchiveError, StudyError, MemoryError):
        raise
    # zipfile, tarfile and their decompressors raise errors of every kind on broken archives.
    except Exception as error:
        # Errors of the disk have another number; an invalid seek has EINVAL or none.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ArchiveError(f'is damaged or not a {kind[1:]} archive ({" ".join(str(error).split())})') from error


def _check(members: list[Member], size: int) -> None:
    """Refuse unsafe paths, links, and bombs."""
    for member in members:
        if member.path.is_absolute() or '..' in member.path.parts:
            raise ArchiveError(f'contains a file with a path outside the archive ({member.path})')
        if member.is_link:
            raise ArchiveError(f'contains a link ({member.path})')
    if sum(member.size for member in members) > MAX_EXPANSION * size:
        raise ArchiveError(TOO_LARGE)
