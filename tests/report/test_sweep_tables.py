import json

import numpy as np
import pytest

from stages.common.files import read_csv
from stages.dataset.poison import Arm
from stages.report.sweep_tables import TITLES, as_markdown, conclusion, metrics, verdict, write_arms
from stages.sweep.summary import PRIMARY, doses, summarise
from stages.trainings.plan import CONTROL, UNPOISONED, planned
from tests.sweep.made_up import RUNS, results_of


@pytest.fixture(scope='module')
def cells():
    return summarise(RUNS, results_of(RUNS), 0.01, 0.95)


def markdown(cells, trigger='dots', seeds=10, confidence=0.95):
    return as_markdown(cells, doses(cells, confidence), trigger, seeds, 0.01, confidence)


def tables_of(text):
    return [
        [[cell.strip() for cell in line.strip('|').split('|')] for line in block.splitlines()]
        for block in text.split('\n\n')
        if block.startswith('|')
    ]


def test_verdicts_in_words(cells):
    last = {cell.arm: cell for cell in cells}
    assert verdict(last['dirty-label'], 'clean_accuracy', 0.01) == 'falls'
    assert verdict(last['dirty-label'], 'attack_success_rate', 0.01) == 'rises'
    assert verdict(last[CONTROL], 'clean_accuracy', 0.01) == 'no effect larger than 1 point'
    assert verdict(last[CONTROL], 'clean_accuracy', 0.025) == 'no effect larger than 2.5 points'


def test_means_and_changes_are_two_tables_with_as_many_columns_in_every_line(cells):
    means, changes = tables_of(markdown(cells))
    assert (len(means), len(changes)) == (2 + 9, 2 + 8)
    for table in (means, changes):
        assert len({len(row) for row in table}) == 1
    assert [row[:4] for row in means[2:5]] == [
        ['unpoisoned', '0.00%', '0', '0.0%'],
        ['clean-label', '10.00%', '100', '16.7%'],
        ['dirty-label', '10.00%', '100', '16.7%'],
    ]
    assert [row[-1] for row in means[2:5]] == ['10 of 10', '10 of 10', '0 of 10']
    dirty_label = changes[3]
    assert dirty_label[:3] == ['dirty-label', '10.00%', 'duplicates']
    assert dirty_label[3].startswith('-6.0 (-6.')
    assert dirty_label[4:] == ['falls', '+85.0 (+85.0 to +85.0)', 'rises']


def test_the_numbers_in_the_tables_are_those_of_the_cells(cells):
    means, changes = tables_of(markdown(cells))
    for cell, row in zip(cells, means[2:], strict=True):
        for mean, text in zip(cell.means.values(), row[4:8], strict=True):
            assert text == f'{mean.mean:z.3f} ({mean.low:z.3f} to {mean.high:z.3f})'
    for cell, row in zip(cells[1:], changes[2:], strict=True):
        for name, text in zip(PRIMARY, (row[3], row[5]), strict=True):
            one = cell.comparisons[name]
            assert text == f'{100 * one.difference:+z.1f} ({100 * one.low:+z.1f} to {100 * one.high:+z.1f})'


def test_the_conclusion_comes_first_a_line_an_attack_and_one_for_the_dose(cells):
    text = markdown(cells, 'blend')
    assert text.startswith(conclusion(cells, doses(cells, 0.95), 'blend', 0.01))
    clean_label, dirty_label, dose = text.splitlines()[:3]
    assert clean_label.startswith('- clean-label at 20.00%, blend: clean accuracy ')
    assert clean_label.count('no effect larger than 1 point') == 2
    assert dirty_label.startswith('- dirty-label at 20.00%, blend: clean accuracy -6.')
    assert dirty_label.endswith('), falls; ASR +85.0 (+85.0 to +85.0), rises')
    assert dose == (
        '- poison rate for an ASR of 50%: clean-label not reached up to 20.00%, dirty-label 5.29% (5.29% to 5.29%)'
    )
    assert '\n\nTrigger: blend. Means of 10 paired seeds, each with its own 95% interval.\n\n|' in text


def test_few_seeds_are_undecided_and_the_table_says_why():
    runs = planned([0.0, 0.1, 0.2], 3)
    text = markdown(summarise(runs, results_of(runs), 0.01, 0.95), seeds=3)
    assert 'undecided: 5 more seeds needed' in text
    assert 'Fewer than 8 seeds decide nothing.' in text
    assert not {'falls', 'rises', 'no effect'} & {word for word in ('falls', 'rises', 'no effect') if word in text}


