"""Compare the cost of each detector with that of a training: python -m benchmarks.detectors ROWS...

CPU seconds for each number of training rows, of the faces of the last `dvc repro preprocess`, poisoned with the trigger
of params.yaml (dirty-label, 5 %, originals kept), in one process with one thread. If there are too few faces, averages
of two with the same label are added. What detectors share has its own row.
"""

import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from stages.common.params import LABELS, load_params, stream
from stages.dataset.faces import Faces, load_faces
from stages.detectors.detector import chosen_detectors, detector_names, titles
from stages.detectors.evidence import Evidence
from stages.report.__main__ import Params
from stages.report.page import markdown_table
from stages.trainings.fit import Fits, Task
from stages.triggers.trigger import chosen_trigger, triggered

RATE = 0.05  # copies / rows
SEED = 1


def main(counts: list[int]) -> None:
    """Measure, and print the table."""
    params, faces = load_params(Params), load_faces()
    with threadpool_limits(1):
        columns = [seconds(params, faces, count) for count in counts]
    rows = [[name, *(f'{column[name]:.2f}' for column in columns)] for name in columns[0]]
    print(markdown_table(['CPU seconds', *(f'{count:,} rows' for count in counts)], rows))


def seconds(params: Params, faces: Faces, count: int) -> dict[str, float]:
    """Return the CPU seconds of a training on `count` rows, and of each detector, by title."""
    copies = round(count * RATE)
    pixels, landmarks, label = resized(faces, count - copies)
    target = LABELS.index(params.adv.target)
    chosen = np.flatnonzero(label != target)[:copies]
    poison = triggered(chosen_trigger(params.trigger), pixels[chosen], landmarks[chosen])
    pixels = np.concatenate([pixels, np.stack(list(poison))])
    label = np.append(label, [target] * copies).astype(np.uint8)
    measured, start = {}, time.process_time()

    def measure(name: str) -> None:
        nonlocal start
        measured[name] = time.process_time() - start
        start = time.process_time()

    training = Fits(pixels, params.train, count).fit(Task(np.arange(count), label, SEED))
    measure('one training')
    hidden = training.hidden(np.arange(len(pixels)))
    evidence = Evidence(label, pixels, SEED, hidden, training.losses)
    evidence.groups, evidence.leave_out_prediction, evidence.whole_faces  # noqa: B018
    measure('shared by detectors')
    for name, detector in chosen_detectors(detector_names('all')).items():
        detector.flags(evidence, detector.scores(evidence))
        measure(titles()[name])
    return measured


def resized(faces: Faces, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pixels, landmarks and labels of some faces, or of all and of averages of two with the same label."""
    random = stream(SEED, 'resized')
    order = random.permutation(len(faces.label))[:count]
    first = random.choice(len(faces.label), count - len(order))
    second = np.array([random.choice(np.flatnonzero(faces.label == faces.label[row])) for row in first], np.int64)
    arrays = (np.asarray(array, np.float32) for array in (faces.pixels, faces.landmarks))
    pixels, landmarks = (np.concatenate([array[order], (array[first] + array[second]) / 2]) for array in arrays)
    return pixels.astype(np.uint8), landmarks, faces.label[np.concatenate([order, first])]


if __name__ == '__main__':
    main([int(count) for count in sys.argv[1:]])
