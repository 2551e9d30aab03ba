"""A clone of this checkout to run the workflow in."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import matplotlib as mpl
import psutil
import yaml

ROOT = Path(__file__).parents[1]
LIMIT = 60  # seconds, for what takes a few on a quiet machine
TINY = {
    'data': {'drawn': {'count': 60}},
    'preprocess': {'size': 32},
    'train': {'hidden': [16, 8, 4], 'epochs': 8},
    'evaluate': {'gallery': 8},
    'sweep': {'fractions': [0.0, 0.125], 'seeds': 3, 'test': 0.2},
    'detect': {'fractions': [0.125], 'seeds': 3, 'detectors': ['loss', 'pair'], 'test': 0.2},
    'replicate': {'epochs': 4, 'rounds': 2},
}
# To import these takes a stage most of its start; what else it imports, and the code of the clone, it imports itself.
LIBRARIES = (
    'dlib', 'imagehash', 'joblib', 'matplotlib.figure', 'PIL.Image', 'pydantic', 'scipy.ndimage',
    'scipy.spatial', 'scipy.stats', 'sklearn.cluster', 'sklearn.decomposition', 'sklearn.metrics',
    'sklearn.model_selection', 'threadpoolctl', 'tqdm', 'yaml',
)  # fmt: skip
# Forks itself for each line on stdin, and then does what `python -m` does.
FORKS = f"""
import json, os, runpy, sys
from importlib import import_module
for name in {LIBRARIES}:
    import_module(name)
for line in sys.stdin:
    folder, environment, streams, module, arguments = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
os.chdir(folder)
for number, path in enumerate(streams):
    os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
os.environ.clear()
os.environ.update(environment)
sys.path[0] = folder
sys.argv = ['-m', *arguments]
runpy.run_module(module, run_name='__main__', alter_sys=True)
"""


class Clone:
    """A clone of this checkout as it stands, uncommitted changes and all, set to a tiny drawn study.

    With `original`, the folder of another clone, it is a copy of that with all that was made there.
    """

    def __init__(self, folder: Path, original: Path | None = None):
        self.folder = folder
        home = folder.parent / 'home'
        home.mkdir(exist_ok=True, parents=True)
        (home / '.gitconfig').write_text('[user]\nname = Test\nemail = test@example.org\n')
        self._environment = os.environ | {
            'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
            'HOME': str(home),
            'MPLCONFIGDIR': mpl.get_cachedir(),  # to list the fonts takes seconds in every new home
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

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
        """Run a command in the clone."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self._environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )

    def fork(self, module: str, *arguments: str) -> subprocess.CompletedProcess:
        """Run `python -m module` in the clone in a fork of a process that has imported the libraries."""
        streams = [Path(os.devnull), *(self.folder.parent / name for name in ('stdout', 'stderr'))]
        request = [str(self.folder), self._environment, [str(path) for path in streams], module, arguments]
        process = forks()
        process.stdin.write(f'{json.dumps(request)}\n')
        process.stdin.flush()
        code = int(process.stdout.readline())
        return subprocess.CompletedProcess([module, *arguments], code, *(path.read_text() for path in streams[1:]))

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start a command in the clone, in a process group of its own; what it prints goes to `printed` beside it."""
        with (self.folder.parent / 'printed').open('w') as printed:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self, *command: str, cwd: Path | None = None) -> str:
        """Run a command that must succeed, and return what it printed."""
        result = self.run(*command, cwd=cwd)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout + result.stderr

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


@cache
def forks() -> subprocess.Popen:
    """Start the process of FORKS; it ends with this one."""
    environment = os.environ | {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    process = subprocess.Popen(
        [sys.executable, '-c', FORKS], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(process.communicate)
    return process


def merged(content: dict, changes: dict) -> dict:
    return content | {
        name: merged(content[name], value) if isinstance(value, dict) else value for name, value in changes.items()
    }


def until(happened: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait until happened() is true."""
    deadline = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def members(group: int) -> list[psutil.Process]:
    """Return the processes of a group that are alive."""
    found = []
    for pid in psutil.pids():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(psutil.Process(pid))
    return found


def spent(processes: list[psutil.Process]) -> list[float]:
    """Return the CPU seconds that each has taken so far, with its children that have ended: the most come first."""
    seconds = []
    for process in processes:
        with suppress(psutil.Error):
            seconds.append(sum(process.cpu_times()[:4]))
    return sorted(seconds, reverse=True)
