"""Finished trainings, kept for all stages: a stage that was stopped or extended trains only what is missing.

Each is one file, named by a hash of everything that decides it: the code that runs, the libraries that this code
imports, and all arguments. Nothing is listed by hand.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TypeVar

import joblib
from pydantic import BaseModel

from stages.cluster.parallel import parallel_map_built
from stages.common.arrays import read_arrays, write_arrays
from stages.common.files import TRAININGS
from stages.trainings.fit import Record

Item = TypeVar('Item')

ROOT = Path(__file__).parents[2]
VERSION = 1  # of the layout of a file


def finished(
    build: partial, items: Sequence[Item], workers: int, title: str = 'trainings', folder: Path = TRAININGS
) -> list[Record]:
    """Return build()(item) for each item: from its file where it is finished, else computed, and kept at once.

    `build` is a partial of a class or function of this project, called only if anything is missing. An item has
    arrays, numbers and texts. Missing ones are computed by `workers` processes or a cluster; equal items, once.
    """
    paths = [_path(folder, key) for key in keys(build, items)]
    missing = {path: item for path, item in zip(paths, items, strict=True) if not path.exists()}
    print(f'{title}: {len(paths) - sum(path in missing for path in paths)} of {len(paths)} are already finished')
    if missing:
        computed = parallel_map_built(build, list(missing.values()), workers, title)
        for path, record in zip(missing, computed, strict=True):
            write_arrays(path, record, VERSION)
    return [read_arrays(path, VERSION, 'remove it and run again') for path in paths]


def keys(build: partial, items: Sequence) -> list[str]:
    """Return the hash of everything that decides build()(item) for each item."""
    sources = closure(build.func.__module__)
    arguments = [_plain(argument) for argument in (*build.args, *sorted(build.keywords.items()))]
    code = [(module, path.read_bytes()) for module, path in sources.items()]
    shared = joblib.hash([build.func.__qualname__, arguments, code, _versions(sources)], coerce_mmap=True)
    return [joblib.hash([shared, item], coerce_mmap=True) for item in items]


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f'{key[2:]}.npz'


def _plain(argument: object) -> object:
    """Return params as a dictionary: a model also remembers which of them were set."""
    return argument.model_dump() if isinstance(argument, BaseModel) else argument


def closure(module: str) -> dict[str, Path]:
    """Return a module of this project and all others of it that it needs, with their files, sorted by name.

    A module needs what it imports, anywhere in its text, and what it names as a text such as 'stages.detectors', by
    which a package's modules are found; of a package that is needed, so is each module that it is named with.
    """
    needed: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in needed and (path := _file(name)):
            needed[name] = path
            waiting += [*_named(path), name.rpartition('.')[0]]
    return dict(sorted(needed.items()))


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split('.'))
    return next((file for file in (path.with_suffix('.py'), path / '__init__.py') if file.is_file()), None)


@cache
def _imports(path: Path) -> tuple[set[str], set[str]]:
    """Return the modules that a file imports, and the modules and packages that it names as texts."""
    imported, texts = set(), set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f'{node.module}.{name.name}' for name in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.Constant) and re.fullmatch(r'stages(\.\w+)+', str(node.value)):
            texts.add(str(node.value))
    return imported, texts


def _named(path: Path) -> Iterator[str]:
    imported, texts = _imports(path)
    yield from imported
    for text in texts:
        yield text
        yield from (f'{text}.{file.stem}' for file in ROOT.joinpath(*text.split('.')).glob('*.py'))


def _versions(sources: dict[str, Path]) -> list[tuple[str, str]]:
    """Return the libraries that some files import, each with its version."""
    imported = {name.partition('.')[0] for path in sources.values() for name in _imports(path)[0]}
    libraries = imported - set(sys.stdlib_module_names) - {'stages'}
    return sorted((name, version(name)) for library in libraries for name in packages_distributions().get(library, ()))
