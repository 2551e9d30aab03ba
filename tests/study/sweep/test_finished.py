import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.study.finished import ground, results
from stages.study.plan import Run
from tests.study.sweep.test_runs import TRAIN

RUNS = [Run('dotted, kept', 0.1, seed) for seed in (1, 2, 3)]


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
    monkeypatch.setattr('stages.study.finished.FINISHED', tmp_path / 'cache')
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
    again = results([*RUNS, Run('dotted, kept', 0.1, 4)], 'common', lambda: Scores(folder), 1)
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


def test_another_fraction_or_arm_is_another_run(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    trained(folder)
    results([Run('dotted, kept', 0.2, 1), Run('undotted, kept', 0.1, 2)], 'common', lambda: Scores(folder), 1)
    assert trained(folder) == ['1', '2']


def test_nothing_is_made_ready_when_nothing_is_missing(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    results(RUNS, 'common', pytest.fail, 1)


def test_data_params_and_code_are_the_ground(varied_faces, varied_twins, tmp_path, monkeypatch):
    def now(faces=varied_faces, twins=varied_twins, params=TRAIN, test=0.2, target='male'):
        return ground(faces, twins, params, test, target)

    before = now()
    assert now() == before
    assert now(test=0.3) != before
    assert now(target='female') != before
    assert now(params=TRAIN.model_copy(update={'momentum': 0.5})) != before
    twins = varied_twins.pixels.copy()
    varied_twins.pixels[0, 0, 0] ^= 1
    assert now() != before
    varied_twins.pixels[:] = twins
    assert now() == before
    varied_faces.label[0] = 1 - varied_faces.label[0]
    assert now() != before
    varied_faces.label[0] = 1 - varied_faces.label[0]
    (tmp_path / 'network').mkdir()
    (tmp_path / 'network' / 'gram.py').write_text('other code')
    monkeypatch.setattr('stages.study.finished.ROOMS', tmp_path)
    assert now() != before
    np.testing.assert_array_equal(varied_twins.pixels, twins)


def test_a_damaged_cache_is_refused_by_name(folder):
    results(RUNS, 'common', lambda: Scores(folder), 1)
    database = folder.parent / 'cache' / 'cache.db'
    database.write_bytes(b'x' * database.stat().st_size)
    with pytest.raises(StudyError, match=r'cache: damaged \(.*\); remove the folder and run again'):
        results(RUNS, 'common', lambda: Scores(folder), 1)
