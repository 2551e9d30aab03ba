"""Photos straight out of an archive: nothing is unpacked, so no name and no link in it can lead anywhere."""

import errno
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from stages.common.files import Remark
from stages.sources.offer import NO_FILE, offer
from stages.sources.source import Photo

EXPANSION = 20  # times its own size; photos are compressed already, so an archive that holds more is a bomb


class ArchiveError(Exception):
    """The reason why an archive is not read, as the end of a sentence about it."""


@dataclass(frozen=True)
class Member:
    """What an archive says of a file in it: its name, its size in bytes, whether it is a link, or a plain file."""

    name: str
    size: int
    is_link: bool
    is_file: bool
    read: Callable[[], bytes]

    @property
    def place(self) -> PurePosixPath:
        """Return where the file lies in the archive."""
        return PurePosixPath(self.name)


@contextmanager
def _zip_members(path: Path) -> Iterator[list[Member]]:
    with zipfile.ZipFile(path) as archive:
        yield [
            Member(
                info.filename,
                info.file_size,
                stat.S_ISLNK(info.external_attr >> 16),
                True,
                partial(_read_zipped, archive, info),
            )
            for info in archive.infolist()
            if not info.is_dir()
        ]


def _read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # A given number of bytes bounds what is decompressed, should the file hold more than is said.
        return file.read(info.file_size)


@contextmanager
def _tar_members(path: Path) -> Iterator[list[Member]]:
    # Compressed ones would be decompressed anew for each photo: 'r:' refuses them.
    with tarfile.open(path, 'r:') as archive:
        yield [
            Member(
                info.name,
                info.size,
                info.issym() or info.islnk(),
                info.isreg() and not info.issparse(),
                partial(_read_tarred, archive, info),
            )
            for info in archive.getmembers()
            if not info.isdir()
        ]


def _read_tarred(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    return archive.extractfile(info).read(info.size)


ARCHIVES = {'.zip': _zip_members, '.tar': _tar_members}


def archive_photos(path: Path, place: str = '') -> Iterator[Photo | Remark]:
    """Yield every file of an archive as a photo, or as a remark why it is none, in an order of names.

    The suffix of `path` is one of ARCHIVES; `place`, where the archive itself lies in its source, is put before the
    places of its files. An ArchiveError gives the reason, before the first photo where it can be known by then, to read
    no more of it.
    """
    kind = path.suffix.casefold()
    try:
        with ARCHIVES[kind](path) as members:
            _check(members, path.stat().st_size)
            for member in sorted(members, key=lambda member: member.place):
                yield _photo(member, place / member.place)
    except (ArchiveError, MemoryError):
        raise
    # Broken archives let errors of every kind out of zipfile, tarfile and their decompressors.
    except Exception as error:
        # Those of the disk have a number of their own; a broken seek has this one, or none.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ArchiveError(f'is damaged or no {kind[1:]} archive ({" ".join(str(error).split())})') from error


def _check(members: list[Member], size: int) -> None:
    """Refuse what no data set of photos has."""
    for member in members:
        if member.place.is_absolute() or '..' in member.place.parts:
            raise ArchiveError(f'holds a file that is to lie outside of its folder ({member.name})')
        if member.is_link:
            raise ArchiveError(f'holds a link ({member.name})')
    if sum(member.size for member in members) > EXPANSION * size:
        raise ArchiveError(f'unpacks to more than {EXPANSION} times its size')


def _photo(member: Member, place: PurePosixPath) -> Photo | Remark:
    if not member.is_file:
        return Remark(str(place), False, NO_FILE)
    return offer(place, member.size, member.read)
