"""A clone of this checkout to run the workflow in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TINY = {
    'data': {'drawn': {'count': 60}},
    'preprocess': {'size': 32},
    'train': {'hidden': [16, 8, 4], 'epochs': 8},
    'evaluate': {'gallery': 8},
    'sweep': {'fractions': [0.0, 0.125], 'seeds': 3, 'test': 0.2},
    'detect': {'fractions': [0.125], 'seeds': 3, 'detectors': ['loss', 'pair'], 'test': 0.2},
    'replicate': {'epochs': 4, 'rounds': 2},
}


class Clone:
    """A clone of this checkout as it stands, uncommitted changes and all, set to a tiny drawn study."""

    def __init__(self, folder: Path):
        self.folder = folder
        home = folder.parent / 'home'
        home.mkdir(exist_ok=True, parents=True)
        (home / '.gitconfig').write_text('[user]\nname = Test\nemail = test@example.org\n')
        self._environment = os.environ | {
            'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
            'HOME': str(home),
        }
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


def merged(content: dict, changes: dict) -> dict:
    return content | {
        name: merged(content[name], value) if isinstance(value, dict) else value for name, value in changes.items()
    }
