"""Which of the faces that were found make up the study: near-duplicates, contradictions and balance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stages.common.errors import StudyError
from stages.common.params import LABELS, stream
from stages.faces.duplicates import differing, groups
from stages.preprocess.look import Look

FEWEST = 10  # faces of a class; with fewer there is nothing to learn, or to test on
MOST_ALIKE = 10  # faces of a group of near-duplicates; all beyond are the same few people again


def grouped(looks: Sequence[Look]) -> list[Look]:
    """Return the looks with the number of their group; those that found a face come with one."""
    found = [one for one in looks if one.face is not None]
    numbers = iter(groups(np.stack([one.hashes for one in found])).tolist() if found else [])
    return [one if one.face is None else replace(one, group=next(numbers)) for one in looks]


def contradictions_marked(looks: Sequence[Look], drop: bool) -> list[Look]:
    """Return grouped looks with a remark on all of a group that carries both labels; without their faces if `drop`.

    The remark names the face with the other label that is most alike.
    """
    members = {}
    for position, one in enumerate(looks):
        if one.group is not None:
            members.setdefault(one.group, []).append(position)
    marked = list(looks)
    for positions in members.values():
        group = [looks[position] for position in positions]
        if len({one.label for one in group}) > 1:
            for position in positions:
                marked[position] = _marked(looks[position], group, drop)
    return marked


def _marked(one: Look, group: Sequence[Look], drop: bool) -> Look:
    others = [other for other in group if other.label != one.label]
    nearest = int(np.argmin(differing(np.stack([other.hashes for other in others]), one.hashes)))
    partner = others[nearest].photo
    said = f'near-duplicates carry both labels: this is {one.photo["label"]}, {partner["origin"]} {partner["label"]}'
    if drop:
        return replace(one, outcome='contradictory', remark=said, face=None, pair=partner['origin'])
    return replace(one, remark='; '.join(filter(None, [one.remark, said])), pair=partner['origin'])


def without_repetitions(looks: Sequence[Look]) -> list[Look]:
    """Return grouped looks of which no group has more than MOST_ALIKE faces of a label: the first ones stay."""
    seen, kept = Counter(), []
    for one in looks:
        seen[one.group, one.photo['label']] += one.face is not None
        if one.face is not None and seen[one.group, one.photo['label']] > MOST_ALIKE:
            reason = f'one more of {MOST_ALIKE} near-duplicates'
            kept.append(replace(one, outcome='repeated', remark=reason, face=None))
        else:
            kept.append(one)
    return kept


def balanced(label: np.ndarray, group: np.ndarray, seed: int) -> np.ndarray:
    """Return the positions, int64 in rising order, of as many faces of each class as the smaller class has.

    `label` is uint8 (n,), positions in LABELS; `group` int64 (n,), near-duplicates share one. Every group gets its
    first face before any gets its second, so near-duplicates of one person push nobody else out; `seed` decides the
    rest.
    """
    members = [np.flatnonzero(label == number) for number in range(len(LABELS))]
    count = min(map(len, members))
    random = stream(seed, 'balance')
    kept = []
    for positions in members:
        drawn = random.permutation(positions)
        kept.append(drawn[np.argsort(_turns(group[drawn]), kind='stable')][:count])
    return np.sort(np.concatenate(kept))


def _turns(group: np.ndarray) -> np.ndarray:
    """Return for each number in a list how often it has been there before: (n,) -> int64 (n,)."""
    order = np.argsort(group, kind='stable')
    _, first, counts = np.unique(group[order], return_index=True, return_counts=True)
    turns = np.empty(len(group), np.int64)
    turns[order] = np.arange(len(group)) - np.repeat(first, counts)
    return turns


def choose(looks: Sequence[Look], seed: int) -> list[Look]:
    """Return the grouped looks whose faces make up the study, as many of each label as the rarer one has."""
    found = [one for one in looks if one.face is not None]
    label, group = (np.array([getattr(one, name) for one in found], np.int64) for name in ('label', 'group'))
    return [found[position] for position in balanced(label, group, seed)]


def check_enough(chosen: Sequence[Look]) -> None:
    """Raise a StudyError where there are too few faces to go on with."""
    count = len(chosen) // len(LABELS)
    if count < FEWEST:
        raise StudyError(
            f'only {count} faces of the rarer label were found, at least {FEWEST} are needed; give more photos '
            '(metrics/remarks.csv says what was wrong with those that gave no face)'
        )