def test_enough_seeds_are_no_matter_for_a_remark(cells):
    assert 'Fewer than' not in markdown(cells)


def test_what_did_not_learn_has_no_verdict_and_says_so():
    runs = planned([0.0, 0.1], 10)
    results = results_of(runs, duplicates={'clean_accuracy': 0.5, 'converged': False})
    means, changes = tables_of(markdown(summarise(runs, results, 0.01, 0.95)))
    assert {row[0]: row[-1] for row in means[2:]} == {
        'unpoisoned': '10 of 10',
        'clean-label': '10 of 10',
        'dirty-label': '0 of 10',
        'duplicates': '0 of 10, did not learn',
        'label-noise': '0 of 10',
    }
    for row in changes[2:]:
        said = 'did not learn' if row[0] == 'duplicates' else 'duplicates did not learn'
        assert (row[4], row[6]) == (said, said)


@pytest.mark.parametrize(('confidence', 'said'), [(0.95, '95%'), (0.999, '99.9%'), (0.9, '90%'), (0.975, '97.5%')])
def test_the_confidence_is_printed_with_all_its_digits(cells, confidence, said):
    text = markdown(cells, confidence=confidence)
    assert f'its own {said} interval.' in text
    assert f'hold together with {said} confidence;' in text


def test_a_study_without_poison_has_only_means():
    runs = planned([0.0], 3)
    cells = summarise(runs, results_of(runs), 0.01, 0.95)
    text = markdown(cells, seeds=3)
    assert len([line for line in text.splitlines() if line.startswith('|')]) == 3
    assert text.startswith('Trigger: dots.')
    assert 'ASR of 50%' not in text
    assert 'dose' not in metrics(cells, {})


def test_metrics_hold_what_people_compare(cells):
    # Read back from text: the names of arms must be plain names there.
    content = json.loads(json.dumps(metrics(cells, doses(cells, 0.95))))
    assert list(content) == ['clean_accuracy', 'attack_success_rate', 'dose']
    assert content['attack_success_rate'] == {
        'unpoisoned': pytest.approx(0.05), 'clean-label': pytest.approx(0.05), 'dirty-label': pytest.approx(0.9),
        'duplicates': pytest.approx(0.05), 'label-noise': pytest.approx(0.05),
    }  # fmt: skip
    assert content['dose'] == {'dirty-label': pytest.approx(0.1 * 0.45 / 0.85)}
    last = next(cell for cell in cells if (cell.arm, cell.fraction) == ('dirty-label', 0.2))
    assert content['clean_accuracy']['dirty-label'] == last.means['clean_accuracy'].mean


def test_the_table_of_arms_has_every_mean_and_change(cells, tmp_path):
    write_arms(cells, 0.01, tmp_path / 'arms.csv')
    rows = read_csv(tmp_path / 'arms.csv')
    assert len(rows) == 4 * 3 * 4
    for arm in Arm:
        points = [row for row in rows if row['arm'] == arm and row['score'] == 'ASR']
        assert [row['fraction'] for row in points] == ['0.0', '0.1', '0.2']
        expected = [cell.means['attack_success_rate'] for cell in cells if cell.arm in (UNPOISONED, arm)]
        for row, mean in zip(points, expected, strict=True):
            np.testing.assert_array_equal(
                [float(row[key]) for key in ('mean', 'low', 'high')], list(vars(mean).values())
            )
        assert set(list(points[0].values())[6:]) == {''}


def test_the_table_of_arms_has_verdicts_on_the_primary_scores_alone(cells, tmp_path):
    write_arms(cells, 0.01, tmp_path / 'arms.csv')
    rows = {(row['arm'], row['score']): row for row in read_csv(tmp_path / 'arms.csv') if row['fraction'] == '0.2'}
    row = rows['dirty-label', 'clean accuracy']
    cell = next(cell for cell in cells if (cell.arm, cell.fraction) == ('dirty-label', 0.2))
    one = cell.comparisons['clean_accuracy']
    assert (row['reference'], row['verdict']) == ('duplicates', 'falls')
    assert [float(row[name]) for name in ('change', 'change_low', 'change_high')] == [one.difference, one.low, one.high]
    excess = rows['clean-label', TITLES['attack_excess']]
    assert (excess['change'], excess['change_low'], excess['change_high'], excess['verdict']) == ('0.25', '', '', '')
