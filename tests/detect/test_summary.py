import csv
import io

import numpy as np
import pytest
from PIL import Image

from stages.dataset.poison import Arm
from stages.detect.plan import Case, planned_cases
from stages.detect.summary import MARGINS, strongest, summarise_cases
from stages.report.detect_figures import draw_defences, draw_roc
from stages.report.detect_tables import (
    conclusion,
    defence_title,
    detection_markdown,
    detection_metrics,
    detection_rows,
)
from stages.scores.ranking import GRID

CASES = planned_cases([0.025, 0.05], range(1, 11))
# How much of the excess ASR, and of the accuracy, is left after each defence.
LEFT = {
    'none': (0.6, -0.02), 'random': (0.6, -0.02), 'perfect': (0.0, 0.0), 'pair, flagged': (0.0, 0.0),
    'pair, most suspect': (0.0, -0.03), 'loss, flagged': (0.05, 0.0), 'loss, most suspect': (0.3, 0.0),
}  # fmt: skip


def scores(case: Case, name: str, noise: float) -> dict:
    excess, change = LEFT[name]
    if name == 'loss, flagged':
        # Wide from seed to seed.
        excess *= 2 * (case.seed % 2)
    copies = 10 if name in ('perfect', 'pair, flagged') else 5
    return {
        'clean_accuracy': 0.95 + change + noise,
        'triggered_accuracy': 0.9,
        'attack_success_rate': 0.05 + excess + noise,
        'attack_excess': excess + noise,
        'removed': 15,
        'copies_removed': copies,
    }


def result(case: Case) -> dict:
    """What might come of a case, with some noise that all defences of a seed share."""
    noise = (case.seed - 5.5) / 1000
    measures = {
        'auc': 0.9 + noise, 'average_precision': 0.8, 'auc_in_target': 0.85, 'average_precision_in_target': 0.7,
        'true_positive_rate': 0.5, 'false_positive_rate': 0.01, 'roc': np.sqrt(GRID).tolist(),
    }  # fmt: skip
    if case.arm is None:
        measures = dict.fromkeys(measures) | {'false_positive_rate': 0.02}
    found = {'copies': 10 if case.arm else 0, 'detectors': {'loss': measures, 'pair': measures | {'auc': 1.0}}}
    if case.arm and case.arm.has_trigger:
        found['defences'] = {name: scores(case, name, noise) for name in LEFT}
        recovered = None if case.replaces else 0.5
        found['proof'] = {'copies_rejected': 0.98, 'random_rejected': 0.04, 'recovered': recovered}
    return found


@pytest.fixture(scope='module')
def results():
    return [result(case) for case in CASES]


@pytest.fixture(scope='module')
def found(results):
    return summarise_cases(CASES, results, 0.95)


def test_means_are_over_the_seeds(found):
    assert len(found) == 1 + 2 * 7
    one = next(one for one in found if (one.arm, one.fraction, one.originals) == ('dirty-label', 0.05, 'kept'))
    assert one.detectors['loss']['auc'] == pytest.approx(0.9)
    np.testing.assert_allclose(one.detectors['loss']['roc'], np.sqrt(GRID))
    assert one.defences['none'].means['attack_excess'] == pytest.approx(0.6)
    assert one.proof == pytest.approx({'copies_rejected': 0.98, 'random_rejected': 0.04, 'recovered': 0.5})


def test_defences_of_the_attack_are_compared_with_the_perfect_filter_in_pairs(found):
    one = strongest(found)[0]
    assert {name: defence.verdict for name, defence in one.defences.items()} == {
        'none': '', 'random': '', 'perfect': '', 'pair, flagged': 'as good as perfect', 'pair, most suspect': 'worse',
        'loss, flagged': 'undecided', 'loss, most suspect': 'worse',
    }  # fmt: skip
    comparison = one.defences['loss, most suspect'].against_perfect['attack_excess']
    assert comparison.difference == pytest.approx(0.3)
    assert MARGINS == {'attack_excess': 0.02, 'clean_accuracy': 0.01}


