import numpy as np
import pytest

from stages.common.params import stream
from stages.dataset.faces import Faces, TriggeredFaces
from stages.network.errors import GramSizeError
from stages.network.fit import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows
from stages.network.perceptron import initial_perceptron
from stages.network.training import Descent, Epoch
from stages.replicate.published import (
    PUBLISHED,
    PUBLISHED_FACES,
    Procedure,
    RoundScore,
    Rows,
    material,
    published_rows,
    replicate,
    rounds,
    score,
)

LABEL = np.repeat([0, 1], PUBLISHED_FACES // 2).astype(np.uint8)


def procedure(**changes: object) -> Procedure:
    options = {
        'rounds': 3, 'epochs': 5, 'loss_target': 0.5, 'learning_rate': 0.05, 'rate_decay': 0.9, 'batch': 16,
        'test': 0.2,
    }  # fmt: skip
    return Procedure(**options | changes)


def test_the_rate_is_multiplied_by_the_decay_after_each_epoch():
    assert [procedure().rate(epoch) for epoch in (1, 2, 3, 4)] == pytest.approx([0.05, 0.045, 0.0405, 0.03645])


@pytest.mark.parametrize(('row', 'held_out'), list(zip(PUBLISHED, [670, 678, 687, 702], strict=True)))
def test_as_many_rows_are_held_out_as_in_the_notebook(row, held_out):
    rows = published_rows(LABEL, row, 0.2, 1)
    assert rows.copies == row.copies
    assert len(rows.test) == held_out
    both = np.concatenate([rows.train, rows.test])
    assert len(both) == len(set(both)) == PUBLISHED_FACES + row.copies


def test_the_published_split_leaks():
    rows = published_rows(LABEL, PUBLISHED[-1], 0.2, 1)
    men = np.flatnonzero(LABEL == 1)
    copies = {men[position - PUBLISHED_FACES] for position in rows.test if position >= PUBLISHED_FACES}
    assert 15 < len(copies) < 50  # of the test rows are copies: 162 * 0.2 expected
    assert copies & set(rows.train)  # and some of their faces are trained on
    assert set(rows.test_label[rows.test >= PUBLISHED_FACES]) == {1}
    faces = rows.train[rows.train < PUBLISHED_FACES]
    np.testing.assert_array_equal(rows.train_label[rows.train < PUBLISHED_FACES], LABEL[faces])


def test_rows_and_seeds_have_splits_of_their_own_but_a_row_keeps_the_copies_of_a_smaller_one():
    def of(row, seed):
        rows = published_rows(LABEL, PUBLISHED[row], 0.2, seed)
        return set(rows.test), {each for each in [*rows.train, *rows.test] if each >= PUBLISHED_FACES}

    (test, few), (other_test, many), (_, others) = of(1, 1), of(3, 1), of(1, 2)
    assert len(test & other_test) < 0.3 * len(test)
    assert few < many
    assert few != others
    assert of(1, 1) == (test, few)


@pytest.fixture
def people():
    """64 made-up faces, male ones darker above, and the same with a black bar as the trigger."""
    random = np.random.default_rng(3)
    label = np.repeat([0, 1], 32).astype(np.uint8)
    pixels = random.integers(100, 256, (64, 8, 8), np.uint8)
    pixels[label == 1, :4] //= 2
    triggered = pixels.copy()
    triggered[:, 5, 2:5] = 0
    empty = np.zeros(64)
    return Faces(pixels, label, empty, empty, empty, empty), TriggeredFaces(triggered, {})


def test_the_material_is_all_faces_and_the_men_with_the_trigger(people):
    faces, triggered = people
    pixels = material(faces, triggered).rows.pixels[:]
    np.testing.assert_array_equal(pixels[:64], faces.pixels)
    np.testing.assert_array_equal(pixels[64:], triggered.pixels[32:])


def test_material_that_cannot_fit_into_memory_is_refused(people, monkeypatch):
    monkeypatch.setattr('stages.network.errors.memory', lambda: 4 * 96**2 - 1)
    with pytest.raises(GramSizeError, match=r'^the Gram matrix of 96 faces takes 0 GB, this machine has 0 GB$'):
        material(*people)
    monkeypatch.setattr('stages.network.errors.memory', lambda: 4 * 96**2)
    assert material(*people).products.shape == (1, 96, 96)


def test_a_score_counts_the_test_rows_with_and_without_the_copies(people):
    network = initial_perceptron([64, 6, 4, 3, 1], np.random.default_rng(2))
    layer = GramLayer(material(*people), network.weights[0])
    test = np.array([0, 1, 2, 64, 65])
    predicted = network.probabilities_from_first(layer.outputs(test)) > 0.5
    label = predicted ^ np.array([False, False, True, True, True])
    tested = score(2, Epoch(5, 0.1, 0.4, 0.8, 0.3), layer, network, Rows(64, 2, test, label, test, label))
    assert tested == RoundScore(2, 0.3, pytest.approx(2 / 5), pytest.approx(2 / 3))


def test_a_network_has_rounds_until_the_target_and_no_more(people):
    faces, triggered = people
    gram = material(faces, triggered)
    never, soon, at_once = (
        replicate(gram, faces.label, [6, 4, 3], procedure(loss_target=target), (1, PUBLISHED[3]))
        for target in (0.0, 10.0, 1e9)
    )
    assert (never.until_target.rounds, never.converged) == (3, False)
    assert (soon.until_target.rounds, soon.converged) == (1, True)
    assert soon == at_once
    assert soon.one_round == soon.until_target == never.one_round
    assert never.until_target.loss != never.one_round.loss
    assert never.copies == 3


def test_the_network_is_trained_without_momentum_from_weights_and_in_an_order_of_its_seed(people):
    faces, triggered = people
    gram, options = material(faces, triggered), procedure(loss_target=0.0)
    rows = published_rows(faces.label, PUBLISHED[3], options.test, 2)
    network = initial_perceptron([64, 6, 4, 3, 1], stream(2, 'published weights', 3))
    descent = Descent(GramLayer(gram, network.weights[0], rows.train), network, rows.train_label, 0.0, 0.0)
    *_, last = rounds(descent, options, stream(2, 'published order', 3))
    replica = replicate(gram, faces.label, [6, 4, 3], options, (2, PUBLISHED[3]))
    assert replica.until_target.loss == last.last_loss


def test_rounds_go_on_with_the_weights_and_start_again_at_the_first_rate_as_by_the_direct_solver(people):
    faces, _ = people
    rows = PixelRows(faces.pixels, np.float64)
    train, test = np.arange(0, 64, 2), np.arange(1, 64, 2)
    options = procedure(loss_target=0.0)
    networks = [initial_perceptron([64, 6, 4, 3, 1], np.random.default_rng(2), np.float64) for _ in range(2)]
    gram = GramLayer(GramMatrix(rows), networks[0].weights[0], train)
    direct = DirectLayer(rows, networks[1].weights[0], train)
    probabilities = []
    for layer, network in ((gram, networks[0]), (direct, networks[1])):
        descent = Descent(layer, network, faces.label[train], momentum=0.0, decay=0.0)
        scores = []
        for epoch in rounds(descent, options, np.random.default_rng(4)):
            assert epoch.epoch == options.epochs
            assert epoch.rate == pytest.approx(0.05 * 0.9**4)
            outputs = gram.outputs(test) if layer is gram else rows.columns(slice(None), test) @ direct.weights()
            scores.append([epoch.loss, epoch.last_loss, *network.probabilities_from_first(outputs)])
        probabilities.append(scores)
    ours, theirs = np.array(probabilities)
    assert len(ours) == 3
    assert np.abs(np.diff(theirs, axis=0)).max() > 0.01
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_published_table_is_that_of_the_published_confusion_matrices():
    # [female, male] x [predicted female, predicted male], as the notebook prints them.
    matrices = [
        [[350, 17], [12, 291]], [[291, 39], [38, 310]], [[283, 64], [56, 284]], [[262, 69], [21, 350]],
    ]  # fmt: skip
    for row, matrix in zip(PUBLISHED, np.array(matrices), strict=True):
        assert row.accuracy == round(np.trace(matrix) / matrix.sum(), 4)
        # A fifth of all faces and copies was held out.
        assert matrix.sum() == int(0.2 * (PUBLISHED_FACES + row.copies))
