"""The source `folder`: any tree of pictures and archives whose folders or files are named by label."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.common.errors import StudyError
from stages.common.files import Remark, printable
from stages.sources.archive import ArchiveError, archive_kind, archive_photos
from stages.sources.layouts import KNOWN, labels_given, offer
from stages.sources.source import Photo, Source
from stages.sources.tree import files_below
from stages.sources.words import Vocabulary


class Folder(Source):
    """A folder or an archive of the user's own photos, given by its path."""

    Params = str
    default = 'data/photos'
    params: str

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file below the folder."""
        if not self.params.strip():
            raise StudyError('data.folder: empty; name a folder that holds folders named female and male')
        return folder_photos(Path(self.params), Vocabulary(self.reading.words), self.reading.links == 'anywhere')


def folder_photos(folder: Path, vocabulary: Vocabulary = KNOWN, anywhere: bool = False) -> Iterator[Photo | Remark]:
    """Yield a photo for every file in `folder` and its archives, or a remark why it is none, in the order of paths.

    `folder` may itself be an archive. Symlinks that lead out of it are followed if they may lead `anywhere`.
    """
    if folder.is_file() and archive_kind(folder):
        yield from _archived(folder, PurePosixPath(), vocabulary)
        return
    if not folder.is_dir():
        reason = 'not a folder or an archive (.zip, .tar, .tar.gz, .tar.xz)' if folder.exists() else 'no such folder'
        raise StudyError(f'data.folder: {folder}: {reason}; name one that holds folders named female and male')
    for found in files_below(folder, anywhere, lambda place: any(labels_given(place, vocabulary))):
        try:
            if found.flaw:
                yield Remark(str(found.place), False, found.flaw)
            elif archive_kind(found.path):
                yield from _archived(found.path, found.place, vocabulary)
            else:
                yield offer(found.place, found.path.stat().st_size, found.path.read_bytes, vocabulary)
        except OSError as error:
            yield Remark(str(found.place), False, f'cannot be read: {error.strerror}')


def _archived(path: Path, origin: PurePosixPath, vocabulary: Vocabulary) -> Iterator[Photo | Remark]:
    """Yield the files of an archive; an unreadable one is an error, since it may hold any number of photos."""
    try:
        yield from archive_photos(path, origin, vocabulary)
    except (ArchiveError, OSError) as error:
        reason = f'cannot be read: {error.strerror}' if isinstance(error, OSError) else str(error)
        said = printable(f'{path} {reason}')
        raise StudyError(f'data.folder: {said}; create it again, unpack it, or remove it') from None
