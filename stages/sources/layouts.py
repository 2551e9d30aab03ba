"""Where data sets write their labels: each layout is a few lines of data."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal


@dataclass(frozen=True)
class Layout:
    """A way to write labels: the `pattern` finds words in small letters in a file's name or in the names above it.

    `words` gives the label of each known word. A name gives a label if all its known words have the same one.
    """

    where: Literal['file', 'folders']
    pattern: re.Pattern[str]
    words: Mapping[str, str]


LETTER, APOSTROPHE = r'[^\W\d_]', "['\\u2019\\u02bc]"
# A whole word, with or without a possessive s; no part of a contraction such as I'm.
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


def label_of(place: PurePosixPath) -> str | None:
    """Return the label of the file at `place` in a data set, or None.

    Names decide, not which data set it is: the same layouts hold for any folder. The first layout that gives a label
    decides, and of folders the nearest. Folders that split a data set (train, valid, test) give none, so their photos
    are pooled.
    """
    return next((label for _, label in labels_given(place)), None)


def labels_given(place: PurePosixPath) -> Iterator[tuple[str, str]]:
    """Yield every name in `place` that gives a label, with that label: first the one that decides."""
    for layout in LAYOUTS:
        for name in [place.name] if layout.where == 'file' else [folder.name for folder in place.parents]:
            words = layout.pattern.findall(unicodedata.normalize('NFC', name).casefold())
            labels = {layout.words[word] for word in words if word in layout.words}
            if len(labels) == 1:
                yield name, labels.pop()
