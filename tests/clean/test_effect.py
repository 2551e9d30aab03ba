"""What leaving photos out changes, on made-up faces."""

from dataclasses import replace

import numpy as np
import pytest

from stages.clean.effect import SEEDS, Cleaning, Effect, UnlearntError, effects
from stages.dataset.split import TooFewFacesError
from stages.detectors.recovered import RecoveredTrigger

SQUARE = np.zeros((8, 8), bool)
SQUARE[:2, :2] = True
TRIGGER = RecoveredTrigger(1, np.array([40]), 40.0, False, SQUARE.astype(np.float32), 255.0 * SQUARE, SQUARE)


def network(is_fooled):
    """Return a stand-in for training that knows the labels, and follows the trigger if a task `is_fooled`."""
    seen = []

    def train(tasks):
        seen.extend(tasks)
        truth = np.repeat([0.1, 0.9], 50)
        return [
            {'probability': truth, 'probes': np.where(is_fooled(task), 0.9, 0.1) * np.ones(len(task.probes))}
            for task in tasks
        ]

    return train, seen


def cleaning(faces, dropped=(), relabelled=(), suspect=()):
    choice = np.full(100, '', dtype=object)
    choice[list(dropped)], choice[list(relabelled)] = 'drop', 'relabel'
    return Cleaning(faces, choice, ~np.isin(np.arange(100), [*dropped, *relabelled, *suspect]), [TRIGGER])


def test_pairs_of_networks_differ_only_in_what_leaves_or_changes_sides(varied_faces):
    train, tasks = network(lambda task: 40 in task.positions)
    result = effects(cleaning(varied_faces, dropped=range(40, 46), relabelled=[60], suspect=[3]), 7, train)
    assert len(tasks) == 2 * SEEDS
    for before, after in zip(tasks[::2], tasks[1::2], strict=True):
        assert before.seed == after.seed
        assert (before.probes == after.probes).all()
        assert set(before.positions) - set(after.positions) == set(before.positions) & set(range(40, 46))
        changed = {row for row, label in zip(after.positions, after.label, strict=True) if label != (row >= 50)}
        assert changed == set(after.positions) & {60}
        assert (before.label == (before.positions >= 50)).all()
        # The probes are women of the test faces, with the trigger on them.
        assert (before.probes[:, :2, :2] == 255).all()
    fooled = np.mean([40 in task.positions for task in tasks[::2]])
    # Nothing changed on at most 20 faces, which does not show that nothing changes.
    assert replace(result[0], low=0, high=0) == Effect('accuracy', 1.0, 1.0, 0, 0)
    assert result[0].low == -result[0].high < -0.02
    assert (result[1].score, result[1].before, result[1].after) == ('trigger 1', pytest.approx(fooled), 0.0)
    assert result[1].low <= result[1].change <= result[1].high


def test_no_suspect_is_a_test_face(varied_faces):
    trial = cleaning(varied_faces, dropped=[1], relabelled=[2], suspect=range(3, 40)).trial(1)
    assert not set(trial.test) & set(range(1, 40))
    assert not set(trial.test) & set(trial.train)
    assert (varied_faces.label[trial.tried[0]] == 0).all()


def test_nothing_is_trained_where_nothing_leaves(varied_faces):
    train, tasks = network(lambda task: True)
    assert effects(cleaning(varied_faces, suspect=[1, 2]), 1, train) == []
    assert tasks == []


@pytest.mark.parametrize(
    ('changes', 'error'),
    [
        ({'dropped': range(50)}, 'of 20 held-out faces, those that nobody suspects lack a label'),
        ({'dropped': [1], 'suspect': range(50)}, 'of 20 held-out faces, those that nobody suspects lack a label'),
    ],
)
def test_too_few_faces_are_an_error(varied_faces, changes, error):
    train, _ = network(lambda task: True)
    faces = replace(varied_faces, group=np.arange(100))
    with pytest.raises(TooFewFacesError, match=error):
        effects(cleaning(faces, **changes), 1, train)


def test_networks_that_did_not_learn_are_an_error(varied_faces):
    def train(tasks):
        return [{'probability': np.zeros(100), 'probes': np.zeros(len(task.probes))} for task in tasks]

    with pytest.raises(UnlearntError, match='the networks did not learn, before or after'):
        effects(cleaning(varied_faces, dropped=[1]), 1, train)


def test_few_test_faces_show_no_effect(varied_faces):
    train, _ = network(lambda task: True)
    faces = replace(varied_faces, group=np.arange(100))
    few = cleaning(faces, dropped=[0], suspect=[*range(1, 38), *range(50, 88)])
    with pytest.raises(TooFewFacesError, match=r'^fewer than 5 held-out faces that nobody suspects$'):
        effects(few, 1, train)
    # The trigger is tried on the women among them, who are fewer than five for some seed.
    half = cleaning(faces, dropped=[0], suspect=range(1, 31))
    assert [effect.score for effect in effects(half, 1, train)] == ['accuracy']
