"""The layouts of data sets: how names of files and folders give labels."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal


@dataclass(frozen=True)
class Layout:
    """A way to write labels: `pattern` finds words in the lower-case name of a file or of its parent folders.

    `words` maps known words to labels. A name gives a label if all of its known words have the same one.
    """

    where: Literal['file', 'folders']
    pattern: re.Pattern[str]
    words: Mapping[str, str]


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

    Every layout applies to every data set. Of folders, the nearest to the file comes first. Folders that split a data
    set (train, valid, test) give no label, so their photos are pooled.
    """
    for layout in LAYOUTS:
        for name in [origin.name] if layout.where == 'file' else [folder.name for folder in origin.parents]:
            words = layout.pattern.findall(unicodedata.normalize('NFC', name).casefold())
            labels = {layout.words[word] for word in words if word in layout.words}
            if len(labels) == 1:
                yield name, labels.pop()
