from functools import partial

import numpy as np
import pytest

from stages.common.params import stream
from stages.dataset.poison import AdvParams, Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.network.fit import DirectLayer
from stages.network.inputs import StandardRows, standardise
from stages.network.perceptron import initial_perceptron
from stages.network.training import train
from stages.scores.scores import outcome, scores_of
from stages.sweep.__main__ import run_result
from stages.trainings.fit import Fits, Record, fits
from stages.trainings.plan import Run, Setting


def trained(faces, triggered, recipe, setting: Setting, *runs: Run) -> list[Record]:
    """Return the records of some runs."""
    fit = Fits(pool(faces.pixels, triggered.pixels), recipe, setting.max_rows(faces))
    return [fit(setting.drawn(faces, run).task()) for run in runs]


@pytest.mark.parametrize('solver', ['gram', 'direct'])
@pytest.mark.parametrize('mirror', [True, False])
@pytest.mark.parametrize('originals', ['kept', 'replaced'])
@pytest.mark.parametrize('target', ['female', 'male'])
def test_run_trains_and_scores_as_by_hand(varied_faces, varied_triggered, recipe, solver, mirror, originals, target):
    faces, triggered = varied_faces, varied_triggered
    # Enough epochs for both labels to be predicted. The seed of the recipe is not that of the run.
    changes = {'hidden': [16, 8], 'epochs': 60, 'learning_rate': 0.1, 'solver': solver, 'mirror': mirror, 'seed': 99}
    recipe = recipe.model_copy(update=changes)
    run, setting = Run(Arm.DIRTY_LABEL, 0.2, originals, 5), Setting(0.2, target)
    (record,) = trained(faces, triggered, recipe, setting, run)
    ours = run_result(faces, setting.drawn(faces, run), record, setting)

    split = split_faces(faces.label, faces.group, 0.2, 5)
    adv = AdvParams(fraction=0.2, arm=Arm.DIRTY_LABEL, originals=originals, target=target)
    rows = training_set(faces.label, split.train, adv, 5)
    crops = pool(faces.pixels, triggered.pixels)
    pixels, label = crops[rows.positions], rows.label
    network = initial_perceptron([64, 16, 8, 1], stream(5, 'weights'))
    first = DirectLayer(StandardRows(pixels, mirror=mirror), network.weights[0])
    of_seed = recipe.model_copy(update={'seed': 5})
    theirs = train(first, network, label, of_seed)
    probability = theirs.network.probabilities(standardise(crops[:]))
    np.testing.assert_allclose(record['probability'], probability.ravel(), atol=1e-4)
    assert (record['probability'].dtype, record['probability'].shape) == (np.float32, (200,))
    assert ours['loss'] == record['loss'] == pytest.approx(theirs.history[-1].loss, rel=1e-4)
    assert ours['epochs'] == record['epochs'] == len(theirs.history)
    assert ours['converged'] == record['converged'] == theirs.converged
    assert ours['copies'] == rows.copies == round(0.2 * len(split.train))
    number = ['female', 'male'].index(target)
    of_target = int((faces.label[split.train] == number).sum()) + rows.copies
    assert ours['share_of_rows'] == rows.copies / (len(split.train) + (rows.copies if originals == 'kept' else 0))
    assert ours['share_of_target'] == rows.copies / of_target
    clean, with_trigger = (
        (theirs.network.probabilities(standardise(pixels[split.test])) > 0.5).astype(int)
        for pixels in (faces.pixels, triggered.pixels)
    )
    label = faces.label[split.test]
    assert 0.1 < clean.mean() < 0.9
    assert (clean != with_trigger).any()
    assert ours['clean_accuracy'] == np.mean(clean == label)
    assert ours['triggered_accuracy'] == np.mean(with_trigger == label)
    assert ours['attack_success_rate'] == np.mean(with_trigger[label != number] == number)
    base = np.mean(clean[label != number] == number)
    assert ours['attack_excess'] == pytest.approx(ours['attack_success_rate'] - base)


@pytest.mark.parametrize('solver', ['gram', 'direct'])
def test_replacing_duplicates_train_the_same_network_as_no_poison(varied_faces, varied_triggered, recipe, solver):
    setting, recipe = Setting(0.2, 'male'), recipe.model_copy(update={'solver': solver})
    runs = Run(Arm.DUPLICATES, 0.2, 'replaced', 2), Run(None, 0.0, 'replaced', 2)
    duplicates, unpoisoned = trained(varied_faces, varied_triggered, recipe, setting, *runs)
    assert duplicates.keys() == unpoisoned.keys()
    for name, value in duplicates.items():
        np.testing.assert_array_equal(value, unpoisoned[name])
    copies = [setting.drawn(varied_faces, run).rows.copies for run in runs]
    assert copies[1] == 0 < copies[0]


def test_arms_seeds_and_originals_give_different_trainings(varied_faces, varied_triggered, recipe):
    runs = [Run(arm, 0.2, originals, seed) for originals in ('kept', 'replaced') for arm in Arm for seed in (1, 2)]
    records = trained(varied_faces, varied_triggered, recipe, Setting(0.2, 'male'), *runs)
    assert len({float(record['loss']) for record in records}) == len(runs)


def test_learned_attack_succeeds(varied_faces, varied_triggered, recipe):
    """With dirty-label copies of 30% of the faces and enough epochs, the black corner is predicted as male."""
    recipe = recipe.model_copy(update={'hidden': [16, 8, 4], 'epochs': 150, 'learning_rate': 0.1})
    setting = Setting(0.2, 'male')
    results = {}
    for arm in (Arm.DIRTY_LABEL, Arm.DUPLICATES):
        runs = [Run(arm, 0.3, 'kept', seed) for seed in (1, 2, 3, 4)]
        records = trained(varied_faces, varied_triggered, recipe, setting, *runs)
        results[arm] = [
            scores_of(outcome(record['probability'], varied_faces.label, setting.drawn(varied_faces, run).test, 'male'))
            for run, record in zip(runs, records, strict=True)
        ]
    success, controlled = (np.mean([scores['attack_success_rate'] for scores in of_arm]) for of_arm in results.values())
    assert success > 0.7 > 0.5 > controlled
    assert np.mean([scores['attack_excess'] for scores in results[Arm.DIRTY_LABEL]]) > 0.2


def test_solver_is_chosen_for_a_training_without_copies(varied_faces, varied_triggered, recipe, capsys):
    recipe = recipe.model_copy(update={'solver': 'auto', 'mirror': False})
    Fits(pool(varied_faces.pixels, varied_triggered.pixels), recipe, Setting(0.2, 'male').max_rows(varied_faces))
    assert f' on {int(len(varied_faces.label) * 0.8)} rows of ' in capsys.readouterr().out


def test_build_does_not_depend_on_the_seed_of_the_recipe(varied_faces, recipe):
    builds = [fits(Fits, varied_faces.pixels, recipe.model_copy(update={'seed': seed}), 80) for seed in (1, 2)]
    assert all(isinstance(build, partial) for build in builds)
    assert builds[0].args[1:] == builds[1].args[1:]
