"""Planted poison: where it is planted, how much of it is flagged, and what that implies for other poison."""

import numpy as np
import pytest
from scipy.stats import binom

from stages.audit.power import ERRORS, POISON_RATES, TRIGGERS, Plant, Planting, interval, plants, power_of
from stages.detectors.evidence import Evidence
from tests.detectors.crowd import crowd

COUNT = 400
LANDMARKS = np.tile(np.random.default_rng(1).uniform(8, 24, (68, 2)).astype(np.float32), (COUNT, 1, 1))


def test_every_kind_is_planted_at_every_rate_for_each_target_in_unsuspected_photos():
    label, is_suspect = np.arange(1000) % 2, np.arange(1000) < 300
    planned = plants(label, is_suspect, 1)
    assert [(plant.kind, plant.poison_rate, plant.target) for plant in planned] == [
        (kind, rate, target) for kind in (*TRIGGERS, ERRORS) for rate in POISON_RATES for target in (0, 1)
    ]
    for plant in planned:
        assert len(plant.rows) == round(plant.poison_rate * 1000)
        assert (label[plant.rows] != plant.target).all()
        assert plant.rows.min() >= 300
    assert len({plant.rows.tobytes() for plant in planned}) == len(planned)
    assert len({plant.seed for plant in planned}) == len(planned)


def test_plants_that_need_more_photos_than_there_are_are_skipped():
    label = np.repeat([0, 1], [4, 96])
    assert {(plant.poison_rate, plant.target) for plant in plants(label, np.zeros(100, bool), 1)} == {
        (0.0125, 0), (0.0125, 1), (0.05, 0)
    }  # fmt: skip
    assert plants(label, np.ones(100, bool), 1) == []


@pytest.fixture(scope='module')
def planting():
    pixels, label = crowd(COUNT)
    return Planting(pixels, LANDMARKS, label.astype(np.uint8), np.zeros(COUNT, bool))


@pytest.mark.parametrize('kind', ['blend', 'patch', ERRORS])
def test_planted_poison_is_flagged_and_leaves_no_trace(planting, kind):
    rows = np.flatnonzero(planting.faces.label == 0)[:20]
    before = planting.faces.pixels.copy(), [distances.copy() for distances in planting.faces.distances]
    record = planting(Plant(kind, 0.05, rows, 1, 3))
    assert record['flags'].shape == (20,)
    assert record['flags'].mean() > (0.8 if kind == 'blend' else 0.5)
    assert record['false'] <= 4
    np.testing.assert_array_equal(planting.faces.pixels, before[0])
    for distances, expected in zip(planting.faces.distances, before[1], strict=True):
        np.testing.assert_array_equal(distances, expected)


def test_planted_evidence_equals_that_of_the_changed_faces(planting):
    pixels, label = planting.faces.pixels.copy(), planting.faces.label.copy()
    rows = np.array([3, 8, 20])
    pixels[rows], label[rows] = 255 - pixels[rows], 1 - label[rows]
    expected = Evidence(label, pixels, 7)
    with planting.faces.planted(rows, pixels[rows], label, 7) as evidence:
        assert evidence.seed == 7
        np.testing.assert_array_equal(evidence.pixels, pixels)
        for actual, wanted in zip(evidence.distances, expected.distances, strict=True):
            np.testing.assert_allclose(actual, wanted, atol=1e-2)


def test_photos_flagged_before_planting_are_not_false_alarms():
    pixels, label = crowd(COUNT)
    label[[5, 7]] ^= 1
    alone, known = (Planting(pixels, LANDMARKS, label, flagged) for flagged in (
        np.zeros(COUNT, bool), np.isin(np.arange(COUNT), [5, 7])
    ))  # fmt: skip
    plant = Plant(ERRORS, 0.05, np.flatnonzero(label == 0)[20:40], 1, 3)
    assert alone(plant)['false'] == known(plant)['false'] + 2


def test_plants_for_both_targets_are_pooled():
    rows = np.arange(10)
    planted = [Plant('dots', 0.05, rows, target, 1) for target in (0, 1)] + [Plant('patch', 0.05, rows, 0, 1)]
    records = [
        {'flags': rows < 9, 'false': np.array(1)},
        {'flags': rows < 7, 'false': np.array(3)},
        {'flags': rows < 0, 'false': np.array(0)},
    ]
    dots, patch = power_of(planted, records, 200)
    assert (dots.planted, dots.flagged, dots.recall, dots.false) == (20, 16, 0.8, 0.01)
    assert dots.low < 0.8 < dots.high
    assert (patch.recall, patch.low) == (0.0, 0.0)


def test_intervals_widen_for_fewer_photos():
    narrow, wide = interval(np.array([135, 135]), 150), interval(np.array([14, 13]), 15)
    assert wide[0] < narrow[0] < 0.9 < narrow[1] < wide[1]
    assert interval(np.array([150, 150]), 150)[1] == 1.0
    assert interval(np.array([0, 0]), 150)[0] == 0.0


def test_intervals_widen_where_a_trigger_is_found_on_the_photos_of_one_label_only():
    alike, unlike, opposite = (interval(np.array(flagged), 60) for flagged in ([45, 45], [60, 30], [60, 0]))
    assert 0.5 < alike[0] < 0.75 < alike[1] < 0.95
    assert 0 < unlike[0] < 0.2
    assert (opposite[0], unlike[1], opposite[1]) == (0.0, 1.0, 1.0)


def test_interval_of_many_plants_still_covers_the_variation_of_the_next_photos():
    low, high = interval(np.full(1000, 9), 10)
    assert low <= binom(10, 0.9).ppf(0.025) / 10
    assert high == 1.0


def test_intervals_cover_other_poison_of_the_same_kind():
    random = np.random.default_rng(1)
    planted = random.binomial(40, 0.8, (500, 3))
    intervals = [interval(counts[:2], 40) for counts in planted]
    is_covered = [low <= other / 40 <= high for (low, high), other in zip(intervals, planted[:, 2], strict=True)]
    assert np.mean(is_covered) >= 0.95
