"""What the cases say together: means of each detector and defence, and how defences compare with a perfect filter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stages.detect.cases import JUDGED, YARDSTICKS, CaseResult, Defence, Removed
from stages.scores.ranking import MEASURES
from stages.scores.scores import has_learnt
from stages.scores.statistics import Comparison, Verdict, compare
from stages.trainings.plan import Run, Sizes

MARGINS = {'attack_excess': 0.02, 'clean_accuracy': 0.01}  # a smaller difference from a perfect filter is none
SCORES_AFTER = ('attack_success_rate', 'attack_excess', 'clean_accuracy', 'removed', 'copies_removed')

PERFECT = Defence(Removed.PERFECT)

Group = tuple[str, float, str]  # arm, poison rate, originals


class DefenceVerdict(StrEnum):
    """How a defence compares with a perfect filter."""

    AS_GOOD = 'as good as perfect'
    WORSE = 'worse'
    UNDECIDED = 'undecided'
    UNLEARNT = 'did not learn'


@dataclass(frozen=True)
class DefenceSummary:
    """What removing rows does: means of SCORES_AFTER and all other scores.

    against_perfect: the comparison of each score in MARGINS with a perfect filter, or empty where none is made; then
    there is no verdict either. unlearnt: how many of the retrained networks did not learn, which the means include; 0
    where those of the perfect filter did not either.
    """

    removed: Removed
    detector: str
    means: dict[str, float]
    against_perfect: dict[str, Comparison]
    verdict: DefenceVerdict | None
    unlearnt: int


@dataclass(frozen=True)
class Pair:
    """Rows of an example that are near-duplicates: positions in the pool of all crops, and labels, blamed one first."""

    blamed: int
    blamed_label: int
    other: int
    other_label: int


@dataclass(frozen=True)
class ArmDetection:
    """An arm at a poison rate: what detectors find, and what defences achieve.

    learnt: whether networks without its copies did, None where none was trained. detectors: the mean of each of
    MEASURES by name of the detector, None where it is not defined. roc: by name, mean true positive rates at GRID. The
    last three are means as in CaseResult.
    """

    arm: str
    poison_rate: float
    originals: str
    copies: float
    learnt: bool | None
    detectors: dict[str, dict[str, float | None]]
    roc: dict[str, list[float]]
    defences: list[DefenceSummary]
    copies_rejected: float | None
    random_rejected: float | None
    movement: float | None

    def after(self, removed: Removed) -> dict[str, float]:
        """Return the mean scores after a yardstick."""
        return next(defence.means for defence in self.defences if defence.removed is removed)

    def flagged(self) -> list[DefenceSummary]:
        """Return the defences that remove what a detector flags."""
        return [defence for defence in self.defences if defence.removed is Removed.FLAGGED]


@dataclass(frozen=True)
class Trial:
    """The trial of the detectors in numbers; pairs: suspect pairs of an example, the first of `pairs_found`."""

    made_from: str
    trigger: str
    sizes: Sizes
    seeds: int
    confidence: float
    arms: list[ArmDetection]
    example: str
    example_rate: float
    pairs: list[Pair]
    pairs_found: int

    def strongest(self) -> list[ArmDetection]:
        """Return the JUDGED arm at the highest poison rate: originals kept, then replaced."""
        judged = [arm for arm in self.arms if arm.arm == JUDGED]
        return [arm for arm in judged if arm.poison_rate == max(other.poison_rate for other in judged)]


def summarise_cases(
    runs: Sequence[Run], results: Sequence[CaseResult], confidence: float, sizes: Sizes
) -> list[ArmDetection]:
    """Return what comes of each arm at each poison rate, in the order of the cases."""
    grouped: dict[Group, list[CaseResult]] = {}
    for run, result in zip(runs, results, strict=True):
        grouped.setdefault((run.name, run.poison_rate, run.originals), []).append(result)
    compared = _against_perfect(grouped, confidence, sizes.tested)
    tested = sizes.tested['clean_accuracy']
    arms = []
    for group, cases in grouped.items():
        names = cases[0].detectors
        learnt = None
        if perfect := [case.defences[PERFECT]['clean_accuracy'] for case in cases if case.defences]:
            learnt = has_learnt(perfect, sizes.faces, confidence)
        defences = []
        for defence in cases[0].defences:
            after = [case.defences[defence] for case in cases]
            means = {name: float(np.mean([scores[name] for scores in after])) for name in after[0]}
            comparisons = compared.get((*group, defence), {})
            verdict = _verdict(comparisons, learnt is True) if comparisons else None
            unlearnt = sum(not has_learnt([scores['clean_accuracy']], tested, confidence) for scores in after if learnt)
            defences.append(DefenceSummary(defence.removed, defence.detector, means, comparisons, verdict, unlearnt))
        roc = {name: [case.detectors[name]['roc'] for case in cases] for name in names}
        arms.append(
            ArmDetection(
                *group,
                copies=float(np.mean([case.copies for case in cases])),
                learnt=learnt,
                detectors={
                    name: {measure: _mean(case.detectors[name][measure] for case in cases) for measure in MEASURES}
                    for name in names
                },
                roc={name: np.mean(curves, axis=0).tolist() for name, curves in roc.items() if None not in curves},
                defences=defences,
                copies_rejected=_mean(case.copies_rejected for case in cases),
                random_rejected=_mean(case.random_rejected for case in cases),
                movement=_mean(case.movement for case in cases),
            )
        )
    return arms


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _verdict(comparisons: dict[str, Comparison], learnt: bool) -> DefenceVerdict:
    if not learnt:
        return DefenceVerdict.UNLEARNT
    excess, accuracy = (comparisons[name].verdict for name in MARGINS)
    if excess is Verdict.RISES or accuracy is Verdict.FALLS:
        return DefenceVerdict.WORSE
    if excess in (Verdict.EQUIVALENT, Verdict.FALLS) and accuracy in (Verdict.EQUIVALENT, Verdict.RISES):
        return DefenceVerdict.AS_GOOD
    return DefenceVerdict.UNDECIDED


def _against_perfect(
    grouped: dict[Group, list[CaseResult]], confidence: float, tested: dict[str, int]
) -> dict[tuple[str, float, str, Defence], dict[str, Comparison]]:
    """Return the comparisons of all defences of the JUDGED arm with the perfect filter, all of them made together."""
    columns = [
        (group, defence)
        for group, cases in grouped.items()
        if group[0] == JUDGED
        for defence in cases[0].defences
        if defence.removed not in YARDSTICKS
    ]
    if not columns:
        return {}

    def difference(case: CaseResult, defence: Defence, score: str) -> float:
        return case.defences[defence][score] - case.defences[PERFECT][score]

    matrices = [
        np.array([[difference(case, defence, score) for case in grouped[group]] for group, defence in columns]).T
        for score in MARGINS
    ]
    faces = [tested[score] for score in MARGINS]
    compared = zip(*compare(matrices, list(MARGINS.values()), confidence, faces), strict=True)
    return {
        (*group, defence): dict(zip(MARGINS, changes, strict=True))
        for (group, defence), changes in zip(columns, compared, strict=True)
    }


def detection_metrics(trial: Trial) -> dict:
    """Return what is worth comparing between two studies: AUC and excess ASR for the strongest attack."""
    return {
        arm.originals: {
            'auc': {name: measures['auc'] for name, measures in arm.detectors.items()},
            'excess': {
                defence.detector or defence.removed.value: defence.means['attack_excess']
                for defence in arm.defences
                if defence.removed is not Removed.SUSPECT
            },
        }
        for arm in trial.strongest()
    }


def detection_table(runs: Sequence[Run], results: Sequence[CaseResult]) -> tuple[list[str], list[list]]:
    """Return header and rows of a table with a row for each case and detector, or yardstick.

    flagged_… and suspect_… are scores after the removal of its flagged and most suspect rows, empty where nothing was
    removed.
    """
    header = ['arm', 'poison_rate', 'originals', 'seed', 'detector', *MEASURES]
    header += [f'{removed}_{score}' for removed in (Removed.FLAGGED, Removed.SUSPECT) for score in SCORES_AFTER]
    rows = []
    for run, result in zip(runs, results, strict=True):
        start = [run.name, run.poison_rate, run.originals, run.seed]
        for name, measures in result.detectors.items():
            removals = [_after(result, Defence(removed, name)) for removed in (Removed.FLAGGED, Removed.SUSPECT)]
            rows.append([*start, name, *(measures[measure] for measure in MEASURES), *removals[0], *removals[1]])
        for yardstick in YARDSTICKS if result.defences else ():
            removal = _after(result, Defence(yardstick))
            rows.append([*start, yardstick.value, *[None] * len(MEASURES), *removal, *[None] * len(SCORES_AFTER)])
    return header, rows


def _after(result: CaseResult, defence: Defence) -> list[float | None]:
    return [result.defences.get(defence, {}).get(score) for score in SCORES_AFTER]
