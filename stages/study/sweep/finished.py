"""Finished runs, kept from sweep to sweep: one that was stopped or extended trains only what is missing."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_CORRUPT, SQLITE_NOTADB, DatabaseError

import numpy as np
import scipy
import sklearn
from diskcache import Cache, JSONDisk, Timeout
from joblib import hash as content_hash

from stages.common.errors import StudyError
from stages.common.parallel import each
from stages.params import Label, TrainParams
from stages.study.data import Faces, Twins
from stages.study.sweep.runs import Run

FINISHED = Path('.cache/sweep')
ROOMS = Path('stages')
# What decides the outcome of a run, beside data and params.
CODE = (
    'common/labels.py',
    'common/seeds.py',
    'network/*.py',
    'study/arms.py',
    'study/scores.py',
    'study/split.py',
    'study/sweep/runs.py',
)


def ground(faces: Faces, twins: Twins, params: TrainParams, test: float, target: Label) -> str:
    """Return a hash of everything that runs have in common: data, params, the code that trains, and its libraries."""
    code = [path.read_bytes() for pattern in CODE for path in sorted(ROOMS.glob(pattern))]
    versions = [library.__version__ for library in (np, scipy, sklearn)]
    # A run has its own seed in the place of train.seed.
    settings = params.model_dump(exclude={'seed'})
    return content_hash([faces, twins, settings, test, target, code, versions])


@contextmanager
def _cache() -> Iterator[Cache]:
    """Open the cache; what its database has to say of a disk or of damage becomes a StudyError."""
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

    `common` is the `ground` that runs stand on: none is taken for a run on another. `make` is called if there is
    anything to train, and what it returns is called for each run, in `workers` processes; each is kept once it is done.
    """
    with _cache() as cache:
        keys = [f'{common} {run.arm} {run.fraction} {run.seed}' for run in runs]
        missing = [(run, key) for run, key in zip(runs, keys, strict=True) if key not in cache]
        print(f'{len(runs) - len(missing)} of {len(runs)} trainings were done before')
        if missing:
            trained = each(make(), [run for run, _ in missing], workers, 'trainings')
            for (_, key), scores in zip(missing, trained, strict=True):
                cache[key] = scores
        return [cache[key] for key in keys]
