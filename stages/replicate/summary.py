"""What the published procedure gives, beside what it gave when it was published, and where its drops come from."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from stages.common.files import write_csv
from stages.replicate.published import PUBLISHED, PublishedRow, Replica, RoundScore
from stages.report.tables import markdown_table

WITHOUT = PUBLISHED[0].name  # the row without copies


def procedure_accuracy(row: PublishedRow, replica: Replica) -> float:
    """Return the accuracy that the procedure reports: without copies after all rounds, with copies after the first."""
    return (replica.one_round if row.copies else replica.until_target).accuracy


def drop_parts(without: Replica, replica: Replica) -> dict[str, float]:
    """Return the `drop` in accuracy from a training without copies to another that had one round, and its three parts.

    stopping_rule: what the other gains when it, too, has rounds until the target. copies_in_test: what it then gains
    when copies among its test rows do not count. remainder: what is left for the poisoned copies that it was trained
    on, for its split and for chance.
    """
    one_round, until_target, best = replica.one_round.accuracy, replica.until_target, without.until_target.accuracy
    return {
        'drop': best - one_round,
        'stopping_rule': until_target.accuracy - one_round,
        'copies_in_test': until_target.accuracy_on_faces - until_target.accuracy,
        'remainder': best - until_target.accuracy_on_faces,
    }


def summary(table: Sequence[Sequence[Replica]], faces: int) -> dict:
    """Return what the trainings say together; `table` holds, for each seed, a replica of each row of PUBLISHED.

    Accuracies are shares, drops differences of them. The drop of the first row is what the procedure would report of a
    training without any copy that has one round, as those with copies have.
    """
    columns = list(zip(*table, strict=True))
    rows = {}
    for row, replicas in zip(PUBLISHED, columns, strict=True):
        parts = [drop_parts(*pair) for pair in zip(columns[0], replicas, strict=True)]
        rows[row.name] = {
            'copies': replicas[0].copies,
            'published': row.accuracy,
            'procedure': _spread([procedure_accuracy(row, replica) for replica in replicas]),
            **_scores(replicas),
            'parts': {name: _spread([each[name] for each in parts]) for name in parts[0]},
        }
    return {'faces': faces, 'seeds': len(table), 'rows': rows}


def _scores(replicas: Sequence[Replica]) -> dict:
    return {
        'one_round': _spread([replica.one_round.accuracy for replica in replicas]),
        'one_round_loss': _spread([replica.one_round.loss for replica in replicas]),
        'until_target': _spread([replica.until_target.accuracy for replica in replicas]),
        'until_target_loss': _spread([replica.until_target.loss for replica in replicas]),
        'until_target_rounds': _spread([replica.until_target.rounds for replica in replicas]),
        'converged': sum(replica.converged for replica in replicas),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {'mean': float(np.mean(values)), 'lowest': min(values), 'highest': max(values)}


def metrics(content: dict) -> dict:
    """Return of a `summary` the mean accuracies that are worth comparing between two replications."""
    return {
        key: {name: row[key]['mean'] for name, row in content['rows'].items()} for key in ('procedure', 'until_target')
    }


def write_trainings(table: Sequence[Sequence[Replica]], path: Path) -> None:
    """Write every training as a table, a line for each of its two scores.

    score: one_round or until_target. accuracy is that on all test rows, accuracy_on_faces without the copies among
    them; loss is that of the last batch.
    """
    names = [field.name for field in fields(RoundScore)]
    rows = [
        [seed, row.name, replica.copies, replica.converged, score, *astuple(getattr(replica, score))]
        for seed, replicas in enumerate(table, start=1)
        for row, replica in zip(PUBLISHED, replicas, strict=True)
        for score in ('one_round', 'until_target')
    ]
    write_csv(path, ['seed', 'row', 'copies', 'converged', 'score', *names], rows)


def markdown(content: dict) -> str:
    """Return a `summary` as two Markdown tables: accuracies, with what the procedure reports in bold, and drops."""
    accuracies = [
        'copies added',
        'published',
        'one round',
        'last loss',
        'rounds until the target',
        'last loss',
        'rounds',
        'reached it',
    ]
    drops = ['copies added', 'published drop', 'drop', 'stopping rule', 'copies in the test set', 'remainder']
    rows = content['rows'].items()
    first = markdown_table(accuracies, [_accuracy_cells(name, row, content['seeds']) for name, row in rows])
    second = markdown_table(drops, [_drop_cells(name, row, content['rows'][WITHOUT]) for name, row in rows])
    return f'{first}\n{second}'


def _accuracy_cells(name: str, row: dict, seeds: int) -> list[str]:
    one_round, until_target = (_with_spread(row[column], '.2f') for column in ('one_round', 'until_target'))
    if name == WITHOUT:
        until_target = f'**{until_target}**'
    else:
        one_round = f'**{one_round}**'
    losses = [_with_spread(row[column], '.2f') for column in ('one_round_loss', 'until_target_loss')]
    rounds = _with_spread(row['until_target_rounds'], 'g')
    reached = f'{row["converged"]} of {seeds}'
    added, published = f'{name} ({row["copies"]})', f'{row["published"]:.2f}'
    return [added, published, one_round, losses[0], until_target, losses[1], rounds, reached]


def _drop_cells(name: str, row: dict, first: dict) -> list[str]:
    points = {part: {key: 100 * value for key, value in spread.items()} for part, spread in row['parts'].items()}
    cells = [_with_spread(spread, 'z.1f') for spread in points.values()]
    if name == WITHOUT:
        return [f'{name}, one round', '', *cells]
    return [name, f'{100 * (first["published"] - row["published"]):.1f}', *cells]


def _with_spread(spread: dict[str, float], spec: str) -> str:
    mean, lowest, highest = (format(spread[name], spec) for name in ('mean', 'lowest', 'highest'))
    return mean if lowest == highest else f'{mean} ({lowest} to {highest})'
