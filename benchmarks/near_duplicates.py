"""What near-duplicate groups cost: python -m benchmarks.near_duplicates

CPU seconds and memory at rising counts of random hashes, two pictures a face, and of hashes that are all alike.
"""

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from stages.faces.duplicates import groups
from stages.report.tables import markdown_table


def measured(count: int, alike: bool) -> tuple[float, float, int]:
    """Return CPU seconds, peak memory in MB and the number of groups."""
    generator = np.random.default_rng(1)
    hashes = generator.integers(0, 256, (count, 2, 2, 32), np.uint8)
    if alike:
        hashes = hashes[:1] ^ np.packbits(generator.random((count, 2, 2, 256)) < 0.03, axis=-1)
    start = time.process_time()
    numbers = groups(hashes)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, len(set(numbers))


def main() -> None:
    """Measure, each in a process of its own."""
    rows = []
    for count, alike in ((10_000, False), (20_000, False), (50_000, False), (100_000, False), (20_000, True)):
        with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
            seconds, megabytes, numbers = pool.submit(measured, count, alike).result()
        rows.append([f'{count}{", all alike" * alike}', f'{seconds:.1f}', f'{megabytes:.0f}', str(numbers)])
    print(markdown_table(['faces', 'CPU seconds', 'peak MB', 'groups'], rows))


if __name__ == '__main__':
    main()
