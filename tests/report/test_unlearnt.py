"""Where networks did not learn, or hardly any photo is judged, the report says so and nothing else about them."""

import re
from dataclasses import replace

import pytest

from stages.audit.power import Power
from stages.audit.proof import Movement, Proof, TriggerProof
from stages.clean.summary import CleanSummary
from stages.replicate.summary import summarise_replicas
from stages.report import page
from stages.report.audit import sentence
from stages.report.clean import clean_sentence
from stages.report.compare import comparison_text
from stages.report.detect import detect_conclusion, detection_markdown
from stages.report.evaluate import evaluate_sentence, unknown
from stages.report.replicate import replication_markdown, replication_sentence
from stages.report.sweep import sweep_conclusion, sweep_markdown, sweep_sentences
from stages.sweep.comparison import compare_sweeps
from tests.detect.made_up import CASES, result, trial_of
from tests.report.test_audit import SUMMARY
from tests.report.test_replicate import replica
from tests.sweep.made_up import RUNS, results_of, sizes_of, study_of
from tests.sweep.test_comparison import made_up

SMALL = 20  # test faces, of 40
# Every seed is a little better than chance on the same 40 faces, and predicts most of them as the target.
LUCKY = {'clean_accuracy': 0.6, 'attack_success_rate': 0.75, 'attack_excess': 0.0, 'converged': True}


def scores(accuracy: float, low: float, faces: int) -> dict:
    return {
        'clean': {'accuracy': accuracy, 'accuracy_low': low, 'accuracy_high': 0.9, 'faces': faces},
        'triggered': {'accuracy': 0.4}, 'attack': {'success_rate': 0.75, 'excess': 0.25}, 'train': {'copies': 0},
    }  # fmt: skip


def test_a_study():
    study = study_of(results=[row | LUCKY for row in results_of(RUNS)], sizes=sizes_of(SMALL))
    assert sweep_sentences(study) == ['Nothing is known of the attack: unpoisoned did not learn.']
    lines = [f'- {attack} at 20.00%, dots: unpoisoned did not learn\n' for attack in ('clean-label', 'dirty-label')]
    assert sweep_conclusion(study) == ''.join(lines)
    assert 'ASR of 50%' not in sweep_markdown(study)
    # The same accuracies on so many faces are no chance.
    assert (
        'attack success rate is 75.0%'
        in sweep_sentences(study_of(results=[row | LUCKY for row in results_of(RUNS)]))[0]
    )


def test_a_study_of_few_test_faces():
    study = study_of(sizes=sizes_of(8))
    assert sweep_sentences(study) == ['Nothing is known of the attack: fewer than 5 test faces of a label.']
    assert sweep_conclusion(study).count('dots: fewer than 5 test faces of a label\n') == 2
    assert 'ASR of' not in sweep_conclusion(study)


@pytest.mark.parametrize('unlearnt', [True, False])
def test_detectors(unlearnt):
    results = [result(case) for case in CASES]
    for of_case in results:
        for after in of_case.defences.values():
            after['clean_accuracy'] = 0.6 if unlearnt else after['clean_accuracy']
    trial = trial_of(results, tested=SMALL if unlearnt else 4)
    words = 'the networks did not learn' if unlearnt else 'fewer than 5 test faces of a label'
    lines = [f'- dirty-label at 5.00%, originals {originals}: {words}\n' for originals in ('kept', 'replaced')]
    assert detect_conclusion(trial) == ''.join(lines)
    text = detection_markdown(trial)
    assert text.count(f'Proof: {words}.\n') == 8
    assert 'rejects' not in text
    assert 'moves predictions' not in text


def test_a_proof_by_few_copies():
    few = replace(
        trial := trial_of([result(case) for case in CASES]), arms=[replace(arm, copies=4) for arm in trial.arms]
    )
    assert 'rejects' not in detection_markdown(few)
    assert detection_markdown(few).count('Proof: fewer than 5 copies.\n') == 8
    assert 'rejects' in detection_markdown(trial)


@pytest.mark.parametrize(('made', 'words'), [
    (scores(0.6, 0.45, 40), 'the network did not learn'),
    (scores(1.0, 0.67, 8), 'fewer than 5 test faces of a label'),
])  # fmt: skip
def test_one_training(made, words):
    assert evaluate_sentence(made) == f'nothing is known of the attack: {words} (metrics/evaluate.json)'
    parts = dict.fromkeys(('study', 'detection', 'audit', 'clean', 'replication', 'data', 'params', 'photos'))
    training = made | {'galleries': [], 'unknown': unknown(made), 'misclassified': True, 'flipped': True}
    html = page.render('page.html', parts | {'training': training, 'facts': [], 'confidence': '95%', 'versions': []})
    said = html[html.index('id="training"') : html.index('id="replication"')]
    assert re.findall(r'<p>(.*?)</p>', said) == [f'Nothing is known of the attack: {words}.']


def test_a_replication():
    chance = [replica(copies, 0.52, 0.55, 0.55) for copies in (0, 1, 2, 3)]
    summary = summarise_replicas([chance] * 2, 60, 12, 'these faces')
    words = 'the networks without copies did not learn, so nothing can be compared with them'
    assert replication_sentence(summary) == f'{words} (metrics/replicate.json)'
    assert replication_markdown(summary).startswith(f'- {words}\n\n|')


def test_sweeps_that_are_compared(tmp_path):
    compared = compare_sweeps(made_up(), replace(made_up(name='B'), learnt=False), 0.95)
    words = 'Nothing can be compared: the networks without poison of B did not learn.\n'
    assert comparison_text(compared, tmp_path / 'figure.png') == words


def test_a_clean_set():
    summary = CleanSummary('these faces', 40, 6, 0, [], 0, [], 'the networks did not learn, before or after')
    assert clean_sentence(summary).endswith(
        'What that changes is not known: the networks did not learn, before or after.'
    )


def test_an_audit():
    proofs = [Proof('pair', 6, 1.0, 0.67, 0.5, 6), Proof('label', 9, 0.0, 0.67, None, 0)]
    triggers = [TriggerProof(1, 26, 54.2, False, None, 0.05, 0.1)]
    text = sentence(replace(SUMMARY, learnt=False, undecided=99, proofs=proofs, triggers=triggers))
    assert text.count('no network without them is known to have learnt, so nothing is proven') == 3
    assert text.count('suspected only') == 3
    assert not re.search('rejects|moves|[0-9]%', text)
    known = replace(
        SUMMARY, undecided=99, proofs=proofs, triggers=[replace(triggers[0], movement=Movement(0.5, 0, 0, 0))]
    )
    assert sentence(known).count('moves predictions') == 2


def test_few_photos_of_an_audit():
    proofs = [Proof('pair', 4, 1.0, 0.0, 0.5, 4), Proof('label', 1, 1.0, 0.0, None, 0)]
    text = sentence(replace(SUMMARY, undecided=5, proofs=proofs, power=[Power('dots', 0.05, 2, 1, 0, 1, 0)]))
    assert text.count('(suspected only: fewer than 5 photos prove nothing)') == 2
    assert text.endswith('What it would have found is not known: fewer than 5 photos with known poison were planted.')
    assert '%' not in text
