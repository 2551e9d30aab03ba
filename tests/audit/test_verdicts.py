import pytest

from stages.audit.verdicts import Proof, sentence


@pytest.mark.parametrize(('proof', 'holds'), [
    (Proof('pair', 0.95, 0.1, None, 5, 0), True),
    (Proof('pair', 0.85, 0.1, None, 5, 0), False),
    (Proof('pair', 0.95, 0.3, None, 5, 0), False),
    (Proof('pair', 0.95, None, None, 5, 0), False),
    (Proof('pair', None, 0.1, None, 5, 0), False),
    (Proof('pair', 0.0, 0.0, 0.4, 5, 0), True),
    (Proof('pair', 0.0, 0.0, 0.2, 5, 0), False),
    (Proof('contradictory', 0.95, 0.1, None, 5, 5), True),
    (Proof('contradictory', 0.95, 0.1, 0.4, 5, 6), False),
    (Proof('contradictory', 1.0, 0.0, 0.4, 4, 0), False),
    (Proof('label', 1.0, 0.0, None, 0, 40), False),
])  # fmt: skip
def test_a_suspicion_is_proven_by_retraining_or_by_the_trigger_but_never_for_labels_or_few_photos(proof, holds):
    assert proof.holds == holds


def test_the_audit_ends_in_one_sentence():
    nothing = dict.fromkeys(('contradictory', 'pair', 'label'), 0)
    assert sentence(nothing, []).startswith('Nothing found: ')
    counts = nothing | {'pair': 6, 'label': 1}
    text = sentence(counts, [Proof('pair', 1.0, 0.05, 0.5, 6, 0), Proof('label', None, None, None, 0, 1)])
    assert text == (
        'Look at 6 photos with something on it that a near-duplicate does not have (proven: a network trained without '
        'them rejects 100% of their labels, against 5% for as many random photos; what is on them moves predictions on '
        'other faces by +50 points); 1 photo whose label the other photos contradict (suspected only: no network can '
        'be trained without them).'
    )
