"""How networks trained without the suspects judge them; the trainings and their predictions are made up."""

from collections.abc import Callable

import numpy as np
import pytest

from stages.audit.power import Power
from stages.audit.proof import SEEDS, Judgement, Movement, Proof, Proofs, Suspect, TriggerProof, summarise_audit
from stages.audit.reasons import REASONS
from stages.dataset.decisions import Decided, Decision
from stages.trainings.fit import Task
from tests.audit.made_up import COUNT, LABEL, suspected, triggers

PIXELS = np.full((COUNT, 8, 8), 100, np.uint8)
NOTHING = {'movement': np.full((2, 2), np.nan), **triggers()}


def prove(label, suspected, record, seed, train) -> tuple[list[Proof], np.ndarray]:
    """Return the proof of each reason, and which suspects are rejected."""
    proofs = Proofs(label, PIXELS, np.arange(COUNT), suspected, record, seed, train)
    rejected = proofs.rejected(('suspects', 0))
    return proofs.of_reasons(), np.zeros(COUNT, bool) if rejected is None else rejected


def trainings(probability: np.ndarray) -> tuple[list[tuple[int, ...]], Callable]:
    """Return a list to collect the rows left out, and a train function whose networks predict `probability`."""
    left_out = []

    def train(tasks: list[Task]) -> list[dict[str, np.ndarray]]:
        for task in tasks:
            np.testing.assert_array_equal(task.label, LABEL[task.positions])
            left_out.append(tuple(np.setdiff1d(np.arange(COUNT), task.positions).tolist()))
        return [{'probability': probability} for _ in tasks]

    return left_out, train


def test_share_of_rejected_labels_is_reported_for_suspects_and_random_faces():
    probability = np.where(LABEL == 1, 0.9, 0.1)
    probability[[1, 8]] = 0.9, 0.2  # two suspects are rejected, one of each label
    probability[9] = 0.3
    left_out, train = trainings(probability)
    (proof,), rejected = prove(LABEL, suspected(label=[1, 2, 8]), NOTHING, 1, train)
    assert np.flatnonzero(rejected).tolist() == [1, 8]
    assert (proof.reason, proof.rejected, proof.movement) == ('label', 2 / 3, None)
    assert (proof.photos, proof.visible) == (3, 1)
    assert left_out[0] == (1, 2, 8)
    assert len(left_out) == 1 + SEEDS
    assert all(len(rows) == 3 and not {1, 2, 8} & set(rows) for rows in left_out[1:])
    assert proof.random_rejected == np.mean([(9 in rows) / 3 for rows in left_out[1:]])


def test_networks_are_trained_on_some_faces_only_if_there_are_many():
    tasks = []

    def train(asked: list[Task]) -> list[dict[str, np.ndarray]]:
        tasks.extend(asked)
        return [{'probability': np.zeros(COUNT)} for _ in asked]

    trained = np.setdiff1d(np.arange(COUNT), [0, 2, COUNT - 1])
    proofs = Proofs(LABEL, PIXELS, trained, suspected(label=[1, 2, 8]), NOTHING, 1, train)
    assert tasks[0].positions.tolist() == np.setdiff1d(trained, [1, 8]).tolist()
    # Faces that no network was trained on are judged, too.
    assert np.flatnonzero(proofs.rejected(('suspects', 0))).tolist() == [row for row in (1, 2, 8) if LABEL[row]]
    assert all(np.isin(task.positions, trained).all() for task in tasks)


def test_only_blamed_suspects_and_the_largest_movement_count():
    probability = np.full(COUNT, 0.9)
    movement = NOTHING | {'movement': np.array([[0.2, 0.6], [np.nan, np.nan]])}
    left_out, train = trainings(probability)
    suspects = suspected(unblamed=(7,), contradictory=[1, 7], pair=[8])
    proofs, rejected = prove(LABEL, suspects, movement, 1, train)
    assert [(proof.reason, proof.rejected, proof.movement) for proof in proofs] == [
        ('contradictory', 1.0, 0.6), ('pair', 0.0, None)
    ]  # fmt: skip
    assert left_out[0] == (1, 7, 8)
    assert np.flatnonzero(rejected).tolist() == [1]


def test_without_suspects_nothing_is_trained():
    left_out, train = trainings(np.zeros(COUNT))
    proofs, rejected = prove(LABEL, suspected(), NOTHING, 1, train)
    assert (proofs, left_out) == ([], [])
    assert not rejected.any()


