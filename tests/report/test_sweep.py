from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from stages.common.files import write_summary
from stages.dataset.poison import Arm
from stages.report.sweep import (
    dose_text,
    draw_changes,
    draw_curves,
    style,
    sweep_conclusion,
    sweep_markdown,
    sweep_part,
    sweep_sentences,
    verdict,
)
from stages.scores.dose import Dose
from stages.scores.scores import PRIMARY
from stages.scores.statistics import Comparison, Verdict
from stages.sweep.summary import ArmSummary, Mean, Study
from stages.trainings.plan import CONTROL, planned_runs
from tests.sweep.made_up import RUNS, results_of, sizes_of, study_of


@pytest.fixture(scope='module')
def study():
    return study_of()


def tables_of(text):
    return [
        [[cell.strip() for cell in line.strip('|').split('|')] for line in block.splitlines()]
        for block in text.split('\n\n')
        if block.startswith('|')
    ]


def test_verdicts_in_words(study):
    last = {arm.arm: arm for arm in study.arms}
    assert verdict(last['dirty-label'], 'clean_accuracy', study) == 'falls'
    assert verdict(last['dirty-label'], 'attack_success_rate', study) == 'rises'
    assert verdict(last[CONTROL], 'clean_accuracy', study) == 'no effect larger than 1 point'
    assert verdict(last[CONTROL], 'clean_accuracy', replace(study, margin=0.025)) == 'no effect larger than 2.5 points'


def test_too_few_faces_are_said_in_conclusion_table_and_sentences_with_how_many_are_needed():
    alike = [result | {'clean_accuracy': 0.9, 'attack_success_rate': 0.1} for result in results_of(RUNS)]
    study = study_of(RUNS, alike, sizes=sizes_of(42))
    needed = study.arms[1].comparisons['clean_accuracy'].tested
    # As many test faces, of half of all faces; as many again for the ASR, which is a share of half of them.
    words = [f'too few faces for a margin of 1 point: about {-(-factor * needed // 10) * 10} are needed'
             for factor in (2, 4)]  # fmt: skip
    conclusion, sentences = sweep_conclusion(study), sweep_sentences(study)
    _, changes = tables_of(sweep_markdown(study))
    for text in (conclusion, ' '.join(sentences), *map(' '.join, changes[2:])):
        assert all(word in text for word in words)
    assert 'no effect' not in conclusion


def test_poison_rates_without_trainings_are_said():
    study = study_of(sizes=sizes_of(42, [(0.0125, 0.0), (0.11, 0.1)]))
    line = 'oo few faces to train all poison rates: 1.25% is less than one copy, 11.00% is as many copies as 10.00%'
    assert f'\n- t{line}\n' in sweep_conclusion(study)
    assert sweep_sentences(study)[-1] == f'T{line}.'
    runs = planned_runs([0.0], 3, 'kept')
    none = study_of(runs, sizes=sizes_of(5, [(0.05, 0.0)]))
    assert sweep_markdown(none).startswith(
        '- too few faces to train all poison rates: 5.00% is less than one copy\n\nTrigger'
    )
    assert sweep_sentences(none) == [
        'No poison rate above 0 was studied.', 'Too few faces to train all poison rates: 5.00% is less than one copy.',
    ]  # fmt: skip


@pytest.mark.parametrize(('dose', 'text'), [
    (None, 'did not learn'),
    (Dose(None, None, None, 0.05, False), 'not reached up to 5.00%'),
    (Dose(None, 0.025, None, 0.05, False), 'not reached up to 5.00% (interval from 2.50%)'),
    (Dose(0.03, 0.02, 0.04, 0.05, True), '3.00% (2.00% to 4.00%)'),
    (Dose(0.04, 0.02, None, 0.05, True), '4.00% (2.00% to over 5.00%)'),
    (Dose(None, 0.0, 0.05, 0.05, True), 'between 0.00% and 5.00%'),
    (Dose(None, 0.0, None, 0.05, True), 'between 0.00% and over 5.00%'),
])  # fmt: skip
def test_a_dose_in_words(dose, text):
    assert dose_text(dose) == text


