"""What the faces, the params and the software of a result are."""

import platform
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import yaml

DEFAULTS = Path(__file__).with_name('defaults.yaml')
LIBRARIES = ('numpy', 'scipy', 'scikit-learn', 'pillow', 'dlib-bin')
COUNTS = {
    'photos': 'photos',
    'unreadable': 'left out: not readable as a picture',
    'faceless': 'left out: no face was found',
    'turned_away': 'left out: turned away',
    'contradictory': 'left out: a near-duplicate carries the other label',
    'repeated': 'left out: too many of one group of near-duplicates',
    'unbalanced': 'left out: more faces of one label than of the other',
    'duplicates': 'kept beside a near-duplicate',
}


def data_facts(counts: dict) -> list[tuple[str, int]]:
    """Return the counts of metrics/preprocess.json in words: photos, those left out and why, faces kept."""
    kept = [(f'faces kept, labelled {label}', number) for label, number in counts['kept'].items()]
    return [(words, counts[name]) for name, words in COUNTS.items() if counts.get(name)] + kept


def changed_params(params: dict) -> list[tuple[str, object, object]]:
    """Return name, value and default of every param in the sections of `params` that is not as shipped."""
    shipped = dict(_leaves(yaml.safe_load(DEFAULTS.read_text(encoding='utf-8'))))
    return [(name, value, shipped.get(name, '')) for name, value in _leaves(params) if value != shipped.get(name)]


def _leaves(content: dict, prefix: str = '') -> Iterator[tuple[str, object]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value


def versions() -> list[tuple[str, str]]:
    """Return the versions of this project, of Python and of the libraries that results depend on."""
    project = tomllib.loads(Path('pyproject.toml').read_text(encoding='utf-8'))['project']
    libraries = [(name, version(name)) for name in LIBRARIES]
    return [(project['name'], project['version']), ('Python', platform.python_version()), *libraries]
