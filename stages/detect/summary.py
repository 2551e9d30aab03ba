"""What the cases say together: means of each detector and defence, and how defences compare with a perfect filter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.detect.plan import JUDGED, Case
from stages.scores.statistics import Comparison, compare, mean_interval
from stages.sweep.summary import CHANCE

MARGINS = {'attack_excess': 0.02, 'clean_accuracy': 0.01}  # a smaller difference to a perfect filter is none
YARDSTICKS = ('none', 'random', 'perfect')

Place = tuple[str, float, str]  # arm, poison rate, originals


@dataclass(frozen=True)
class Defence:
    """What removing rows does: means of its scores, and of `removed` rows and `copies_removed`.

    against_perfect: the comparison of each score in MARGINS with a perfect filter, or empty where there is no verdict.
    learnt: whether the networks are better than chance with a perfect filter.
    """

    means: dict[str, float]
    against_perfect: dict[str, Comparison]
    learnt: bool

    @property
    def verdict(self) -> str:
        """Return how it compares with a perfect filter, or that this cannot be said; empty where it is not asked."""
        if not self.against_perfect:
            return ''
        if not self.learnt:
            return 'did not learn'
        excess, accuracy = (self.against_perfect[name].verdict for name in MARGINS)
        if excess == 'rises' or accuracy == 'falls':
            return 'worse'
        if excess in ('equivalent', 'falls') and accuracy in ('equivalent', 'rises'):
            return 'as good as perfect'
        return 'undecided'


@dataclass(frozen=True)
class Found:
    """An arm at a poison rate: what detectors find, and what defences mend.

    detectors: the mean of each measure of `quality`, roc as an array, None where it was None. defences: by name, none
    where nothing was removed. proof: means by name.
    """

    arm: str
    fraction: float
    originals: str
    copies: float
    detectors: dict[str, dict]
    defences: dict[str, Defence]
    proof: dict[str, float | None]


def summarise_cases(cases: Sequence[Case], results: Sequence[dict], confidence: float) -> list[Found]:
    """Return what was found in each arm at each poison rate, in the order of the cases."""
    grouped: dict[Place, list[dict]] = {}
    for case, result in zip(cases, results, strict=True):
        grouped.setdefault((case.name, case.fraction, case.originals), []).append(result)
    compared = _against_perfect(grouped, confidence)
    return [
        Found(
            *place,
            _mean([result['copies'] for result in found]),
            _means_of([result['detectors'] for result in found]),
            {
                name: Defence(means, compared.get((*place, name), {}), _have_learnt(found, confidence))
                for name, means in _means_of([result.get('defences', {}) for result in found]).items()
            },
            _means_of([{'proof': result.get('proof', {})} for result in found])['proof'],
        )
        for place, found in grouped.items()
    ]


def _have_learnt(found: Sequence[dict], confidence: float) -> bool:
    """Whether networks that a perfect filter protected are better than chance."""
    accuracy = np.array([[result['defences']['perfect']['clean_accuracy']] for result in found])
    (low,), _ = mean_interval(accuracy, confidence)
    return bool(low > CHANCE)


def _means_of(found: Sequence[dict[str, dict]]) -> dict[str, dict]:
    """Return the means of all measures, by name of what was measured and name of the measure."""
    return {
        name: {measure: _mean([one[name][measure] for one in found]) for measure in measures}
        for name, measures in found[0].items()
    }


def _mean(values: Sequence) -> float | np.ndarray | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    mean = np.mean(known, axis=0)
    return mean if mean.ndim else float(mean)


def _against_perfect(grouped: dict[Place, list[dict]], confidence: float) -> dict[tuple, dict[str, Comparison]]:
    """Return the comparisons of all defences of the JUDGED arm with the perfect filter, all of them made together."""
    columns = [
        (*place, name)
        for place, found in grouped.items()
        if place[0] == JUDGED
        for name in found[0]['defences']
        if name not in YARDSTICKS
    ]
    if not columns:
        return {}
    matrices = [
        np.column_stack(
            [
                [
                    result['defences'][name][score] - result['defences']['perfect'][score]
                    for result in grouped[tuple(place)]
                ]
                for *place, name in columns
            ]
        )
        for score in MARGINS
    ]
    compared = zip(*compare(matrices, list(MARGINS.values()), confidence), strict=True)
    return {column: dict(zip(MARGINS, found, strict=True)) for column, found in zip(columns, compared, strict=True)}


def strongest(found: Sequence[Found]) -> list[Found]:
    """Return what was found of the JUDGED arm at the highest poison rate: originals kept, then replaced."""
    judged = [one for one in found if one.arm == JUDGED]
    return [one for one in judged if one.fraction == max(other.fraction for other in judged)]
