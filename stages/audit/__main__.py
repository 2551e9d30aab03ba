"""Stage audit: look for poison and wrong labels among the faces as they are, and prove what can be proven."""

import sys
from functools import partial

import numpy as np
from joblib import cpu_count

from stages.audit.command import audit_folder
from stages.audit.judged import TRIGGERS_FILE, TRIGGERS_VERSION, AuditFits, audit_task, trained_faces
from stages.audit.power import AuditParams, Planting, Power, flags_without_network, plants, power_of
from stages.audit.proof import Judgement, Proofs, judgement_of, summarise_audit
from stages.audit.reasons import Suspects, suspects
from stages.common.arrays import memory, write_arrays
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_summary
from stages.common.outdated import keep_current_metrics, remove_other_report
from stages.common.params import LABELS, StageParams, load_params
from stages.dataset.decisions import labelled_photos, match, read_decisions
from stages.dataset.faces import Faces, fingerprint, load_all_faces
from stages.detectors.detector import detector_names
from stages.detectors.evidence import Evidence, TooManyRowsError, bytes_of, check_rows
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.report.audit import audit_counts
from stages.trainings.fit import Fits, Record, fits
from stages.trainings.store import finished

AUDIT_COLUMNS = (
    'rank', 'file', 'label', 'reason', 'pair', 'flagged', 'proven', 'predicted', 'confidence', 'decision',
)  # fmt: skip
COUNTS = ('photos', 'flagged', 'proven', 'undecided', 'reasons')  # of the summary, in metrics/audit.json
ADVICE = TRAINING_ADVICE | {TooManyRowsError: '{}; give fewer photos'}


class Params(StageParams):
    """What this stage reads of params.yaml."""

    train: Recipe
    audit: AuditParams


def made_from(params: Params, faces: Faces) -> str:
    """Return the fingerprint of what decides the results."""
    return fingerprint(faces, None, params.train, params.audit.power)


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    recipe, seed = params.train, params.train.seed
    faces, decided = load_all_faces(), match(read_decisions(), labelled_photos())
    trained = trained_faces(faces.label, seed)
    among = () if trained is None else (None, trained)
    train = partial(finished, fits(Fits, faces.pixels, recipe, *among), workers=params.workers)
    with advising(ADVICE):
        check_rows(faces.pixels.shape)
        judge = fits(AuditFits, faces.pixels, recipe, detector_names('all'), *among)
        task = audit_task(faces, trained, seed)
        (record,) = finished(judge, [task], params.workers)
        suspected = suspects(faces, record)
        proofs = Proofs(faces.label, faces.pixels, task.positions, suspected, record, seed, train)
    power = power_among(faces, task.positions, suspected, record, seed, params.workers) if params.audit.power else []
    choice = np.array([decided.choice(origin) for origin in faces.origin.tolist()])
    judgement = judgement_of(suspected, proofs, choice)
    summary = summarise_audit(suspected, judgement, proofs, power, decided, made_from(params, faces))
    write_csv(METRICS / 'audit.csv', *audit_table(faces, suspected, judgement, record))
    write_json(METRICS / 'audit.json', {name: getattr(summary, name) for name in COUNTS} | power_metrics(power))
    write_summary(METRICS / 'audit' / 'summary.json', summary)
    arrays = {name: record[name] for name in record if name.startswith('trigger_')}
    write_arrays(TRIGGERS_FILE, arrays, TRIGGERS_VERSION)
    keep_current_metrics('audit')
    print(audit_counts(summary))


def audit_of_folder() -> None:
    """Run the command for one folder; wrong params are refused first."""
    load_params(Params)
    audit_folder(sys.argv[1:])


def power_among(
    faces: Faces, rows: np.ndarray, suspected: Suspects, record: Record, seed: int, workers: int
) -> list[Power]:
    """Plant poison in the faces at some positions that are not suspect, and return what is flagged of it among them."""
    label, is_suspect = faces.label[rows], suspected.reason[rows] != ''
    planted = plants(label, is_suspect, seed)
    flagged = (record['flags_leave_set_out'] | record['trigger_rows'].any(axis=0))[rows]
    if len(rows) < len(faces.label):  # flags of these faces among all say little of those among fewer
        flagged = flags_without_network(Evidence(label, faces.pixels[rows], seed))
    build = partial(Planting, faces.pixels[rows], faces.landmarks[rows], label, flagged)
    # Each worker needs memory for the faces as they are, and for those with poison among them.
    workers = max(1, min(workers or cpu_count(), memory() // (4 * bytes_of((len(rows), *faces.pixels.shape[1:])))))
    return power_of(planted, finished(build, planted, workers, 'planted poison'), len(rows))


def power_metrics(power: list[Power]) -> dict:
    """Return the share of planted poison that is flagged, by kind and poison rate."""
    shares: dict[str, dict[str, float]] = {}
    for row in power:
        shares.setdefault(row.kind, {})[f'{row.poison_rate:.2%}'] = round(row.recall, 3)
    return {'power': shares} if shares else {}


def audit_table(
    faces: Faces, suspected: Suspects, judgement: Judgement, record: Record
) -> tuple[list[str], list[list]]:
    """Return header and rows, the most suspect face first; each ends with the score of each detector.

    flagged and proven are 0 or 1, decision is keep, drop, relabel or empty. predicted: a label; confidence: its
    probability.
    """
    detectors = [name.removeprefix('scores_') for name in record if name.startswith('scores_')]
    header = [*AUDIT_COLUMNS, *(f'{name}_score' for name in detectors)]
    rows = []
    for rank, row in enumerate(judgement.ranked.tolist(), start=1):
        partner = suspected.partner[row]
        pair = str(faces.pair[row]) or (str(faces.origin[partner]) if partner >= 0 else '')
        said = [rank, str(faces.origin[row]), LABELS[faces.label[row]], suspected.reason[row], pair]
        said += [int(judgement.flagged[row]), int(judgement.proven[row])]
        probability = judgement.probability[row].item()
        said += [LABELS[probability > 0.5], round(max(probability, 1 - probability), 3), str(judgement.choice[row])]
        rows.append([*said, *(round(record[f'scores_{name}'][row].item(), 6) for name in detectors)])
    return header, rows


if __name__ == '__main__':
    run_stage('audit', audit_of_folder if sys.argv[1:] else main)
