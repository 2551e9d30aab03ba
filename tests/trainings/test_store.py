"""Finished trainings are kept one by one: after a kill, with concurrent writers, and if a file is damaged."""

import multiprocessing
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.trainings import store
from stages.trainings.fit import Task
from stages.trainings.store import finished


def task(seed: int) -> Task:
    return Task(np.arange(3), np.array([0, 1, 1], np.uint8), seed)


TASKS = [task(seed) for seed in (1, 2, 3)]


class Fake:
    """Fake training: writes a file per seed, fails for seeds with a file fail-SEED, and takes some seconds."""

    def __init__(self, folder: Path, seconds: float = 0):
        self._folder, self._seconds = folder, seconds
        (folder / 'built').touch()

    def __call__(self, task: Task) -> dict[str, np.ndarray]:
        if (self._folder / f'fail-{task.seed}').exists():
            raise RuntimeError('killed')
        time.sleep(self._seconds)
        (self._folder / f'trained-{task.seed}').touch()
        return {'probability': np.arange(4, dtype=np.float32) / task.seed, 'seed': np.array(task.seed)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(store, 'TRAININGS', tmp_path / 'trainings')
    (tmp_path / 'work').mkdir()
    return tmp_path / 'work'


def run(folder: Path, tasks: list[Task] = TASKS, seconds: float = 0, workers: int = 1) -> list[int]:
    return [int(record['seed']) for record in finished(partial(Fake, folder, seconds), tasks, workers)]


def trained(folder: Path) -> list[int]:
    files = sorted(folder.glob('trained-*'))
    for file in files:
        file.unlink()
    return [int(file.name.removeprefix('trained-')) for file in files]


def files() -> list[Path]:
    return [path for path in store.TRAININGS.rglob('*') if path.is_file()]


def whole() -> list[Path]:
    """Return all files except drafts."""
    return [path for path in files() if not path.name.startswith('.draft-')]


def test_finished_trainings_are_not_repeated(folder, capsys):
    assert run(folder) == [1, 2, 3]
    assert trained(folder) == [1, 2, 3]
    assert run(folder, [task(4), *TASKS]) == [4, 1, 2, 3]
    assert trained(folder) == [4]
    assert capsys.readouterr().out.splitlines() == [
        'trainings: 0 of 3 are already finished', 'trainings: 3 of 4 are already finished'
    ]  # fmt: skip


def test_equal_tasks_are_trained_once(folder, capsys):
    assert run(folder, [task(1), task(2), task(1), task(1)]) == [1, 2, 1, 1]
    assert trained(folder) == [1, 2]
    assert len(files()) == 2
    assert '0 of 4 are already finished' in capsys.readouterr().out


def test_stopped_run_can_be_continued(folder):
    (folder / 'fail-3').touch()
    with pytest.raises(RuntimeError):
        run(folder)
    assert trained(folder) == [1, 2]
    assert len(files()) == 2
    (folder / 'fail-3').unlink()
    assert run(folder) == [1, 2, 3]
    assert trained(folder) == [3]


def test_finished_trainings_of_a_killed_run_are_kept(folder):
    process = multiprocessing.get_context('fork').Process(target=run, args=(folder, TASKS, 0.3))
    process.start()
    deadline = time.monotonic() + 30
    while not whole():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.join()
    kept = len(whole())
    assert 1 <= kept < 3
    trained(folder)
    assert run(folder, seconds=0.3) == [1, 2, 3]
    assert len(trained(folder)) == 3 - kept


def test_nothing_is_built_when_nothing_is_missing(folder):
    run(folder)
    (folder / 'built').unlink()
    run(folder)
    assert not (folder / 'built').exists()


@pytest.mark.parametrize('change', [
    Task(np.arange(3), np.array([0, 1, 1], np.uint8), 9),
    Task(np.array([0, 1, 3]), np.array([0, 1, 1], np.uint8), 1),
    Task(np.arange(3), np.array([0, 1, 0], np.uint8), 1),
], ids=['seed', 'positions', 'label'])  # fmt: skip
def test_another_task_is_another_training(folder, change):
    run(folder)
    trained(folder)
    finished(partial(Fake, folder, 0), [change], 1)
    assert trained(folder) == [change.seed]


def test_other_arguments_are_other_trainings(folder):
    run(folder)
    trained(folder)
    run(folder, seconds=0.001)
    assert trained(folder) == [1, 2, 3]


class Odd:
    """Return arrays that are hard to store."""

    record = {  # noqa: RUF012 (nothing changes it)
        'nothing': np.empty((0, 3), np.int64),
        'number': np.array(0.1),
        'unknown': np.array(np.nan),
        'flag': np.array(True),
        'shares': np.array([[np.nan, 1 / 3], [-0.0, 5e-324]]),
        'single': np.array([1 / 3, np.inf], np.float32),
    }

    def __call__(self, task: Task) -> dict[str, np.ndarray]:
        return self.record


def test_record_round_trips(folder):
    (record,) = finished(partial(Odd), [task(1)], 1)
    assert list(record) == list(Odd.record)
    for name, array in Odd.record.items():
        assert (record[name].dtype, record[name].shape) == (array.dtype, array.shape)
        assert record[name].tobytes() == array.tobytes()


@pytest.mark.parametrize(('place', 'expected'), [
    ('.', 'data/trainings'), ('.dvc/tmp/exps/standalone/tmp1', 'data/trainings'),
    ('tmp/exps/standalone/tmp1', 'tmp/exps/standalone/tmp1/data/trainings'),
])  # fmt: skip
def test_a_queued_experiment_uses_the_trainings_of_the_workspace(tmp_path, monkeypatch, place, expected):
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / place)
    assert store.folder().absolute() == tmp_path / expected


@pytest.mark.parametrize('damage', [
    lambda content: content[: len(content) // 2], lambda content: b'', lambda content: b'x' * len(content),
    lambda content: content[:150] + b'\xff\xff' + content[152:],
], ids=['half', 'empty', 'other', 'a byte'])  # fmt: skip
def test_a_damaged_file_is_refused_by_name(folder, damage):
    run(folder)
    path = sorted(store.TRAININGS.rglob('*.npz'))[1]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StudyError) as raised:
        run(folder)
    assert str(raised.value).startswith(f'{path}: damaged')
    assert str(raised.value).endswith('remove it and run again')
    path.unlink()
    trained(folder)
    assert run(folder) == [1, 2, 3]
    assert len(trained(folder)) == 1


def test_concurrent_writers_of_the_same_trainings(folder):
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=run, args=(folder, TASKS, 0.05)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(files()) == 3
    trained(folder)
    assert run(folder, seconds=0.05) == [1, 2, 3]
    assert trained(folder) == []


def test_workers_share_the_trainings(folder):
    assert run(folder, workers=2) == [1, 2, 3]
    assert trained(folder) == [1, 2, 3]
    assert len(files()) == 3
