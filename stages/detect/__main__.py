"""Stage detect: try every detector on every arm, remove what it suspects, retrain, and compare."""

from collections.abc import Sequence

from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_summary
from stages.common.outdated import keep_current_metrics, remove_other_report
from stages.common.params import StageParams, load_params
from stages.dataset.faces import Faces, TriggeredFaces, fingerprint, load_faces_and_triggered
from stages.dataset.poison import AdvParams, CoverError, PoisonRateError, pool
from stages.dataset.split import TooFewFacesError
from stages.detect.cases import (
    JUDGED,
    CaseResult,
    Defence,
    DetectParams,
    case_result,
    case_task,
    defences,
    planned_cases,
)
from stages.detect.judged import CaseFits
from stages.detect.summary import Pair, Trial, detection_metrics, detection_table, summarise_cases
from stages.detectors.detector import detector_names
from stages.detectors.evidence import TooManyRowsError
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.report.detect import detect_conclusion
from stages.scores.scores import EvaluateParams
from stages.trainings.fit import Fits, Record, fits
from stages.trainings.plan import Drawn, Run, Setting, Sizes, trained_rates
from stages.trainings.store import finished, keep

ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'detect.test: {}; give more photos',
    PoisonRateError: 'detect.fractions: {}',
    CoverError: 'adv.cover: {}',
    TooManyRowsError: '{}; give fewer photos, or raise detect.test',
}
PAIRS_SHOWN = 8


class Params(StageParams):
    """What this stage reads of params.yaml."""

    adv: AdvParams
    train: Recipe
    evaluate: EvaluateParams
    detect: DetectParams


def made_from(params: Params, faces: Faces, trigger: dict) -> str:
    """Return the fingerprint of what decides the results."""
    adv, confidence = params.adv, params.evaluate.confidence
    return fingerprint(faces, trigger, params.detect, params.train, confidence, adv.target, adv.cover)


def tried(
    params: Params, faces: Faces, triggered: TriggeredFaces, names: Sequence[str], runs: Sequence[Run]
) -> tuple[list[Drawn], list[Record], list[CaseResult]]:
    """Try the detectors of some names on each case; return what it trains on, its record and what comes of it."""
    setting = Setting(params.detect.test, params.adv.target, params.adv.cover)
    with advising(ADVICE):
        drawn = [setting.drawn(faces, run) for run in runs]
        crops, max_rows = pool(faces.pixels, triggered.pixels), setting.max_rows(faces)
        tasks = [case_task(faces, run, rows, setting) for run, rows in zip(runs, drawn, strict=True)]
        records = finished(fits(CaseFits, crops, params.train, names, max_rows), tasks, params.workers, 'cases')
        build = fits(Fits, crops, params.train, max_rows)
        # Half of them are trainings of the sweep, which need not run again there.
        keep(build, [rows.task() for rows in drawn], [{name: of[name] for name in Fits.fields} for of in records])
        removed = [defences(run, rows, record, setting) for run, rows, record in zip(runs, drawn, records, strict=True)]
        retrainings = [
            (number, defence, drawn[number].task(rows))
            for number, of_case in enumerate(removed)
            for defence, rows in of_case.items()
            if rows.any()
        ]
        retrained = finished(build, [task for _, _, task in retrainings], params.workers, 'retrainings')
    after: list[dict[Defence, Record]] = [{} for _ in runs]
    for (number, defence, _), record in zip(retrainings, retrained, strict=True):
        after[number][defence] = record
    results = [case_result(faces, *case, setting) for case in zip(drawn, records, removed, after, strict=True)]
    return drawn, records, results


def example_pairs(runs: Sequence[Run], drawn: Sequence[Drawn], records: Sequence[Record]) -> list[Pair]:
    """Return the suspect pairs of the last judged case whose originals are kept, or none without such a case."""
    judged = [number for number, run in enumerate(runs) if run.arm is JUDGED and run.originals == 'kept']
    if not judged:
        return []
    rows, pairs = drawn[judged[-1]].rows, records[judged[-1]]['pairs']
    positions, label = rows.positions.tolist(), rows.label.tolist()
    return [Pair(positions[blamed], label[blamed], positions[other], label[other]) for blamed, other in pairs]


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    names = detector_names(params.detect.detectors)
    faces, triggered = load_faces_and_triggered()
    with advising(ADVICE):
        rates = trained_rates(faces, params.detect.fractions, params.detect.seeds, params.detect.test)
    trained = sorted(set(rates.values()) - {0.0})
    runs = planned_cases(trained, range(1, params.detect.seeds + 1))
    drawn, records, results = tried(params, faces, triggered, names, runs)
    pairs = example_pairs(runs, drawn, records)
    sizes = Sizes.of(faces, drawn, params.adv.target, rates)
    trial = Trial(
        made_from(params, faces, triggered.trigger),
        triggered.trigger['kind'],
        sizes,
        params.detect.seeds,
        params.evaluate.confidence,
        summarise_cases(runs, results, params.evaluate.confidence, sizes),
        str(JUDGED),
        max(trained, default=0.0),
        pairs[:PAIRS_SHOWN],
        len(pairs),
    )
    write_csv(METRICS / 'detect.csv', *detection_table(runs, results))
    write_json(METRICS / 'detect.json', detection_metrics(trial))
    write_summary(METRICS / 'detect' / 'summary.json', trial)
    keep_current_metrics('detect')
    print(detect_conclusion(trial), end='')


if __name__ == '__main__':
    run_stage('detect', main)
