from dataclasses import replace

import numpy as np
from PIL import Image

from stages.audit.judged import triggers_of
from stages.audit.power import Power
from stages.audit.proof import AuditSummary, Movement, Proof, Suspect, TriggerProof
from stages.audit.reasons import REASONS
from stages.report.audit import (
    decisions_text,
    draw_power,
    draw_suspects,
    draw_triggers,
    power_table,
    sentence,
)  # fmt: skip
from tests.audit.made_up import faces_of, triggers

NAMES = ['a/$x_1$.jpg', 'b|\n2.jpg', '=cmd()', 'a very long name of a folder/and of a file in it.jpg']
FACES = faces_of(
    np.repeat([40, 80, 120, 160], 64).reshape(4, 8, 8).astype(np.uint8),
    np.array([0, 1, 0, 1], np.uint8),
    NAMES,
    ['', 'a/$x_1$.jpg', '', ''],
)
SUSPECTS = [Suspect(1, 'contradictory', 1, 0), Suspect(2, 'pair', 2, 0), Suspect(3, 'label', 3, -1)]
COUNTS = dict.fromkeys(REASONS, 1)
SUMMARY = AuditSummary('these faces', 4, 4, True, 3, 0, 3, 0, 0, COUNTS, [], [], [], SUSPECTS)


def test_suspects_are_drawn_next_to_their_pairs_regardless_of_file_names(tmp_path):
    draw_suspects(SUMMARY, FACES, 24, tmp_path / 'suspects.png')
    picture = np.asarray(Image.open(tmp_path / 'suspects.png').convert('L'))
    # The three suspects, and the common pair of two of them.
    for shade in (80, 120, 160, 40):
        assert (picture == shade).sum() > 500


