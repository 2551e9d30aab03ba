"""Stage sweep: train every arm at every fraction with paired seeds, and compare each with its control."""

from dataclasses import astuple

from stages.common.errors import run_stage
from stages.common.files import write_csv, write_json, write_text
from stages.params import Params, load_params
from stages.study.data import METRICS, load_faces_and_twins
from stages.study.sweep.figures import draw_changes, draw_lines, write_lines
from stages.study.sweep.finished import ground, results
from stages.study.sweep.runs import Run, Trainings, check, planned
from stages.study.sweep.summary import as_json, as_markdown, summarise

FIGURES = METRICS / 'sweep'


def main() -> None:
    """Sweep."""
    params = load_params()
    runs = planned(params.sweep)
    write(runs, scores_of(runs, params), params)


def scores_of(runs: list[Run], params: Params) -> list[dict]:
    """Return the scores of every run."""
    faces, twins = load_faces_and_twins()
    test, target = params.sweep.test, params.adv.target
    check(runs, faces, test, target)
    common = ground(faces, twins, params.train, test, target)
    return results(runs, common, lambda: Trainings(faces, twins, params.train, test, target), params.sweep.workers)


def write(runs: list[Run], scores: list[dict], params: Params) -> None:
    """Write tables and figures."""
    margin, confidence = params.sweep.margin, params.evaluate.confidence
    header = ['arm', 'fraction', 'seed', *scores[0]]
    rows = ([*astuple(run), *values.values()] for run, values in zip(runs, scores, strict=True))
    write_csv(METRICS / 'sweep.csv', header, rows)
    cells = summarise(runs, scores, margin, confidence)
    write_json(METRICS / 'sweep.json', as_json(cells, margin))
    table = as_markdown(cells, params.sweep.seeds, margin, confidence)
    write_text(METRICS / 'sweep.md', table)
    write_lines(cells, FIGURES / 'arms.csv')
    draw_lines(cells, FIGURES / 'arms.png')
    draw_changes(cells, margin, FIGURES / 'changes.png')
    print(table, end='')


if __name__ == '__main__':
    run_stage('sweep', main)
