"""Measure what it costs to standardise batches as they are read: python -m benchmarks.streaming

The direct solver trains on 200,000 rows: 100,000 random faces of 64 pixels a side and their mirror images. It reads
them from a file that is mapped into memory, as the study does, or from standardised rows held in memory as float32.
Prints the time per step and the private memory of the process, the smaller of three runs each, and whether the weights
are the same, bit by bit. Each run is a separate process; the two kinds take turns.
"""

import hashlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.measuring import hand_over, measured
from stages.network.fit import DirectLayer
from stages.network.inputs import PixelRows, StandardRows
from stages.network.perceptron import initial_perceptron
from stages.network.training import Descent
from stages.report.page import markdown_table

FACES, SIDE, BATCH, STEPS = 100_000, 64, 64, 200
PAIRS = 3
KINDS = ('from the map', 'held')


def measure(kind: str, path: str) -> dict:
    """Take STEPS steps on rows of a kind; return seconds per step, private MB and a hash of the weights."""
    rows = StandardRows(np.load(path, mmap_mode='r'))
    network = initial_perceptron([rows.width, 1024, 128, 4, 1], np.random.default_rng(1))
    if kind == 'held':
        rows = PixelRows(rows.columns(slice(None)).reshape(len(rows), SIDE, SIDE))
    label = np.random.default_rng(1).integers(0, 2, len(rows)).astype(np.uint8)
    descent = Descent(DirectLayer(rows, network.weights[0]), network, label, momentum=0.9, decay=0.0)
    order = np.random.default_rng(2).permutation(len(rows))
    descent.step(order[:BATCH], 0.01)  # not measured: work done only once, such as the mean of each face
    start = time.perf_counter()
    for step in range(1, STEPS + 1):
        descent.step(order[step * BATCH : (step + 1) * BATCH], 0.01)
    seconds = (time.perf_counter() - start) / STEPS
    memory = psutil.Process().memory_info()
    weights = hashlib.sha256(network.weights[0].tobytes()).hexdigest()
    return {'seconds': seconds, 'private': (memory.rss - memory.shared) / 1e6, 'weights': weights}


def main() -> None:
    """Measure in turn, and print Markdown."""
    found = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'pixels.npy'
        np.save(path, np.random.default_rng(1).integers(0, 256, (FACES, SIDE, SIDE), np.uint8))
        for _ in range(PAIRS):
            for kind in KINDS:
                found[kind].append(measured('benchmarks.streaming', kind, path))
    rows = []
    for kind, runs in found.items():
        seconds, private = (min(run[name] for run in runs) for name in ('seconds', 'private'))
        rows.append([kind, f'{1000 * seconds:.1f}', f'{private:.0f}'])
    print(markdown_table(['rows', 'ms a step', 'private MB'], rows))
    same = len({run['weights'] for runs in found.values() for run in runs}) == 1
    print(f'\nThe weights are {"the same, bit by bit" if same else "not the same"}.')


if __name__ == '__main__':
    if len(sys.argv) > 1:
        hand_over(measure(*sys.argv[1:]))
    else:
        main()
