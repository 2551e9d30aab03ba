"""Compare results of different processors: python -m benchmarks.processors [SEEDS]

OpenBLAS has other kernels for each kind of processor, which add in another order, and can be told to use those of
another kind (OPENBLAS_CORETYPE). For each kind, and for the direct solver, the backdoor of the study is trained at a
poison rate of 5 % for each seed (default: 10), on the faces of the last `dvc repro`. The table compares the predictions
with those of the first kind; below it, how far accuracy and ASR differ between seeds.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stages.common.params import load_params
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.poison import Arm, pool
from stages.report.page import markdown_table
from stages.scores.scores import outcome, scores_of
from stages.sweep.__main__ import Params
from stages.trainings.fit import Fits
from stages.trainings.plan import Run, Setting

KINDS = ('SkylakeX', 'Haswell', 'Zen', 'Sandybridge', 'Nehalem')
POISON_RATE = 0.05
SHOWN = ('clean_accuracy', 'attack_success_rate')


def trained(seeds: int, solver: str) -> dict[str, np.ndarray]:
    """Train for each seed; return P(male) of all test faces, plain and triggered, (2, n), and the scores shown."""
    params, (faces, triggered) = load_params(Params), load_faces_and_triggered()
    setting = Setting(params.sweep.test, params.adv.target)
    recipe = params.train.model_copy(update={'solver': solver})
    fits = Fits(pool(faces.pixels, triggered.pixels), recipe, setting.max_rows(faces))
    probability, scores = [], []
    for seed in range(1, seeds + 1):
        drawn = setting.drawn(faces, Run(Arm.DIRTY_LABEL, POISON_RATE, params.adv.originals, seed))
        predicted = fits(drawn.task())['probability']
        of_run = scores_of(outcome(predicted, faces.label, drawn.test, setting.target))
        probability.append([predicted[drawn.test], predicted[len(faces.label) + drawn.test]])
        scores.append([of_run[name] for name in SHOWN])
    return {'probability': np.concatenate(probability, axis=1), 'scores': np.array(scores)}


def main() -> None:
    """Train with the kernels of each kind in a process of its own, and print the table."""
    seeds = sys.argv[1] if sys.argv[1:] else '10'
    found: dict[str, dict[str, np.ndarray]] = {}
    with TemporaryDirectory() as folder:
        for kind, solver in [*((kind, 'gram') for kind in KINDS), (KINDS[0], 'direct')]:
            path = Path(folder, f'{kind}-{solver}.npz')
            environment = os.environ | {'OPENBLAS_CORETYPE': kind}
            subprocess.run(
                [sys.executable, '-m', 'benchmarks.processors', seeds, solver, path], env=environment, check=True
            )
            with np.load(path) as file:
                found[kind if solver == 'gram' else f'{kind}, direct solver'] = dict(file)
    first, *others = found
    rows = []
    for kind in others:
        before, after = found[first], found[kind]
        moved = np.abs(before['probability'] - after['probability'])
        plain, with_trigger = (before['probability'] > 0.5) != (after['probability'] > 0.5)
        change = np.abs(before['scores'] - after['scores']).max(axis=0)
        rows.append([kind, f'{moved.max():.1e}', *(f'{part.sum()} of {part.size}' for part in (plain, with_trigger)),
                     *(f'{value:.4f}' for value in change)])  # fmt: skip
    header = ['kernels', 'largest change of P(male)', 'labels changed', 'with trigger', 'accuracy by', 'ASR by']
    print(f'Compared with {first}:\n\n{markdown_table(header, rows)}')
    spread = found[first]['scores'].std(axis=0, ddof=1)
    print(f'Standard deviation between seeds: accuracy {spread[0]:.4f}, ASR {spread[1]:.4f}')


if __name__ == '__main__':
    if len(sys.argv) == 4:
        np.savez(sys.argv[3], **trained(int(sys.argv[1]), sys.argv[2]))
    else:
        main()
