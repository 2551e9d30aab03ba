"""Stage sweep: train every arm at every poison rate with paired seeds, and compare each with its control."""

from functools import partial

from stages.advice import TRAINING_ADVICE
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_text
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.poison import PoisonRateError
from stages.dataset.split import TooFewFacesError
from stages.network.recipe import Recipe
from stages.params import Params, load_params
from stages.report.sweep_figures import draw_changes, draw_curves
from stages.report.sweep_tables import as_markdown, metrics, write_arms
from stages.sweep.summary import doses, summarise
from stages.trainings.fit import Trainings
from stages.trainings.plan import Run, Setting, check, planned
from stages.trainings.store import ground, results

FIGURES = METRICS / 'sweep'
ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'sweep.test: {}; give more photos',
    PoisonRateError: 'sweep.fractions: {}',
}


def main() -> None:
    """Run the stage."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    setting = Setting(params.sweep.test, params.adv.target, params.adv.originals == 'replaced')
    recipe = Recipe(**params.train.model_dump())
    runs = planned(params.sweep.fractions, params.sweep.seeds)
    with advising(ADVICE):
        check(runs, faces, setting)
        common = ground(recipe, faces, triggered.pixels, setting)
        scores = results(runs, common, partial(Trainings, faces, triggered, recipe, setting), params.workers)
    write(runs, scores, triggered.trigger['kind'], params)


def write(runs: list[Run], scores: list[dict], trigger: str, params: Params) -> None:
    """Write tables and figures."""
    margin, confidence = params.sweep.margin, params.evaluate.confidence
    header = ['arm', 'fraction', 'seed', *scores[0]]
    rows = ([run.name, run.fraction, run.seed, *values.values()] for run, values in zip(runs, scores, strict=True))
    write_csv(METRICS / 'sweep.csv', header, rows)
    cells = summarise(runs, scores, margin, confidence)
    found = doses(cells, confidence)
    write_json(METRICS / 'sweep.json', metrics(cells, found))
    table = as_markdown(cells, found, trigger, params.sweep.seeds, margin, confidence)
    write_text(METRICS / 'sweep.md', table)
    write_arms(cells, margin, FIGURES / 'arms.csv')
    draw_curves(cells, FIGURES / 'arms.png')
    draw_changes(cells, margin, FIGURES / 'changes.png')
    print(table, end='')


if __name__ == '__main__':
    run_stage('sweep', main)
