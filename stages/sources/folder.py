"""The source `folder`: any tree of pictures and archives whose folders or files are named by label."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.common.errors import StudyError
from stages.common.files import Remark, printable
from stages.sources.archive import ARCHIVES, ArchiveError, archive_photos
from stages.sources.layouts import HIDDEN, NO_FILE, offer
from stages.sources.source import Photo, Source


class Folder(Source):
    """A folder of the user's own photos, given by its path."""

    Params = str
    default = 'data/photos'
    params: str

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file below the folder."""
        if not self.params.strip():
            raise StudyError('data.folder: empty; name a folder that holds folders named female and male')
        return folder_photos(Path(self.params))


def folder_photos(folder: Path) -> Iterator[Photo | Remark]:
    """Yield a photo for every file in `folder` and its archives, or a remark why it is none, in the order of paths."""
    if not folder.is_dir():
        raise StudyError(f'data.folder: {folder}: no such folder; name one that holds folders named female and male')
    for path in sorted(_paths(folder)):
        origin = PurePosixPath(path.relative_to(folder).as_posix())
        try:
            if flaw := _flaw(folder, path):
                yield Remark(str(origin), False, flaw)
            elif path.suffix.casefold() in ARCHIVES:
                yield from _archived(path, origin)
            else:
                yield offer(origin, path.stat().st_size, path.read_bytes)
        except OSError as error:
            yield Remark(str(origin), False, f'cannot be read: {error.strerror}')


def _paths(folder: Path) -> Iterator[Path]:
    """Yield every file, and every folder that is not entered: hidden ones, symlinks and unreadable ones."""
    errors: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        entered = [name for name in folders if not name.startswith('.') and not (Path(parent) / name).is_symlink()]
        for name in files + [name for name in folders if name not in entered]:
            yield Path(parent) / name
        folders[:] = entered
    yield from (Path(error.filename) for error in errors)


def _archived(path: Path, origin: PurePosixPath) -> Iterator[Photo | Remark]:
    """Yield the files of an archive; an unreadable one is an error, since it may hold any number of photos."""
    try:
        yield from archive_photos(path, origin)
    except (ArchiveError, OSError) as error:
        reason = f'cannot be read: {error.strerror}' if isinstance(error, OSError) else str(error)
        raise StudyError(f'data.folder: {printable(f"{path} {reason}")}; create it again, or remove it') from None


def _flaw(folder: Path, path: Path) -> str | None:
    """Return why a path cannot be a photo, or None."""
    if path.name.startswith('.'):
        return HIDDEN
    # Not Path.resolve, which raises an error for a symlink to itself.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return 'a symlink that points outside the folder'
    if not path.exists():
        return 'a broken symlink'
    if path.is_dir():
        return 'a symlink to a folder, which is not followed' if path.is_symlink() else 'a folder that cannot be read'
    return None if path.is_file() else NO_FILE
