"""Print what detectors find of poison whose originals are gone: python -m benchmarks.lost_originals 31 40 [KIND ...]

It uses the faces of the last `dvc repro preprocess`, four fifths of them for each seed from the first number to the
second, with dirty-label poison of each kind of trigger at each poison rate, moved to one class for even seeds, and to
the other for odd ones. `none` is no poison, `errors` are labels that are just wrong. The rules of the detectors were
chosen on seeds 1 to 3 and 11.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np
from sklearn.metrics import roc_auc_score

from stages.common.params import LABELS, subclasses_in
from stages.dataset.faces import Faces, load_faces
from stages.dataset.poison import Arm, pool
from stages.detectors.detector import chosen_detectors
from stages.detectors.evidence import Evidence
from stages.detectors.recurring import recurrence
from stages.report.page import markdown_table
from stages.scores.ranking import most_suspect
from stages.trainings.plan import Run, Setting
from stages.triggers.trigger import Trigger, default_trigger, triggered

DETECTORS = ('ridge', 'neighbours', 'leave_set_out', 'recurring')
RATES = {'none': (0.0,), 'errors': (0.02, 0.05)}
POISON_RATES = (0.0125, 0.025, 0.05, 0.1)
FACTOR = 1.5  # first rows, as a multiple of the poisoned ones
HEADER = ['poison', 'poison rate', 'detector', 'AUC', 'first', 'worst', 'true', 'false of clean', 'triggers', 'CPU s']


def main(first: int, last: int, kinds: list[str]) -> None:
    """Try each kind of poison, and print a table as soon as a kind is finished."""
    faces = load_faces()
    for kind in kinds or ['none', 'errors', *subclasses_in('stages.triggers', Trigger)]:
        rows = []
        for rate in RATES.get(kind, POISON_RATES):
            tried = [measures(faces, kind, rate, seed) for seed in range(first, last + 1)]
            for name in DETECTORS:
                rows.append([kind, f'{rate:.2%}', name, *_cells(np.array([of[name] for of in tried]))])
        print(markdown_table(HEADER, rows), flush=True)


def _cells(values: np.ndarray) -> Iterator[str]:
    """Yield mean and spread of the measures of a detector, (seeds, 6), as text."""
    auc, found, true, false, triggers, seconds = values.T
    yield '' if np.isnan(auc).all() else f'{auc.mean():.3f} ± {auc.std():.3f}'
    yield '' if np.isnan(found).all() else f'{found.mean():.2f} ± {found.std():.2f}'
    yield '' if np.isnan(found).all() else f'{found.min():.2f}'
    yield '' if np.isnan(true).all() else f'{true.mean():.2f} ± {true.std():.2f}'
    yield f'{false.mean():.2%} ± {false.std():.2%}'
    yield f'{(triggers > 0).sum()} of {len(values)}'
    yield f'{seconds.mean():.1f}'


def measures(faces: Faces, kind: str, rate: float, seed: int) -> dict[str, tuple[float, ...]]:
    """Return AUC, share of poison in the first rows, true and false share of flags, triggers and seconds, by name."""
    pixels, label, is_poisoned = planted(faces, kind, rate, seed)
    evidence = Evidence(label, pixels, seed)
    started = time.process_time()
    evidence.groups, evidence.leave_out_prediction, evidence.whole_faces  # noqa: B018  # shared by all of them
    print(f'{kind} {rate} {seed}: shared {time.process_time() - started:.1f} s', file=sys.stderr)
    results = {}
    for name, detector in chosen_detectors(DETECTORS).items():
        started = time.process_time()
        scores = detector.scores(evidence)
        flags = detector.flags(evidence, scores)
        seconds = time.process_time() - started
        auc = found = true = np.nan
        if rate:
            auc = float(roc_auc_score(is_poisoned, scores))
            first = most_suspect(scores, round(FACTOR * is_poisoned.sum()), seed)
            found, true = float(first[is_poisoned].mean()), float(flags[is_poisoned].mean())
        triggers = len(recurrence(evidence).triggers) if name == 'recurring' else 0
        results[name] = (auc, found, true, float(flags[~is_poisoned].mean()), triggers, seconds)
    return results


def planted(faces: Faces, kind: str, rate: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pixels, labels, and which rows are poisoned, of training faces with poison whose originals are gone."""
    arm = None if kind == 'none' else Arm.LABEL_NOISE if kind == 'errors' else Arm.DIRTY_LABEL
    drawn = Setting(0.2, LABELS[seed % 2]).drawn(faces, Run(arm, rate, 'replaced', seed))
    pixels = faces.pixels
    if arm is Arm.DIRTY_LABEL:
        pixels = np.stack(list(triggered(default_trigger(kind, seed), faces.pixels, faces.landmarks)))
    return pool(faces.pixels, pixels)[drawn.rows.positions], drawn.rows.label, drawn.rows.is_poisoned


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