def test_drawn_suspects_are_numbered_by_their_rank_in_the_table(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr('stages.report.audit.draw_pairs', lambda pairs, title, path: drawn.extend([*pairs, title]))
    fewer = replace(SUMMARY, flagged=2, suspects=[SUSPECTS[0], SUSPECTS[2]])
    draw_suspects(fewer, FACES, 24, tmp_path / 'suspects.png')
    assert [pair.caption for pair in drawn[:-1]] == [
        ['1. contradictory', NAMES[1], 'male'], ['3. label', NAMES[3], 'male']
    ]  # fmt: skip
    assert drawn[0].other_caption == ['', NAMES[0], 'female']
    assert (drawn[0].face.max(), drawn[0].other.max(), drawn[1].other) == (80, 40, None)
    assert drawn[-1] == 'Suspects, the most suspect first: 2'
    draw_suspects(fewer, FACES, 1, tmp_path / 'suspects.png')
    assert drawn[-1] == 'Suspects, the most suspect first: 1 of 2'


def test_drawing_without_suspects_is_only_a_title(tmp_path):
    draw_suspects(replace(SUMMARY, flagged=0, suspects=[]), FACES, 24, tmp_path / 'suspects.png')
    assert np.asarray(Image.open(tmp_path / 'suspects.png')).shape[0] < 100


def test_decisions_are_counted():
    found = replace(SUMMARY, proofs=[Proof('label', 3, None, None, None, 0)])
    assert decisions_text(found) == ''
    assert decisions_text(replace(found, undecided=1, changed=1, unmatched=2)) == (
        '1 of 3 suspects is still to be decided. 1 photo changed since it was decided on, and is asked again. '
        '2 decisions in data/decisions.csv match no photo.'
    )
    # All of them are to be kept.
    assert decisions_text(replace(found, flagged=0, undecided=0, changed=2, unmatched=1)) == (
        '0 of 3 suspects are still to be decided. 2 photos changed since they were decided on, and are asked again. '
        '1 decision in data/decisions.csv matches no photo.'
    )


def test_audit_is_summarised_in_one_sentence():
    nothing = replace(SUMMARY, flagged=0, undecided=0)
    assert sentence(nothing).startswith('Nothing found: ')
    proofs = [Proof('pair', 6, 1.0, 0.05, 0.5, 6), Proof('label', 1, 1.0, 0.0, None, 0)]
    assert sentence(replace(SUMMARY, flagged=7, undecided=7, proofs=proofs)) == (
        'Look at 6 photos with something that a near-duplicate does not have (proven: a network trained without '
        'them rejects 100% of their labels, against 5% for as many random photos; what is on them moves predictions on '
        'other faces by +50 points); 1 photo whose label the other photos contradict (suspected only: fewer than 5 '
        'photos prove nothing).'
    )
    assert sentence(replace(nothing, power=POWER)).endswith(
        ' Of known poison in 1.25% of these photos it would have flagged: dots 90% (70% to 98%), '
        'wrong labels 50% (30% to 70%). It would have missed most of: dots in 0.50%.'
    )
    assert 'missed' not in sentence(replace(nothing, power=POWER[:1]))
    alone = replace(SUMMARY, proofs=[Proof('label', 5, 0.5, None, None, 0)])
    assert 'rejects 50% of their labels).' in sentence(alone)


POWER = [
    Power('dots', 0.0125, 10, 9, 0.7, 0.98, 0.0),
    Power('dots', 0.005, 5, 0, 0.0, 0.4, 0.001),
    Power('wrong labels', 0.0125, 10, 5, 0.3, 0.7, 0.0),
]


def test_a_large_audit_says_what_is_approximate():
    large = sentence(replace(SUMMARY, photos=20_000, trained=5000, undecided=99))
    assert large.endswith(
        ' Of more than 5,000 faces, networks are trained on 5,000 at random, and detectors that need a network are '
        'left out; ridge and leave-set-out regressions use 2,000 faces as centres, and the 200 most suspect '
        'photos of each label show whether anything recurs.'
    )
    power = [Power('dots', 0.0125, 40, 38, 0.8, 1.0, 0.001)]
    planted = sentence(replace(SUMMARY, photos=20_000, trained=5000, undecided=99, power=power))
    assert 'on 5,000 at random, among which known poison is planted, too, and' in planted


def test_recovered_trigger_is_described_with_its_proof():
    moved = Movement(0.6, 0.01, 0.55, 0.4)
    proven = sentence(replace(SUMMARY, undecided=99, triggers=[TriggerProof(1, 26, 54.2, False, moved, 0.3, 0.1)]))
    assert proven == (
        'Look at 26 photos labelled male that carry the same thing, found on hardly any photo whose label looks right '
        '(proven to be a trigger: it recurs with odds of 1 in 10^54; put on other faces, it moves predictions towards '
        'male by +60 points, and by +1 in networks trained without these photos; half of these photos speak for the '
        'labels of the other half).'
    )
    suspected = sentence(replace(SUMMARY, undecided=99, triggers=[TriggerProof(0, 9, 13.0, True, None, 0.05, 0.1)]))
    assert '(a trigger, or a feature of these people: suspected only: it recurs with odds of 1 in 10^13)' in suspected
    named_elsewhere = replace(SUMMARY, triggers=[TriggerProof(0, 0, 13.0, True, None, 0.05, 0.1)])
    assert '0 photos' not in sentence(named_elsewhere)


def test_power_is_shown_as_a_table_and_a_figure(tmp_path):
    assert '| dots | 0.50% | 5 | 0% (0% to 40%) | 0.10% |' in power_table(POWER)
    draw_power(POWER, tmp_path / 'power.png')
    drawn = (tmp_path / 'power.svg').read_text()
    assert '<title>wrong labels: 50% (30% to 70%) of 10</title>' in drawn
    assert drawn.count('wrong labels') == 2


def test_recovered_triggers_are_drawn_alone_on_other_faces_and_on_carriers(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr('stages.report.audit.gallery', lambda *shown: drawn.append(shown))
    arrays = triggers((1, [3]), count=4)
    draw_triggers(triggers_of(arrays), FACES, tmp_path / 'recovered.png')
    ((images, captions, *_),) = drawn
    assert captions == ['1. trigger', 'put on', 'put on', 'found, male']
    # Black squares on grey and on the two faces with the other label, and a carrier.
    assert [(int(image.min()), int(image.max())) for image in images] == [(0, 128), (0, 40), (0, 120), (160, 160)]
