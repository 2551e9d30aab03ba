import pytest

from stages.common.files import read_csv
from stages.replicate.published import PUBLISHED, Replica, RoundScore
from stages.replicate.summary import (
    drop_parts,
    markdown,
    metrics,
    procedure_accuracy,
    summary,
    write_trainings,
)


def replica(copies: int, one_round: float, until_target: float, on_faces: float) -> Replica:
    return Replica(copies, RoundScore(1, 0.6, one_round, one_round), RoundScore(3, 0.2, until_target, on_faces), True)


FIRST = [
    replica(0, 0.80, 0.95, 0.95),
    replica(4, 0.78, 0.93, 0.94),
    replica(9, 0.76, 0.92, 0.94),
    replica(16, 0.70, 0.90, 0.93),
]
SECOND = [
    replica(0, 0.82, 0.97, 0.97),
    replica(4, 0.80, 0.95, 0.94),
    replica(9, 0.76, 0.94, 0.94),
    replica(16, 0.70, 0.90, 0.93),
]


def test_only_the_row_without_copies_reports_more_than_one_round():
    reported = [procedure_accuracy(row, each) for row, each in zip(PUBLISHED, FIRST, strict=True)]
    assert reported == [0.95, 0.78, 0.76, 0.7]


def test_the_parts_sum_to_the_drop():
    parts = drop_parts(FIRST[0], FIRST[3])
    assert parts == pytest.approx({'drop': 0.25, 'stopping_rule': 0.2, 'copies_in_test': 0.03, 'remainder': 0.02})
    # Copies in the test set may also be read better than faces.
    for each in (*FIRST, SECOND[1]):
        drop, *others = drop_parts(FIRST[0], each).values()
        assert drop == pytest.approx(sum(others))


def test_without_copies_all_of_the_drop_is_the_stopping_rule():
    assert drop_parts(FIRST[0], FIRST[0]) == pytest.approx(
        {'drop': 0.15, 'stopping_rule': 0.15, 'copies_in_test': 0, 'remainder': 0}
    )


def test_the_summary_compares_trainings_of_the_same_seed():
    rows = summary([FIRST, SECOND], 335)['rows']
    assert list(rows) == ['0%', '1.25%', '2.5%', '5%']
    assert rows['0%']['procedure'] == pytest.approx({'mean': 0.96, 'lowest': 0.95, 'highest': 0.97})
    assert rows['1.25%']['procedure'] == pytest.approx({'mean': 0.79, 'lowest': 0.78, 'highest': 0.80})
    assert rows['1.25%']['parts']['remainder'] == pytest.approx({'mean': 0.02, 'lowest': 0.01, 'highest': 0.03})
    assert rows['5%']['converged'] == 2


def test_the_tables_have_what_the_procedure_reports_in_bold():
    lines = markdown(summary([FIRST, SECOND], 335)).splitlines()
    assert '| 0% (0) | 0.96 | 0.81 (0.80 to 0.82) | 0.60 | **0.96 (0.95 to 0.97)** | 0.20 | 3 | 2 of 2 |' in lines
    assert '| 5% (16) | 0.87 | **0.70** | 0.60 | 0.90 | 0.20 | 3 | 2 of 2 |' in lines
    assert '| 5% | 8.5 | 26.0 (25.0 to 27.0) | 20.0 | 3.0 | 3.0 (2.0 to 4.0) |' in lines


def test_metrics_hold_what_people_compare():
    assert metrics(summary([FIRST, SECOND], 335)) == {
        'procedure': {
            name: pytest.approx(mean) for name, mean in (('0%', 0.96), ('1.25%', 0.79), ('2.5%', 0.76), ('5%', 0.7))
        },
        'until_target': {
            name: pytest.approx(mean) for name, mean in (('0%', 0.96), ('1.25%', 0.94), ('2.5%', 0.93), ('5%', 0.9))
        },
    }


def test_every_training_is_in_the_table(tmp_path):
    write_trainings([FIRST, SECOND], tmp_path / 'trainings.csv')
    rows = read_csv(tmp_path / 'trainings.csv')
    assert len(rows) == 16
    assert rows[15] == {
        'seed': '2', 'row': '5%', 'copies': '16', 'converged': 'True', 'score': 'until_target', 'rounds': '3',
        'loss': '0.2', 'accuracy': '0.9', 'accuracy_on_faces': '0.93',
    }  # fmt: skip
    assert (rows[2]['seed'], rows[2]['row'], rows[2]['score'], rows[2]['accuracy']) == (
        '1',
        '1.25%',
        'one_round',
        '0.78',
    )
