"""From a file in a source to a photo: the layouts of data sets, which give labels by names of files and folders."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from shlex import quote

from stages.common.files import Remark
from stages.common.params import Label
from stages.images.decode import MOST_BYTES
from stages.sources.lost import ARCHIVE, BESIDE, FILM
from stages.sources.source import Photo
from stages.sources.words import Reading, Vocabulary

HIDDEN = 'hidden: its name or that of a parent folder starts with a dot'
NO_FILE = 'not a regular file'
ARCHIVED = 'an archive that is not read: its kind is unknown, or it is inside another archive'
PARTS = {
    re.compile(r'(?i)(.+)\.z\d\d$'): 'an archive in parts: `zip -s 0 {0}.zip --out whole.zip` joins them',
    re.compile(r'(?i)(.+)\.\d{3}$'): 'an archive in parts: `cat {0}.??? > whole.{1}` joins them',
    re.compile(r'(?i)(.+)(\.part\d+\.rar|\.r\d\d)$'): 'an archive in parts: unpack it with the program that made it',
}
A_FILM = 'a film, not a picture'
NO_PICTURE = 'no picture, by its name and its first bytes'
PICTURE_BYTES = re.compile(
    rb'\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0{4}|RIFF.{4}WEBP|II\*\0|MM\0\*|.{4}ftyp(he[iv]|mif|avi)', re.DOTALL
)
NO_LABEL = 'neither its name nor that of a parent folder gives a label'
KNOWN = Vocabulary()


@dataclass(frozen=True)
class Layout:
    """A way to write labels in the names of files."""

    pattern: re.Pattern[str]  # of the lower-case name; its first group gives the label
    labels: Mapping[str, Label]


LAYOUTS = (
    # UTKFace: age_gender_race_date.jpg, such as 26_1_2_20170104023102422.jpg.chip.jpg; a few have no race
    Layout(re.compile(r'^\d{1,3}_([01])(?:_[0-4])?_\d{14,17}\.'), {'0': 'male', '1': 'female'}),
)


def labels_given(origin: PurePosixPath, vocabulary: Vocabulary = KNOWN) -> Iterator[tuple[str, Label]]:
    """Yield every name in a file's path that gives a label, with that label; the first one decides.

    That is a layout of file names, then the nearest folder, then the farther ones, and last the head of the file's
    name. Folders such as train and test give no label: they are pooled.
    """
    for layout in LAYOUTS:
        if match := layout.pattern.match(origin.name.casefold()):
            yield origin.name, layout.labels[match[1]]
    for folder in origin.parents:
        if label := vocabulary.read(folder.name).label:
            yield folder.name, label
    if label := vocabulary.read_file(origin.stem).label:
        yield origin.name, label


def offer(
    origin: PurePosixPath, size: int, read: Callable[[], bytes], vocabulary: Vocabulary = KNOWN
) -> Photo | Remark:
    """Return the file at `origin` in its source as a photo, or a remark; `read` returns its content of `size` bytes."""
    if flaw := HIDDEN if any(name.startswith('.') for name in origin.parts) else _flaw(origin.name):
        return Remark(str(origin), False, flaw)
    given = list(labels_given(origin, vocabulary))
    if not given:
        return Remark(str(origin), False, _why_none(origin, vocabulary))
    name, label = given[0]
    doubts = _doubts_before(name, origin, vocabulary)
    if mixed := next((doubt for doubt in doubts if len(set(doubt[1].words.values())) > 1), None):
        return Remark(str(origin), False, _doubtful(*mixed))
    return labelled(origin, label, size, read, _odd(given, doubts))


def labelled(
    origin: PurePosixPath, label: Label, size: int, read: Callable[[], bytes], odd: str = ''
) -> Photo | Remark:
    """Return a file with a label as a photo, or a remark if it is no picture or too large; see `offer`.

    A file that is no picture by its name is one by its first bytes; `odd` is what is odd about the label.
    """
    if flaw := _flaw(origin.name):
        return Remark(str(origin), False, flaw)
    if size > MOST_BYTES:
        return Remark(str(origin), False, f'larger than {MOST_BYTES // 1_000_000} MB')
    content = read()
    if BESIDE.search(origin.name) and not PICTURE_BYTES.match(content):
        return Remark(str(origin), False, NO_PICTURE)
    return Photo(content, origin.suffix.casefold(), label, str(origin), odd)


def _flaw(name: str) -> str | None:
    """Return why a file with a name is not read, if so."""
    if ARCHIVE.search(name):
        parts = ((part.match(name), said) for part, said in PARTS.items())
        return next((said.format(quote(part[1]), part[1].rpartition('.')[2]) for part, said in parts if part), ARCHIVED)
    return A_FILM if FILM.search(name) else None


def _odd(given: list[tuple[str, Label]], doubts: list[tuple[str, Reading]]) -> str:
    """Return what speaks against the label that was given first, or nothing."""
    name, label = given[0]
    if other := next((name for name, other_label in given if other_label != label), None):
        return f'{label} by "{name}", although "{other}" in its path gives the other label'
    against = [doubt for doubt in doubts if label not in doubt[1].words.values()]
    return f'{label} by "{name}"; {_doubtful(*against[0])}' if against else ''


def _doubts_before(name: str, origin: PurePosixPath, vocabulary: Vocabulary) -> list[tuple[str, Reading]]:
    """Return the folders nearer to a file than the one called `name` that hold words of a label but give none."""
    folders = [folder.name for folder in origin.parents]
    nearer = folders[: folders.index(name)] if name in folders else []
    readings = [(folder, vocabulary.read(folder)) for folder in nearer]
    return [(folder, reading) for folder, reading in readings if reading.words]


def _why_none(origin: PurePosixPath, vocabulary: Vocabulary) -> str:
    """Return why no name in a file's path gives a label."""
    readings = [(folder.name, vocabulary.read(folder.name)) for folder in origin.parents]
    readings.append((origin.name, vocabulary.read_file(origin.stem)))
    return next((_doubtful(name, reading) for name, reading in readings if reading.words), NO_LABEL)


def _doubtful(name: str, reading: Reading) -> str:
    """Return why a name gives no label although there are words of one in it."""
    words = ' and '.join(f'"{word}"' for word in reading.words)
    if len(set(reading.words.values())) > 1:
        return f'{words} in "{name}" are words of both labels; data.words can say which one it is'
    return f'{words} in "{name}" stands among other words and may not be a label; data.words can say that it is one'
