from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from stages.common.files import write_summary
from stages.detect.cases import Removed
from stages.detect.summary import DefenceSummary
from stages.detectors.detector import titles
from stages.report import charts
from stages.report.detect import (
    defence_title,
    detect_conclusion,
    detect_part,
    detection_markdown,
    draw_defences,
    draw_example_pairs,
    draw_roc,
)
from stages.scores.ranking import GRID
from tests.detect.made_up import CASES, result, trial_of


@pytest.fixture(scope='module')
def trial():
    return trial_of([result(case) for case in CASES])


def test_tables_report_detectors_and_defences(trial):
    text = detection_markdown(trial)
    assert detect_conclusion(trial).splitlines() == [
        f'- dirty-label at 5.00%, originals {originals}: ASR 0.65, and 0.05 after removing what near-duplicate pair '
        'flags: as good as perfect (+0.0 excess, +0.0 accuracy)'
        for originals in ('kept', 'replaced')
    ]
    assert text.startswith(detect_conclusion(trial))
    assert 'Trigger: dots. Means of 10 paired seeds.' in text
    assert 'within 2 points of excess ASR and 1 point of clean accuracy; they hold together with 95% conf' in text
    assert '| near-duplicate pair | 1.000 | 0.800 | 0.850 | 0.700 | 0.500 | 0.010 |' in text
    assert (
        '| near-duplicate pair, flagged | 15 | 100% | 0.050 | 0.000 | 0.950 | as good as perfect (+0.0 excess' in text
    )
    assert 'rejects the labels of 98.0% of the copies, and of 4.0% of as many random rows. The' in text
    assert 'moves predictions on other faces by +50.0 points towards the target.' in text
    assert 'No pair, so no trigger to recover.' in text
    assert '| loss in mid-training | 2.0% | 1.0% | 50.0% |' in text


def test_baselines_come_first_regardless_of_their_order_in_the_trial(trial):
    table = detection_markdown(trial).split('### dirty-label at 5.00%, originals kept')[1].split('\n\n')[2]
    assert [line.split(' | ')[0].strip('| ') for line in table.splitlines()[2:6]] == [
        'nothing removed', 'as many random rows', 'all copies (perfect filter)', 'near-duplicate pair, flagged'
    ]  # fmt: skip


def test_tables_say_which_means_include_networks_that_did_not_learn(trial):
    arm = next(arm for arm in trial.arms if arm.arm == 'dirty-label' and arm.poison_rate == 0.05)
    stuck = [replace(defence, unlearnt=1) for defence in arm.defences]
    text = detection_markdown(replace(trial, arms=[trial.arms[0], replace(arm, defences=stuck)]))
    assert '| 0.950 | as good as perfect (+0.0 excess, +0.0 accuracy); 1 of 10 networks did not learn |' in text
    assert '| 0.930 | 1 of 10 networks did not learn |' in text
    assert 'did not learn' not in detection_markdown(trial)


def test_defences_have_readable_names():
    nothing = DefenceSummary(Removed.NONE, '', {}, {}, None, 0)
    assert defence_title(nothing) == 'nothing removed'
    suspect = replace(nothing, removed=Removed.SUSPECT, detector='pair')
    assert defence_title(suspect) == 'near-duplicate pair, most suspect'


def test_figures_are_drawn(trial, tmp_path):
    draw_defences(trial, tmp_path / 'defences.png')
    draw_roc(trial, tmp_path / 'roc.png')
    for name in ('defences.png', 'roc.png'):
        assert np.asarray(Image.open(tmp_path / name).convert('L')).min() < 100


def test_each_roc_curve_has_a_style_of_its_own_and_a_name_that_is_not_cut_off(trial, tmp_path, monkeypatch):
    drawn: list[Figure] = []
    monkeypatch.setattr('stages.report.detect.save_chart', lambda figure, path: drawn.append(figure))
    all_detectors = dict.fromkeys(titles(), np.linspace(0, 1, len(GRID)))
    measures = {name: {'auc': 0.5} for name in titles()}
    arms = [replace(arm, roc=all_detectors, detectors=measures) for arm in trial.strongest()]
    monkeypatch.setattr(type(trial), 'strongest', lambda _: arms)
    draw_roc(trial, tmp_path / 'roc.png')
    (figure,) = drawn
    lines = figure.axes[0].lines[1:]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(titles())
    figure.draw_without_rendering()
    legend, page = figure.legends[0].get_window_extent(), figure.bbox
    assert page.x0 <= legend.x0 <= legend.x1 <= page.x1


def test_pairs_of_the_example_are_drawn_from_the_pool(trial, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr('stages.report.detect.draw_pairs', lambda shown, title, path: drawn.extend([*shown, title]))
    draw_example_pairs(trial, np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((8, 8), np.uint8), tmp_path / 'a')
    (pair, title) = drawn
    assert isinstance(pair, charts.FacePair)
    assert (pair.face.max(), pair.other.max()) == (3, 0)
    assert (pair.caption, pair.other_caption) == (['blamed', 'male'], ['near-duplicate', 'female'])
    assert title == 'Pairs of near-duplicates, dirty-label at 5.00%: 1 of 7'


def test_part_of_the_page_needs_only_summary_and_crops(trial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    crops = np.zeros((5, 8, 8), np.uint8)
    assert detect_part(tmp_path, 'these faces', crops) is None
    write_summary(tmp_path / 'metrics' / 'detect' / 'summary.json', trial)
    assert detect_part(tmp_path, 'other faces', crops) is None
    part = detect_part(tmp_path, 'these faces', crops)
    assert part['conclusion'].count('<li>') == 2
    assert (tmp_path / 'detect.md').read_text() == detection_markdown(trial)
    assert {path.name for path in tmp_path.iterdir()} == {
        'metrics', 'detect.md', 'pairs.png', 'defences.png', 'defences.svg', 'roc.png', 'roc.svg'
    }  # fmt: skip


def test_too_few_faces_are_said_with_how_many_are_needed():
    trial = trial_of([result(case) for case in CASES], tested=20)
    needed = 2 * trial.strongest()[0].flagged()[0].against_perfect['clean_accuracy'].tested
    words = (
        f'too few faces for a margin of 1 point: about {-(-needed // 10) * 10} are needed (+0.0 excess, +0.0 accuracy)'
    )
    assert words in detect_conclusion(trial)
    assert words in detection_markdown(trial).partition('\n\n')[2]