def test_no_network_is_trained_without_all_faces_of_a_label():
    left_out, train = trainings(np.where(LABEL == 1, 0.9, 0.1))
    (proof,), rejected = prove(LABEL, suspected(label=[1, *range(6, COUNT)]), NOTHING, 1, train)
    assert proof.rejected is None
    assert proof.random_rejected == 0  # of the only label that has other faces
    assert not rejected.any()
    assert len(left_out) == SEEDS
    assert all(len(rows) == 1 and rows[0] in (0, 2, 3, 4, 5) for rows in left_out)


def test_nothing_is_trained_if_all_faces_are_suspect():
    left_out, train = trainings(np.zeros(COUNT))
    (proof,), _ = prove(LABEL, suspected(label=list(range(COUNT))), NOTHING, 1, train)
    assert (proof.rejected, proof.random_rejected) == (None, None)
    assert left_out == []


def test_only_a_reason_without_similar_unsuspected_faces_has_no_random_group():
    probability = np.where(LABEL == 1, 0.9, 0.1)
    _, train = trainings(probability)
    reasons = suspected(contradictory=[0], label=[7, 8, 9, 10, 11])
    reasons.reason[1:6] = ''
    proofs, _ = prove(LABEL, reasons, NOTHING, 1, train)
    assert [proof.random_rejected for proof in proofs] == [0, 0]
    all_female = suspected(contradictory=[0], pair=[1, 2, 3, 4, 5], label=[7])
    proofs, _ = prove(LABEL, all_female, NOTHING, 1, train)
    assert [(proof.rejected, proof.random_rejected) for proof in proofs] == [(None, None), (None, None), (None, 0)]


@pytest.mark.parametrize(('proof', 'holds'), [
    (Proof('pair', 5, 0.95, 0.1, None, 5), True),
    (Proof('pair', 5, 0.85, 0.1, None, 5), False),
    (Proof('pair', 5, 0.95, 0.3, None, 5), False),
    (Proof('pair', 5, 0.95, None, None, 5), False),
    (Proof('pair', 5, None, 0.1, None, 5), False),
    (Proof('pair', 5, 0.0, 0.0, 0.4, 5), True),
    (Proof('pair', 5, 0.0, 0.0, 0.2, 5), False),
    (Proof('contradictory', 10, 0.95, 0.1, None, 5), True),
    (Proof('contradictory', 11, 0.95, 0.1, 0.4, 5), False),
    (Proof('contradictory', 4, 1.0, 0.0, 0.4, 4), False),
    (Proof('label', 40, 1.0, 0.0, None, 0), False),
])  # fmt: skip
def test_suspicion_is_proven_by_retraining_or_movement_but_never_for_labels_or_few_photos(proof, holds):
    assert proof.holds == holds


def trigger_trainings(shares: dict[str, list[float]]) -> Callable:
    """Return a train function; `shares` has the share of probes that each network moves, by what is left out."""
    shares = {name: list(values) for name, values in shares.items()}

    def train(tasks: list[Task]) -> list[dict[str, np.ndarray]]:
        records = []
        for task in tasks:
            left_out = set(range(COUNT)) - set(task.positions.tolist())
            name = 'all' if not left_out else 'suspects' if left_out == {7, 8} else 'random'
            moved = round(shares[name].pop(0) * len(task.probes))
            records.append({
                'probability': np.where(LABEL == 1, 0.9, 0.1),
                'probes': np.arange(len(task.probes)) < moved,
            })  # fmt: skip
        assert not any(shares.values())
        return records

    return train


@pytest.mark.parametrize('learnt', [True, False])
def test_networks_at_chance_prove_nothing(learnt):
    def train(tasks: list[Task]) -> list[dict[str, np.ndarray]]:
        said = LABEL if learnt else np.zeros(COUNT)
        return [{'probability': said.astype(float), 'probes': np.zeros(len(task.probes))} for task in tasks]

    suspects = suspected(pair=[1, 3, 5, 7, 9], trigger=[11])
    record = NOTHING | triggers((1, [11])) | {'movement': np.array([[np.nan] * 2, [0.5, np.nan]])}
    proofs = Proofs(LABEL, PIXELS, np.arange(COUNT), suspects, record, 1, train)
    assert proofs.learnt == learnt
    assert np.flatnonzero(proofs.proven()).tolist() == ([1, 3, 5, 7, 9] if learnt else [])
    assert (proofs.of_triggers()[0].movement is not None) == learnt


