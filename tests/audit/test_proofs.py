"""What networks without the suspects say of them; the trainings are made up, with what each says of a label."""

from collections.abc import Callable

import numpy as np

from stages.audit.proofs import prove
from stages.audit.suspects import GROUPS, REASONS, Suspects
from stages.audit.trainings import Without
from stages.dataset.found import FoundFaces

COUNT = 12
LABEL = np.repeat([0, 1], COUNT // 2).astype(np.uint8)
FOUND = FoundFaces(np.zeros((COUNT, 8, 8), np.uint8), LABEL, np.arange(COUNT).astype(str), np.full(COUNT, ''))


def suspected(unblamed: tuple[int, ...] = (), **positions: list[int]) -> Suspects:
    """Suspects at these positions by reason, all blamed but for some; seen are those at odd positions."""
    reason = np.full(COUNT, -1)
    for name, places in positions.items():
        reason[places] = REASONS.index(name)
    blamed = (reason >= 0) & ~np.isin(np.arange(COUNT), unblamed)
    return Suspects(reason, blamed, np.full(COUNT, -1), np.zeros(COUNT), np.arange(COUNT) % 2 == 1)


def trainings(probability: np.ndarray) -> tuple[list[Without], Callable]:
    """Return the list in which trainings will stand, and how they are made: each gives every face its probability."""
    asked = []

    def train(runs: list[Without]) -> list[dict]:
        asked.extend(runs)
        return [{'probability': probability[list(run.left_out)].tolist()} for run in runs]

    return asked, train


def test_the_share_of_the_labels_that_a_network_rejects_stands_beside_that_of_random_faces():
    probability = np.where(LABEL == 1, 0.9, 0.1)
    probability[[1, 8]] = 0.9, 0.2  # of the suspects, two are rejected, one of each label
    probability[9] = 0.3
    asked, train = trainings(probability)
    (proof,), rejected = prove(FOUND, suspected(label=[1, 2, 8]), {}, 1, train)
    assert np.flatnonzero(rejected).tolist() == [1, 8]
    assert (proof.reason, proof.rejected, proof.recovered) == ('label', 2 / 3, None)
    assert (proof.seen, proof.unseen) == (1, 2)
    assert [run.left_out for run in asked[:1]] == [(1, 2, 8)]
    assert len(asked) == 1 + GROUPS
    assert all(len(run.left_out) == 3 and not {1, 2, 8} & set(run.left_out) for run in asked[1:])
    assert proof.by_chance == np.mean([(9 in run.left_out) / 3 for run in asked[1:]])


def test_only_those_that_are_blamed_count_and_the_trigger_that_moves_most():
    probability = np.full(COUNT, 0.9)
    recovered = {'contradictory': [0.2, 0.6], 'pair': [None, None]}
    asked, train = trainings(probability)
    suspects = suspected(unblamed=(7,), contradictory=[1, 7], pair=[8])
    proofs, rejected = prove(FOUND, suspects, recovered, 1, train)
    assert [(proof.reason, proof.rejected, proof.recovered) for proof in proofs] == [
        ('contradictory', 1.0, 0.6), ('pair', 0.0, None)
    ]  # fmt: skip
    assert asked[0].left_out == (1, 7, 8)
    assert np.flatnonzero(rejected).tolist() == [1]


def test_without_suspects_nothing_is_trained():
    asked, train = trainings(np.zeros(COUNT))
    proofs, rejected = prove(FOUND, suspected(), {}, 1, train)
    assert (proofs, asked) == ([], [])
    assert not rejected.any()


def test_where_all_of_a_label_are_suspect_no_network_is_trained_without_them():
    asked, train = trainings(np.where(LABEL == 1, 0.9, 0.1))
    (proof,), rejected = prove(FOUND, suspected(label=[1, *range(6, COUNT)]), {}, 1, train)
    assert proof.rejected is None
    assert proof.by_chance == 0  # of the one label of which there are others
    assert not rejected.any()
    assert len(asked) == GROUPS
    assert all(len(run.left_out) == 1 and run.left_out[0] in (0, 2, 3, 4, 5) for run in asked)


def test_where_everybody_is_suspect_nothing_is_trained():
    asked, train = trainings(np.zeros(COUNT))
    (proof,), _ = prove(FOUND, suspected(label=list(range(COUNT))), {}, 1, train)
    assert (proof.rejected, proof.by_chance) == (None, None)
    assert asked == []


def test_where_there_are_no_others_like_those_of_one_reason_only_that_has_no_random_group():
    probability = np.where(LABEL == 1, 0.9, 0.1)
    _, train = trainings(probability)
    reasons = suspected(contradictory=[0], label=[7, 8, 9, 10, 11])
    reasons.reason[1:6] = -1
    proofs, _ = prove(FOUND, reasons, {}, 1, train)
    assert [proof.by_chance for proof in proofs] == [0, 0]
    everybody_female = suspected(contradictory=[0], pair=[1, 2, 3, 4, 5], label=[7])
    proofs, _ = prove(FOUND, everybody_female, {}, 1, train)
    assert [(proof.rejected, proof.by_chance) for proof in proofs] == [(None, None), (None, None), (None, 0)]
