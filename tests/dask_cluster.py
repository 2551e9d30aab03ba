"""A Dask cluster of real processes whose workers run in empty folders and cannot import this checkout."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import psutil

from tests.clone import LIMIT, ROOT, wait_until
from tests.forks import forking_python


def check_command_of_dask(command: list[str]) -> None:
    """Raise an error if `dask` has no such command, or the command has other options."""
    program = import_module(f'distributed.cli.dask_{command[1]}').main
    program.make_context(command[1], command[2:])


class Cluster:
    """A scheduler and workers with one thread each, run by an interpreter or a command in its place."""

    def __init__(self, folder: Path, python: str = sys.executable):
        self._folder, self._python, self._started = folder, python, []
        self.scheduler = self.start(
            'scheduler', 'scheduler', '--host', '127.0.0.1', '--port', '0', '--scheduler-file', 'address'
        )
        written = folder / 'scheduler' / 'address'
        wait_until(lambda: written.is_file() and written.read_text().endswith('}'))
        self.address = json.loads(written.read_text())['address']

    def worker(self, name: str, *options: str, **environment: str) -> subprocess.Popen:
        """Start a worker and wait until it has registered; without '--nanny' it is not restarted when it dies."""
        nanny = [] if '--nanny' in options else ['--no-nanny']
        process = self.start(name, 'worker', self.address, '--nthreads', '1', *nanny, *options, **environment)
        wait_until(lambda: 'Registered to' in self.log(name))
        return process

    def address_of(self, name: str) -> str:
        """Return the address of a worker."""
        return next(line for line in self.log(name).splitlines() if 'Listening to' in line).split()[-1]

    def log(self, name: str) -> str:
        """Return what a worker has printed so far."""
        return (self._folder / f'{name}.log').read_text()

    def seconds(self) -> float:
        """Return the CPU seconds that its processes have taken so far."""
        times_of_processes = [psutil.Process(process.pid).cpu_times() for process in self._started]
        return sum(times.user + times.system for times in times_of_processes)

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen:
        """Start a Dask command in its own folder."""
        folder = self._folder / name
        folder.mkdir(parents=True)
        with (self._folder / f'{name}.log').open('w') as log:
            process = subprocess.Popen(
                [self._python, '-m', 'dask', *command, '--no-dashboard'],
                cwd=folder,
                env=os.environ | {'PYTHONPATH': '', 'DASK_SCHEDULER_ADDRESS': ''} | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill all remaining processes."""
        for process in self._started:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    """Kill a process and its children, and wait for it to end."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Program:
    """A stage in its own process that prints the result of each item; `text` defines `items` and `work` or `make`."""

    def __init__(self, folder: Path, text: str, address: str, code: Path = ROOT, python: str | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self._printed = folder / 'printed'
        self._started = time.time()
        (folder / 'program.py').write_text(f'{HEAD}{text}{TAIL}')
        with self._printed.open('w') as printed:
            self.process = subprocess.Popen(
                [python or str(forking_python()), '-m', 'program'],
                cwd=folder,
                env=os.environ | {'PYTHONPATH': str(code), 'DASK_SCHEDULER_ADDRESS': address},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def lines(self) -> list[str]:
        """Return the lines that it has printed so far, on both streams."""
        return self._printed.read_text().splitlines()

    def wait(self) -> tuple[int, list[str]]:
        """Wait for the program to end; return its exit code and the lines that it printed."""
        return self.process.wait(LIMIT), self.lines()

    def seconds(self, since: float | None = None) -> float:
        """Return the seconds from its start, or from the time `since`, to the last line that it printed."""
        return self._printed.stat().st_mtime - (since or self._started)


HEAD = """
import os
import sys
import time
from pathlib import Path

from stages.common.errors import StudyError, run_stage
from stages.cluster.parallel import parallel_map, parallel_map_built

"""
TAIL = """

def main():
    built = 'make' in globals()
    results = parallel_map_built(make, items, 2, 'work') if built else parallel_map(work, items, 2, 'work')
    for result in results:
        print(result, flush=True)
        if 'taken' in globals():
            taken()


run_stage('program', main)
"""
