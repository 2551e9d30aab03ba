"""Made-up results of a study, with effects that are known."""

import numpy as np

from stages.dataset.poison import Arm
from stages.trainings.plan import Run, planned

RUNS = planned([0.0, 0.1, 0.2], 10)
ATTACKS = (Arm.CLEAN_LABEL, Arm.DIRTY_LABEL)


def scores_of(run: Run) -> dict[str, float]:
    """Made-up scores: changed labels cost 6 points, with the trigger they teach it, seeds differ a little."""
    random = np.random.default_rng([run.seed, round(1000 * run.fraction), *run.name.encode()])
    changed, has_trigger = run.arm in (Arm.DIRTY_LABEL, Arm.LABEL_NOISE), run.arm in ATTACKS
    accuracy = 0.95 + 0.02 * np.sin(run.seed) - 0.06 * changed + random.normal(0, 0.001)
    return {
        'clean_accuracy': accuracy,
        'triggered_accuracy': accuracy - 0.1 * has_trigger,
        'attack_success_rate': 0.9 if changed and has_trigger else 0.05,
        'attack_excess': 0.25 if has_trigger else 0.0,
        'copies': round(1000 * run.fraction),
        'share_of_rows': run.fraction / (1 + run.fraction),
        'share_of_target': run.fraction / (0.5 + run.fraction),
        'loss': 0.02,
        'epochs': 10,
        'converged': not changed,
    }


def results_of(runs: list[Run], **changes: dict) -> list[dict]:
    """Return the made-up scores of runs; `changes` of the scores by arm, with _ for - and anything else."""
    return [scores_of(run) | changes.get(run.name.replace('-', '_'), {}) for run in runs]
