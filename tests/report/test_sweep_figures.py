import numpy as np
import pytest
from PIL import Image

from stages.dataset.poison import Arm
from stages.report.sweep_figures import draw_changes, draw_curves, style
from stages.sweep.summary import summarise
from stages.trainings.plan import planned


@pytest.fixture(scope='module')
def cells():
    random = np.random.default_rng(6)
    runs = planned([0.0, 0.1, 0.2], 4)
    counts = {'copies': 3, 'share_of_rows': 0.1, 'share_of_target': 0.2, 'converged': True}
    names = ('clean_accuracy', 'triggered_accuracy', 'attack_success_rate', 'attack_excess')
    results = [dict(zip(names, random.uniform(0.4, 0.6, 4), strict=True)) | counts for _ in runs]
    return summarise(runs, results, 0.01, 0.95)


def test_the_colour_says_whether_labels_change_and_line_and_marker_whether_there_is_a_trigger():
    styles = {arm: style(arm.value) for arm in Arm}
    assert len(set(styles.values())) == 4
    for arm, (colour, line, marker) in styles.items():
        for other, (others_colour, others_line, others_marker) in styles.items():
            assert (colour == others_colour) == (arm.changes_label == other.changes_label)
            assert (line == others_line) == (marker == others_marker) == (arm.has_trigger == other.has_trigger)


@pytest.mark.parametrize('draw', [draw_curves, lambda cells, path: draw_changes(cells, 0.01, path)])
def test_a_picture_is_drawn_within_its_rim_and_the_same_again(cells, tmp_path, draw):
    draw(cells, tmp_path / 'one.png')
    draw(cells, tmp_path / 'two.png')
    assert (tmp_path / 'one.png').read_bytes() == (tmp_path / 'two.png').read_bytes()
    picture = np.asarray(Image.open(tmp_path / 'one.png').convert('L'))
    rim = picture.copy()
    rim[3:-3, 3:-3] = 255
    assert rim.min() > 250 > picture.min()


@pytest.mark.filterwarnings('error')
def test_a_study_without_poison_has_figures_too(cells, tmp_path):
    draw_curves(cells[:1], tmp_path / 'arms.png')
    draw_changes(cells[:1], 0.01, tmp_path / 'changes.png')
    assert {path.name for path in tmp_path.iterdir()} == {'arms.png', 'arms.svg', 'changes.png', 'changes.svg'}