def test_trigger_only_moves_networks_that_learnt_it():
    train = trigger_trainings({'all': [1, 1, 0.5], 'suspects': [0, 0.5, 0], 'random': [1, 1, 1]})
    record = NOTHING | triggers((1, [7, 8]))
    proofs = Proofs(LABEL, PIXELS, np.arange(COUNT), suspected(trigger=[7, 8]), record, 1, train)
    (proof,) = proofs.of_triggers()
    assert (proof.label, proof.photos, proof.evidence) == (1, 2, 40.0)
    assert (proof.transfer, proof.placebo) == (0.05, 0.04)
    assert proof.movement.trained == pytest.approx(2.5 / 3)
    assert proof.movement.without == pytest.approx(0.5 / 3)
    assert proof.movement.without_random == 1
    assert proof.movement.gain_low < 2 / 3
    assert proofs.of_reasons() == []


def test_a_trigger_is_put_on_unsuspected_faces_of_the_other_label():
    probes = []

    def train(tasks: list[Task]) -> list[dict[str, np.ndarray]]:
        probes.extend(task.probes for task in tasks)
        return [{'probability': np.zeros(COUNT), 'probes': np.zeros(len(task.probes))} for task in tasks]

    Proofs(
        LABEL, PIXELS, np.arange(COUNT), suspected(trigger=[7, 8], label=[0]), NOTHING | triggers((1, [7, 8])), 1, train
    )
    assert len(probes) == 3 * SEEDS
    expected = np.full((5, 8, 8), 100)
    expected[:, 2:5, 2:5] = 0
    for tried in probes:
        np.testing.assert_array_equal(tried, expected)


@pytest.mark.parametrize(('movement', 'transfer', 'placebo', 'holds'), [
    (Movement(0.5, 0.02, 0.48, 0.3), 0.0, 0.0, True),
    (Movement(0.5, 0.02, 0.48, 0.05), 0.0, 0.0, False),  # too little, or too uncertain
    (Movement(0.5, 0.02, 0.05, 0.3), 0.0, 0.0, False),  # also vanishes without random photos
    (Movement(0.5, 0.45, 0.48, 0.0), 0.0, 0.0, False),  # a natural feature
    (None, 0.2, 0.1, True),
    (None, 0.2, 0.15, False),
    (None, 0.14, 0.01, False),
    (None, 0.0, 0.0, False),
])  # fmt: skip
def test_trigger_is_proven_by_movement_or_by_transfer_between_halves(movement, transfer, placebo, holds):
    assert TriggerProof(1, 9, 40.0, False, movement, transfer, placebo).holds == holds


class MadeUp(Proofs):
    """Proofs with given results."""

    def __init__(self, proofs: list[Proof]):
        self.given, self.trained = proofs, np.arange(COUNT)

    learnt = True

    def of_reasons(self) -> list[Proof]:
        return self.given

    def of_triggers(self) -> list[TriggerProof]:
        return []


def test_summary_counts_blamed_suspects():
    proofs = [Proof('contradictory', 5, 1.0, 0.0, 0.4, 5), Proof('label', 2, None, None, None, 0)]
    suspects = suspected(unblamed=(7,), contradictory=[0, 1, 2, 3, 4, 7], label=[8, 10])
    suspects.partner[[4, 7]] = 7, 4
    power = [Power('dots', 0.05, 10, 9, 0.6, 1.0, 0.0)]
    ranked = np.array([4, 7, *range(4), 8, 10, 5, 6, 9, 11])
    choice = np.full(COUNT, '', object)
    choice[[0, 8, 10]] = 'drop', 'relabel', 'keep'
    flagged = suspects.blamed & (choice != 'keep')
    judgement = Judgement(ranked, flagged, flagged & (suspects.reason == 'contradictory'), np.zeros(COUNT), choice)
    decision = Decision(2, 'f0', '', '', 'drop', '')
    decided = Decided({}, [decision], [decision] * 2)
    summary = summarise_audit(suspects, judgement, MadeUp(proofs), power, decided, 'these faces')
    assert (summary.made_from, summary.photos, summary.flagged, summary.proven) == ('these faces', COUNT, 6, 5)
    assert (summary.undecided, summary.changed, summary.unmatched) == (4, 1, 2)
    assert summary.reasons == {name: 0 for name in REASONS} | {'contradictory': 5, 'label': 1}
    assert (summary.proofs, summary.triggers, summary.power) == (proofs, [], power)
    assert summary.suspects[:2] == [Suspect(1, 'contradictory', 4, 7), Suspect(3, 'contradictory', 0, -1)]
    assert [suspect.face for suspect in summary.suspects] == [4, 0, 1, 2, 3, 8]
