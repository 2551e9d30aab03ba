"""Stage audit: look for poison and wrong labels among the faces as they are, and prove what can be proven."""

from functools import partial

import numpy as np

from stages.audit.proof import AuditFits, AuditSummary, audit_task, prove
from stages.audit.reasons import REASONS, Suspects, ranking, suspects
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
        proofs, rejected = prove(faces, suspected, record, seed, train)
    write_csv(METRICS / 'audit.csv', *audit_table(faces, suspected, ranking(suspected, rejected), record))
    counts = {reason.name: int(suspected.blamed[suspected.group(n)].sum()) for n, reason in enumerate(REASONS)}
    proven = sum(proof.photos for proof in proofs if proof.holds)
    content = {'photos': len(faces.label), 'flagged': sum(counts.values()), 'proven': proven, 'reasons': counts}
    write_json(METRICS / 'audit.json', content)
    summary = AuditSummary(made_from(params, faces), *content.values(), proofs)
    write_summary(METRICS / 'audit' / 'summary.json', summary)
    print(sentence(summary))


def audit_table(faces: Faces, suspected: Suspects, ranked: np.ndarray, record: Record) -> tuple[list[str], list[list]]:
    """Return header and rows: rank, file, label, reason, pair, flagged, and the score of each detector.

    `ranked` holds the positions of all faces, the most suspect first. flagged: 1 for the faces that are blamed.
    """
    scores = [name for name in record if name.startswith('scores_')]
    header = ['rank', 'file', 'label', 'reason', 'pair', 'flagged']
    header += [f'{name.removeprefix("scores_")}_score' for name in scores]
    rows = []
    for rank, row in enumerate(ranked.tolist(), start=1):
        partner, reason = suspected.partner[row], suspected.reason[row]
        pair = str(faces.pair[row]) or (str(faces.origin[partner]) if partner >= 0 else '')
        label, flagged = LABELS[faces.label[row]], int(suspected.blamed[row])
        name = REASONS[reason].name if reason >= 0 else ''
        values = [round(record[score][row].item(), 6) for score in scores]
        rows.append([rank, str(faces.origin[row]), label, name, pair, flagged, *values])
    return header, rows


if __name__ == '__main__':
    run_stage('audit', main)
