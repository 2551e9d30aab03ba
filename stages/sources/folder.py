"""The source `folder`: any tree of pictures, and of archives of them, whose folders or files are named by label."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.common.errors import StudyError
from stages.common.files import Remark, printable
from stages.sources.archive import ARCHIVES, ArchiveError, archive_photos
from stages.sources.offer import HIDDEN, NO_FILE, offer
from stages.sources.source import Photo, Source


class Folder(Source):
    """A folder of the user's own photos, named by its path."""

    Params = str

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file below the folder."""
        if not self.params.strip():
            raise StudyError('data.folder: empty; name a folder that holds folders named female and male')
        return folder_photos(Path(self.params))


def folder_photos(folder: Path) -> Iterator[Photo | Remark]:
    """Yield every file below `folder`, and in the archives there, as a photo, or as a remark why it is none.

    They come in an order of names, not of disks. A StudyError names an archive that is damaged or made to harm.
    """
    if not folder.is_dir():
        raise StudyError(f'data.folder: {folder}: no such folder; name one that holds folders named female and male')
    for place in sorted(_places(folder)):
        yield from _photos(folder, place)


def _places(folder: Path) -> Iterator[PurePosixPath]:
    """Yield every file, and every folder that is not entered: hidden ones, links, and those that cannot be read."""
    closed = []
    for parent, folders, files in os.walk(folder, onerror=closed.append):
        entered = [name for name in folders if not name.startswith('.') and not (Path(parent) / name).is_symlink()]
        for name in files + [name for name in folders if name not in entered]:
            yield _place(folder, Path(parent) / name)
        folders[:] = entered
    for error in closed:
        yield _place(folder, Path(error.filename))


def _place(folder: Path, path: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(folder).as_posix())


def _photos(folder: Path, place: PurePosixPath) -> Iterator[Photo | Remark]:
    path = folder / place
    try:
        if flaw := _flaw(folder, path):
            yield Remark(str(place), False, flaw)
        elif path.suffix.casefold() in ARCHIVES:
            yield from _archived(path, place)
        else:
            yield offer(place, path.stat().st_size, path.read_bytes)
    except OSError as error:
        yield Remark(str(place), False, f'cannot be read: {error.strerror}')


def _archived(path: Path, place: PurePosixPath) -> Iterator[Photo | Remark]:
    """Yield the files of an archive; left out with a remark, it would take unknown many photos with it."""
    try:
        yield from archive_photos(path, str(place))
    except (ArchiveError, OSError) as error:
        reason = f'cannot be read: {error.strerror}' if isinstance(error, OSError) else str(error)
        raise StudyError(f'data.folder: {printable(f"{path} {reason}")}; make it anew, or take it away') from None


def _flaw(folder: Path, path: Path) -> str | None:
    """Return why a path is not to be read as a photo, or None."""
    if path.name.startswith('.'):
        return HIDDEN
    # Path.resolve raises an error on a link that leads to itself.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return 'a link that leads out of the folder'
    if not path.exists():
        return 'a link that leads nowhere'
    if path.is_dir():
        return 'a link to a folder, which is not followed' if path.is_symlink() else 'a folder that cannot be read'
    if not path.is_file():
        return NO_FILE
    return None
