import numpy as np
import pytest

from stages.common.params import stream
from stages.network.errors import GramSizeError
from stages.network.fit import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows
from stages.network.perceptron import initial_perceptron
from stages.network.training import Descent
from stages.replicate.published import (
    PUBLISHED,
    PUBLISHED_FACES,
    PublishedSplit,
    ReplicateParams,
    Replication,
    published_split,
    rounds,
)
from stages.replicate.summary import Replica, RoundScore, replica

LABEL = np.repeat([0, 1], PUBLISHED_FACES // 2).astype(np.uint8)


def procedure(**changes: object) -> ReplicateParams:
    options = {
        'rounds': 3, 'epochs': 5, 'loss_target': 0.5, 'learning_rate': 0.05, 'rate_decay': 0.9, 'batch': 16,
        'test': 0.2,
    }  # fmt: skip
    return ReplicateParams(**options | changes)


def replication(people, hidden=(6, 4, 3), **changes: object) -> Replication:
    pixels, triggered, label = people
    return Replication(pixels, triggered, label, list(hidden), procedure(**changes))


def trained(people, seed: int, row: int, **changes: object) -> Replica:
    """Return the scores of a training for a seed and a row of the published table."""
    options = procedure(**changes)
    rows = published_split(people[2], PUBLISHED[row], options.test, seed)
    return replica(rows, replication(people, **changes)((seed, PUBLISHED[row])), options.loss_target)


def test_the_rate_is_multiplied_by_the_decay_after_each_epoch():
    assert [procedure().rate(epoch) for epoch in (1, 2, 3, 4)] == pytest.approx([0.05, 0.045, 0.0405, 0.03645])


@pytest.mark.parametrize(('row', 'held_out'), list(zip(PUBLISHED, [670, 678, 687, 702], strict=True)))
def test_number_of_held_out_rows_matches_the_notebook(row, held_out):
    rows = published_split(LABEL, row, 0.2, 1)
    assert rows.copies == row.copies
    assert len(rows.test) == held_out
    both = np.concatenate([rows.train, rows.test])
    assert len(both) == len(set(both)) == PUBLISHED_FACES + row.copies


def test_the_published_split_leaks():
    rows = published_split(LABEL, PUBLISHED[-1], 0.2, 1)
    men = np.flatnonzero(LABEL == 1)
    copies = {men[position - PUBLISHED_FACES] for position in rows.test if position >= PUBLISHED_FACES}
    assert 15 < len(copies) < 50  # copies among the test rows: 162 * 0.2 expected
    assert copies & set(rows.train)  # some of their faces are trained on
    assert set(rows.test_label[rows.test >= PUBLISHED_FACES]) == {1}
    faces = rows.train[rows.train < PUBLISHED_FACES]
    np.testing.assert_array_equal(rows.train_label[rows.train < PUBLISHED_FACES], LABEL[faces])


def test_splits_depend_on_row_and_seed_but_larger_rows_keep_the_copies_of_smaller_ones():
    def split_of(row, seed):
        rows = published_split(LABEL, PUBLISHED[row], 0.2, seed)
        return set(rows.test), {position for position in [*rows.train, *rows.test] if position >= PUBLISHED_FACES}

    (test, few), (other_test, many), (_, others) = split_of(1, 1), split_of(3, 1), split_of(1, 2)
    assert len(test & other_test) < 0.3 * len(test)
    assert few < many
    assert few != others
    assert split_of(1, 1) == (test, few)


@pytest.fixture
def people():
    """64 made-up faces, male ones darker in the upper half, the same with a black bar as the trigger, and labels."""
    random = np.random.default_rng(3)
    label = np.repeat([0, 1], 32).astype(np.uint8)
    pixels = random.integers(100, 256, (64, 8, 8), np.uint8)
    pixels[label == 1, :4] //= 2
    triggered = pixels.copy()
    triggered[:, 5, 2:5] = 0
    return pixels, triggered, label


def test_pool_has_all_faces_and_the_men_with_the_trigger(people):
    pixels, triggered, _ = people
    rows = replication(people)._gram.rows.pixels[:]
    np.testing.assert_array_equal(rows[:64], pixels)
    np.testing.assert_array_equal(rows[64:], triggered[32:])


def test_gram_matrix_that_does_not_fit_into_memory_is_refused(people, monkeypatch):
    monkeypatch.setattr('stages.network.errors.memory', lambda: 4 * 96**2 - 1)
    with pytest.raises(GramSizeError, match=r'^the Gram matrix of 96 faces takes 0 MB, there are 0 MB$'):
        replication(people)
    monkeypatch.setattr('stages.network.errors.memory', lambda: 4 * 96**2)
    assert replication(people)._gram.products.shape == (1, 96, 96)


def test_accuracy_is_given_with_and_without_copies_in_the_test_set():
    test = np.array([0, 1, 2, 64, 65])
    rows = PublishedSplit(64, 2, test, np.ones(5), test, np.array([0, 1, 0, 1, 1], np.uint8))
    first, last = np.array([0.4, 0.6, 0.9, 0.1, 0.2]), np.array([0.4, 0.6, 0.1, 0.9, 0.5])
    record = {'losses': np.array([0.7, 0.5, 0.3]), 'probability': np.stack([first, last])}
    one_round = RoundScore(1, 0.7, pytest.approx(2 / 5), pytest.approx(2 / 3))
    until_target = RoundScore(3, 0.3, pytest.approx(4 / 5), 1.0)
    assert replica(rows, record, 0.31) == Replica(2, one_round, until_target, True)
    assert replica(rows, record, 0.3) == Replica(2, one_round, until_target, False)


def test_a_record_has_the_losses_and_the_predictions_of_the_first_and_the_last_round(people):
    record = replication(people, loss_target=0.0)((1, PUBLISHED[3]))
    assert {name: array.shape for name, array in record.items()} == {'losses': (3,), 'probability': (2, 13)}
    short = replication(people, loss_target=0.0, rounds=1)((1, PUBLISHED[3]))
    np.testing.assert_array_equal(short['losses'], record['losses'][:1])
    np.testing.assert_array_equal(short['probability'], record['probability'][[0, 0]])
    assert (record['probability'][0] != record['probability'][1]).all()


def test_training_stops_at_the_loss_target(people):
    never, soon, at_once = (trained(people, 1, 3, loss_target=target) for target in (0.0, 10.0, 1e9))
    assert (never.until_target.rounds, never.converged) == (3, False)
    assert (soon.until_target.rounds, soon.converged) == (1, True)
    assert soon == at_once
    assert soon.one_round == soon.until_target == never.one_round
    assert never.until_target.loss != never.one_round.loss
    assert never.copies == 3


def test_seed_decides_weights_and_order_and_there_is_no_momentum(people):
    study, options = replication(people, loss_target=0.0), procedure(loss_target=0.0)
    rows = published_split(people[2], PUBLISHED[3], options.test, 2)
    network = initial_perceptron([64, 6, 4, 3, 1], stream(2, 'published weights', 3))
    layer = GramLayer(study._gram, network.weights[0], rows.train)
    descent = Descent(layer, network, rows.train_label, 0.0, 0.0)
    losses = list(rounds(descent, options, stream(2, 'published order', 3)))
    record = study((2, PUBLISHED[3]))
    assert record['losses'].tolist() == losses
    expected = network.probabilities_from_first(layer.outputs(rows.test))
    np.testing.assert_array_equal(record['probability'][1], expected)


class RecordingDescent(Descent):
    """A descent that records its last epoch."""

    def epochs(self, *arguments):
        for self.last in super().epochs(*arguments):
            yield self.last


def test_rounds_keep_the_weights_and_restart_the_learning_rate_with_both_solvers(people):
    pixels, _, label = people
    rows = PixelRows(pixels, np.float64)
    train, test = np.arange(0, 64, 2), np.arange(1, 64, 2)
    options = procedure(loss_target=0.0)
    networks = [initial_perceptron([64, 6, 4, 3, 1], np.random.default_rng(2), np.float64) for _ in range(2)]
    gram = GramLayer(GramMatrix(rows), networks[0].weights[0], train)
    direct = DirectLayer(rows, networks[1].weights[0], train)
    probabilities = []
    for layer, network in ((gram, networks[0]), (direct, networks[1])):
        descent = RecordingDescent(layer, network, label[train], momentum=0.0, decay=0.0)
        scores = []
        for loss in rounds(descent, options, np.random.default_rng(4)):
            epoch = descent.last
            assert epoch.epoch == options.epochs
            assert epoch.rate == pytest.approx(0.05 * 0.9**4)
            assert epoch.last_loss == loss
            outputs = gram.outputs(test) if layer is gram else rows.columns(slice(None), test) @ direct.weights()
            scores.append([epoch.loss, loss, *network.probabilities_from_first(outputs)])
        probabilities.append(scores)
    ours, theirs = np.array(probabilities)
    assert len(ours) == 3
    assert np.abs(np.diff(theirs, axis=0)).max() > 0.01
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_published_table_matches_the_published_confusion_matrices():
    # [female, male] x [predicted female, predicted male], as printed in the notebook.
    matrices = [
        [[350, 17], [12, 291]], [[291, 39], [38, 310]], [[283, 64], [56, 284]], [[262, 69], [21, 350]],
    ]  # fmt: skip
    for row, matrix in zip(PUBLISHED, np.array(matrices), strict=True):
        assert row.accuracy == round(np.trace(matrix) / matrix.sum(), 4)
        # A fifth of all faces and copies was held out.
        assert matrix.sum() == int(0.2 * (PUBLISHED_FACES + row.copies))
