"""Measure an audit of many faces: python -m benchmarks.large_audit FOLDER COUNT...

The faces are those of the last `dvc repro preprocess` and, where more are asked for, versions of them: warped smoothly
and lit from a side, by other amounts for each, so that they are no near-duplicates. Of them, 2 % are women with a
sticker-like patch, labelled male, whose originals are gone. For each count, the stage `audit` runs in FOLDER/COUNT with
one process. Measurements are kept there, so a run that was stopped continues. The table has CPU seconds, the largest
private memory of any process, and what was found; the second one the exponents between neighbouring counts.
"""

import json
import sys
from dataclasses import replace
from itertools import pairwise
from math import ceil, log
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates, zoom

from benchmarks.measuring import write_params
from benchmarks.scale import measured
from stages.common.files import RAW, read_csv, read_json, write_csv, write_json, write_remarks
from stages.common.params import LABELS, stream
from stages.dataset.decisions import COLUMNS, DECISIONS
from stages.dataset.faces import Faces, load_all_faces, save_faces
from stages.faces.duplicates import groups, hashes
from stages.report.page import markdown_table
from stages.triggers.trigger import default_trigger, triggered

SHARE = 0.02  # of the faces, women with a patch among the men
FACTOR = 1.5  # first rows, as a multiple of the poisoned ones
KNOTS = 5  # a side, of the grid by which a face is warped
WARP = 2.5  # pixels by which a knot is moved, standard deviation
LIGHT = 0.35  # by which one side is lighter than the other, standard deviation


def version(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a face, uint8 (size, size), warped and lit in another way."""
    size = len(pixels)
    grid = np.mgrid[:size, :size].astype(float)
    moved = grid + zoom(random.normal(0, WARP, (2, KNOTS, KNOTS)), (1, size / KNOTS, size / KNOTS), order=3)
    slope = random.normal(0, LIGHT, 2)
    light = 1 + np.einsum('i,iyx->yx', slope, grid / size - 0.5)
    warped = map_coordinates(pixels.astype(float), moved, order=1, mode='nearest')
    return np.clip(warped * light, 0, 255).astype(np.uint8)


def made(count: int) -> tuple[Faces, np.ndarray]:
    """Return so many faces, and which of them are poisoned, bool (count,)."""
    faces = load_all_faces()
    known = len(faces.label)
    # The source has one label after the other.
    rows = np.resize(stream(1, 'order').permutation(known), count)
    pixels = faces.pixels[rows]
    for row in range(known, count):
        pixels[row] = version(pixels[row], stream(1, 'version', row))
    women = np.flatnonzero(faces.label[rows] == LABELS.index('female'))
    poisoned = np.sort(stream(1, 'poisoned').permutation(women)[: round(SHARE * count)])
    put = triggered(default_trigger('patch', 1), pixels[poisoned], faces.landmarks[rows[poisoned]])
    pixels[poisoned] = np.stack(list(put))
    label = faces.label[rows].copy()
    label[poisoned] = LABELS.index('male')
    names = np.array([f'{LABELS[number]}/{row}.jpg' for row, number in enumerate(label)])
    return replace(
        faces, pixels=pixels, label=label, file=names, origin=names, group=np.arange(count), pair=np.full(count, ''),
        landmarks=faces.landmarks[rows], number=np.arange(count), is_chosen=np.ones(count, bool),
    ), np.isin(np.arange(count), poisoned)  # fmt: skip


def costs(folder: Path, count: int) -> dict[str, float]:
    """Return what the audit of so many faces cost and found; measure it if no earlier run has."""
    place = folder / str(count)
    kept = place / 'audit-costs.json'
    if not kept.exists():
        place.mkdir(parents=True, exist_ok=True)
        write_params(place, {'workers': 1})
        faces, is_poisoned = made(count)
        save_faces(faces, place / 'data' / 'faces')
        write_csv(place / RAW / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], [])
        write_remarks(place / RAW / 'remarks.csv', [])
        write_csv(place / DECISIONS, COLUMNS, [])
        alike = count - len(np.unique(groups(np.stack([hashes(crop) for crop in faces.pixels]))))
        spent = measured(place, 'audit')
        audit = read_csv(place / 'metrics' / 'audit.csv')
        poisoned = set(faces.origin[is_poisoned].tolist())
        flagged = [row['file'] for row in audit if row['flagged'] == '1']
        first = [row['file'] for row in audit[: ceil(FACTOR * len(poisoned))]]
        write_json(kept, spent | {
            'alike': alike, 'poisoned': len(poisoned), 'first': len(poisoned.intersection(first)),
            'flagged': len(flagged), 'true': len(poisoned.intersection(flagged)),
        })  # fmt: skip
    print(count, json.dumps(read_json(kept)), flush=True)
    return read_json(kept)


def main() -> None:
    """Measure, and print the tables."""
    folder = Path(sys.argv[1])
    found = {count: costs(folder, count) for count in sorted(map(int, sys.argv[2:]))}
    header = ['faces', 'CPU s', 'private MB', 'near-duplicates', 'poisoned', 'among the first 1.5x', 'flagged', 'true']
    print(markdown_table(header, [
        [f'{count:,}', f'{cost["cpu"]:.0f}', f'{cost["private"] / 1e6:.0f}',
         *(f'{cost[name]:,}' for name in ('alike', 'poisoned', 'first', 'flagged', 'true'))]
        for count, cost in found.items()
    ]))  # fmt: skip
    print(markdown_table(['from', 'to', 'CPU exponent', 'memory exponent'], [
        [f'{few:,}', f'{many:,}', *(f'{log(found[many][name] / found[few][name]) / log(many / few):.2f}'
                                    for name in ('cpu', 'private'))]
        for few, many in pairwise(found)
    ]))  # fmt: skip


if __name__ == '__main__':
    main()
