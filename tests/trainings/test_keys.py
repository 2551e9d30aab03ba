"""Keys of trainings, derived from code and data: a change gives a new key if and only if it may affect the training."""

import shutil
from dataclasses import replace
from functools import partial
from importlib.metadata import packages_distributions

import numpy as np
import pytest

from stages.audit.judged import AuditFits
from stages.dataset.poison import Arm, pool
from stages.detect.judged import CaseFits
from stages.replicate.published import ReplicateParams, Replication
from stages.trainings import store
from stages.trainings.fit import Fits, Task, fits
from stages.trainings.plan import Run, Setting
from stages.trainings.store import closure, keys
from tests.clone import ROOT

DISTRIBUTIONS = packages_distributions()  # takes a tenth of a second
TASK = Task(np.arange(4), np.array([0, 1, 0, 1], np.uint8), 1)
JUDGED = ('detect', 'audit')  # builds whose rows detectors judge
ALL = ('sweep', *JUDGED, 'replicate')


@pytest.fixture(autouse=True)
def _distributions(monkeypatch):
    monkeypatch.setattr(store, '_distributions', lambda: DISTRIBUTIONS)


@pytest.fixture
def builds(varied_faces, varied_triggered, recipe):
    """Functions that build the trainings of each stage."""
    crops = pool(varied_faces.pixels, varied_triggered.pixels)
    pixels, label = varied_faces.pixels, varied_faces.label
    return {
        'sweep': fits(Fits, crops, recipe, 50),
        'detect': fits(CaseFits, crops, recipe, ['loss', 'pair'], 50),
        'audit': fits(AuditFits, pixels, recipe, ['loss', 'pair']),
        'replicate': partial(Replication, pixels, varied_triggered.pixels, label, [4], ReplicateParams()),
    }


@pytest.fixture
def stages(tmp_path, monkeypatch):
    """A copy of the code, from which keys are computed."""
    shutil.copytree(ROOT / 'stages', tmp_path / 'stages', ignore=shutil.ignore_patterns('__pycache__'))
    monkeypatch.setattr(store, 'ROOT', tmp_path)
    return tmp_path / 'stages'


def changed(builds, change) -> list[str]:
    """Return the stages whose keys differ after a change."""
    before = {stage: keys(build, [TASK]) for stage, build in builds.items()}
    change()
    return [stage for stage, build in builds.items() if keys(build, [TASK]) != before[stage]]


def appended(path, text='\n# A comment.\n'):
    return lambda: path.write_text(path.read_text() + text)


def test_copy_of_the_code_has_the_same_keys(builds, monkeypatch, tmp_path):
    before = {stage: keys(build, [TASK]) for stage, build in builds.items()}
    assert len({key for (key,) in before.values()}) == len(builds)
    shutil.copytree(ROOT / 'stages', tmp_path / 'stages', ignore=shutil.ignore_patterns('__pycache__'))
    monkeypatch.setattr(store, 'ROOT', tmp_path)
    assert {stage: keys(build, [TASK]) for stage, build in builds.items()} == before


@pytest.mark.parametrize('line', [
    'from stages.network.steepness import sigmoid',
    'from stages.network import steepness',
    'import stages.network.steepness',
    'import stages.network.steepness as other',
    'def late():\n    from stages.network.steepness import sigmoid',
    "HIDDEN = 'stages.network.steepness'",
])  # fmt: skip
def test_new_imported_file_changes_the_keys(builds, stages, line):
    new = stages / 'network' / 'steepness.py'
    new.write_text('def sigmoid(x):\n    return 1 / (1 + exp(-1 * x))\n')
    assert changed(builds, appended(stages / 'network' / 'perceptron.py', f'\n{line}\n')) == list(ALL)
    assert changed(builds, lambda: new.write_text(new.read_text().replace('-1', '-2'))) == list(ALL)


def test_indirect_and_circular_imports_change_the_keys(builds, stages):
    first, second = stages / 'network' / 'first.py', stages / 'common' / 'second.py'
    first.write_text('import stages.common.second\n')
    second.write_text('import stages.network.first\n')
    appended(stages / 'network' / 'perceptron.py', '\nimport stages.network.first\n')()
    assert changed(builds, appended(second)) == list(ALL)
    assert changed(builds, second.unlink) == list(ALL)


def test_unused_file_does_not_change_the_keys(builds, stages):
    assert changed(builds, lambda: (stages / 'network' / 'idle.py').write_text('x = 1\n')) == []


@pytest.mark.parametrize('file', [
    'network/gram.py', 'network/inputs.py', 'common/arrays.py', 'network/training.py', 'network/recipe.py',
])  # fmt: skip
def test_code_of_all_trainings_changes_all_keys(builds, stages, file):
    assert changed(builds, appended(stages / file)) == list(ALL)


@pytest.mark.parametrize('file', [
    'detectors/ridge.py', 'detectors/evidence.py', 'detectors/proof.py', 'faces/duplicates.py', 'trainings/judging.py',
])  # fmt: skip
def test_detector_only_changes_keys_of_judged_trainings(builds, stages, file):
    assert changed(builds, appended(stages / file)) == list(JUDGED)


