"""Every file below a folder, each real folder once, by whatever symlinks it is reached."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from stages.sources.layouts import HIDDEN, NO_FILE

OUTSIDE = 'a symlink that points outside the folder'
READ_ELSEWHERE = 'a symlink to a folder that is read'


@dataclass(frozen=True)
class Found:
    """A file at its `place` below the folder, or what is no file, with the `flaw` that says why."""

    place: PurePosixPath
    path: Path  # to open it; the folders in it are no symlinks
    flaw: str | None = None


def files_below(
    folder: Path, anywhere: bool, is_labelled: Callable[[PurePosixPath], bool] = lambda place: False
) -> list[Found]:
    """Return every file below `folder`, and everything that is not entered, in the order of places.

    Symlinks to folders are entered if they stay inside `folder` or may lead `anywhere`. A folder that can be reached
    twice is read where it has a label by its place, as `is_labelled` says, and else where it lies; so is a file.
    """
    walk = _Walk(os.path.realpath(folder), anywhere)
    walk.run(set(walk.better_named(is_labelled)))
    named = {real: place for real, place in walk.links if is_labelled(place)}
    found = [
        replace(file, flaw=f'a file that is read as {named[str(file.path)]}')
        if str(file.path) in named and not file.flaw and not is_labelled(file.place)
        else file
        for file in walk.found
    ]
    return sorted([*found, *walk.repeated()], key=lambda found: found.place)


class _Walk:
    """A walk that enters every real folder once."""

    def __init__(self, top: str, anywhere: bool):
        self.top, self.anywhere = top, anywhere
        self.found: list[Found] = []
        self.links: list[tuple[str, PurePosixPath]] = []  # the files that symlinks lead to, and their places
        self._entered: dict[str, PurePosixPath] = {}
        self._postponed: list[tuple[PurePosixPath, str]] = []  # symlinks
        self._repeated: list[tuple[PurePosixPath, str]] = []  # symlinks

    def better_named(self, is_labelled: Callable[[PurePosixPath], bool]) -> Iterator[str]:
        """Yield real folders inside without a label, to which a symlink with a label leads."""
        for parent, folders, _ in os.walk(self.top):
            folders[:] = [name for name in folders if not name.startswith('.')]
            for link in (Path(parent, name) for name in folders if Path(parent, name).is_symlink()):
                real = os.path.realpath(link)
                if self._is_inside(real) and not Path(parent).is_relative_to(real):
                    places = [PurePosixPath(os.path.relpath(path, self.top)) / 'photo' for path in (link, real)]
                    if is_labelled(places[0]) and not is_labelled(places[1]):
                        yield real

    def run(self, awaited: set[str]) -> None:
        """Enter everything: the real folders, but those that are `awaited` by the symlink that leads to them."""
        self._enter(PurePosixPath(), self.top, awaited)
        # Those whose symlink lies within another such folder may not have been reached by it.
        for real in sorted(awaited - set(self._entered)):
            self._enter(PurePosixPath(os.path.relpath(real, self.top)), real, set())
        while self._postponed:
            place, real = self._postponed.pop(0)
            if real in self._entered:
                self._repeated.append((place, real))
            else:
                self._enter(place, real, set())

    def _enter(self, place: PurePosixPath, real: str, awaited: set[str]) -> None:
        waiting = [(place, real, False)]
        while waiting:
            place, real, is_link = waiting.pop()
            # A folder inside may still be entered where it lies.
            if is_link and self._is_inside(real) and real not in awaited:
                self._postponed.append((place, real))
            elif is_link and real in self._entered:
                self._repeated.append((place, real))
            elif real not in self._entered and (is_link or real not in awaited):
                self._entered[real] = place
                waiting += reversed(list(self._folders_in(place, real)))

    def repeated(self) -> Iterator[Found]:
        """Yield every symlink whose folder was entered at another place."""
        for place, real in self._repeated:
            where = self._entered[real]
            named = f'as {where}' if where.parts else 'as a whole'
            yield Found(place, Path(real), f'{READ_ELSEWHERE} {named}')

    def _folders_in(self, place: PurePosixPath, real: str) -> Iterator[tuple[PurePosixPath, str, bool]]:
        """Yield the folders in one, with whether each is a symlink, and keep the files in it."""
        try:
            entries = sorted(os.scandir(real), key=lambda entry: entry.name)
        except OSError:
            self.found.append(Found(place, Path(real), 'a folder that cannot be read'))
            return
        for entry in entries:
            path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
            flaw = self._flaw(entry, path)
            if not flaw and Path(path).is_dir():
                yield place / entry.name, path, entry.is_symlink()
            else:
                self.found.append(Found(place / entry.name, Path(entry.path), flaw))
                if entry.is_symlink() and not flaw:
                    self.links.append((path, place / entry.name))

    def _flaw(self, entry: os.DirEntry[str], real: str) -> str | None:
        """Return why an entry is neither a file nor a folder to enter, or None."""
        if entry.name.startswith('.'):
            return HIDDEN
        if not self.anywhere and not self._is_inside(real):
            return OUTSIDE
        if not Path(real).exists():
            return 'a broken symlink'
        return None if Path(real).is_file() or Path(real).is_dir() else NO_FILE

    def _is_inside(self, real: str) -> bool:
        return Path(real).is_relative_to(self.top)
