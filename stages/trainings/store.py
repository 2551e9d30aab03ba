"""Finished trainings, kept for all stages: one that was stopped or extended trains only what is missing."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from sqlite3 import SQLITE_CORRUPT, SQLITE_NOTADB, DatabaseError

import imagehash
import numpy as np
import PIL
import scipy
import sklearn
from diskcache import Cache, JSONDisk, Timeout
from joblib import hash as content_hash

from stages.cluster.parallel import each_made
from stages.common.errors import StudyError
from stages.network.recipe import Recipe

FINISHED = Path('.cache/trainings')
ROOMS = Path('stages')
# What decides the outcome of every training, beside data and params.
CODE = (
    'common/params.py',
    'common/arrays.py',
    'network/*.py',
    'dataset/poison.py',
    'dataset/split.py',
    'scores/scores.py',
    'trainings/plan.py',
    'trainings/fit.py',
)


def ground(recipe: Recipe, *material: object, code: Sequence[str] = ()) -> str:
    """Return a hash of everything that trainings have in common: data, params, what is run, and its libraries.

    `material` is what they work on, besides the recipe; `code` are patterns of files below stages that decide the
    outcome, beside CODE. A training has its own seed in the place of the recipe's.
    """
    files = [path.read_bytes() for pattern in (*CODE, *code) for path in sorted(ROOMS.glob(pattern))]
    versions = [library.__version__ for library in (np, scipy, sklearn, PIL, imagehash)]
    training = {name: value for name, value in asdict(recipe).items() if name != 'seed'}
    return content_hash([material, training, files, versions])


@contextmanager
def _cache() -> Iterator[Cache]:
    """Open the cache; an error of its database becomes a StudyError."""
    try:
        with Cache(FINISHED, disk=JSONDisk) as cache:
            yield cache
    except Timeout:
        raise StudyError(f'{FINISHED}: another run is writing there; run again when it is done') from None
    except (DatabaseError, zlib.error) as error:
        # The first byte of an extended code is the code; errors without one are of a damaged value.
        if getattr(error, 'sqlite_errorcode', SQLITE_CORRUPT) & 0xFF in (SQLITE_CORRUPT, SQLITE_NOTADB):
            raise StudyError(f'{FINISHED}: damaged ({error}); remove the folder and run again') from None
        raise StudyError(
            f'{FINISHED}: the disk is full, read-only or failing ({error}); make room and run again'
        ) from None


def results(
    runs: Sequence, common: str, make: Callable[[], Callable[[object], dict]], workers: int
) -> list[dict[str, object]]:
    """Return what comes of each run, in JSON's types: of those that are finished from the cache, else by training.

    A run is a frozen dataclass that says all that tells it from others on the same `ground`, which is `common`. `make`
    is called if there is anything to train, and what it returns is called for each run, by `workers` processes or a
    cluster; each result is kept once it is there.
    """
    with _cache() as cache:
        keys = [f'{common} {run}' for run in runs]
        missing = [(run, key) for run, key in zip(runs, keys, strict=True) if key not in cache]
        print(f'{len(runs) - len(missing)} of {len(runs)} trainings were in the cache')
        if missing:
            trained = each_made(make, [run for run, _ in missing], workers, 'trainings')
            for (_, key), scores in zip(missing, trained, strict=True):
                cache[key] = scores
        return [cache[key] for key in keys]
