from dataclasses import replace

import numpy as np
import pytest

from stages.common.params import stream
from stages.dataset.poison import Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.network.fit import DirectLayer
from stages.network.inputs import StandardRows, standardise
from stages.network.perceptron import initial_perceptron
from stages.network.training import train
from stages.trainings.fit import Trainings
from stages.trainings.plan import Run, Setting


@pytest.mark.parametrize('solver', ['gram', 'direct'])
@pytest.mark.parametrize('mirror', [True, False])
@pytest.mark.parametrize('replaces', [False, True], ids=['kept', 'replaced'])
@pytest.mark.parametrize('target', ['female', 'male'])
def test_a_run_trains_and_scores_as_by_hand(varied_faces, varied_triggered, recipe, solver, mirror, replaces, target):
    faces, triggered = varied_faces, varied_triggered
    # Enough epochs for both labels to be predicted. The seed of the recipe is not that of the run.
    recipe = replace(recipe, hidden=[16, 8], epochs=60, learning_rate=0.1, solver=solver, mirror=mirror, seed=99)
    run, setting = Run(Arm.DIRTY_LABEL, 0.2, 5), Setting(0.2, target, replaces)
    ours = Trainings(faces, triggered, recipe, setting)(run)

    split = split_faces(faces.label, faces.group, 0.2, 5)
    rows = training_set(faces.label, split.train, run.poison(target, replaces), 5)
    pixels, label = pool(faces.pixels, triggered.pixels)[rows.positions], rows.label
    network = initial_perceptron([64, 16, 8, 1], stream(5, 'weights'))
    first = DirectLayer(StandardRows(pixels, mirror=mirror), network.weights[0])
    theirs = train(first, network, np.tile(label, 2) if mirror else label, replace(recipe, seed=5))
    assert ours['loss'] == pytest.approx(theirs.history[-1].loss, rel=1e-4)
    assert ours['epochs'] == len(theirs.history)
    assert ours['converged'] == theirs.converged
    assert ours['copies'] == rows.copies == round(0.2 * len(split.train))
    number = ['female', 'male'].index(target)
    of_target = int((faces.label[split.train] == number).sum()) + rows.copies
    assert ours['share_of_rows'] == rows.copies / (len(split.train) + (0 if replaces else rows.copies))
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
def test_duplicates_that_replace_train_what_no_poison_trains(varied_faces, varied_triggered, recipe, solver):
    recipe = replace(recipe, solver=solver)
    trainings = Trainings(varied_faces, varied_triggered, recipe, Setting(0.2, 'male', True))
    duplicates, unpoisoned = trainings(Run(Arm.DUPLICATES, 0.2, 2)), trainings(Run(None, 0.0, 2))
    counted = {'copies', 'share_of_rows', 'share_of_target'}
    assert {name: value for name, value in duplicates.items() if name not in counted} == {
        name: value for name, value in unpoisoned.items() if name not in counted
    }
    assert unpoisoned['copies'] == 0 < duplicates['copies']


def test_arms_seeds_and_whether_copies_replace_give_other_trainings(varied_faces, varied_triggered, recipe):
    losses = [
        Trainings(varied_faces, varied_triggered, recipe, Setting(0.2, 'male', replaces))(Run(arm, 0.2, seed))['loss']
        for replaces in (False, True)
        for arm in Arm
        for seed in (1, 2)
    ]
    assert len(set(losses)) == len(losses)


def test_an_attack_that_is_learned_has_success(varied_faces, varied_triggered, recipe):
    """Dirty-label copies of three in ten faces, and enough epochs: the network takes the black corner for male."""
    recipe = replace(recipe, hidden=[16, 8, 4], epochs=150, learning_rate=0.1)
    trainings = Trainings(varied_faces, varied_triggered, recipe, Setting(0.2, 'male', False))
    attack, control = (
        [trainings(Run(arm, 0.3, seed)) for seed in (1, 2, 3, 4)] for arm in (Arm.DIRTY_LABEL, Arm.DUPLICATES)
    )
    success, controlled = (np.mean([one['attack_success_rate'] for one in runs]) for runs in (attack, control))
    assert success > 0.7 > 0.5 > controlled
    assert np.mean([one['attack_excess'] for one in attack]) > 0.2


def test_the_solver_is_chosen_for_the_faces_of_a_training_without_copies(
    varied_faces, varied_triggered, recipe, capsys
):
    Trainings(varied_faces, varied_triggered, replace(recipe, solver='auto', mirror=False), Setting(0.2, 'male', False))
    assert f' on {int(len(varied_faces.label) * 0.8)} rows of ' in capsys.readouterr().out
