"""Print how well triggers attack, on the faces of the last `dvc repro`: python -m benchmarks.triggers [KIND ...]

Each trigger, or each of these kinds, is tried with originals kept and replaced; sweep.fractions, sweep.seeds and
everything else are those of params.yaml. Finished trainings are taken from data/trainings.
"""

import sys
from collections.abc import Sequence

import numpy as np

from stages.adversarial import Extent
from stages.common.params import load_params, subclasses_in
from stages.dataset.faces import Faces, TriggeredFaces, load_faces
from stages.dataset.poison import Arm, Originals, pool
from stages.report.__main__ import Params
from stages.report.page import change, markdown_table
from stages.report.sweep import dose_text
from stages.scores.dose import dose
from stages.scores.scores import outcome, scores_of, tested_faces
from stages.scores.statistics import mean_interval
from stages.trainings.fit import Fits, fits
from stages.trainings.plan import Run, Setting
from stages.trainings.store import finished
from stages.triggers.trigger import Trigger, chosen_trigger, triggered


def main(kinds: Sequence[str]) -> None:
    """Measure, and print Markdown."""
    params = load_params(Params)
    faces = load_faces()
    rows, extents = [], []
    for kind in kinds or subclasses_in('stages.triggers', Trigger):
        chosen = chosen_trigger(params.trigger | {'kind': kind})
        extent = Extent()
        pixels = np.stack(list(extent.of(faces.pixels, triggered(chosen, faces.pixels, faces.landmarks))))
        extents.append(f'{kind}: {extent}')
        rows += [row(faces, TriggeredFaces(pixels, chosen), params, originals) for originals in ('kept', 'replaced')]
    rates = [f'ASR (excess) at {rate:.2%}' for rate in params.sweep.fractions[1:]]
    header = ['trigger', 'originals', *rates, 'clean-label', 'dose for 50%', 'clean accuracy, points']
    print('\n'.join(extents))
    print(
        f'\n{len(faces.label)} faces, means of {params.sweep.seeds} paired seeds. All but the column of that name is '
        'dirty-label; clean-label and the change of clean accuracy against unpoisoned are at the highest poison rate.\n'
    )
    print(markdown_table(header, rows, left=['originals']))


def row(faces: Faces, with_trigger: TriggeredFaces, params: Params, originals: Originals) -> list[str]:
    """Return the cells of one trigger."""
    setting = Setting(params.sweep.test, params.adv.target, params.adv.cover)
    rates, confidence = params.sweep.fractions, params.evaluate.confidence
    curve = [(None, 0.0), *((Arm.DIRTY_LABEL, rate) for rate in rates[1:]), (Arm.CLEAN_LABEL, rates[-1])]
    seeds = range(1, params.sweep.seeds + 1)
    drawn = [setting.drawn(faces, Run(arm, rate, originals, seed)) for seed in seeds for arm, rate in curve]
    build = fits(Fits, pool(faces.pixels, with_trigger.pixels), params.train, setting.max_rows(faces))
    records = finished(build, [one.task() for one in drawn], params.workers)
    scores = [
        scores_of(outcome(record['probability'], faces.label, one.test, setting.target))
        for one, record in zip(drawn, records, strict=True)
    ]
    success, excess, accuracy = (
        np.array([of_run[name] for of_run in scores]).reshape(len(seeds), len(curve))
        for name in ('attack_success_rate', 'attack_excess', 'clean_accuracy')
    )
    differences = accuracy[:, [-2]] - accuracy[:, [0]]
    tested = tested_faces([faces.label[one.test] for one in drawn], setting.target)
    (low,), (high,) = mean_interval(differences, confidence, tested['clean_accuracy'])
    both = [f'{a:.2f} ({b:+z.2f})' for a, b in zip(success.mean(axis=0), excess.mean(axis=0), strict=True)]
    found = dose(np.array(rates), success[:, :-1], confidence, tested['attack_success_rate'])
    changed = change(float(differences.mean()), float(low), float(high))
    return [with_trigger.trigger['kind'], originals, *both[1:], dose_text(found), changed]


if __name__ == '__main__':
    main(sys.argv[1:])
