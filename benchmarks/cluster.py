"""Compare the cost of a Dask cluster with that of processes on this machine: python -m benchmarks.cluster

`preprocess` with 1,200 drawn portraits and the trainings of a short `sweep` run with two processes on this machine, on
a cluster of two workers and on a cluster of one worker, one after the other, three times. Each run starts a new
cluster, so it loads every library again. CPU seconds are those of the stage and its processes, or of the stage, the
scheduler and the workers while the stage runs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measuring import write_params
from stages.common.files import TRAININGS
from stages.report.page import markdown_table
from tests.clone import ROOT
from tests.dask_cluster import Cluster

PHOTOS, ROUNDS = 1200, 3
STAGES = ('preprocess', 'sweep')
PLACES = {'two processes': 0, 'two workers': 2, 'one worker': 1}  # number of workers in the cluster
# Runs a stage, then prints the CPU seconds of this process and its children.
COUNTED = f"""
import runpy
import sys
sys.path.insert(0, {str(ROOT)!r})
import psutil
runpy.run_module(f'stages.{{sys.argv[1]}}', run_name='__main__', alter_sys=True)
spent = [process.cpu_times() for process in (psutil.Process(), *psutil.Process().children(recursive=True))]
print('\\nCPU seconds', sum(times.user + times.system for times in spent))
"""


def prepared(folder: Path) -> None:
    """Prepare a folder in which both stages run."""
    changes = {'workers': 2, 'data': {'drawn': {'count': PHOTOS}}, 'sweep': {'seeds': 5, 'fractions': [0.0, 0.05]}}
    write_params(folder, changes)
    for stage in ('download', 'preprocess', 'adversarial'):
        ran(folder, stage)


def ran(folder: Path, stage: str, address: str = '') -> tuple[float, float]:
    """Run a stage without finished trainings; return the CPU seconds of its processes here, and the wall seconds."""
    shutil.rmtree(folder / TRAININGS, ignore_errors=True)
    start = time.monotonic()
    printed = subprocess.run(
        [sys.executable, '-c', COUNTED, stage],
        cwd=folder,
        env=os.environ | {'DASK_SCHEDULER_ADDRESS': address},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return float(printed.split()[-1]), time.monotonic() - start


def ran_there(folder: Path, stage: str, workers: int) -> tuple[float, float]:
    """Run a stage on a new cluster, and return the same, with the CPU seconds of the cluster added."""
    with tempfile.TemporaryDirectory() as place:
        cluster = Cluster(Path(place))
        try:
            for number in range(workers):
                cluster.worker(f'worker {number}')
            before = cluster.seconds()
            spent, taken = ran(folder, stage, cluster.address)
            return spent + cluster.seconds() - before, taken
        finally:
            cluster.end()


def main() -> None:
    """Measure, and print the table."""
    found = {(stage, name): [] for stage in STAGES for name in PLACES}
    with tempfile.TemporaryDirectory() as folder:
        prepared(Path(folder))
        for _ in range(ROUNDS):
            for stage, name in found:
                workers = PLACES[name]
                result = ran_there(Path(folder), stage, workers) if workers else ran(Path(folder), stage)
                found[stage, name].append(result)
                print(f'{stage}, {name}: {result[0]:.1f} CPU s, {result[1]:.1f} s', file=sys.stderr)
    print(f'{PHOTOS} photos; medians of {ROUNDS} rounds, and of their ratios\n')
    header = [
        'stage',
        'CPU s, two processes',
        'CPU s, two workers',
        'ratio',
        's, one worker',
        's, two workers',
        'speed-up',
    ]
    print(markdown_table(header, [row(found, stage) for stage in STAGES]), end='')


def row(found: dict[tuple[str, str], list[tuple[float, float]]], stage: str) -> list[str]:
    """Return a stage's row of the table."""
    here, two, one = (found[stage, name] for name in PLACES)
    cpu = [[spent for spent, _ in runs] for runs in (here, two)]
    wall = [[taken for _, taken in runs] for runs in (one, two)]
    ratio, speed_up = (median(a / b for a, b in zip(*pair, strict=True)) for pair in ((cpu[1], cpu[0]), wall))
    return [
        stage,
        *(f'{median(spent):.1f}' for spent in cpu),
        f'{ratio:.2f}',
        *(f'{median(taken):.1f}' for taken in wall),
        f'{speed_up:.2f}',
    ]


if __name__ == '__main__':
    main()
