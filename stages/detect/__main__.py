"""Stage detect: try every detector on every arm, remove what it suspects, retrain, and say what that mends."""

from functools import partial

from stages.advice import TRAINING_ADVICE
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_text
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.poison import PoisonRateError
from stages.dataset.split import TooFewFacesError
from stages.detect.plan import JUDGED, Case, planned_cases
from stages.detect.summary import summarise_cases
from stages.detect.trainings import CODE, Detections
from stages.detectors.detector import detector_names
from stages.detectors.evidence import TooManyRowsError
from stages.network.recipe import Recipe
from stages.params import Params, load_params
from stages.report.detect_figures import draw_defences, draw_roc
from stages.report.detect_pictures import draw_recovered
from stages.report.detect_tables import detection_markdown, detection_metrics, detection_rows
from stages.trainings.plan import check
from stages.trainings.store import ground, results

FIGURES = METRICS / 'detect'
ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'detect.test: {}; give more photos',
    PoisonRateError: 'detect.fractions: {}',
    TooManyRowsError: '{}; give fewer photos, or raise detect.test',
}


def main() -> None:
    """Run the stage."""
    params = load_params()
    names = detector_names(params.detect.detectors)
    faces, triggered = load_faces_and_triggered()
    recipe = Recipe(**params.train.model_dump())
    cases = planned_cases(params.detect.fractions, range(1, params.detect.seeds + 1))
    with advising(ADVICE):
        for case in cases:
            check([case], faces, case.setting(params.detect.test, params.adv.target))
        material = (faces, triggered, recipe, params.detect.test, params.adv.target, names)
        common = ground(recipe, faces, triggered.pixels, *material[3:], code=CODE)
        found = results(cases, common, partial(Detections, *material), params.workers)
    write(cases, found, triggered.trigger['kind'], params)
    example = next(case for case in cases[::-1] if case.arm == JUDGED and not case.replaces)
    draw_recovered(faces, triggered, example, params.detect.test, params.adv.target, FIGURES / 'pairs.png')


def write(cases: list[Case], results: list[dict], trigger: str, params: Params) -> None:
    """Write tables and figures."""
    found = summarise_cases(cases, results, params.evaluate.confidence)
    write_csv(METRICS / 'detect.csv', *detection_rows(cases, results))
    write_json(METRICS / 'detect.json', detection_metrics(found))
    table = detection_markdown(found, trigger, params.detect.seeds, params.evaluate.confidence)
    write_text(METRICS / 'detect.md', table)
    draw_defences(found, FIGURES / 'defences.png')
    draw_roc(found, FIGURES / 'roc.png')
    print(table, end='')


if __name__ == '__main__':
    run_stage('detect', main)
