"""What the published procedure gives, beside what was published, and where its drops come from."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import compress

import numpy as np

from stages.replicate.published import PUBLISHED, PublishedRow, PublishedSplit
from stages.scores.scores import has_learnt
from stages.trainings.fit import Record

CONFIDENCE = 0.95  # that the networks learnt
PARTS = ('drop', 'stopping_rule', 'copies_in_test', 'remainder')


@dataclass(frozen=True)
class RoundScore:
    """A network after some rounds: the loss of its last batch, its accuracy on test rows, and without copies."""

    rounds: int
    loss: float
    accuracy: float
    accuracy_on_faces: float


@dataclass(frozen=True)
class Replica:
    """One training: its copies, its scores after one round and after the last, and if that reached the loss target."""

    copies: int
    one_round: RoundScore
    until_target: RoundScore
    converged: bool


def replica(rows: PublishedSplit, record: Record, loss_target: float) -> Replica:
    """Return the scores of a training from its record."""
    losses, scores = record['losses'].tolist(), []
    for count, probability in zip((1, len(losses)), record['probability'], strict=True):
        right = (probability > 0.5) == rows.test_label
        on_faces = right[rows.test < rows.faces]
        scores.append(RoundScore(count, losses[count - 1], float(right.mean()), float(on_faces.mean())))
    one_round, until_target = scores
    return Replica(rows.copies, one_round, until_target, losses[-1] < loss_target)


@dataclass(frozen=True)
class Spread:
    """The mean of some values, and the lowest and the highest."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> 'Spread':
        """Return that of some values."""
        values = list(values)
        return cls(float(np.mean(values)), min(values), max(values))


@dataclass(frozen=True)
class RowSummary:
    """A row of the published table over all seeds.

    procedure: the accuracy that the procedure reports. converged: how many trainings. parts: of the drop in
    accuracy, by PARTS; the drop of the first row is what one round would lose there, too.
    """

    name: str
    copies: int
    published: float
    procedure: Spread
    one_round: Spread
    one_round_loss: Spread
    until_target: Spread
    until_target_loss: Spread
    until_target_rounds: Spread
    converged: int
    parts: dict[str, Spread]


@dataclass(frozen=True)
class ReplicationSummary:
    """The replication in numbers; replicas: for each seed, one of each of the rows.

    learnt: whether the networks without copies did, in all their rounds.
    """

    made_from: str
    faces: int
    seeds: int
    learnt: bool
    rows: list[RowSummary]
    replicas: list[list[Replica]]


def procedure_accuracy(row: PublishedRow, replica: Replica) -> float:
    """Return the accuracy that the procedure reports: without copies after all rounds, with copies after the first."""
    return (replica.one_round if row.copies else replica.until_target).accuracy


def drop_parts(without: Replica, replica: Replica) -> dict[str, float]:
    """Return the `drop` in accuracy from a training without copies to another that had one round, and its three parts.

    stopping_rule: what the other gains when it, too, has rounds until the target. copies_in_test: what it then gains
    when copies among its test rows do not count. remainder: the rest, due to the poisoned copies that it was trained
    on, to its split and to chance.
    """
    one_round, until_target, best = replica.one_round.accuracy, replica.until_target, without.until_target.accuracy
    return {
        'drop': best - one_round,
        'stopping_rule': until_target.accuracy - one_round,
        'copies_in_test': until_target.accuracy_on_faces - until_target.accuracy,
        'remainder': best - until_target.accuracy_on_faces,
    }


def summarise_replicas(table: list[list[Replica]], faces: int, tested: int, made_from: str) -> ReplicationSummary:
    """Return what the trainings say together; `table` holds, for each seed, a replica of each row of PUBLISHED.

    Rows that are no copy of so few faces are left out. tested: how many faces a network without copies is tested on.
    """
    made = [not row.copies or first.copies > 0 for row, first in zip(PUBLISHED, table[0], strict=True)]
    table = [list(compress(replicas, made)) for replicas in table]
    columns = list(zip(*table, strict=True))
    rows = []
    for row, replicas in zip(compress(PUBLISHED, made), columns, strict=True):
        parts = [drop_parts(*pair) for pair in zip(columns[0], replicas, strict=True)]
        rows.append(
            RowSummary(
                row.name,
                replicas[0].copies,
                row.accuracy,
                procedure=Spread.of(procedure_accuracy(row, replica) for replica in replicas),
                one_round=Spread.of(replica.one_round.accuracy for replica in replicas),
                one_round_loss=Spread.of(replica.one_round.loss for replica in replicas),
                until_target=Spread.of(replica.until_target.accuracy for replica in replicas),
                until_target_loss=Spread.of(replica.until_target.loss for replica in replicas),
                until_target_rounds=Spread.of(replica.until_target.rounds for replica in replicas),
                converged=sum(replica.converged for replica in replicas),
                parts={name: Spread.of(values[name] for values in parts) for name in PARTS},
            )
        )
    learnt = has_learnt([first.until_target.accuracy for first in columns[0]], tested, CONFIDENCE)
    return ReplicationSummary(made_from, faces, len(table), learnt, rows, table)


def metrics(summary: ReplicationSummary) -> dict:
    """Return the mean accuracies that are worth comparing between two replications."""
    return {key: {row.name: getattr(row, key).mean for row in summary.rows} for key in ('procedure', 'until_target')}


def trainings_table(table: Sequence[Sequence[Replica]]) -> tuple[list[str], list[list]]:
    """Return header and rows of a table with a row for each training and each of its two scores."""
    header = ['seed', 'row', 'copies', 'converged', 'score', *(field.name for field in fields(RoundScore))]
    rows = [
        [seed, row.name, replica.copies, replica.converged, score, *astuple(getattr(replica, score))]
        for seed, replicas in enumerate(table, start=1)
        for row, replica in zip(PUBLISHED, replicas, strict=True)
        for score in ('one_round', 'until_target')
    ]
    return header, rows
