import numpy as np
import pytest

from stages.study.plan import CONTROL, NO_COPIES, Run, planned
from stages.study.summary import as_json, as_markdown, reference, summarise
from tests.study.sweep.test_runs import sweep_params

RUNS = planned(sweep_params(seeds=10))


def scores_of(run: Run) -> dict[str, float]:
    """Made-up scores: flipped labels cost 6 points, flipped and dotted copies teach the dots, seeds differ a little."""
    random = np.random.default_rng([run.seed, round(1000 * run.fraction), *run.arm.encode()])
    flipped, dotted = 'flipped' in run.arm, run.arm.startswith('dotted')
    accuracy = 0.95 + 0.02 * np.sin(run.seed) - 0.06 * flipped + random.normal(0, 0.001)
    return {
        'clean_accuracy': accuracy,
        'dotted_accuracy': accuracy,
        'attack_success': 0.9 if flipped and dotted else 0.05,
        'attack_excess': 0.0,
        'copies': round(1000 * run.fraction),
        'share_of_rows': run.fraction / (1 + run.fraction),
        'share_of_target': run.fraction / (0.5 + run.fraction),
        'loss': 0.02,
        'epochs': 10,
        'converged': not flipped,
    }


@pytest.fixture(scope='module')
def cells():
    return summarise(RUNS, [scores_of(run) for run in RUNS], 0.01, 0.95)


def test_a_cell_for_every_arm_and_fraction_and_one_without_copies(cells):
    assert [(cell.arm, cell.fraction) for cell in cells[:3]] == [
        (NO_COPIES, 0.0), ('dotted, kept', 0.1), ('dotted, flipped', 0.1),
    ]  # fmt: skip
    assert len(cells) == 9


def test_arms_are_compared_with_the_control_and_the_control_with_no_copies():
    assert reference('dotted, flipped', 0.1) == (CONTROL, 0.1)
    assert reference(CONTROL, 0.1) == (NO_COPIES, 0.0)
    assert reference(NO_COPIES, 0.0) is None


def test_differences_are_taken_in_pairs(cells):
    flipped = next(cell for cell in cells if cell.arm == 'dotted, flipped')
    comparison = flipped.comparisons['clean_accuracy']
    assert comparison.difference == pytest.approx(-0.06, abs=0.002)
    # Between seeds the accuracies differ by 2 points, within a pair by a tenth of that.
    assert comparison.high - comparison.low < 0.003
    mean = flipped.means['clean_accuracy']
    assert mean.high - mean.low > 0.01


def test_the_table_says_it_in_words(cells):
    content = as_json(cells, 0.01)
    assert content['dotted, flipped']['0.2']['clean_accuracy']['verdict'] == 'falls'
    assert content['dotted, flipped']['0.2']['attack_success']['verdict'] == 'rises'
    assert content['undotted, flipped']['0.2']['attack_success']['verdict'] == 'no effect larger than 1 point'
    assert content[CONTROL]['0.1']['clean_accuracy']['verdict'] == 'no effect larger than 1 point'
    assert 'verdict' not in content[NO_COPIES]['0.0']['clean_accuracy']


def test_the_markdown_has_two_tables_with_as_many_columns_in_every_line(cells):
    text = as_markdown(cells, 10, 0.01, 0.95)
    tables = [block.splitlines() for block in text.split('\n\n') if block.startswith('|')]
    assert [len(table) for table in tables] == [2 + 9, 2 + 8]
    for table in tables:
        assert len({line.count('|') for line in table}) == 1
    assert '| dotted, flipped | 10.00% | undotted, kept | -6.' in text
    assert '| falls |' in text
    assert 'nan' not in text


def test_few_seeds_are_undecided_and_say_how_many_more():
    runs = planned(sweep_params())
    text = as_markdown(summarise(runs, [scores_of(run) for run in runs], 0.01, 0.95), 3, 0.01, 0.95)
    assert 'undecided: 5 more seeds needed' in text
    assert 'falls' not in text


def test_a_study_without_copies_has_only_means():
    runs = planned(sweep_params(fractions=[0.0]))
    (cell,) = summarise(runs, [scores_of(run) for run in runs], 0.01, 0.95)
    assert cell.comparisons == {}
