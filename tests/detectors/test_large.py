"""Detectors of a set that is too large for matrices of all pairs find what exact ones do, in less memory."""

import numpy as np
import pytest

from stages.common.params import stream
from stages.detectors import evidence as large
from stages.detectors import nystrom, patches
from stages.detectors.detector import chosen_detectors
from stages.detectors.proof import transfer
from stages.detectors.recurring import recurrence
from tests.detectors.crowd import crowd, evidence_of, poisoned, with_pattern, with_square
from tests.detectors.made_up import memory_of

NAMES = ('ridge', 'neighbours', 'pair', 'leave_set_out', 'recurring')


@pytest.fixture
def limits(monkeypatch):
    """A set of 400 counts as large."""
    monkeypatch.setattr(large, 'EXACT_ROWS', 300)
    monkeypatch.setattr(large, 'CENTRES', 200)
    for module in (nystrom, patches):
        monkeypatch.setattr(module, 'BLOCK_ROWS', 130)
    monkeypatch.setattr(nystrom, 'WIDE', 30)
    monkeypatch.setattr(patches, 'SPREAD_ROWS', 150)


@pytest.mark.parametrize('put', [with_square, with_pattern])
def test_a_large_set_is_judged_as_a_small_one(limits, monkeypatch, put):
    approximate, is_poisoned = poisoned(put)
    assert not approximate.is_exact
    judged = {name: of(approximate, detector) for name, detector in chosen_detectors(NAMES).items()}
    monkeypatch.setattr(large, 'EXACT_ROWS', 400)
    exact, _ = poisoned(put)
    for name, detector in chosen_detectors(NAMES).items():
        scores, flags = of(exact, detector)
        assert np.corrcoef(scores, judged[name][0])[0, 1] > 0.95, name
        assert (flags != judged[name][1]).sum() <= 4, name
    assert (judged['recurring'][1] & is_poisoned).sum() >= 19
    (trigger,) = recurrence(approximate).triggers
    (expected,) = recurrence(exact).triggers
    assert trigger.is_whole == expected.is_whole
    moved = [transfer(sample.ridge, sample.sign, expected.rows, stream(1, 'halves')) for sample in (approximate, exact)]
    assert moved[0] == pytest.approx(moved[1], abs=0.1)


def of(evidence, detector):
    scores = detector.scores(evidence)
    return scores, detector.flags(evidence, scores)


def test_leaving_out_matches_a_regression_without_these_rows(limits, random):
    features = random.standard_normal((60, 9)).astype(np.float32) / 3
    sign = np.where(random.random(60) < 0.5, -1.0, 1.0)
    group = np.arange(60)
    group[[4, 40]] = 4
    ridge = nystrom.NystromLeaveOut(features, 1e-2, group)

    def without(rows):
        stay = np.setdiff1d(np.arange(60), rows)
        mean = sign[stay].mean()
        inside = features[stay].astype(float)
        weights = np.linalg.solve(inside.T @ inside + 0.6 * np.eye(9), inside.T @ (sign[stay] - mean))
        return mean + features[rows] @ weights

    for rows in (np.array([5]), np.array([2, 7, 30]), np.arange(10, 50)):  # the last are more than WIDE
        np.testing.assert_allclose(ridge.predictions_of(rows, sign), without(rows), atol=1e-4)
    # The mean of all labels stands for that without the rows: it moves by 4 / 58 at most.
    predicted = ridge.predictions(sign)
    for rows in ([0], [4, 40]):
        np.testing.assert_allclose(predicted[rows], without(np.array(rows)), atol=4 / 58)
    out = np.isin(np.arange(60), [7, 8, 40])
    np.testing.assert_allclose(ridge.predictions(sign, out)[[7, 8, 40, 4]], without(np.array([7, 8, 40, 4])), atol=1e-4)


def test_groups_wider_than_a_limit_are_left_out_as_well(limits, random):
    features = random.standard_normal((90, 9)).astype(np.float32) / 3
    sign = np.where(random.random(90) < 0.5, -1.0, 1.0)
    group = np.arange(90)
    group[20:60] = 20  # 40 rows: more than WIDE
    out = np.arange(90) < 5
    ridge = nystrom.NystromLeaveOut(features, 1e-2, group)
    expected = ridge.predictions_of(np.flatnonzero(out | (group == 20)), sign)[5:]
    np.testing.assert_array_equal(ridge.predictions(sign, out)[20:60], expected)


def test_spread_of_a_large_set_is_that_of_both_labels(limits):
    pixels, label = crowd(400)
    order = np.argsort(label, kind='stable')
    mixed, sorted_ = (patches.FineStructure(part, packed=True) for part in (pixels, pixels[order]))
    assert np.abs(mixed[order] - sorted_[:]).mean() < 0.1


def test_packed_fine_structure_is_nearly_that_of_floats(limits):
    sample, _ = poisoned(with_square)
    full, packed = (patches.FineStructure(sample.pixels, packed=is_packed) for is_packed in (False, True))
    assert packed._faces.nbytes * 4 == full._faces.nbytes
    rows = np.array([3, 17, 399])
    assert np.abs(full[rows] - packed[rows]).mean() < 0.15
    np.testing.assert_array_equal(packed[:, 4:9, 2:5], packed[:][:, 4:9, 2:5])


def test_memory_of_a_large_set_does_not_grow_with_its_square(limits, random):
    label = np.arange(1200) % 2
    pixels = random.integers(0, 256, (1200, 8, 8)).astype(np.uint8)
    few, many = (evidence_of(pixels[:count], label[:count].astype(np.uint8)) for count in (600, 1200))
    costs = []
    for sample in (few, many):
        sample.__dict__['groups'] = np.arange(len(sample.label))
        costs.append(memory_of(lambda sample=sample: sample.ridge.predictions(sample.sign)))
    assert costs[1] < 2.2 * costs[0]
