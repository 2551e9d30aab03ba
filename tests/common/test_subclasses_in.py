"""Subclasses are found in a package made for the test, next to modules and classes that do not count."""

import sys
from importlib import import_module
from itertools import count

import pytest

from stages.common.params import subclasses_in

BASE = '''
from abc import ABC, abstractmethod

class Fruit(ABC):
    """A fruit."""

    @abstractmethod
    def juice(self):
        """Press it."""
'''
FILES = {
    '__init__.py': '',
    'fruit.py': BASE,
    'apple.py': 'from {name}.fruit import Fruit\n\nclass Apple(Fruit):\n    juice = "clear"\n',
    'blood_orange.py': 'from {name}.fruit import Fruit\nfrom {name}.apple import Apple\n\n'
    'class Orange(Fruit):\n    juice = "red"\n\nclass Peel:\n    pass\n',
    # An imported class is not a defined one.
    'helper.py': 'from {name}.apple import Apple\nfrom {name}.fruit import Fruit\n\nBEST = Apple\n',
}
NUMBERS = count()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that makes a package of some files, under a new name each time, and returns the name."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def make(files: dict[str, str]) -> str:
        name = f'orchard_{next(NUMBERS)}'
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content.replace('{name}', name))
        return name

    yield make
    for name in set(sys.modules) - before:
        if name.startswith('orchard_'):
            del sys.modules[name]


def fruits(name: str) -> dict[str, type]:
    return subclasses_in(name, import_module(f'{name}.fruit').Fruit)


def test_subclasses_are_named_after_their_files(package):
    name = package(FILES)
    subclasses = fruits(name)
    assert list(subclasses) == ['apple', 'blood_orange']
    assert {file: kind.__name__ for file, kind in subclasses.items()} == {'apple': 'Apple', 'blood_orange': 'Orange'}
    assert [kind.juice for kind in subclasses.values()] == ['clear', 'red']
    assert subclasses['apple'] is sys.modules[f'{name}.apple'].Apple


def test_a_new_file_is_a_new_subclass(package):
    quince = 'from {name}.fruit import Fruit\n\nclass Quince(Fruit):\n    juice = "thick"\n'
    # The order is alphabetical, whatever the order in which the files were created.
    assert list(fruits(package({'quince.py': quince} | FILES))) == ['apple', 'blood_orange', 'quince']


def test_class_with_another_base_is_ignored(package):
    stone = 'class Stone:\n    juice = "none"\n'
    assert list(fruits(package(FILES | {'stone.py': stone}))) == ['apple', 'blood_orange']


def test_file_with_an_underscore_is_not_imported(package):
    assert list(fruits(package(FILES | {'_broken.py': '1 / 0\n'}))) == ['apple', 'blood_orange']


def test_an_error_in_a_file_is_not_hidden(package):
    with pytest.raises(ZeroDivisionError):
        fruits(package(FILES | {'broken.py': '1 / 0\n'}))


def test_a_package_without_subclasses_has_none(package):
    assert fruits(package({'__init__.py': '', 'fruit.py': BASE})) == {}