def test_new_detector_changes_keys_of_judged_trainings(builds, stages):
    text = (stages / 'detectors' / 'loss.py').read_text()
    assert changed(builds, lambda: (stages / 'detectors' / 'new.py').write_text(text)) == list(JUDGED)


@pytest.mark.parametrize('file', [
    'report/sweep.py', 'report/charts.py', 'report/page.html', 'scores/scores.py', 'scores/statistics.py',
    'scores/ranking.py', 'sweep/summary.py', 'sweep/__main__.py', 'detect/cases.py', 'detect/summary.py',
    'detect/__main__.py', 'audit/reasons.py', 'audit/proof.py', 'audit/__main__.py', 'replicate/summary.py',
    'trainings/store.py', 'trainings/plan.py', 'triggers/dots.py', 'cluster/dask.py', 'preprocess/choose.py',
])  # fmt: skip
def test_code_that_runs_before_or_after_a_training_does_not_change_keys(builds, stages, file):
    assert changed(builds, appended(stages / file)) == []


def test_each_stage_has_its_own_code(builds, stages):
    assert changed(builds, appended(stages / 'detect' / 'judged.py')) == ['detect']
    assert changed(builds, appended(stages / 'audit' / 'judged.py')) == ['audit']
    assert changed(builds, appended(stages / 'replicate' / 'published.py')) == ['replicate']


@pytest.mark.parametrize(('library', 'expected'), [
    ('numpy', ALL), ('scipy', ALL), ('scikit-learn', JUDGED), ('ImageHash', JUDGED), ('matplotlib', ()),
])  # fmt: skip
def test_another_version_of_a_library_changes_the_keys(builds, monkeypatch, library, expected):
    real = store.version

    def newer(name: str) -> str:
        return '999' if name == library else real(name)

    assert changed(builds, lambda: monkeypatch.setattr(store, 'version', newer)) == list(expected)


def test_closure_has_the_code_that_runs_but_not_the_report():
    code, libraries = closure('stages.trainings.fit')
    assert {'stages', 'stages.network', 'stages.network.gram', 'stages.network.perceptron', 'stages.common.arrays'} <= {
        *code
    }
    assert not [name for name in code if room_of(name) in {'report', 'scores', 'detectors', 'sweep', 'images'}]
    assert 'numpy' in libraries
    assert not {'stages', 'pathlib', 'matplotlib', 'sklearn'} & libraries
    judged, _ = closure('stages.detect.judged')
    assert {'stages.detectors.ridge', 'stages.detectors.detector', 'stages.faces.duplicates'} <= set(judged)
    assert set(code) < set(judged)


def room_of(module: str) -> str:
    return [*module.split('.'), ''][1]


def test_data_recipe_and_rows_change_the_key(varied_faces, varied_triggered, recipe):
    faces, triggered = varied_faces, varied_triggered

    def key_of(pixels=faces.pixels, with_trigger=triggered.pixels, recipe=recipe, rows=50, task=TASK):
        return keys(fits(Fits, pool(pixels, with_trigger), recipe, rows), [task])

    before = key_of()
    assert key_of() == before
    for change in ({'momentum': 0.5}, {'hidden': [6, 4, 2]}, {'mirror': not recipe.mirror}, {'solver': 'direct'}):
        assert key_of(recipe=recipe.model_copy(update=change)) != before
    # Every task has its own seed.
    assert key_of(recipe=recipe.model_copy(update={'seed': recipe.seed + 1})) == before
    assert key_of(task=replace(TASK, seed=2)) != before
    assert key_of(rows=51) != before
    for name in ('positions', 'label'):
        array = getattr(TASK, name).copy()
        array[0] ^= 1
        assert key_of(task=replace(TASK, **{name: array})) != before
    for name in ('pixels', 'with_trigger'):
        pixels = (faces.pixels if name == 'pixels' else triggered.pixels).copy()
        pixels[0, 0, 0] ^= 1
        assert key_of(**{name: pixels}) != before
    assert key_of() == before


def test_mapped_files_and_parsed_params_give_the_same_keys(varied_faces, recipe, tmp_path):
    np.save(tmp_path / 'pixels.npy', varied_faces.pixels)
    mapped = np.load(tmp_path / 'pixels.npy', mmap_mode='r')
    # A pydantic model also records which of its params were set.
    read = type(recipe).model_validate(recipe.model_dump())
    ours, theirs = fits(Fits, varied_faces.pixels, recipe, 50), fits(Fits, mapped, read, 50)
    assert keys(ours, [TASK]) == keys(theirs, [TASK])


def test_run_without_its_copies_has_the_key_of_the_unpoisoned_run(builds, varied_faces):
    setting = Setting(0.2, 'male')
    for arm in Arm:
        drawn = setting.drawn(varied_faces, Run(arm, 0.2, 'kept', 3))
        without = setting.drawn(varied_faces, Run(None, 0.0, 'kept', 3))
        key, unpoisoned = keys(builds['sweep'], [drawn.task(drawn.rows.is_poisoned), without.task()])
        assert key == unpoisoned != keys(builds['sweep'], [drawn.task()])[0]
