"""Make small changes to the code that computes results, and check whether the tests of its room fail: make mutants

Cosmic Ray makes the mutants; a seeded sample of them is tried, each in a copy of the checkout. Prints killed / all of
each file, then every survivor as a diff. Takes the number of mutants and the seed: python -m tests.mutants 320 1
"""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from tqdm import tqdm

from stages.report.page import markdown_table
from tests.clone import ROOT

# The files that compute results, by room: the tests of the same room should fail if they are changed.
FILES = {
    'dataset': ['split', 'poison'],
    'preprocess': ['photos', 'choose', 'near_duplicates'],
    'faces': ['duplicates', 'measures', 'registration'],
    'triggers': ['dots', 'patch', 'blend', 'trigger'],
    'scores': ['scores', 'statistics', 'dose', 'ranking'],
    'trainings': ['plan', 'fit', 'judging', 'store'],
    'sweep': ['summary'],
    'detect': ['judged', 'cases', 'summary'],
    'audit': ['judged', 'reasons', 'proof'],
    'replicate': ['published', 'summary'],
    'detectors': [
        'evidence',
        'pair',
        'loss',
        'ridge',
        'neighbours',
        'clusters',
        'spectral',
        'spectral_uncentred',
        'proof',
    ],
}
ROOMS = {f'{room}/{file}.py': [f'tests/{room}'] for room, files in FILES.items() for file in files}
# Mutations of | in type hints and of frozen dataclasses do not affect results.
SKIPPED = ('BitOr', 'RemoveDecorator', 'NoOp')
TIMEOUT_SECONDS = 300  # a mutant that takes longer is killed


@dataclass(frozen=True)
class Mutant:
    """A small change to a file below stages: the `occurrence`th position that an operator of Cosmic Ray can change."""

    file: str
    operator: str
    occurrence: int

    def code(self) -> str | None:
        """Return the changed code of the file, or None where nothing changes."""
        return mutate_code(source(self.file), get_operator(self.operator)(), self.occurrence)

    def diff(self) -> str:
        """Return the change as a diff without context."""
        before, after = source(self.file).splitlines(), self.code().splitlines()
        return '\n'.join(difflib.unified_diff(before, after, self.file, self.file, n=0, lineterm=''))


def source(file: str) -> str:
    """Return the code of a file below stages."""
    return (ROOT / 'stages' / file).read_text(encoding='utf-8')


def mutants(file: str) -> list[Mutant]:
    """Return all mutants of a file below stages."""
    all_mutants = []
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments() or any(skipped in name for skipped in SKIPPED):
            continue
        spots = [spot for node in ast_nodes(get_ast(source(file))) for spot in operator().mutation_positions(node)]
        all_mutants += [Mutant(file, name, occurrence) for occurrence in range(len(spots))]
    return all_mutants


def survives(mutant: Mutant, copies: SimpleQueue) -> bool:
    """Return whether the tests of its room pass with a mutant, in one of the copies of the checkout."""
    copy = copies.get()
    path = copy / 'stages' / mutant.file
    try:
        path.write_text(mutant.code(), encoding='utf-8')
        command = [sys.executable, '-m', 'pytest', '-q', '-x', '-p', 'no:cacheprovider', *ROOMS[mutant.file]]
        environment = os.environ | {'OMP_NUM_THREADS': '1', 'PYTHONDONTWRITEBYTECODE': '1'}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(source(mutant.file), encoding='utf-8')
        copies.put(copy)


def main(count: int, seed: int) -> None:
    """Try a sample of `count` mutants and print the results."""
    everything = [mutant for file in ROOMS for mutant in mutants(file) if mutant.code()]
    picked = np.random.default_rng(seed).choice(len(everything), min(count, len(everything)), replace=False)
    sample = [everything[index] for index in sorted(picked)]
    copies, workers = SimpleQueue(), os.cpu_count()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        for number in range(workers):
            copies.put(
                Path(shutil.copytree(ROOT, Path(folder) / str(number), ignore=shutil.ignore_patterns('.*', 'data')))
            )
        tried = pool.map(lambda mutant: survives(mutant, copies), sample)
        survived = list(tqdm(tried, total=len(sample), desc='mutants', mininterval=10))
    of_file = {
        file: [alive for mutant, alive in zip(sample, survived, strict=True) if mutant.file == file] for file in ROOMS
    }
    rows = [[file, f'{alive.count(False)} / {len(alive)}'] for file, alive in of_file.items()]
    killed = survived.count(False)
    print(
        markdown_table(
            ['file', 'killed / all'], [*rows, ['all', f'{killed} / {len(sample)} ({killed / len(sample):.0%})']]
        )
    )
    print(f'{len(everything)} mutants there are; survivors of the sample:\n')
    for mutant, alive in zip(sample, survived, strict=True):
        if alive:
            print(f'{mutant.diff()}\n')


if __name__ == '__main__':
    main(*(int(argument) for argument in sys.argv[1:]))
