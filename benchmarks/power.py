"""Print how often the audit's power holds: python -m benchmarks.power 31 60

For each seed, a folder: 1,200 faces of the last `dvc repro preprocess`, or as many as there are. Its power is estimated
as the audit does; then poison of each kind at each poison rate is planted with other rows and another trigger, and what
is flagged of it is compared with the interval.
"""

import sys

import numpy as np

from stages.audit.power import Plant, Planting, flags_without_network, plants, power_of
from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces, load_faces
from stages.detectors.evidence import Evidence
from stages.report.page import markdown_table

FACES = 1200
OTHER_SEED = 1000  # added to the seed of the trigger and of the rows of the poison that is compared


def main(first: int, last: int) -> None:
    """Try each folder, and print a table of all."""
    faces = load_faces()
    held: dict[tuple[str, float], list[tuple[float, float, float]]] = {}
    for seed in range(first, last + 1):
        for key, numbers in folder(faces, seed).items():
            held.setdefault(key, []).append(numbers)
    rows = []
    for (kind, rate), results in held.items():
        low, high, recall = np.array(results).T
        holds = (low <= recall) & (recall <= high)
        stated = f'{low.mean():.2f} to {high.mean():.2f}'
        rows.append([kind, f'{rate:.2%}', stated, f'{recall.mean():.2f}', f'{holds.sum()} of {len(holds)}'])
    print(markdown_table(['poison', 'poison rate', 'mean interval', 'mean share flagged', 'holds'], rows))


def folder(faces: Faces, seed: int) -> dict[tuple[str, float], tuple[float, float, float]]:
    """Return the interval of the power, and the share of other poison that is flagged, by kind and poison rate."""
    chosen = np.sort(stream(seed, 'folder').permutation(len(faces.label))[:FACES])
    label, pixels, landmarks = faces.label[chosen], np.asarray(faces.pixels)[chosen], faces.landmarks[chosen]
    flagged = flags_without_network(Evidence(label, pixels, seed))
    planting = Planting(pixels, landmarks, label, flagged)
    planned = plants(label, flagged, seed)
    records = [planting(plant) for plant in planned]
    results = {}
    for power in power_of(planned, records, len(label)):
        others = np.flatnonzero(label != seed % len(LABELS))
        random = stream(seed + OTHER_SEED, f'{power.kind} {power.poison_rate}')
        rows = np.sort(random.permutation(others)[: round(power.poison_rate * len(label))])
        other = planting(Plant(power.kind, power.poison_rate, rows, seed % len(LABELS), seed + OTHER_SEED))
        results[power.kind, power.poison_rate] = power.low, power.high, float(other['flags'].mean())
        print(seed, power, other['flags'].mean(), file=sys.stderr, flush=True)
    return results


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]))
