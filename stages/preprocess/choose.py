"""Which of the faces that were found make up the study: near-duplicates, contradictions and balance."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Annotated, Literal

import numpy as np

from stages.common.errors import StudyError
from stages.common.params import LABELS, Section, Seed, Share, stream, within
from stages.dataset.faces import Faces
from stages.faces.align import Frame
from stages.faces.duplicates import differing
from stages.preprocess.near_duplicates import groups
from stages.preprocess.photos import Crops, PhotoResult

MIN_FACES = 10  # of a class; with fewer there is nothing to learn, or to test on
MAX_NEAR_DUPLICATES = 10  # of one label in a group; more would be the same few people again


class PreprocessParams(Section):
    """How a photo becomes a face crop."""

    size: Annotated[int, within(16, 512)] = 64
    """width and height of a face crop, in pixels"""
    asymmetry: Share = 1.0
    """leave out faces turned away further than this: 0 = exactly frontal; 1 = keep every face"""
    contradictions: Literal['drop', 'keep'] = 'drop'
    """near-duplicates that carry both labels: drop or keep them; both list them"""
    seed: Seed = 1
    """which faces are left out when one label has more than the other"""


def grouped(results: Sequence[PhotoResult], crops: Crops, workers: int) -> list[PhotoResult]:
    """Return the results with the number of their group, of those with a face."""
    found = [result for result in results if result.face is not None]
    hashes = [result.hashes for result in found]
    numbers = iter(groups(crops.of(found, 'look'), np.stack(hashes), workers).tolist() if found else [])
    return [result if result.face is None else replace(result, group=next(numbers)) for result in results]


def contradictions_marked(results: Sequence[PhotoResult], drop: bool) -> list[PhotoResult]:
    """Return grouped results with a remark on each of a group with both labels; without their faces if `drop`."""
    members: dict[int, list[PhotoResult]] = defaultdict(list)
    for result in results:
        if result.face is not None:
            members[result.group].append(result)
    return [_marked(result, members[result.group], drop) for result in results]


def _marked(result: PhotoResult, members: Sequence[PhotoResult], drop: bool) -> PhotoResult:
    others = [other for other in members if other.label != result.label]
    if not others:
        return result
    distances = differing(np.stack([other.hashes for other in others]), result.hashes)
    other = others[int(np.argmin(distances))].photo
    remark = f'near-duplicates carry both labels: this is {result.photo["label"]}, {other["origin"]} {other["label"]}'
    if drop:
        return replace(result, outcome='contradictory', remark=remark, face=None, pair=other['origin'])
    return replace(result, remark='; '.join(filter(None, [result.remark, remark])), pair=other['origin'])


def without_repetitions(results: Sequence[PhotoResult]) -> list[PhotoResult]:
    """Return grouped results with at most MAX_NEAR_DUPLICATES faces of a label in each group: the first ones stay."""
    seen: Counter[tuple[int, int]] = Counter()
    kept, remark = [], f'one more of {MAX_NEAR_DUPLICATES} near-duplicates'
    for result in results:
        seen[result.group, result.label] += result.face is not None
        if result.face is not None and seen[result.group, result.label] > MAX_NEAR_DUPLICATES:
            result = replace(result, outcome='repeated', remark=remark, face=None)
        kept.append(result)
    return kept


def balanced(label: np.ndarray, group: np.ndarray, seed: int) -> np.ndarray:
    """Return the positions, int64 in rising order, of as many faces of each class as the smaller class has.

    Every `group` of near-duplicates gets its first face before any gets its second, so those of one person displace
    nobody else; `seed` decides the rest.
    """
    members = [np.flatnonzero(label == number) for number in range(len(LABELS))]
    smaller, random, kept = min(map(len, members)), stream(seed, 'balance'), []
    for positions in members:
        drawn = random.permutation(positions)
        seen: dict[int, Iterator[int]] = defaultdict(count)
        turn = [next(seen[number]) for number in group[drawn].tolist()]
        kept.append(drawn[np.argsort(turn, kind='stable')][:smaller])
    return np.sort(np.concatenate(kept))


def choose_faces(results: Sequence[PhotoResult], seed: int) -> list[PhotoResult]:
    """Return the grouped results whose faces make up the study, as many of each label as the rarer one has."""
    found = [result for result in results if result.face is not None]
    label, group = (np.array([getattr(result, name) for result in found], np.int64) for name in ('label', 'group'))
    return [found[position] for position in balanced(label, group, seed)]


def check_enough(chosen: Sequence[PhotoResult]) -> None:
    """Raise a StudyError where there are too few faces to go on with."""
    faces = len(chosen) // len(LABELS)
    if faces < MIN_FACES:
        raise StudyError(
            f'found only {faces} faces of the rarer label, at least {MIN_FACES} are needed; give more photos '
            '(metrics/remarks.csv says why others gave no face)'
        )


def assemble(
    found: Sequence[PhotoResult],
    results: Sequence[PhotoResult],
    chosen: Sequence[PhotoResult],
    crops: Crops,
    frame: Frame,
) -> Faces:
    """Return all faces that were found with `frame`, except for repetitions; those `chosen` for the study come first.

    `results` are those of `found` after some have lost their faces. Crops are read when they are indexed.
    """
    files = {result.photo['file'] for result in chosen}
    fates = enumerate(zip(found, results, strict=True))
    usable = [number for number, (face, fate) in fates if face.face is not None and fate.outcome != 'repeated']
    order = sorted(usable, key=lambda number: found[number].photo['file'] not in files)
    kept = [found[number] for number in order]
    return Faces(
        pixels=crops.of(kept, 'pixels'),
        label=np.array([result.label for result in kept], np.uint8),
        file=np.array([result.photo['file'] for result in kept]),
        origin=np.array([result.photo['origin'] for result in kept]),
        group=np.array([result.group for result in kept], np.int64),
        pair=np.array([results[number].pair for number in order]),
        landmarks=crops.of(kept, 'landmarks'),
        number=np.argsort(np.argsort(order)),
        is_chosen=np.arange(len(order)) < len(files),
        places=frame.places,
    )
