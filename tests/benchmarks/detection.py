"""The table of the stage detect for seeds of your choice: python -m tests.benchmarks.detection 101 110 [RATE ...]

The rules of the detectors were chosen on the first ten seeds; this tries them on others. It works on the faces of the
last `dvc repro adversarial`, at the poison rates given or those of detect.fractions, and changes no metrics.
"""

import sys
from functools import partial

from stages.dataset.faces import load_faces_and_triggered
from stages.detection.plan import planned_cases
from stages.detection.summary import summarise_cases
from stages.detection.tables import detection_markdown
from stages.detection.trainings import CODE, Detections
from stages.detectors.choice import detector_names
from stages.network.recipe import Recipe
from stages.params import load_params
from stages.study.finished import ground, results


def main(first: int, last: int, fractions: list[float]) -> None:
    """Try detectors and defences, and print the table."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    recipe = Recipe(**params.train.model_dump())
    seeds = range(first, last + 1)
    cases = planned_cases(fractions or params.detect.fractions, seeds)
    names = detector_names(params.detect.detectors)
    material = (faces, triggered, recipe, params.detect.test, params.adv.target, names)
    common = ground(recipe, faces, triggered.pixels, *material[3:], code=CODE)
    found = results(cases, common, partial(Detections, *material), params.workers)
    summary = summarise_cases(cases, found, params.evaluate.confidence)
    print(detection_markdown(summary, triggered.trigger['kind'], len(seeds), params.evaluate.confidence))


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), [float(rate) for rate in sys.argv[3:]])
