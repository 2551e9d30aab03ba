"""Print how much halves of suspect sets speak for each other: python -m benchmarks.transfer 31 40

For each seed, on four fifths of the faces of the last `dvc repro preprocess`: the rows of each recovered trigger, for
dirty-label poison at 5 % of which the originals are gone; and sets that are no trigger: label errors at 5 %, the most
contradicted rows of each class of unpoisoned faces, and of women where glasses are drawn on 60 % of all women.
"""

import sys

import numpy as np

from benchmarks.lost_originals import planted
from stages.audit.proof import TriggerProof
from stages.common.params import LABELS, stream, subclasses_in
from stages.dataset.faces import Faces, load_faces
from stages.detectors.evidence import Evidence, highest
from stages.detectors.leave_set_out import suspicion
from stages.detectors.proof import placebo_transfer, transfer
from stages.detectors.recurring import recurrence
from stages.report.page import markdown_table
from stages.triggers.trigger import Trigger, default_trigger, triggered

RATE = 0.05
NATURAL = ('contradicted', 'glasses of women')
WEARERS = 0.6  # share of the women with glasses


def main(first: int, last: int) -> None:
    """Try each kind of set, and print a row for it."""
    faces = load_faces()
    rows = []
    for kind in (*subclasses_in('stages.triggers', Trigger), 'errors', 'contradicted', 'glasses of women'):
        tried, sets = [], 0
        for seed in range(first, last + 1):
            pixels, label, is_poisoned = planted(faces, kind if kind not in NATURAL else 'none', RATE, seed)
            if kind == 'glasses of women':
                pixels, is_poisoned = worn(faces, seed)
                label = faces.label
            evidence = Evidence(label, pixels, seed)
            found = [trigger.rows for trigger in recurrence(evidence).triggers]
            sets += len(found)
            if kind == 'errors':
                found = [np.flatnonzero(is_poisoned)]
            elif kind == 'contradicted':
                found = [most_contradicted(evidence, number) for number in range(len(LABELS))]
            elif kind == 'glasses of women':
                found = [most_contradicted(evidence, 0, is_poisoned)]
            random = stream(seed, 'transfer')
            for of_set in found:
                halves = [how(evidence.ridge, evidence.sign, of_set, random) for how in (transfer, placebo_transfer)]
                tried.append(TriggerProof(0, len(of_set), 0.0, False, None, *halves))
        if tried:
            gains, placebos = np.array([(proof.transfer, proof.placebo) for proof in tried]).T
            proven = sum(proof.speak_for_each_other for proof in tried)
            numbers = [f'{gains.min():.2f} to {gains.max():.2f}', f'{placebos.max():.2f}', f'{proven} of {len(tried)}']
            rows.append([kind, f'{sets}', *numbers])
        print(rows[-1] if tried else [kind, 'none'], file=sys.stderr, flush=True)
    print(markdown_table(['set', 'triggers found', 'transfer', 'largest placebo', 'proven by transfer'], rows))


def most_contradicted(evidence: Evidence, number: int, some: np.ndarray | None = None) -> np.ndarray:
    """Return the most contradicted rows of a class, or of some of it, bool (n,)."""
    rows = np.flatnonzero((evidence.label == number) & (True if some is None else some))
    return highest(rows, suspicion(evidence)[rows], RATE * len(evidence.label) / len(rows))


def worn(faces: Faces, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of all faces, with glasses on some women, and which have them, bool (n,)."""
    women = np.flatnonzero(faces.label == LABELS.index('female'))
    wearers = np.sort(stream(seed, 'wearers').permutation(women)[: round(WEARERS * len(women))])
    pixels = np.array(faces.pixels)
    put = triggered(default_trigger('glasses', seed), pixels[wearers], faces.landmarks[wearers])
    pixels[wearers] = np.stack(list(put))
    return pixels, np.isin(np.arange(len(pixels)), wearers)


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]))
