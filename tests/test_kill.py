"""The workflow survives `kill -9` at any moment: the next `dvc repro` ends as if nothing had happened."""

import os
import signal
import time

import numpy as np
import pytest

from tests.clone import Clone


@pytest.fixture(scope='module')
def undisturbed(tmp_path_factory):
    """A clone in which the workflow has run, and the seconds that it took."""
    clone = Clone(tmp_path_factory.mktemp('undisturbed') / 'clone')
    start = time.monotonic()
    clone.output('dvc', 'repro')
    return clone, time.monotonic() - start


@pytest.mark.parametrize('moments', [3, pytest.param(20, marks=pytest.mark.large)])
def test_the_same_lock_after_kills(undisturbed, tmp_path, moments):
    whole, seconds = undisturbed
    random = np.random.default_rng(moments)
    clone = Clone(tmp_path / 'clone')
    # What a killed run had finished need not be made again, so every few kills a new clone starts from nothing.
    for number, moment in enumerate(random.permutation(moments) / moments + random.random(moments) / moments):
        if number % 3 == 0:
            clone = Clone(tmp_path / str(number) / 'clone')
        process = clone.start('dvc', 'repro')
        time.sleep(moment * seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if number % 3 == 2 or number == moments - 1:
            result = clone.run('dvc', 'repro')
            # Killed while DVC wrote one of its own files, which it then names: removed, as the README says.
            for name, complaint in (('.dvc/tmp/rwlock', 'RWLock-file'), ('dvc.lock', "dvc.lock' validation failed")):
                if complaint in result.stderr:
                    (clone.folder / name).unlink()
                    result = clone.run('dvc', 'repro')
            assert result.returncode == 0, result.stdout + result.stderr
            assert 'Traceback' not in result.stderr
            assert clone.lock() == whole.lock()
            assert clone.metrics() == whole.metrics()
