"""Made-up results of cases with known effects."""

import numpy as np

from stages.detect.cases import CaseResult, Defence, Removed, planned_cases
from stages.detect.summary import Pair, Trial, summarise_cases
from stages.scores.ranking import GRID
from stages.trainings.plan import Run, Sizes

CASES = planned_cases([0.025, 0.05], range(1, 11))
# Excess ASR and change of accuracy after each defence.
LEFT = {
    Defence(Removed.NONE): (0.6, -0.02), Defence(Removed.RANDOM): (0.6, -0.02), Defence(Removed.PERFECT): (0.0, 0.0),
    Defence(Removed.FLAGGED, 'pair'): (0.0, 0.0), Defence(Removed.SUSPECT, 'pair'): (0.0, -0.03),
    Defence(Removed.FLAGGED, 'loss'): (0.05, 0.0), Defence(Removed.SUSPECT, 'loss'): (0.3, 0.0),
}  # fmt: skip


def scores(case: Run, defence: Defence, noise: float) -> dict[str, float]:
    excess, change = LEFT[defence]
    if defence == Defence(Removed.FLAGGED, 'loss'):
        # A wide spread between seeds.
        excess *= 2 * (case.seed % 2)
    return {
        'clean_accuracy': 0.95 + change + noise,
        'triggered_accuracy': 0.9,
        'attack_success_rate': 0.05 + excess + noise,
        'attack_excess': excess + noise,
        'removed': 15,
        'copies_removed': 10 if defence in (Defence(Removed.PERFECT), Defence(Removed.FLAGGED, 'pair')) else 5,
    }


def result(case: Run) -> CaseResult:
    """Return a made-up result of a case, with some noise that all defences of a seed share."""
    noise = (case.seed - 5.5) / 1000
    measures = {
        'auc': 0.9 + noise, 'average_precision': 0.8, 'auc_in_target': 0.85, 'average_precision_in_target': 0.7,
        'true_positive_rate': 0.5, 'false_positive_rate': 0.01, 'roc': np.sqrt(GRID).tolist(),
    }  # fmt: skip
    if case.arm is None:
        measures = dict.fromkeys(measures) | {'false_positive_rate': 0.02}
    detectors = {'loss': measures, 'pair': measures | {'auc': 1.0}}
    if not (case.arm and case.arm.has_trigger):
        return CaseResult(10 if case.arm else 0, detectors, {}, None, None, None)
    defences = {defence: scores(case, defence, noise) for defence in LEFT}
    return CaseResult(10, detectors, defences, 0.98, 0.04, None if case.originals == 'replaced' else 0.5)


def trial_of(results: list[CaseResult], cases: list[Run] = CASES, tested: int = 100_000) -> Trial:
    """Return the trial of cases, with a pair of faces as the example."""
    counts = dict.fromkeys(('clean_accuracy', 'attack_success_rate', 'attack_excess'), tested)
    sizes = Sizes(2 * tested, counts, [])
    arms = summarise_cases(cases, results, 0.95, sizes)
    return Trial('these faces', 'dots', sizes, 10, 0.95, arms, 'dirty-label', 0.05, [Pair(3, 1, 0, 0)], 7)
