"""Compare the cost of each detector with that of a training: python -m benchmarks.detectors

CPU seconds on the faces of the last `dvc repro`, dirty-label at the highest of detect.fractions, originals kept, in one
process with one thread. What detectors share counts towards the first one that needs it.
"""

import time

from threadpoolctl import threadpool_limits

from stages.common.params import LABELS, load_params
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.poison import pool
from stages.detect.__main__ import Params
from stages.detect.cases import JUDGED
from stages.detectors.detector import chosen_detectors, detector_names, titles
from stages.detectors.evidence import Evidence
from stages.network.inputs import standardise
from stages.report.page import markdown_table
from stages.trainings.fit import Fits
from stages.trainings.plan import Run, Setting


def main() -> None:
    """Measure, and print the table."""
    params = load_params(Params)
    faces, triggered = load_faces_and_triggered()
    setting = Setting(params.detect.test, params.adv.target, params.adv.cover)
    drawn = setting.drawn(faces, Run(JUDGED, params.detect.fractions[-1], 'kept', seed=1))
    rows, task = drawn.rows, drawn.task()
    with threadpool_limits(1):
        fitter = Fits(pool(faces.pixels, triggered.pixels), params.train, setting.max_rows(faces))
        start = time.process_time()
        training = fitter.fit(task)
        measured = [['one training', time.process_time() - start]]
        pixels = fitter.pool[task.positions]
        hidden = training.network.hidden(standardise(pixels))
        evidence = Evidence(task.label, pixels, hidden, training.losses, task.seed)
        for name, detector in chosen_detectors(detector_names('all')).items():
            start = time.process_time()
            detector.flags(evidence, detector.scores(evidence))
            measured.append([titles()[name], time.process_time() - start])
    classes = ', '.join(f'{(rows.label == number).sum()} {name}' for number, name in enumerate(LABELS))
    print(f'{len(rows.label)} rows ({classes}), {rows.copies} of them copies\n')
    print(markdown_table(['', 'CPU seconds'], [[name, f'{seconds:.3f}'] for name, seconds in measured]))


if __name__ == '__main__':
    main()