def test_means_and_changes_are_two_tables_with_equal_rows(study):
    means, changes = tables_of(sweep_markdown(study))
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
    assert dirty_label[4:] == ['falls', '+35.0 (+35.0 to +35.0)', 'rises']


def test_tables_have_the_numbers_of_the_study(study):
    means, changes = tables_of(sweep_markdown(study))
    for arm, row in zip(study.arms, means[2:], strict=True):
        for mean, text in zip(arm.means.values(), row[4:8], strict=True):
            assert text == f'{mean.mean:z.3f} ({mean.low:z.3f} to {mean.high:z.3f})'
    for arm, row in zip(study.arms[1:], changes[2:], strict=True):
        for name, text in zip(PRIMARY, (row[3], row[5]), strict=True):
            change = arm.comparisons[name]
            assert text == f'{100 * change.difference:+z.1f} ({100 * change.low:+z.1f} to {100 * change.high:+z.1f})'


def test_conclusion_comes_first_with_a_line_per_attack_and_one_for_the_dose(study):
    blended = study_of(trigger='blend')
    text = sweep_markdown(blended)
    assert text.startswith(sweep_conclusion(blended))
    clean_label, dirty_label, dose = text.splitlines()[:3]
    assert clean_label.startswith('- clean-label at 20.00%, blend: clean accuracy ')
    assert clean_label.count('no effect larger than 1 point') == 2
    assert dirty_label.startswith('- dirty-label at 20.00%, blend: clean accuracy -6.')
    assert dirty_label.endswith('), falls; ASR +85.0 (+85.0 to +85.0), rises')
    assert dose == (
        '- poison rate for an ASR of 50%: clean-label not reached up to 20.00%, dirty-label 12.00% (12.00% to 12.00%)'
    )
    assert '\n\nTrigger: blend. Means of 10 paired seeds, each with its own 95% interval.\n\n|' in text


def test_few_seeds_are_undecided_with_a_reason():
    text = sweep_markdown(study_of(planned_runs([0.0, 0.1, 0.2], 3, 'kept')))
    assert 'undecided: 5 more seeds needed' in text
    assert 'Verdicts need at least 8 seeds.' in text
    assert not {'falls', 'rises', 'no effect'} & {word for word in ('falls', 'rises', 'no effect') if word in text}


def test_enough_seeds_need_no_remark(study):
    assert 'need at least' not in sweep_markdown(study)


def test_arm_that_did_not_learn_has_no_verdict():
    runs = planned_runs([0.0, 0.1], 10, 'kept')
    results = results_of(runs, duplicates={'clean_accuracy': 0.5, 'converged': False})
    means, changes = tables_of(sweep_markdown(study_of(runs, results)))
    assert {row[0]: row[-1] for row in means[2:]} == {
        'unpoisoned': '10 of 10',
        'clean-label': '10 of 10',
        'dirty-label': '0 of 10',
        'duplicates': '0 of 10, did not learn',
        'label-noise': '0 of 10',
    }
    for row in changes[2:]:
        words = 'did not learn' if row[0] == 'duplicates' else 'duplicates did not learn'
        assert (row[4], row[6]) == (words, words)


@pytest.mark.parametrize(('confidence', 'text'), [(0.95, '95%'), (0.999, '99.9%'), (0.9, '90%'), (0.975, '97.5%')])
def test_the_confidence_is_printed_with_all_its_digits(confidence, text):
    markdown = sweep_markdown(study_of(confidence=confidence))
    assert f'its own {text} interval.' in markdown
    assert f'hold together with {text} confidence;' in markdown


def test_a_study_without_poison_has_only_means():
    without = study_of(planned_runs([0.0], 3, 'kept'))
    text = sweep_markdown(without)
    assert len([line for line in text.splitlines() if line.startswith('|')]) == 3
    assert text.startswith('Trigger: dots.')
    assert 'ASR of 50%' not in text
    assert sweep_sentences(without) == ['No poison rate above 0 was studied.']


