"""Stage audit: look for poison and wrong labels among the faces as they are, and prove what can be proven."""

from functools import partial

import numpy as np

from stages.audit.judged import AuditFits, audit_task
from stages.audit.proof import prove, summarise_audit
from stages.audit.reasons import Suspects, ranking, suspects
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_summary
from stages.common.params import LABELS, StageParams, load_params
from stages.dataset.faces import Faces, fingerprint, load_all_faces
from stages.detectors.detector import detector_names
from stages.detectors.evidence import TooManyRowsError
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.report.audit import sentence
from stages.trainings.fit import Fits, Record, fits
from stages.trainings.store import finished

COUNTS = ('photos', 'flagged', 'proven', 'reasons')  # of the summary, in metrics/audit.json
ADVICE = TRAINING_ADVICE | {TooManyRowsError: '{}; give fewer photos'}


class Params(StageParams):
    """What this stage reads of params.yaml."""

    train: Recipe


def made_from(params: Params, faces: Faces) -> str:
    """Return the fingerprint of what decides the results."""
    return fingerprint(faces, None, params.train)


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    recipe, seed = params.train, params.train.seed
    faces = load_all_faces()
    train = partial(finished, fits(Fits, faces.pixels, recipe), workers=params.workers)
    with advising(ADVICE):
        judge = fits(AuditFits, faces.pixels, recipe, detector_names('all'))
        (record,) = finished(judge, [audit_task(faces, seed)], params.workers)
        suspected = suspects(faces, record)
        proofs, rejected = prove(faces.label, suspected, record, seed, train)
    ranked = ranking(suspected, rejected)
    summary = summarise_audit(suspected, ranked, proofs, made_from(params, faces))
    write_csv(METRICS / 'audit.csv', *audit_table(faces, suspected, ranked, record))
    write_json(METRICS / 'audit.json', {name: getattr(summary, name) for name in COUNTS})
    write_summary(METRICS / 'audit' / 'summary.json', summary)
    print(sentence(summary))


def audit_table(faces: Faces, suspected: Suspects, ranked: np.ndarray, record: Record) -> tuple[list[str], list[list]]:
    """Return header and rows: rank, file, label, reason, pair, flagged, and the score of each detector.

    `ranked` holds the positions of all faces, the most suspect first. flagged: 1 for the faces that are blamed.
    """
    detectors = [name.removeprefix('scores_') for name in record if name.startswith('scores_')]
    header = ['rank', 'file', 'label', 'reason', 'pair', 'flagged', *(f'{name}_score' for name in detectors)]
    rows = []
    for rank, row in enumerate(ranked.tolist(), start=1):
        partner = suspected.partner[row]
        pair = str(faces.pair[row]) or (str(faces.origin[partner]) if partner >= 0 else '')
        label, flagged = LABELS[faces.label[row]], int(suspected.blamed[row])
        scores = [round(record[f'scores_{name}'][row].item(), 6) for name in detectors]
        rows.append([rank, str(faces.origin[row]), label, suspected.reason[row], pair, flagged, *scores])
    return header, rows


if __name__ == '__main__':
    run_stage('audit', main)
