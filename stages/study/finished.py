"""Finished runs, kept from sweep to sweep: one that was stopped or extended trains only what is missing."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from sqlite3 import SQLITE_CORRUPT, SQLITE_NOTADB, DatabaseError

import numpy as np
import scipy
import sklearn
from diskcache import Cache, JSONDisk, Timeout
from joblib import hash as content_hash

from stages.common.errors import StudyError
from stages.common.parallel import each
from stages.dataset.faces import Faces, TriggeredFaces
from stages.network.recipe import Recipe
from stages.study.plan import Run, Setting

FINISHED = Path('.cache/sweep')
ROOMS = Path('stages')
# What decides the outcome of a run, beside data and params.
CODE = (
    'common/labels.py',
    'common/seeds.py',
    'network/*.py',
    'dataset/poison.py',
    'dataset/split.py',
    'reporting/scores.py',
    'study/plan.py',
    'study/trainings.py',
)


def ground(faces: Faces, triggered: TriggeredFaces, recipe: Recipe, setting: Setting) -> str:
    """Return a hash of everything that runs have in common: data, params, the code that trains, and its libraries."""
    code = [path.read_bytes() for pattern in CODE for path in sorted(ROOMS.glob(pattern))]
    versions = [library.__version__ for library in (np, scipy, sklearn)]
    # A run has its own seed in the place of the recipe's.
    training = {name: value for name, value in asdict(recipe).items() if name != 'seed'}
    return content_hash([faces, triggered.pixels, training, setting, code, versions])


@contextmanager
def _cache() -> Iterator[Cache]:
    """Open the cache; an error of its database becomes a StudyError."""
    try:
        with Cache(FINISHED, disk=JSONDisk) as cache:
            yield cache
    except Timeout:
        raise StudyError(f'{FINISHED}: another sweep is writing there; run again when it is done') from None
    except (DatabaseError, zlib.error) as error:
        # The first byte of an extended code is the code; errors without one are of a damaged value.
        if getattr(error, 'sqlite_errorcode', SQLITE_CORRUPT) & 0xFF in (SQLITE_CORRUPT, SQLITE_NOTADB):
            raise StudyError(f'{FINISHED}: damaged ({error}); remove the folder and run again') from None
        raise StudyError(
            f'{FINISHED}: the disk is full, read-only or failing ({error}); make room and run again'
        ) from None


def results(
    runs: Sequence[Run], common: str, make: Callable[[], Callable[[Run], dict]], workers: int
) -> list[dict[str, float]]:
    """Return the scores of each run: those that are finished from the cache, the others by training.

    `common` is the `ground` of the runs; results on another ground are not taken. `make` is called if there is anything
    to train, and what it returns is called for each run, in `workers` processes; each result is kept once it is there.
    """
    with _cache() as cache:
        keys = [f'{common} {run.name} {run.fraction} {run.seed}' for run in runs]
        missing = [(run, key) for run, key in zip(runs, keys, strict=True) if key not in cache]
        print(f'{len(runs) - len(missing)} of {len(runs)} trainings were in the cache')
        if missing:
            trained = each(make(), [run for run, _ in missing], workers, 'trainings')
            for (_, key), scores in zip(missing, trained, strict=True):
                cache[key] = scores
        return [cache[key] for key in keys]
