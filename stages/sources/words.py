"""Words that give a label, and names of files and folders read by them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from stages.common.params import Label

# Only words that mean nothing else where they name a set of photos.
FEMALE = (
    'female', 'females', 'woman', 'women', 'womens', 'girl', 'girls', 'lady', 'ladies', 'feminine',
    'femme', 'femmes', 'fille', 'filles', 'frau', 'frauen', 'damen', 'mädchen', 'maedchen', 'weiblich',
    'mujer', 'mujeres', 'femenino', 'feminino', 'femminile', 'donne', 'mulher', 'mulheres', 'vrouw', 'vrouwen',
    'kvinna', 'kvinnor', 'kvinder', 'kobieta', 'kobiety', 'женщина', 'женщины',
    '女', '女性', '女人', '여자', '여성',
)  # fmt: skip
MALE = (
    'male', 'males', 'man', 'men', 'mens', 'boy', 'boys', 'gentleman', 'gentlemen', 'masculine',
    'homme', 'hommes', 'garçon', 'garçons', 'garcon', 'garcons', 'mann', 'männer', 'maenner', 'herren', 'jungen',
    'männlich', 'maennlich', 'hombre', 'hombres', 'masculino', 'maschile', 'uomo', 'uomini', 'homem', 'homens',
    'mannen', 'män', 'mænd', 'maend', 'mężczyzna', 'mężczyźni', 'mezczyzna', 'mezczyzni', 'мужчина', 'мужчины',
    '男', '男性', '男人', '남자', '남성',
)  # fmt: skip
WORDS: dict[str, Label] = {**dict.fromkeys(FEMALE, 'female'), **dict.fromkeys(MALE, 'male')}
# Words that may stand beside one, as in Male Faces, women_train_2 and crop of all men.
NEUTRAL = frozenset([
    'face', 'faces', 'photo', 'photos', 'photograph', 'photographs', 'image', 'images', 'img', 'imgs', 'picture',
    'pictures', 'pic', 'pics', 'portrait', 'portraits', 'people', 'person', 'persons', 'selfie', 'selfies', 'sample',
    'samples', 'train', 'training', 'test', 'testing', 'val', 'valid', 'validation', 'validate', 'eval', 'set',
    'sets', 'data', 'dataset', 'datasets', 'crop', 'crops', 'cropped', 'aligned', 'resized', 'original', 'originals',
    'raw', 'clean', 'cleaned', 'only', 'part', 'my', 'all', 'the', 'of', 'list', 'names', 'jpg', 'jpeg', 'png',
    'gender', 'class', 'folder', 'chip', 'foto', 'fotos', 'bild', 'bilder', 'gesicht', 'gesichter', 'visage',
    'visages', 'cara', 'caras', 'rostros', 'volti',
])  # fmt: skip

ARCHIVE_ENDING = re.compile(r'\.(?:zip|tar|tgz|txz|tar\.gz|tar\.xz)$', re.IGNORECASE)
APOSTROPHES = str.maketrans('\u2019\u02bc', "''")
CAMEL = re.compile(r'(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])')  # where FemaleFaces has a new word
LETTER = r'[^\W\d_]'
WORD = re.compile(rf"\d+|{LETTER}+(?:'{LETTER}*)?")  # a contraction such as I'm is one word


def _text_keys(words: object) -> object:
    """Return a mapping with its keys as text: YAML reads 0 as a number, and yes and true as the same."""
    if not isinstance(words, dict):
        return words
    texts: dict[object, object] = {}
    for word, label in words.items():
        names = (('false', 'no'), ('true', 'yes'))[word] if isinstance(word, bool) else (word,)
        texts |= {str(name) if isinstance(name, int | float) else name: label for name in names}
    return texts


Meanings = Annotated[dict[str, Label], BeforeValidator(_text_keys)]  # of words, as params.yaml gives them


@dataclass(frozen=True)
class Reading:
    """What a name says: its `label`, if it gives one, and all `words` in it that mean a label."""

    label: Label | None
    words: Mapping[str, Label]


class Vocabulary:
    """The known words and those that the user `told`, which come first."""

    def __init__(self, told: Mapping[str, Label] | None = None):
        self._told = {plain(word): label for word, label in (told or {}).items() if plain(word)}
        # Within a longer name, a number or a letter means anything: part 1, Canon EOS M.
        self._words = WORDS | {word: label for word, label in self._told.items() if len(word) > 1 and word.isalpha()}
        heads = '|'.join(map(re.escape, sorted(self._told, key=len, reverse=True))) or '(?!)'
        self._told_head = re.compile(rf'({heads})(?:(?<=\d)[_-]|(?<!\d)(?!{LETTER}))')

    def read(self, name: str) -> Reading:
        """Read the name of a folder or archive: only neutral words may stand beside those of one label."""
        whole = ARCHIVE_ENDING.sub('', plain(name))
        if whole in self._told:
            return Reading(self._told[whole], {whole: self._told[whole]})
        words = _words_of(ARCHIVE_ENDING.sub('', name))
        known = {word: self._words[word] for word in words if word in self._words}
        is_clear = all(word in known or word in NEUTRAL or word.isdigit() for word in words)
        labels = set(known.values())
        return Reading(labels.pop() if is_clear and len(labels) == 1 else None, known)

    def read_file(self, stem: str) -> Reading:
        """Read the name of a file, such as female_001 or man (12): with a number, it may belong to a set."""
        name = plain(stem)
        if name in self._told or not any(letter.isdigit() for letter in name):
            return Reading(None, {})
        if head := self._told_head.match(name):
            return Reading(self._told[head[1]], {head[1]: self._told[head[1]]})
        return self.read(stem)


def plain(text: str) -> str:
    """Return text as words are compared: composed, in lower case, with one kind of apostrophe."""
    return unicodedata.normalize('NFC', text).translate(APOSTROPHES).casefold().strip()


def _words_of(name: str) -> list[str]:
    """Return the words and numbers in a name, without a possessive s."""
    spaced = CAMEL.sub(' ', unicodedata.normalize('NFC', name))
    return [re.sub("'s?$", '', word) for word in WORD.findall(plain(spaced))]
