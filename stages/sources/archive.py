"""Photos straight out of a zip archive: nothing is unpacked, so no name and no link in it can lead anywhere."""

import errno
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.common.remarks import Remark
from stages.sources.offer import offer
from stages.sources.source import Photo

EXPANSION = 20  # times its own size; photos are compressed already, so an archive that holds more is a bomb


class ArchiveError(Exception):
    """The reason why an archive is not read, as the end of a sentence about it."""


def archive_photos(path: Path) -> Iterator[Photo | Remark]:
    """Yield every file of the zip archive at `path` as a photo, or as a remark why it is none, in an order of names.

    An ArchiveError gives the reason, before the first photo where it can be known by then, to read no more of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path.stat().st_size)
            files = [(PurePosixPath(info.filename), info) for info in archive.infolist() if not info.is_dir()]
            for place, info in sorted(files, key=lambda file: file[0]):
                yield _photo(archive, place, info)
    except (ArchiveError, MemoryError):
        raise
    # Broken archives let errors of every kind out of zipfile and its decompressors.
    except Exception as error:
        # Those of the disk have a number of their own; a broken seek has this one, or none.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ArchiveError(f'is damaged or no zip archive ({" ".join(str(error).split())})') from error


def _check(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what no data set of photos has."""
    for info in archive.infolist():
        place = PurePosixPath(info.filename)
        if place.is_absolute() or '..' in place.parts:
            raise ArchiveError(f'holds a file that is to lie outside of its folder ({info.filename})')
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveError(f'holds a link ({info.filename})')
    if sum(info.file_size for info in archive.infolist()) > EXPANSION * size:
        raise ArchiveError(f'unpacks to more than {EXPANSION} times its size')


def _photo(archive: zipfile.ZipFile, place: PurePosixPath, info: zipfile.ZipInfo) -> Photo | Remark:
    def read() -> bytes:
        with archive.open(info) as file:
            # A given number of bytes bounds what is decompressed, should the file hold more than the archive says.
            return file.read(info.file_size)

    return offer(place, info.file_size, read)
