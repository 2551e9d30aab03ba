"""Made-up results of a study with known effects."""

from collections.abc import Sequence

import numpy as np

from stages.dataset.poison import Arm
from stages.scores.scores import SCORES
from stages.sweep.summary import Study, summarise
from stages.trainings.plan import Run, Sizes, planned_runs

RUNS = planned_runs([0.0, 0.1, 0.2], 10, 'kept')
MANY = 100_000  # test faces of a seed: too many to widen an interval
ATTACKS = (Arm.CLEAN_LABEL, Arm.DIRTY_LABEL)


def result_of(run: Run) -> dict[str, float]:
    """Return made-up scores: changed labels cost 6 points and teach any trigger; seeds differ a little."""
    random = np.random.default_rng([run.seed, round(1000 * run.poison_rate), *run.name.encode()])
    changed, has_trigger = run.arm in (Arm.DIRTY_LABEL, Arm.LABEL_NOISE), run.arm in ATTACKS
    accuracy = 0.95 + 0.02 * np.sin(run.seed) - 0.06 * changed + random.normal(0, 0.001)
    return {
        'clean_accuracy': accuracy,
        'triggered_accuracy': accuracy - 0.1 * has_trigger,
        'attack_success_rate': (0.9 if run.poison_rate > 0.1 else 0.4) if changed and has_trigger else 0.05,
        'attack_excess': 0.25 if has_trigger else 0.0,
        'copies': round(1000 * run.poison_rate),
        'share_of_rows': run.poison_rate / (1 + run.poison_rate),
        'share_of_target': run.poison_rate / (0.5 + run.poison_rate),
        'loss': 0.02,
        'epochs': 10,
        'converged': not changed,
    }


def results_of(runs: list[Run], **changes: dict) -> list[dict]:
    """Return the made-up scores of runs; `changes` override scores by arm, with _ for - in its name."""
    return [result_of(run) | changes.get(run.name.replace('-', '_'), {}) for run in runs]


def sizes_of(tested: int, untrained: Sequence[tuple[float, float]] = ()) -> Sizes:
    """Return the sizes of a study with as many test faces a seed, half of them outside the target class."""
    counts = {score.name: tested // 2 if score.of_others else tested for score in SCORES}
    return Sizes(2 * tested, counts, list(untrained))


def study_of(
    runs: list[Run] = RUNS,
    results: list[dict] | None = None,
    trigger: str = 'dots',
    confidence: float = 0.95,
    sizes: Sizes | None = None,
) -> Study:
    """Return the study of runs with a margin of a point; results are made up by default."""
    results, sizes = results or results_of(runs), sizes or sizes_of(MANY)
    return summarise(runs, results, 'these faces', trigger, sizes, margin=0.01, confidence=confidence)
