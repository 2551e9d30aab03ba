"""Measure what it costs to group near-duplicates: python -m benchmarks.near_duplicates

CPU seconds and peak memory for rising numbers of random hashes, two pictures a face, and for hashes that are all alike.
"""

import sys
import time

import numpy as np

from benchmarks.measuring import hand_over, measured
from stages.faces.duplicates import groups
from stages.report.page import markdown_table

CASES = (
    (10_000, 'random'),
    (20_000, 'random'),
    (50_000, 'random'),
    (100_000, 'random'),
    (20_000, 'all alike'),
)


def measure(count: str, kind: str) -> dict:
    """Return the CPU seconds and the number of groups for `count` faces."""
    generator = np.random.default_rng(1)
    hashes = generator.integers(0, 256, (int(count), 2, 2, 32), np.uint8)
    if kind == 'all alike':
        hashes = hashes[:1] ^ np.packbits(generator.random((int(count), 2, 2, 256)) < 0.03, axis=-1)
    start = time.process_time()
    numbers = groups(hashes)
    return {'seconds': time.process_time() - start, 'groups': len(set(numbers.tolist()))}


def main() -> None:
    """Measure each case in a separate process, and print the table."""
    rows = []
    for count, kind in CASES:
        found = measured('benchmarks.near_duplicates', count, kind)
        name = str(count) if kind == 'random' else f'{count}, {kind}'
        rows.append([name, f'{found["seconds"]:.1f}', f'{found["memory"] / 1e6:.0f}', str(found['groups'])])
    print(markdown_table(['faces', 'CPU seconds', 'peak MB', 'groups'], rows))


if __name__ == '__main__':
    if len(sys.argv) > 1:
        hand_over(measure(*sys.argv[1:]))
    else:
        main()
