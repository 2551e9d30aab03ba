"""The workflow as people use it: real dvc in a temporary clone, on a tiny drawn set."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TINY = {
    'data': {'drawn': {'count': 60}},
    'preprocess': {'size': 32},
    'train': {'hidden': [16, 8, 4], 'epochs': 8},
    'evaluate': {'gallery': 8},
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


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """A clone in which the workflow has run, and its result is committed."""
    clone = Clone(tmp_path_factory.mktemp('study') / 'clone')
    clone.output('dvc', 'repro')
    clone.commit()
    return clone


def test_repro_makes_every_output_and_then_has_nothing_to_do(clone):
    figures = {path.name for path in (clone.folder / 'metrics' / 'figures').iterdir()}
    assert figures == {'loss.png', 'confusion.png', 'photos.png', 'dotted.png', 'misread.png', 'turned.png'}
    assert clone.metrics()['train']['copies'] == 0
    assert stages_run(clone.output('dvc', 'repro')) == []
    assert 'up to date' in clone.output('dvc', 'status')


def test_metrics_have_the_names_that_others_rely_on(clone):
    names = {f'{section}.{name}' for section, values in clone.metrics().items() for name in values}
    assert names >= {
        'clean.accuracy', 'clean.precision', 'clean.recall', 'clean.f1', 'clean.auc', 'dotted.accuracy',
        'attack.success_rate', 'attack.base_rate', 'attack.excess', 'train.loss', 'train.accuracy', 'train.converged',
        'train.copies',
    }  # fmt: skip


def test_an_experiment_trains_again_and_going_back_does_not(clone):
    there = clone.output('dvc', 'exp', 'run', '-S', 'adv.fraction=0.125')
    assert stages_run(there) == ['train', 'evaluate']
    assert clone.metrics()['train']['copies'] == 6
    changes = clone.output('dvc', 'metrics', 'diff')
    assert re.search(r'metrics/evaluate\.json +train\.copies +0 +6 +6', changes)
    back = clone.output('dvc', 'exp', 'run', '-S', 'adv.fraction=0.0')
    assert "Stage 'train' is cached" in back
    assert stages_run(back) == ['evaluate']
    assert clone.output('git', 'status', '--short') == ''


def test_the_same_params_give_the_same_hashes_in_another_folder_with_other_workers(clone, tmp_path):
    other = Clone(tmp_path / 'elsewhere' / 'other')
    other.set_params({'workers': 1})
    other.output('dvc', 'repro', '--force')
    assert other.lock() == clone.lock()


def test_own_photos_and_a_change_among_them(clone, tmp_path):
    own = Clone(tmp_path / 'clone')
    photos = tmp_path / 'photos'
    shutil.copytree(clone.folder / 'data' / 'raw' / 'female', photos / 'Female Faces')
    shutil.copytree(clone.folder / 'data' / 'raw' / 'male', photos / 'Male Faces')
    extra = next((photos / 'Male Faces').iterdir())
    extra.rename(tmp_path / 'extra.jpg')
    (photos / 'Male Faces' / 'broken.jpg').write_bytes(b'no picture')
    own.output('dvc', 'exp', 'run', '-S', 'data.source=folder', '-S', f'data.folder={photos}')
    counts = json.loads((own.folder / 'metrics' / 'preprocess.json').read_text())
    assert counts == counts | {'photos': 60, 'unreadable': 1, 'found': 59, 'kept': {'female': 29, 'male': 29}}
    remarks = (own.folder / 'metrics' / 'remarks.csv').read_text()
    assert 'Male Faces/broken.jpg,False,not a picture that Pillow can read' in remarks
    (tmp_path / 'extra.jpg').rename(extra)
    assert 'download' in stages_run(own.output('dvc', 'repro'))


@pytest.mark.parametrize(('change', 'message'), [
    ({'adv': {'fraction': 1.5}}, 'adv.fraction: must be between 0 and 1, got 1.5'),
    ({'data': {'source': 'kaggle'}}, 'data.source: kaggle is not built yet'),
    ({'data': {'source': 'folder'}}, 'no photo was found'),
])  # fmt: skip
def test_a_mistake_is_one_plain_line(tmp_path, change, message):
    clone = Clone(tmp_path / 'clone')
    clone.set_params(change)
    result = clone.run(sys.executable, '-m', 'stages.download')
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.startswith('download: ')
    assert message in result.stderr
    assert result.stderr.count('\n') == 1
    assert not (clone.folder / 'data' / 'raw').exists()
