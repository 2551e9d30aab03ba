"""The workflow survives `kill -9` at any moment: the next `dvc repro` gives the same results."""

import subprocess
from contextlib import suppress

import numpy as np
import psutil
import pytest

from tests.clone import Clone, members, wait_until
from tests.dask_cluster import kill


def kill_after(seconds: float, process: subprocess.Popen) -> None:
    """Kill a process group, unless its leader has ended, once it has taken this many CPU seconds."""
    taken = {}

    def over() -> bool:
        for member in members(process.pid):
            with suppress(psutil.Error):
                taken[member.pid] = sum(member.cpu_times()[:2])
        return process.poll() is not None or sum(taken.values()) >= seconds

    wait_until(over, 600)
    kill(process)


@pytest.mark.parametrize('moments', [3, pytest.param(20, marks=pytest.mark.large)])
def test_lock_and_metrics_are_the_same_after_kills(finished, tmp_path, moments):
    whole, seconds = Clone(tmp_path / 'whole' / 'clone', finished), float((finished.parent / 'seconds').read_text())
    random = np.random.default_rng(moments)
    clone = Clone(tmp_path / 'clone')
    # Stages that a killed run has finished are not repeated, so every few kills a new clone starts from scratch.
    for number, moment in enumerate(random.permutation(moments) / moments + random.random(moments) / moments):
        if number % 3 == 0:
            clone = Clone(tmp_path / str(number) / 'clone')
        clone.set_params({'workers': 1 + number % 2})
        kill_after(moment * seconds, clone.start_dvc('repro'))
        if number % 3 == 2 or number == moments - 1:
            result = clone.try_dvc('repro')
            # If DVC was killed while it wrote one of its own files, it names the file: remove it, as the README says.
            for name, complaint in (('.dvc/tmp/rwlock', 'RWLock-file'), ('dvc.lock', "dvc.lock' validation failed")):
                if complaint in result.stderr:
                    (clone.folder / name).unlink()
                    result = clone.try_dvc('repro')
            assert result.returncode == 0, result.stdout + result.stderr
            assert 'Traceback' not in result.stderr
            assert clone.lock() == whole.lock()
            assert clone.metrics() == whole.metrics()
