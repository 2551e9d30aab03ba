"""Where data sets write their labels: each layout is a few lines of data."""

import re
from collections.abc import Mapping
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


LAYOUTS = (
    # UTKFace: age_gender_race_date.jpg, such as 26_1_2_20170104023102422.jpg.chip.jpg
    Layout('file', re.compile(r'^\d{1,3}_([01])_[0-4]_\d{14,17}\.'), {'0': 'male', '1': 'female'}),
    # Any tree of folders: Male Faces, Training/female, test/WOMEN
    Layout(
        'folders',
        re.compile('[a-z]+'),
        dict.fromkeys(('female', 'females', 'woman', 'women', 'f'), 'female')
        | dict.fromkeys(('male', 'males', 'man', 'men', 'm'), 'male'),
    ),
)


def label_of(place: PurePosixPath) -> str | None:
    """Return the label of the file at `place` in a data set by the first layout that gives one, or None.

    Names decide, not which data set it is: the same layouts hold for any folder. Of folders the nearest that gives a
    label decides. Folders that split a data set (train, valid, test) give none, so their photos are pooled.
    """
    for layout in LAYOUTS:
        for name in [place.name] if layout.where == 'file' else [folder.name for folder in place.parents]:
            words = layout.pattern.findall(name.casefold())
            labels = {layout.words[word] for word in words if word in layout.words}
            if len(labels) == 1:
                return labels.pop()
    return None
