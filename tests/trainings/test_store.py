from dataclasses import replace
from pathlib import Path

import pytest

from stages.audit import trainings as auditing
from stages.common.errors import StudyError
from stages.dataset.poison import Arm
from stages.detect import trainings as detection
from stages.trainings.plan import Run, Setting
from stages.trainings.store import CODE, ground, results

MORE = (*detection.CODE, *auditing.CODE)  # what stages add to the code of every training
RUNS = [Run(Arm.CLEAN_LABEL, 0.1, seed) for seed in (1, 2, 3)]


class Scores:
    """Stands for a training that fails for the seeds in `failing`, and leaves a file for each run."""

    def __init__(self, folder, failing=()):
        self.folder, self.failing = folder, failing

    def __call__(self, run: Run) -> dict:
        if run.seed in self.failing:
            raise RuntimeError('killed')
        (self.folder / f'{run.seed}').touch()
        return {'score': run.seed / 3}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr('stages.trainings.store.FINISHED', tmp_path / 'cache')
    (tmp_path / 'trained').mkdir()
    return tmp_path / 'trained'


def trained(folder) -> list[str]:
    names = sorted(path.name for path in folder.iterdir())
    for name in names:
        (folder / name).unlink()
    return names


def test_what_is_finished_is_not_trained_again(folder):
    first = results(RUNS, 'common', lambda: Scores(folder), 1)
    assert trained(folder) == ['1', '2', '3']
    again = results([*RUNS, Run(Arm.CLEAN_LABEL, 0.1, 4)], 'common', lambda: Scores(folder), 1)
    assert trained(folder) == ['4']
    assert again[:3] == first == [{'score': seed / 3} for seed in (1, 2, 3)]


def test_a_sweep_that_was_stopped_goes_on(folder):
    with pytest.raises(RuntimeError):
        results(RUNS, 'common', lambda: Scores(folder, failing=[3]), 1)
    assert trained(folder) == ['1', '2']
    results(RUNS, 'common', lambda: Scores(folder), 1)
    assert trained(folder) == ['3']


def test_runs_on_another_ground_are_not_taken(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    trained(folder)
    results(RUNS, 'another', lambda: Scores(folder), 1)
    assert trained(folder) == ['1', '2', '3']


def test_another_rate_or_arm_is_another_run(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    trained(folder)
    others = [Run(Arm.CLEAN_LABEL, 0.2, 1), Run(Arm.DUPLICATES, 0.1, 2), Run(None, 0.0, 3)]
    results(others, 'common', lambda: Scores(folder), 1)
    assert trained(folder) == ['1', '2', '3']


def test_nothing_is_made_ready_when_nothing_is_missing(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    results(RUNS, 'common', pytest.fail, 1)


def test_data_recipe_and_setting_are_the_ground(varied_faces, varied_triggered, recipe):
    faces, triggered = varied_faces, varied_triggered
    setting = Setting(0.2, 'male', False)

    def now(faces=faces, triggered=triggered, recipe=recipe, setting=setting):
        return ground(recipe, faces, triggered.pixels, setting)

    before = now()
    assert now() == before
    assert now(setting=replace(setting, test=0.3)) != before
    assert now(setting=replace(setting, target='female')) != before
    assert now(setting=replace(setting, replaces=True)) != before
    for change in ({'momentum': 0.5}, {'hidden': [6, 4, 2]}, {'mirror': not recipe.mirror}, {'solver': 'direct'}):
        assert now(recipe=replace(recipe, **change)) != before
    # Every run has a seed of its own.
    assert now(recipe=replace(recipe, seed=recipe.seed + 1)) == before
    pixels = triggered.pixels.copy()
    pixels[0, 0, 0] ^= 1
    assert now(triggered=replace(triggered, pixels=pixels)) != before
    for name in ('pixels', 'label', 'group'):
        array = getattr(faces, name).copy()
        array.flat[0] ^= 1
        assert now(faces=replace(faces, **{name: array})) != before
    assert now() == before


@pytest.mark.parametrize('library', ['numpy', 'scipy', 'sklearn', 'PIL', 'imagehash'])
def test_the_versions_of_the_libraries_are_the_ground(recipe, monkeypatch, library):
    before = ground(recipe)
    monkeypatch.setattr(f'{library}.__version__', '0.0.1')
    assert ground(recipe) != before


def test_every_file_of_the_code_is_the_ground(varied_faces, varied_triggered, recipe, tmp_path, monkeypatch):
    def now():
        return ground(recipe, varied_faces, varied_triggered.pixels, Setting(0.2, 'male', False), code=MORE)

    before = now()
    stages = Path('stages').resolve()
    files = {pattern: [path.relative_to(stages) for path in stages.glob(pattern)] for pattern in (*CODE, *MORE)}
    assert all(files.values())
    paths = [path for found in files.values() for path in found]
    assert {
        Path(name)
        for name in (
            'network/gram.py',
            'dataset/poison.py',
            'study/trainings.py',
            'detectors/ridge.py',
            'detection/proof.py',
        )
    } <= set(paths)
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((stages / path).read_bytes())
    monkeypatch.setattr('stages.trainings.store.ROOMS', tmp_path)
    assert now() == before
    for path in paths:
        content = (tmp_path / path).read_bytes()
        (tmp_path / path).write_bytes(content + b'#')
        assert now() != before
        (tmp_path / path).write_bytes(content)


def test_a_damaged_cache_is_refused_by_name(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    database = folder.parent / 'cache' / 'cache.db'
    database.write_bytes(b'x' * database.stat().st_size)
    with pytest.raises(StudyError, match=r'cache: damaged \(.*\); remove the folder and run again'):
        results(RUNS, 'common', lambda: Scores(folder), 1)
