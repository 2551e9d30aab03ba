import json

import numpy as np
import pytest

from stages.dataset.poison import Arm
from stages.study.dose import Dose
from stages.study.plan import CONTROL, UNPOISONED, Run, planned
from stages.study.summary import as_json, as_markdown, curve, doses, reference, summarise

RUNS = planned([0.0, 0.1, 0.2], 10)
ATTACKS = (Arm.CLEAN_LABEL, Arm.DIRTY_LABEL)


def scores_of(run: Run) -> dict[str, float]:
    """Made-up scores: changed labels cost 6 points, with the trigger they teach it, seeds differ a little."""
    random = np.random.default_rng([run.seed, round(1000 * run.fraction), *run.name.encode()])
    changed, has_trigger = run.arm in (Arm.DIRTY_LABEL, Arm.LABEL_NOISE), run.arm in ATTACKS
    accuracy = 0.95 + 0.02 * np.sin(run.seed) - 0.06 * changed + random.normal(0, 0.001)
    return {
        'clean_accuracy': accuracy,
        'triggered_accuracy': accuracy,
        'attack_success_rate': 0.9 if changed and has_trigger else 0.05,
        'attack_excess': 0.0,
        'copies': round(1000 * run.fraction),
        'share_of_rows': run.fraction / (1 + run.fraction),
        'share_of_target': run.fraction / (0.5 + run.fraction),
        'loss': 0.02,
        'epochs': 10,
        'converged': not changed,
    }


@pytest.fixture(scope='module')
def cells():
    return summarise(RUNS, [scores_of(run) for run in RUNS], 0.01, 0.95)


def test_a_cell_for_every_arm_and_rate_and_one_without_poison(cells):
    assert [(cell.arm, cell.fraction) for cell in cells[:3]] == [
        (UNPOISONED, 0.0), ('clean-label', 0.1), ('dirty-label', 0.1),
    ]  # fmt: skip
    assert len(cells) == 9


def test_arms_are_compared_with_the_control_and_the_control_with_no_poison():
    assert reference('dirty-label', 0.1) == (CONTROL, 0.1)
    assert reference(CONTROL, 0.1) == (UNPOISONED, 0.0)
    assert reference(UNPOISONED, 0.0) is None


def test_differences_are_taken_in_pairs(cells):
    dirty_label = next(cell for cell in cells if cell.arm == 'dirty-label')
    comparison = dirty_label.comparisons['clean_accuracy']
    assert comparison.difference == pytest.approx(-0.06, abs=0.002)
    # Between seeds the accuracies differ by 2 points, within a pair by a tenth of that.
    assert comparison.high - comparison.low < 0.003
    mean = dirty_label.means['clean_accuracy']
    assert mean.high - mean.low > 0.01


def test_the_table_says_it_in_words(cells):
    content = as_json(cells, doses(cells, 0.95), 0.01)['arms']
    assert content['dirty-label']['0.2']['clean_accuracy']['verdict'] == 'falls'
    assert content['dirty-label']['0.2']['attack_success_rate']['verdict'] == 'rises'
    assert content['label-noise']['0.2']['attack_success_rate']['verdict'] == 'no effect larger than 1 point'
    assert content[CONTROL]['0.1']['clean_accuracy']['verdict'] == 'no effect larger than 1 point'
    assert 'verdict' not in content[UNPOISONED]['0.0']['clean_accuracy']


def test_the_markdown_has_two_tables_with_as_many_columns_in_every_line(cells):
    text = as_markdown(cells, doses(cells, 0.95), 'dots', 10, 0.01, 0.95)
    tables = [block.splitlines() for block in text.split('\n\n') if block.startswith('|')]
    assert [len(table) for table in tables] == [2 + 9, 2 + 8]
    for table in tables:
        assert len({line.count('|') for line in table}) == 1
    assert '| dirty-label | 10.00% | duplicates | -6.' in text
    assert '| falls |' in text
    assert 'nan' not in text


def test_few_seeds_are_undecided_and_say_how_many_more():
    runs = planned([0.0, 0.1, 0.2], 3)
    cells = summarise(runs, [scores_of(run) for run in runs], 0.01, 0.95)
    text = as_markdown(cells, doses(cells, 0.95), 'dots', 3, 0.01, 0.95)
    assert 'undecided: 5 more seeds needed' in text
    assert 'falls' not in text


def test_a_study_without_poison_has_only_means():
    runs = planned([0.0], 3)
    (cell,) = summarise(runs, [scores_of(run) for run in runs], 0.01, 0.95)
    assert cell.comparisons == {}
    assert doses([cell], 0.95) == {}
    assert as_json([cell], {}, 0.01)['dose'] == {}
    text = as_markdown([cell], {}, 'dots', 3, 0.01, 0.95)
    assert len([line for line in text.splitlines() if line.startswith('|')]) == 3
    assert 'Dose' not in text


def test_a_curve_starts_without_poison_and_has_the_cells_of_its_arm(cells):
    assert [(cell.arm, cell.fraction) for cell in curve(cells, Arm.LABEL_NOISE)] == [
        (UNPOISONED, 0.0), ('label-noise', 0.1), ('label-noise', 0.2),
    ]  # fmt: skip


def test_the_dose_of_each_attack_is_that_of_its_attack_success_rate(cells):
    found = doses(cells, 0.95)
    # From 0.05 without poison to 0.9 at a rate of 0.1, for every seed; clean-label copies teach nothing here.
    rate = pytest.approx(0.1 * 0.45 / 0.85)
    assert found == {'dirty-label': Dose(rate, rate, rate, 0.2), 'clean-label': Dose(None, None, None, 0.2)}


def test_the_dose_is_in_the_numbers_and_in_the_words(cells):
    found = doses(cells, 0.95)
    rate = pytest.approx(0.1 * 0.45 / 0.85)
    # Read back from text: the names of arms must be plain names there.
    content = json.loads(json.dumps(as_json(cells, found, 0.01)))
    assert content['dose'] == {
        'clean-label': {'most': 0.2},
        'dirty-label': {'rate': rate, 'low': rate, 'high': rate, 'most': 0.2},
    }
    assert list(content['arms']) == [UNPOISONED, *(arm.value for arm in Arm)]
    assert list(content['arms']['dirty-label']) == ['0.1', '0.2']
    text = as_markdown(cells, found, 'blend', 10, 0.01, 0.95)
    assert text.startswith('Trigger: blend. Means of 10 paired seeds, with 95% intervals.\n')
    assert '\n- clean-label: not reached up to 20.00%\n- dirty-label: 5.29% (5.29% to 5.29%)\n' in text


def test_the_numbers_have_the_names_that_others_rely_on(cells):
    content = as_json(cells, doses(cells, 0.95), 0.01)['arms']
    cell = content['dirty-label']['0.1']
    assert set(cell) == {
        'copies', 'share_of_rows', 'share_of_target', 'converged',
        'clean_accuracy', 'triggered_accuracy', 'attack_success_rate', 'attack_excess',
    }  # fmt: skip
    assert (cell['copies'], cell['converged']) == (100, 0)
    assert cell['attack_success_rate'] == cell['attack_success_rate'] | {'mean': pytest.approx(0.9)}
    assert cell['attack_success_rate']['change'] == pytest.approx(0.85)
    assert set(cell['clean_accuracy']) == {
        'mean', 'low', 'high', 'change', 'change_low', 'change_high', 'p', 'p_equivalence', 'verdict',
    }  # fmt: skip
    assert set(content[UNPOISONED]['0.0']['clean_accuracy']) == {'mean', 'low', 'high'}
