"""Stage sweep: train every arm at every poison rate with paired seeds, and compare each with its control."""

from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_summary
from stages.common.outdated import keep_current_metrics, remove_other_report
from stages.common.params import LABELS, StageParams, load_params
from stages.dataset.faces import Faces, fingerprint, load_faces_and_triggered
from stages.dataset.poison import AdvParams, CoverError, PoisonRateError, pool
from stages.dataset.split import TooFewFacesError
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.report.sweep import sweep_conclusion
from stages.scores.scores import EvaluateParams, outcome, scores_of
from stages.sweep.summary import SweepParams, arms_table, metrics, summarise
from stages.trainings.fit import Fits, Record, fits
from stages.trainings.plan import Drawn, Setting, Sizes, planned_runs, trained_rates
from stages.trainings.store import finished

FOLDER = METRICS / 'sweep'
ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'sweep.test: {}; give more photos',
    PoisonRateError: 'sweep.fractions: {}',
    CoverError: 'adv.cover: {}',
}


class Params(StageParams):
    """What this stage reads of params.yaml."""

    adv: AdvParams
    train: Recipe
    evaluate: EvaluateParams
    sweep: SweepParams


def made_from(params: Params, faces: Faces, trigger: dict) -> str:
    """Return the fingerprint of what decides the results."""
    adv, confidence = params.adv, params.evaluate.confidence
    return fingerprint(faces, trigger, params.sweep, params.train, confidence, adv.originals, adv.target, adv.cover)


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    faces, triggered = load_faces_and_triggered()
    setting = Setting(params.sweep.test, params.adv.target, params.adv.cover)
    with advising(ADVICE):
        rates = trained_rates(faces, params.sweep.fractions, params.sweep.seeds, setting.test)
        runs = planned_runs(sorted(set(rates.values())), params.sweep.seeds, params.adv.originals)
        drawn = [setting.drawn(faces, run) for run in runs]
        build = fits(Fits, pool(faces.pixels, triggered.pixels), params.train, setting.max_rows(faces))
        records = finished(build, [rows.task() for rows in drawn], params.workers)
    results = [run_result(faces, rows, record, setting) for rows, record in zip(drawn, records, strict=True)]
    table = ([run.name, run.poison_rate, run.seed, *of_run.values()] for run, of_run in zip(runs, results, strict=True))
    write_csv(METRICS / 'sweep.csv', ['arm', 'poison_rate', 'seed', *results[0]], table)
    made, kind = made_from(params, faces, triggered.trigger), triggered.trigger['kind']
    margin, confidence = params.sweep.margin, params.evaluate.confidence
    sizes = Sizes.of(faces, drawn, setting.target, rates)
    study = summarise(runs, results, made, kind, sizes, margin=margin, confidence=confidence)
    write_json(METRICS / 'sweep.json', metrics(study))
    write_csv(FOLDER / 'arms.csv', *arms_table(study))
    write_summary(FOLDER / 'summary.json', study)
    keep_current_metrics('sweep')
    print(sweep_conclusion(study), end='')


def run_result(faces: Faces, drawn: Drawn, record: Record, setting: Setting) -> dict:
    """Return the scores of a run and what else is to be known of it, by name."""
    rows = drawn.rows
    return scores_of(outcome(record['probability'], faces.label, drawn.test, setting.target)) | {
        'copies': rows.copies,
        'share_of_rows': rows.copies / len(rows.label),
        'share_of_target': rows.copies / int((rows.label == LABELS.index(setting.target)).sum()),
        'loss': record['loss'].item(),
        'epochs': record['epochs'].item(),
        'converged': record['converged'].item(),
    }


if __name__ == '__main__':
    run_stage('sweep', main)
