"""Where the photos of a clean set go: the layout and the names of their source, on the side of their label."""

import errno
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path, PurePosixPath

from stages.common.params import LABELS
from stages.dataset.decisions import DROP, RELABEL
from stages.sources.layouts import LAYOUTS, labels_given
from stages.sources.words import Vocabulary

Photo = dict[str, str]  # a row, as `labelled_photos` returns it


def write_photos(
    folder: Path, raw: Path, photos: Sequence[Photo], choices: Mapping[str, str], vocabulary: Vocabulary
) -> dict[str, str]:
    """Copy the photos that stay into `folder`, and return where each one went, by its origin.

    raw: the folder of their files. choices: what becomes of a photo, by its origin: nothing, keep, drop or relabel.
    """
    staying = [(choices.get(photo['origin']) == RELABEL, photo) for photo in photos]
    staying = [(moves, photo) for moves, photo in staying if choices.get(photo['origin']) != DROP]
    folders = Folders(photos, vocabulary)
    places: dict[str, str] = {}
    # Those that move come last: another photo may have their new name, and keeps it.
    for moves, photo in sorted(staying, key=lambda of: of[0]):
        path = free(folder / folders.place(photo, moves))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(raw / photo['file'], path)
        except OSError as error:
            if error.errno not in (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
                raise
            # Names in archives may be what no folder can hold.
            path = free(folder / LABELS[LABELS.index(photo['label']) ^ moves] / PurePosixPath(photo['file']).name)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(raw / photo['file'], path)
        places[photo['origin']] = path.relative_to(folder).as_posix()
    return places


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
            origin = PurePosixPath(photo['origin'])
            for name, label in labels_given(origin, vocabulary):
                self._names[label][name] += name in origin.parts[:-1]

    def place(self, photo: Photo, is_relabelled: bool) -> PurePosixPath:
        """Return the place of a photo, from which its label can be read; a source without folders gets those."""
        label = LABELS[LABELS.index(photo['label']) ^ is_relabelled]
        origin = PurePosixPath(photo['origin'])
        is_safe = not origin.is_absolute() and '..' not in origin.parts
        if is_safe and self._label(origin) == photo['label']:
            place = self._moved(origin, label) if is_relabelled else origin
            if self._label(place) == label:
                return place
        return PurePosixPath(label, PurePosixPath(photo['file']).name)

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
