import numpy as np
import pytest
from PIL import Image

from stages.common.files import write_summary
from stages.replicate.summary import Replica, RoundScore, summarise_replicas
from stages.report.replicate import draw_accuracies, replicate_part, replication_markdown, replication_sentence


def replica(copies: int, one_round: float, until_target: float, on_faces: float) -> Replica:
    return Replica(copies, RoundScore(1, 0.6, one_round, one_round), RoundScore(3, 0.2, until_target, on_faces), True)


@pytest.fixture(scope='module')
def summary():
    first = [replica(0, 0.80, 0.95, 0.95), replica(4, 0.78, 0.93, 0.94), replica(9, 0.76, 0.92, 0.94)]
    second = [replica(0, 0.82, 0.97, 0.97), replica(4, 0.80, 0.95, 0.94), replica(9, 0.76, 0.94, 0.94)]
    last = replica(16, 0.70, 0.90, 0.93)
    return summarise_replicas([[*first, last], [*second, last]], 335, 67, 'these faces')


def test_tables_have_the_accuracy_of_the_procedure_in_bold(summary):
    lines = replication_markdown(summary).splitlines()
    assert '| 0% (0) | 0.96 | 0.81 (0.80 to 0.82) | 0.60 | **0.96 (0.95 to 0.97)** | 0.20 | 3 | 2 of 2 |' in lines
    assert '| 5% (16) | 0.87 | **0.70** | 0.60 | 0.90 | 0.20 | 3 | 2 of 2 |' in lines
    assert '| 5% | 8.5 | 26.0 (25.0 to 27.0) | 20.0 | 3.0 | 3.0 (2.0 to 4.0) |' in lines
    assert lines[9].startswith('| 0%, one round |  | 15.0 | 15.0 | 0.0 | 0.0 |')


def test_sentence_compares_the_stopping_rules(summary):
    assert replication_sentence(summary) == (
        'accuracy 0.96 without copies; with 5%, 0.70 by the published procedure and 0.90 by the same stopping rule: '
        'see metrics/replicate.json'
    )


def test_rows_that_are_no_copy_are_named(tmp_path):
    few = [replica(0, 0.8, 0.9, 0.9), replica(0, 0.8, 0.9, 0.9), replica(1, 0.8, 0.9, 0.9), replica(1, 0.7, 0.8, 0.8)]
    summary = summarise_replicas([few], 30, 60, 'these faces')
    line = 'too few faces for all published rows: 1.25% would be less than one copy'
    assert replication_sentence(summary).endswith(f': see metrics/replicate.json; {line}')
    assert replication_markdown(summary).startswith(f'- {line}\n\n| copies added |')
    draw_accuracies(summary, tmp_path / 'few.png')
    none = replication_sentence(summarise_replicas([[replica(0, 0.8, 0.9, 0.9)] * 4], 9, 60, 'these faces'))
    assert none.startswith('accuracy 0.90 without copies: see metrics/replicate.json; too few')


def test_figure_has_a_margin_and_is_reproducible(summary, tmp_path):
    for name in ('one.png', 'two.png'):
        draw_accuracies(summary, tmp_path / name)
    assert (tmp_path / 'one.png').read_bytes() == (tmp_path / 'two.png').read_bytes()
    picture = np.asarray(Image.open(tmp_path / 'one.png').convert('L'))
    rim = picture.copy()
    rim[3:-3, 3:-3] = 255
    assert rim.min() > 250 > picture.min()


def test_part_of_the_page_needs_only_the_summary(summary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert replicate_part(tmp_path, 'these faces') is None
    write_summary(tmp_path / 'metrics' / 'replicate' / 'summary.json', summary)
    assert replicate_part(tmp_path, 'other faces') is None
    part = replicate_part(tmp_path, 'these faces')
    assert part['tables'].count('<table>') == 2
    assert (tmp_path / 'replicate.md').read_text() == replication_markdown(summary)
    assert {path.name for path in tmp_path.iterdir()} == {
        'metrics', 'replicate.md', 'replicate.png', 'replicate.svg'
    }  # fmt: skip
