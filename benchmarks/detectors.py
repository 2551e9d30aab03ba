"""What each detector costs beside a training: python -m benchmarks.detectors

CPU seconds on the faces of the last `dvc repro`, dirty-label at the highest of detect.fractions, originals kept. One
process, one thread. What detectors share counts for the first that asks for it.
"""

import time

from threadpoolctl import threadpool_limits

from stages.common.params import LABELS
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.poison import Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.detect.plan import Case
from stages.detectors.detector import chosen_detectors, detector_names, titles
from stages.detectors.evidence import Evidence
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.recipe import Recipe
from stages.params import load_params
from stages.report.tables import markdown_table


def main() -> None:
    """Measure."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    case = Case(Arm.DIRTY_LABEL, params.detect.fractions[-1], 1, False)
    train = split_faces(faces.label, faces.group, params.detect.test, case.seed).train
    rows = training_set(faces.label, train, case.poison(params.adv.target, case.replaces), case.seed)
    with threadpool_limits(1):
        fitter = Fitter(pool(faces.pixels, triggered.pixels), Recipe(**params.train.model_dump()), len(train))
        start = time.process_time()
        training = fitter.fit(rows.label, rows.positions, case.seed)
        measured = [['one training', time.process_time() - start]]
        pixels = fitter.pixels[rows.positions]
        hidden = training.network.hidden(standardise(pixels))
        evidence = Evidence(rows.label, pixels, hidden, training.losses, case.seed)
        for name, detector in chosen_detectors(detector_names('all')).items():
            start = time.process_time()
            detector.flags(evidence, detector.scores(evidence))
            measured.append([titles()[name], time.process_time() - start])
    classes = ', '.join(f'{(rows.label == number).sum()} {name}' for number, name in enumerate(LABELS))
    print(f'{len(rows.label)} rows ({classes}), {rows.copies} of them copies\n')
    print(markdown_table(['', 'CPU seconds'], [[name, f'{seconds:.3f}'] for name, seconds in measured]))


if __name__ == '__main__':
    main()
