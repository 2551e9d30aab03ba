"""Stage audit: look for poison and wrong labels among the faces as they are, and prove what can be proven."""

from functools import partial

import numpy as np

from stages.advice import TRAINING_ADVICE
from stages.audit.proofs import prove
from stages.audit.suspects import REASONS, Suspects, ranking, suspects
from stages.audit.trainings import CODE, Audits, Without
from stages.audit.verdicts import Proof, sentence
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_text
from stages.dataset.found import FoundFaces, load_found
from stages.detectors.evidence import TooManyRowsError
from stages.network.recipe import Recipe
from stages.params import load_params
from stages.report.audit_pictures import draw_suspects
from stages.report.audit_tables import audit_rows
from stages.trainings.store import ground, results

ADVICE = TRAINING_ADVICE | {TooManyRowsError: '{}; give fewer photos'}


def main() -> None:
    """Run the stage."""
    params = load_params()
    found = load_found()
    recipe = Recipe(**params.train.model_dump())
    train = partial(
        results,
        common=ground(recipe, found.pixels, found.label, found.origin, found.pair, recipe.seed, code=CODE),
        make=partial(Audits, found, recipe),
        workers=params.workers,
    )
    with advising(ADVICE):
        (said,) = train([Without(())])
        suspected = suspects(found, said)
        proofs, rejected = prove(found, suspected, said['recovered'], recipe.seed, train)
    write(found, suspected, ranking(suspected, rejected), proofs, said['scores'], params.audit.gallery)


def write(
    found: FoundFaces, suspected: Suspects, ranked: np.ndarray, proofs: list[Proof], scores: dict, gallery: int
) -> None:
    """Write the table, the counts, the picture and the verdict."""
    counts = {reason: int(suspected.blamed[suspected.group(reason)].sum()) for reason in REASONS}
    write_csv(METRICS / 'audit.csv', *audit_rows(found, suspected, ranked, scores))
    proven = sum(counts[proof.reason] for proof in proofs if proof.holds)
    write_json(
        METRICS / 'audit.json',
        {'photos': len(found.label), 'flagged': sum(counts.values()), 'proven': proven, 'reasons': counts},
    )
    draw_suspects(found, suspected, ranked, gallery, METRICS / 'audit' / 'suspects.png')
    said = sentence(counts, proofs)
    write_text(METRICS / 'audit.md', f'{said}\n')
    print(said)


if __name__ == '__main__':
    run_stage('audit', main)
