"""Where the photos of a clean set go: the layout and the names of their source, on the side of their label."""

import errno
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path, PurePosixPath

from stages.common.params import LABELS
from stages.dataset.decisions import DROP, RELABEL, named_by_source
from stages.sources.layouts import LAYOUTS, labels_given
from stages.sources.words import Vocabulary

Photo = dict[str, str]  # a row, as `labelled_photos` returns it


def write_photos(
    folder: Path, raw: Path, photos: Sequence[Photo], choices: Mapping[str, str], vocabulary: Vocabulary
) -> dict[str, str]:
    """Copy the photos that stay into `folder`, and return where each one went, by its origin.

    raw: the folder of their files. choices: what becomes of a photo, by its origin: nothing, keep, drop or relabel.
    """
    staying = [photo for photo in photos if choices.get(photo['origin']) != DROP]
    moving = {photo['origin'] for photo in staying if choices.get(photo['origin']) == RELABEL}
    folders = Folders(photos, vocabulary)
    places: dict[str, str] = {}
    # Those that move come last: another photo may have their new name, and keeps it.
    for photo in sorted(staying, key=lambda photo: photo['origin'] in moving):
        moves, file = photo['origin'] in moving, raw / photo['file']
        try:
            path = copied(file, folder / folders.place(photo, moves))
        except OSError as error:
            if error.errno not in (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
                raise
            # Names in archives may be what no folder can hold.
            path = copied(file, folder / folder_of_label(photo, moves))
        places[photo['origin']] = path.relative_to(folder).as_posix()
    return places


def copied(file: Path, path: Path) -> Path:
    """Copy a file to a path or, where there is something, to the first with a number that is free; return where."""
    path = free(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return shutil.copyfile(file, path)


def folder_of_label(photo: Photo, is_relabelled: bool) -> PurePosixPath:
    """Return a place for a photo in a folder that is called as its label."""
    label = LABELS[LABELS.index(photo['label']) ^ is_relabelled]
    return PurePosixPath(label, PurePosixPath(photo['file']).name)


def free(path: Path) -> Path:
    """Return the path or, where there is something, the first with a number that is free."""
    numbered = (path.with_name(f'{path.stem} ({number}){path.suffix}') for number in count(2))
    return next(place for place in chain([path], numbered) if not exists(place))


def exists(path: Path) -> bool:
    """Return whether there is something at a path, which may be too long a name."""
    try:
        return path.exists()
    except OSError:
        return False


class Folders:
    """The folders of a source, and what those of the other label are called."""

    def __init__(self, photos: Sequence[Photo], vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self._names: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
        for photo in photos:
            origin = PurePosixPath(named_by_source(photo['origin']))
            for name, label in labels_given(origin, vocabulary):
                self._names[label][name] += name in origin.parts[:-1]

    def place(self, photo: Photo, is_relabelled: bool) -> PurePosixPath:
        """Return the place of a photo, from which its label can be read; a source without folders gets those."""
        in_folder = folder_of_label(photo, is_relabelled)
        label, origin = in_folder.parts[0], PurePosixPath(named_by_source(photo['origin']))
        is_safe = not origin.is_absolute() and '..' not in origin.parts
        if is_safe and self._label(origin) == photo['label']:
            place = self._moved(origin, label) if is_relabelled else origin
            if self._label(place) == label:
                return place
        return in_folder

    def _label(self, place: PurePosixPath) -> str | None:
        return next((label for _, label in labels_given(place, self.vocabulary)), None)

    def _moved(self, origin: PurePosixPath, label: str) -> PurePosixPath:
        """Return where a photo lies with the other label: its folders, or its name, replaced by those of that one."""
        wrong = {name for name, given in labels_given(origin, self.vocabulary) if given != label}
        folders = [self._folder(label) if name in wrong else name for name in origin.parts[:-1]]
        name = origin.name
        for layout in LAYOUTS:
            if match := layout.pattern.match(name.casefold()):
                other = next(key for key, given in layout.labels.items() if given == label)
                name = name[: match.start(1)] + other + name[match.end(1) :]
        if name == origin.name and folders == list(origin.parts[:-1]):
            folders.append(label)  # the label is the head of its name, which a folder overrules
        return PurePosixPath(*folders, name)

    def _folder(self, label: str) -> str:
        """Return what most photos with a label have as the name of their folder."""
        names = self._names[label].most_common(1)
        return names[0][0] if names and names[0][1] else label