def test_only_the_attack_that_works_has_verdicts(found):
    for one in found:
        judged = any(defence.verdict for defence in one.defences.values())
        assert judged == (one.arm == Arm.DIRTY_LABEL)


def test_a_network_that_did_not_learn_has_no_verdict(results):
    changed = [
        one | {'defences': {name: each | {'clean_accuracy': 0.5} for name, each in one['defences'].items()}}
        if 'defences' in one
        else one
        for one in results
    ]
    verdicts = {
        defence.verdict for one in strongest(summarise_cases(CASES, changed, 0.95)) for defence in one.defences.values()
    }
    assert verdicts == {'', 'did not learn'}


def test_the_strongest_is_the_attack_at_the_highest_rate(found):
    assert [(one.arm, one.fraction, one.originals) for one in strongest(found)] == [
        ('dirty-label', 0.05, 'kept'), ('dirty-label', 0.05, 'replaced')
    ]  # fmt: skip


def test_metrics_hold_what_people_compare(found):
    content = detection_metrics(found)
    assert set(content) == {'kept', 'replaced'}
    assert content['kept']['auc'] == pytest.approx({'loss': 0.9, 'pair': 1.0})
    assert content['kept']['excess'] == pytest.approx(
        {'none': 0.6, 'random': 0.6, 'perfect': 0.0, 'pair': 0.0, 'loss': 0.05}
    )


def test_the_table_has_a_line_for_each_case_and_detector(results):
    header, rows = detection_rows(CASES, results)
    table = [dict(zip(header, row, strict=True)) for row in rows]
    attacks = sum('defences' in one for one in results)
    assert len(table) == 2 * len(CASES) + 3 * attacks
    wanted = {'arm': 'dirty-label', 'fraction': 0.05, 'originals': 'kept', 'seed': 5, 'detector': 'loss'}
    (line,) = [row for row in table if wanted.items() <= row.items()]
    assert line['auc'] == pytest.approx(0.8995)
    assert line['flagged_attack_excess'] == pytest.approx(0.0995)
    assert line['suspect_attack_excess'] == pytest.approx(0.2995)
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    assert 'None' not in written.getvalue()


def test_the_tables_say_what_was_found(found):
    text = detection_markdown(found, 'dots', 10, 0.95)
    assert conclusion(found).splitlines() == [
        f'- dirty-label at 5.00%, originals {originals}: ASR 0.65, and 0.05 after removing what near-duplicate pair '
        'flags: as good as perfect (+0.0 excess, +0.0 accuracy)'
        for originals in ('kept', 'replaced')
    ]
    assert text.startswith(conclusion(found))
    assert '| near-duplicate pair | 1.000 | 0.800 | 0.850 | 0.700 | 0.500 | 0.010 |' in text
    assert (
        '| near-duplicate pair, flagged | 15 | 100% | 0.050 | 0.000 | 0.950 | as good as perfect (+0.0 excess' in text
    )
    assert 'the network rejects the labels of 98.0% of the copies, and of 4.0% of as many random rows. The' in text
    assert 'moves predictions on other faces by +50.0 points towards the target.' in text
    assert 'No pair, so no trigger to recover.' in text
    assert '| loss in mid-training | 2.0% | 1.0% | 50.0% |' in text


def test_defences_go_by_names_that_people_know():
    assert defence_title('none') == 'nothing removed'
    assert defence_title('pair, most suspect') == 'near-duplicate pair, most suspect'


def test_figures_are_drawn(found, tmp_path):
    draw_defences(found, tmp_path / 'defences.png')
    draw_roc(found, tmp_path / 'roc.png')
    for name in ('defences.png', 'roc.png'):
        assert np.asarray(Image.open(tmp_path / name).convert('L')).min() < 100
