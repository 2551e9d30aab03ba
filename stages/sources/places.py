"""Files below a folder, looked up by the names that a table has for them."""

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from stages.sources.lost import BESIDE, FILM, PICTURE
from stages.sources.rows import UTF_8_OR_WINDOWS
from stages.sources.tree import READ_ELSEWHERE, Found


class LookupFailedError(Exception):
    """Why a name stands for no file, or for no single one."""


class Places:
    """The files of a folder by their places in it, and by parts of these."""

    def __init__(self, folder: Path, files: Iterable[Found]):
        self._folder, self._real = folder.absolute(), folder.resolve()
        # Names may start from where a symlink to the folder leads.
        self._starts = list(dict.fromkeys(_composed(str(start)) for start in (self._folder, self._real)))
        self.files = {str(found.place): found for found in files}
        # By composed names, since tables may have those of another system:
        self._places: dict[str, list[str]] = defaultdict(list)
        self._within: dict[str, list[str]] = defaultdict(list)  # a folder: the files below it
        self._ends: dict[str, list[str]] = defaultdict(list)  # the last name of a file or folder: where it is
        self._stems: dict[str, list[str]] = defaultdict(list)
        for place, found in self.files.items():
            if found.flaw and found.flaw.startswith(READ_ELSEWHERE):
                continue
            path = PurePosixPath(_composed(place))
            self._places[str(path)].append(place)
            if found.flaw:
                continue
            self._ends[path.name].append(str(path))
            if not (BESIDE.search(path.name) or FILM.search(path.name)):
                self._stems[path.stem].append(str(path))
            for parent in path.parents:
                if str(parent) not in self._within:
                    self._ends[parent.name].append(str(parent))
                self._within[str(parent)].append(place)

    def find(self, names: Sequence[str], below: PurePosixPath) -> list[str]:
        """Return the places that the first name which has any stands for: one file, or all files of a folder.

        A name is relative to the place `below`; or it is the end of a place below that, with or without the ending of
        the file, which may have become another picture's: CelebA's table names .jpg, for its PNG files, too. Raises a
        LookupFailedError.
        """
        below = PurePosixPath(_composed(str(below)))
        for name in (normalize('NFC', name) for name in names):
            place = self._place(name, below)
            if place in self._within and place not in self._places:
                beside, last = posixpath.split(place)
                _only([f'{place}/', *(path for path in self._stems.get(last, ()) if posixpath.dirname(path) == beside)])
            if at_place := self._at(place):
                return at_place
            folder, last = posixpath.split(posixpath.normpath(name.replace('\\', '/')))
            stem = posixpath.splitext(last)[0] if PICTURE.search(last) else last
            for ends, end_of_name in ((self._ends, last), (self._stems, last), (self._stems, stem)):
                found = [end for end in ends.get(end_of_name, ()) if _ends_with(end, folder, below)]
                if found:
                    (end,) = _only(found)
                    return self._within.get(end) or _only(self._places[end])
        for name in names:
            # Places are those by which a walk came to a folder: a symlink to it may have given another.
            try:
                real = os.path.realpath(self._folder / self._place(name, below))
            except ValueError:  # no file is called so
                continue
            if at_place := self._at(_composed(os.path.relpath(real, self._real))):
                return at_place
        raise LookupFailedError('there is no such file')

    def _at(self, place: str) -> list[str]:
        """Return the file at a place, or all files of the folder there but that of all photos, or nothing."""
        if place in self._places:
            return _only(self._places[place])
        return self._within.get(place, []) if place != '.' else []

    def _place(self, name: str, below: PurePosixPath) -> str:
        """Return where a name leads from the place `below`; a name that leads out of the folder is refused."""
        written = name if '/' in name else name.replace('\\', '/')
        # Names may leave the folder and come back.
        places = [posixpath.relpath(posixpath.join(start, below, written), start) for start in self._starts]
        place = min(places, key=lambda path: path.count('../'))
        if place == '..' or place.startswith('../'):
            raise LookupFailedError('its path leads out of the folder')
        # No row is about all photos.
        return '' if place in ('.', str(below)) else place


def _only(places: list[str]) -> list[str]:
    if len(places) > 1:
        raise LookupFailedError(f'several files are called so, such as {places[0]} and {places[1]}')
    return places


def _composed(name: str) -> str:
    """Return the name of a file on disk with composed letters, and its bytes that are no text as tables have them."""
    return normalize('NFC', os.fsencode(name).decode(errors=UTF_8_OR_WINDOWS))


def _ends_with(place: str, folder: str, below: PurePosixPath) -> bool:
    """Return whether a place lies below another, and in a folder whose path ends with `folder`."""
    path = PurePosixPath(place)
    return path.is_relative_to(below) and f'/{path.parent}'.endswith(f'/{folder}' if folder else '')
