import pytest
from PIL import Image

from stages.report.compare import comparison_text
from stages.sweep.comparison import compare_sweeps
from tests.sweep.test_comparison import made_up


@pytest.fixture
def text(tmp_path):
    """A function that compares two sweeps in words, with a figure in a temporary folder."""
    return lambda first, second: comparison_text(compare_sweeps(first, second, 0.95), tmp_path / 'figure.png')


def test_pairs_as_a_table_with_a_figure(text, tmp_path):
    lines = text(made_up(), made_up(name='$B', tested_on='faces', attack_success_rate=0.05)).splitlines()
    assert lines[0] == 'A: A (dots); B: $B (dots). 10 pairs: the same seed has the same test faces in both.'
    assert lines[4].split('  ')[:2] == ['clean-label', '10.00%']
    assert lines[4].endswith('0.050  0.100  +5.0 for every seed')
    assert lines[-2] == 'Differences in points; all 10 intervals hold together with 95% confidence.'
    assert lines[-1] == f'Figure: {tmp_path / "figure.png"}'
    assert max(map(len, lines)) <= 120
    assert Image.open(tmp_path / 'figure.png').size[0] > 900
    assert '+5.0 for every seed' in '\n'.join(lines)


def test_higher_and_lower_take_eight_seeds(text):
    lower = {'tested_on': 'others', 'clean_accuracy': -0.1}
    assert ' lower' in text(made_up(8), made_up(8, **lower))
    few = text(made_up(7), made_up(7, **lower))
    assert ' lower' not in few.replace('higher or lower', '')
    assert few.startswith('A: A (dots); B: A (dots). Not in pairs, since the test faces differ: 7 and 7 seeds.\n')
    assert '; calling one higher or lower takes 8 seeds.\n' in few


def test_rates_that_are_left_out_are_named(text):
    assert 'Left out, since only one of them has it: 20.00%.\n' in text(made_up(rates=(0.0, 0.1, 0.2)), made_up())
