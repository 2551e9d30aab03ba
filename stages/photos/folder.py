"""The source `folder`: any tree of pictures whose folders or files are named by label."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.common.errors import StudyError
from stages.common.remarks import Remark
from stages.photos.offer import is_hidden, offer
from stages.photos.photo import Photo


def folder_photos(folder: Path) -> Iterator[Photo | Remark]:
    """Yield every file below `folder` as a photo, or as a remark why it is none; in an order of names, not of disks."""
    if not folder.is_dir():
        raise StudyError(f'data.folder: {folder}: no such folder; name one that holds folders named female and male')
    for place in sorted(_places(folder)):
        yield _photo(folder, place)


def _places(folder: Path) -> Iterator[PurePosixPath]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith('.')]
        for name in files:
            place = PurePosixPath((Path(parent) / name).relative_to(folder).as_posix())
            if not is_hidden(place):
                yield place


def _photo(folder: Path, place: PurePosixPath) -> Photo | Remark:
    path = folder / place
    if not path.resolve().is_relative_to(folder.resolve()):
        return Remark(str(place), False, 'a link that leads out of the folder')
    try:
        if not path.is_file():
            return Remark(str(place), False, 'not a regular file')
        return offer(place, path.stat().st_size, path.read_bytes)
    except OSError as error:
        return Remark(str(place), False, f'cannot be read: {error.strerror}')
