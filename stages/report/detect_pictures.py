"""The picture of the triggers that pairs of near-duplicates give away."""

from pathlib import Path

import numpy as np

from stages.common.params import LABELS
from stages.dataset.faces import Faces, TriggeredFaces
from stages.dataset.poison import pool, training_set
from stages.dataset.split import split_faces
from stages.detect.plan import Case
from stages.detectors.evidence import Evidence
from stages.detectors.pair import suspect_pairs
from stages.report.pairs import Beside, draw_pairs

SHOWN = 8  # pairs


def draw_recovered(faces: Faces, triggered: TriggeredFaces, case: Case, test: float, target: str, path: Path) -> None:
    """Draw pairs among the training rows of a case: the face that is blamed, the other one, and the difference."""
    train = split_faces(faces.label, faces.group, test, case.seed).train
    rows = training_set(faces.label, train, case.poison(target, case.replaces), case.seed)
    pixels = pool(faces.pixels, triggered.pixels)[rows.positions]
    # Pairs are found by pixels and labels alone, without a network.
    evidence = Evidence(rows.label, pixels, [], np.empty((0, len(pixels))), case.seed)
    pairs = suspect_pairs(evidence)
    shown = [
        Beside(
            pixels[pair.blamed],
            ['blamed', LABELS[rows.label[pair.blamed]]],
            pixels[pair.other],
            ['near-duplicate', LABELS[rows.label[pair.other]]],
        )
        for pair in pairs[:SHOWN]
    ]
    title = f'Pairs of near-duplicates, {case.name} at {case.fraction:.2%}: {len(shown)} of {len(pairs)}'
    draw_pairs(shown, title, path)
