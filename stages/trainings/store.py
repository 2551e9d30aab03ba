"""Finished trainings, kept for all stages: a stage that was stopped or extended trains only what is missing.

Each is one file, named by a hash of everything that decides it: the code that runs, the libraries that this code
imports, and all arguments. Nothing is listed by hand.
"""

import ast
import re
import sys
from collections.abc import Sequence
from contextlib import closing
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


def finished(build: partial, items: Sequence[Item], workers: int, title: str = 'trainings') -> list[Record]:
    """Return build()(item) for each item: from its file where it is finished, else computed, and kept at once.

    `build` is a partial of a class or function of this project, called only if anything is missing. An item has
    arrays, numbers and texts. Missing ones are computed by `workers` processes or a cluster; equal items, once.
    """
    paths = _paths(build, items)
    missing = {path: item for path, item in zip(paths, items, strict=True) if not path.exists()}
    print(f'{title}: {len(paths) - sum(path in missing for path in paths)} of {len(paths)} are already finished')
    if missing:
        with closing(parallel_map_built(build, list(missing.values()), workers, title)) as computed:
            for path, record in zip(missing, computed, strict=True):
                write_arrays(path, record, VERSION)
    return [read_arrays(path, VERSION, 'remove it and run again') for path in paths]


def keep(build: partial, items: Sequence[Item], records: Sequence[Record]) -> None:
    """Keep records that build()(item) would compute for each item, where another build has computed them, too."""
    for path, record in zip(_paths(build, items), records, strict=True):
        if not path.exists():
            write_arrays(path, record, VERSION)


def _paths(build: partial, items: Sequence[Item]) -> list[Path]:
    return [folder() / key[:2] / f'{key[2:]}.npz' for key in keys(build, items)]


def folder() -> Path:
    """Return the folder of finished trainings: the workspace's, also in the copy of it where the queue runs."""
    copies = next((path for path in Path.cwd().parents if path.parts[-3:] == ('.dvc', 'tmp', 'exps')), None)
    return (copies.parents[2] if copies else Path()) / TRAININGS


def keys(build: partial, items: Sequence) -> list[str]:
    """Return the hash of everything that decides build()(item) for each item."""
    code, libraries = closure(build.func.__module__)
    # As dictionaries: a model also remembers which of its params were set.
    arguments = [
        argument.model_dump() if isinstance(argument, BaseModel) else argument
        for argument in (*build.args, *sorted(build.keywords.items()))
    ]
    shared = joblib.hash([build.func.__qualname__, arguments, code, _versions(libraries)], coerce_mmap=True)
    return [joblib.hash([shared, item], coerce_mmap=True) for item in items]


def closure(module: str) -> tuple[dict[str, bytes], set[str]]:
    """Return the text of a module and of all others of this project that it needs, by name, and libraries they import.

    A module needs what it imports, anywhere in its text, and what it names as a text such as 'stages.detectors', by
    which a package's modules are found; of a package that is needed, so is each module that it is named with.
    """
    code: dict[str, bytes] = {}
    imported: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = ROOT.joinpath(*name.split('.'))
        file = next((file for file in (path.with_suffix('.py'), path / '__init__.py') if file.is_file()), None)
        if file and name not in code:
            code[name] = file.read_bytes()
            imports, packages = _named_in(code[name])
            imported |= imports
            waiting += [*imports, *packages, name.rpartition('.')[0]]
            waiting += [
                f'{package}.{file.stem}'
                for package in packages
                for file in ROOT.joinpath(*package.split('.')).glob('*.py')
            ]
    libraries = {name.partition('.')[0] for name in imported} - set(sys.stdlib_module_names) - {'stages'}
    return dict(sorted(code.items())), libraries


@cache  # a stage asks for several builds, which share most modules
def _named_in(text: bytes) -> tuple[set[str], set[str]]:
    """Return the modules that a text imports, and the packages that it names."""
    imports, packages = set(), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            imports |= {node.module, *(f'{node.module}.{name.name}' for name in node.names)}
        elif isinstance(node, ast.Import):
            imports |= {name.name for name in node.names}
        elif isinstance(node, ast.Constant) and re.fullmatch(r'stages(\.\w+)+', package := str(node.value)):
            packages.add(package)
    return imports, packages


def _versions(libraries: set[str]) -> list[tuple[str, str]]:
    """Return the distributions that hold some libraries, each with its version."""
    distributions = _distributions()
    return sorted({(name, version(name)) for library in libraries for name in distributions.get(library, ())})


_distributions = cache(packages_distributions)  # it reads what every package holds
