import pytest

from stages.common.files import read_csv, read_summary, write_csv, write_summary
from stages.replicate.published import PUBLISHED
from stages.replicate.summary import (
    Replica,
    ReplicationSummary,
    RoundScore,
    Spread,
    drop_parts,
    metrics,
    procedure_accuracy,
    summarise_replicas,
    trainings_table,
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
    reported = [procedure_accuracy(row, score) for row, score in zip(PUBLISHED, FIRST, strict=True)]
    assert reported == [0.95, 0.78, 0.76, 0.7]


def test_the_parts_sum_to_the_drop():
    parts = drop_parts(FIRST[0], FIRST[3])
    assert parts == pytest.approx({'drop': 0.25, 'stopping_rule': 0.2, 'copies_in_test': 0.03, 'remainder': 0.02})
    # The accuracy on copies in the test set may also be higher than that on faces.
    for other in (*FIRST, SECOND[1]):
        drop, *others = drop_parts(FIRST[0], other).values()
        assert drop == pytest.approx(sum(others))


def test_without_copies_the_whole_drop_is_due_to_the_stopping_rule():
    assert drop_parts(FIRST[0], FIRST[0]) == pytest.approx(
        {'drop': 0.15, 'stopping_rule': 0.15, 'copies_in_test': 0, 'remainder': 0}
    )


def close(mean: float, low: float, high: float) -> Spread:
    return Spread(*(pytest.approx(value) for value in (mean, low, high)))


def summary() -> ReplicationSummary:
    return summarise_replicas([FIRST, SECOND], 335, 67, 'made from')


def test_the_summary_compares_trainings_of_the_same_seed():
    assert (summary().made_from, summary().faces, summary().seeds) == ('made from', 335, 2)
    rows = {row.name: row for row in summary().rows}
    assert list(rows) == ['0%', '1.25%', '2.5%', '5%']
    assert [row.published for row in rows.values()] == [row.accuracy for row in PUBLISHED]
    assert [row.copies for row in rows.values()] == [0, 4, 9, 16]
    assert rows['0%'].procedure == close(0.96, 0.95, 0.97)
    assert rows['1.25%'].procedure == rows['1.25%'].one_round == close(0.79, 0.78, 0.80)
    assert rows['1.25%'].until_target == close(0.94, 0.93, 0.95)
    assert rows['1.25%'].parts['remainder'] == close(0.02, 0.01, 0.03)
    assert (rows['5%'].one_round_loss, rows['5%'].until_target_loss) == (close(0.6, 0.6, 0.6), close(0.2, 0.2, 0.2))
    assert rows['5%'].until_target_rounds == Spread(3, 3, 3)
    assert rows['5%'].converged == 2


def test_rows_that_are_no_copy_are_left_out():
    few = summarise_replicas([[*[FIRST[0]] * 2, *FIRST[1:3]]], 30, 6, 'made from')
    assert [row.name for row in few.rows] == ['0%', '2.5%', '5%']
    assert [of_row.copies for of_row in few.replicas[0]] == [0, 4, 9]


def test_summary_round_trips(tmp_path):
    write_summary(tmp_path / 'summary.json', summary())
    assert read_summary(tmp_path / 'summary.json', ReplicationSummary) == summary()


def test_metrics_contain_the_numbers_to_compare():
    assert metrics(summary()) == {
        'procedure': {
            name: pytest.approx(mean) for name, mean in (('0%', 0.96), ('1.25%', 0.79), ('2.5%', 0.76), ('5%', 0.7))
        },
        'until_target': {
            name: pytest.approx(mean) for name, mean in (('0%', 0.96), ('1.25%', 0.94), ('2.5%', 0.93), ('5%', 0.9))
        },
    }


def test_every_training_is_in_the_table(tmp_path):
    write_csv(tmp_path / 'trainings.csv', *trainings_table([FIRST, SECOND]))
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
