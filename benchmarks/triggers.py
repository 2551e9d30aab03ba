"""How well each trigger attacks, on the faces of the last `dvc repro`: python -m benchmarks.triggers

Takes sweep.fractions, sweep.seeds and everything else from params.yaml, except for the trigger and for what becomes of
the originals: each trigger is tried with both. A training that was done before is taken from .cache/trainings.
"""

from functools import partial

import numpy as np

from stages.adversarial import Extent
from stages.common.params import Section
from stages.dataset.faces import Faces, TriggeredFaces, load_faces
from stages.dataset.poison import Arm
from stages.network.recipe import Recipe
from stages.params import load_params
from stages.report.tables import markdown_table
from stages.scores.dose import dose, dose_in_words
from stages.scores.statistics import mean_interval
from stages.trainings.fit import Trainings
from stages.trainings.plan import Run, Setting
from stages.trainings.store import ground, results
from stages.triggers.trigger import chosen_trigger, triggered

KINDS = ('dots', 'patch', 'blend')


def main() -> None:
    """Measure."""
    params = load_params()
    faces = load_faces()
    rows, extents = [], []
    for kind in KINDS:
        chosen = chosen_trigger(params.trigger | {'kind': kind})
        extent = Extent()
        pixels = np.stack(list(extent.of(faces.pixels, triggered(chosen, faces.pixels, faces.landmarks))))
        extents.append(f'{kind}: {extent}')
        rows += [row(faces, TriggeredFaces(pixels, chosen), params, originals) for originals in ('kept', 'replaced')]
    rates = [f'ASR (excess) at {fraction:.2%}' for fraction in params.sweep.fractions[1:]]
    header = ['trigger', 'originals', *rates, 'clean-label', 'dose for 50%', 'clean accuracy, points']
    print('\n'.join(extents))
    print(
        f'\n{len(faces.label)} faces, means of {params.sweep.seeds} paired seeds. All but the column of that name is '
        'dirty-label; clean-label and the change of clean accuracy against unpoisoned are at the highest poison rate.\n'
    )
    print(markdown_table(header, rows, left=['originals']))


def row(faces: Faces, with_trigger: TriggeredFaces, params: Section, originals: str) -> list[str]:
    """Return the cells of one trigger."""
    setting = Setting(params.sweep.test, params.adv.target, originals == 'replaced')
    recipe = Recipe(**params.train.model_dump())
    rates = params.sweep.fractions
    curve = [(None, 0.0), *((Arm.DIRTY_LABEL, rate) for rate in rates[1:]), (Arm.CLEAN_LABEL, rates[-1])]
    seeds = range(1, params.sweep.seeds + 1)
    runs = [Run(arm, rate, seed) for seed in seeds for arm, rate in curve]
    scores = results(
        runs,
        ground(recipe, faces, with_trigger.pixels, setting),
        partial(Trainings, faces, with_trigger, recipe, setting),
        params.workers,
    )
    success, excess, accuracy = (
        np.array([score[name] for score in scores]).reshape(len(seeds), len(curve))
        for name in ('attack_success_rate', 'attack_excess', 'clean_accuracy')
    )
    change = accuracy[:, [-2]] - accuracy[:, [0]]
    low, high = (100 * float(bound[0]) for bound in mean_interval(change, params.evaluate.confidence))
    both = [f'{a:.2f} ({b:+z.2f})' for a, b in zip(success.mean(axis=0), excess.mean(axis=0), strict=True)]
    found = dose(np.array(rates), success[:, :-1], params.evaluate.confidence)
    cells = [*both[1:], dose_in_words(found), f'{100 * change.mean():+z.1f} ({low:+z.1f} to {high:+z.1f})']
    return [with_trigger.trigger['kind'], originals, *cells]


if __name__ == '__main__':
    main()