def test_sentences_have_the_numbers_at_the_highest_rate():
    success, accuracy = 'attack_success_rate', 'clean_accuracy'

    def arm(name: str, rate: float, means: dict, changes: dict) -> ArmSummary:
        comparisons = {
            score: Comparison(change, change - 0.01, change + 0.01, verdict, 0, None)
            for score, (change, verdict) in changes.items()
        }
        values = {score: Mean(mean, mean, mean) for score, mean in means.items()}
        return ArmSummary(name, rate, values, 1, 0.1, 3, None, {}, comparisons, None)

    rises, falls = Verdict.RISES, Verdict.FALLS
    arms = [
        arm('unpoisoned', 0.0, {success: 0.04}, {}),
        arm('dirty-label', 0.02, {success: 0.3}, {success: (0.2, rises), accuracy: (0.0, Verdict.EQUIVALENT)}),
        arm('dirty-label', 0.05, {success: 0.72}, {success: (0.68, rises), accuracy: (-0.006, falls)}),
        arm('clean-label', 0.05, {}, {success: (0.011, rises), accuracy: (-0.001, Verdict.EQUIVALENT)}),
    ]
    first, second = sweep_sentences(Study('', 'dots', sizes_of(600), 20, 0.01, 0.95, arms, {}))
    assert 'copies of 5.00%' in first
    assert 'is 72.0%, and 4.0% without poison' in first
    assert 'changes by -0.6 points (-1.6 to +0.4, a fall)' in first
    assert 'changes by +1.1 points (+0.1 to +2.1, a rise)' in second
    assert 'clean accuracy by -0.1 points (-1.1 to +0.9, no effect larger than 1 point)' in second


@pytest.fixture(scope='module')
def wide():
    """A study with random scores, so that intervals are wide."""
    random = np.random.default_rng(6)
    runs = planned_runs([0.0, 0.1, 0.2], 4, 'kept')
    counts = {'copies': 3, 'share_of_rows': 0.1, 'share_of_target': 0.2, 'converged': True}
    names = ('clean_accuracy', 'triggered_accuracy', 'attack_success_rate', 'attack_excess')
    results = [dict(zip(names, random.uniform(0.4, 0.6, 4), strict=True)) | counts for _ in runs]
    return study_of(runs, results)


def test_colour_shows_changed_labels_and_line_and_marker_show_the_trigger():
    styles = {arm: style(arm.value) for arm in Arm}
    assert len(set(styles.values())) == 4
    for arm, (colour, line, marker) in styles.items():
        for other, (others_colour, others_line, others_marker) in styles.items():
            assert (colour == others_colour) == (arm.changes_label == other.changes_label)
            assert (line == others_line) == (marker == others_marker) == (arm.has_trigger == other.has_trigger)


@pytest.mark.parametrize('draw', [draw_curves, draw_changes])
def test_figure_has_a_margin_and_is_reproducible(wide, tmp_path, draw):
    draw(wide, tmp_path / 'one.png')
    draw(wide, tmp_path / 'two.png')
    assert (tmp_path / 'one.png').read_bytes() == (tmp_path / 'two.png').read_bytes()
    picture = np.asarray(Image.open(tmp_path / 'one.png').convert('L'))
    rim = picture.copy()
    rim[3:-3, 3:-3] = 255
    assert rim.min() > 250 > picture.min()


@pytest.mark.filterwarnings('error')
def test_a_study_without_poison_has_figures_too(tmp_path):
    without = study_of(planned_runs([0.0], 3, 'kept'))
    draw_curves(without, tmp_path / 'arms.png')
    draw_changes(without, tmp_path / 'changes.png')
    assert {path.name for path in tmp_path.iterdir()} == {'arms.png', 'arms.svg', 'changes.png', 'changes.svg'}


def test_part_of_the_page_needs_only_the_summary(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sweep_part(tmp_path, 'these faces') is None
    write_summary(tmp_path / 'metrics' / 'sweep' / 'summary.json', study)
    assert sweep_part(tmp_path, 'other faces') is None
    part = sweep_part(tmp_path, 'these faces')
    assert part['verdict'] == sweep_sentences(study)
    assert (tmp_path / 'sweep.md').read_text() == sweep_markdown(study)
    assert part['tables'].count('<table>') == 2
    assert {path.name for path in tmp_path.iterdir()} == {
        'metrics', 'sweep.md', *(f'{name}.{kind}' for name in ('arms', 'changes') for kind in ('png', 'svg'))
    }  # fmt: skip
