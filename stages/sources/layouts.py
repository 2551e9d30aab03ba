"""From a file in a source to a photo: the layouts of data sets, which give labels by names of files and folders."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.source import Photo

HIDDEN = 'hidden: its name or that of a parent folder starts with a dot'
NO_FILE = 'not a regular file'


@dataclass(frozen=True)
class Layout:
    """A way to write labels: a name gives a label if all known words that the pattern finds in it have the same one."""

    where: Literal['file', 'folders']
    pattern: re.Pattern[str]  # of words in the lower-case name of a file or of its parent folders
    words: Mapping[str, str]  # known words and their labels


LETTER, APOSTROPHE = r'[^\W\d_]', "['\\u2019\\u02bc]"
# A whole word, with or without a possessive s, but not part of a contraction such as I'm.
WORD = rf'(?<!{LETTER})(?<!{APOSTROPHE})({LETTER}+)(?:{APOSTROPHE}s?)?(?!{LETTER}|{APOSTROPHE})'

LAYOUTS = (
    # UTKFace: age_gender_race_date.jpg, such as 26_1_2_20170104023102422.jpg.chip.jpg
    Layout('file', re.compile(r'^\d{1,3}_([01])_[0-4]_\d{14,17}\.'), {'0': 'male', '1': 'female'}),
    # Any tree of folders: Male Faces, Training/female, test/WOMEN
    Layout(
        'folders',
        re.compile(WORD),
        dict.fromkeys(('female', 'females', 'woman', 'women', 'f'), 'female')
        | dict.fromkeys(('male', 'males', 'man', 'men', 'm'), 'male'),
    ),
)


def labels_given(origin: PurePosixPath) -> Iterator[tuple[str, str]]:
    """Yield every name in a file's path that gives a label, with that label; the first one decides.

    Of folders, the nearest to the file comes first. Folders such as train and test give no label: they are pooled.
    """
    for layout in LAYOUTS:
        for name in [origin.name] if layout.where == 'file' else [folder.name for folder in origin.parents]:
            words = layout.pattern.findall(unicodedata.normalize('NFC', name).casefold())
            labels = {layout.words[word] for word in words if word in layout.words}
            if len(labels) == 1:
                yield name, labels.pop()


def offer(origin: PurePosixPath, size: int, read: Callable[[], bytes]) -> Photo | Remark:
    """Return the file at `origin` in its source as a photo, or a remark; `read` returns its content of `size` bytes."""
    if any(name.startswith('.') for name in origin.parts):
        return Remark(str(origin), False, HIDDEN)
    given = list(labels_given(origin))
    if not given:
        return Remark(str(origin), False, 'neither its name nor that of a parent folder gives a label')
    if size > MOST_BYTES:
        return Remark(str(origin), False, f'larger than {MOST_BYTES // 1_000_000} MB')
    name, label = given[0]
    other = next((name for name, other_label in given if other_label != label), None)
    remark = f'{label} by "{name}", although "{other}" in its path gives the other label' if other else ''
    return Photo(read(), origin.suffix.casefold(), label, str(origin), remark)
