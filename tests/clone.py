"""A clone of this checkout to run the workflow in."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import matplotlib as mpl
import psutil
import yaml

from tests.forks import forking_python

ROOT = Path(__file__).parents[1]
LIMIT = 60  # seconds, for operations that take a few on an idle machine
TINY = {
    'workers': 1,  # more workers would import the libraries again in every stage
    'data': {'drawn': {'count': 60}},
    'preprocess': {'size': 32},
    'train': {'hidden': [16, 8, 4], 'epochs': 8},
    'evaluate': {'gallery': 8},
    'sweep': {'fractions': [0.0, 0.125], 'seeds': 3, 'test': 0.2},
    'detect': {'fractions': [0.125], 'seeds': 3, 'detectors': ['loss', 'pair'], 'test': 0.2},
    'replicate': {'epochs': 4, 'rounds': 2},
}


class Clone:
    """A clone of this checkout, including uncommitted changes, configured for a tiny drawn study.

    With `original`, the folder of another clone, it is a copy of that clone and its results.
    """

    def __init__(self, folder: Path, original: Path | None = None):
        self.folder = folder
        home = folder.parent / 'home'
        home.mkdir(exist_ok=True, parents=True)
        (home / '.gitconfig').write_text('[user]\nname = Test\nemail = test@example.org\n')
        self._environment = os.environ | {
            'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
            'HOME': str(home),
            'MPLCONFIGDIR': mpl.get_cachedir(),  # listing the fonts takes seconds in a new home
        }
        if original:
            shutil.copytree(original, folder, symlinks=True, dirs_exist_ok=True)
            return
        names = self.output('git', 'ls-files', '--cached', '--others', '--exclude-standard', cwd=ROOT).splitlines()
        for name in names:
            if (ROOT / name).is_file() and name != 'dvc.lock' and not name.startswith('metrics/'):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        self.set_params(TINY)
        self.output('git', 'init', '--quiet')
        self.commit()

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess:
        """Run a command in the clone."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self._environment | environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )

    def fork(self, module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run `python -m module` in the clone in a fork of a process that has imported the libraries."""
        return self.run(str(forking_python()), '-m', module, *arguments, **environment)

    def dvc(self, *arguments: str, **environment: str) -> str:
        """Run a DVC command that must succeed, itself and its stages as such forks, and return its output."""
        return succeeded(self.try_dvc(*arguments, **environment))

    def try_dvc(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run a DVC command like `dvc`, which may fail."""
        return self.fork('dvc', *arguments, **self._forking(), **environment)

    def start_dvc(self, *arguments: str) -> subprocess.Popen:
        """Start a DVC command like `start`, itself and its stages as such forks."""
        return self.start(str(forking_python()), '-m', 'dvc', *arguments, **self._forking())

    def _forking(self) -> dict[str, str]:
        return {'PATH': f'{forking_python().parent}{os.pathsep}{self._environment["PATH"]}'}

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start a command in the clone, in its own process group; its output goes to a file `printed` next to it."""
        with (self.folder.parent / 'printed').open('w') as printed:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def output(self, *command: str, cwd: Path | None = None) -> str:
        """Run a command that must succeed, and return its output."""
        return succeeded(self.run(*command, cwd=cwd))

    def commit(self) -> None:
        """Commit everything."""
        self.output('git', 'add', '--all')
        self.output('git', 'commit', '--quiet', '--message', 'A tiny study')

    def set_params(self, changes: dict) -> None:
        """Change params.yaml, section by section."""
        path = self.folder / 'params.yaml'
        path.write_text(yaml.safe_dump(merged(yaml.safe_load(path.read_text()), changes)))

    def metrics(self) -> dict:
        """Return metrics/evaluate.json."""
        return json.loads((self.folder / 'metrics' / 'evaluate.json').read_text())

    def lock(self) -> dict:
        """Return dvc.lock."""
        return yaml.safe_load((self.folder / 'dvc.lock').read_text())


def succeeded(result: subprocess.CompletedProcess) -> str:
    """Return the output of a command, which must have succeeded."""
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def merged(content: dict, changes: dict) -> dict:
    return content | {
        name: merged(content[name], value) if isinstance(value, dict) else value for name, value in changes.items()
    }


def wait_until(condition: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait until condition() is true."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def members(group: int) -> list[psutil.Process]:
    """Return the live processes of a process group."""
    alive = []
    for pid in psutil.pids():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                alive.append(psutil.Process(pid))
    return alive


def cpu_seconds(processes: list[psutil.Process]) -> list[float]:
    """Return the CPU seconds of each process and its finished children so far, in descending order."""
    seconds = []
    for process in processes:
        with suppress(psutil.Error):
            seconds.append(sum(process.cpu_times()[:4]))
    return sorted(seconds, reverse=True)
