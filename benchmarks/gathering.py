"""What preprocess takes once faces have been found: python -m benchmarks.gathering COUNT

Noise stands in the place of what is found in photos, a person each, half of either label. Prints the CPU seconds of the
rest of the stage, from putting crops aside to the folders of faces, and its peak of resident memory, maps and all.
"""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

import numpy as np

from stages.common.files import RAW, write_csv, write_remarks
from stages.common.params import LABELS
from stages.faces.align import Crop
from stages.params import load_params
from stages.preprocess import __main__ as preprocess
from stages.preprocess.look import Look
from tests.clone import ROOT


def noise(_task: object, photos: Sequence, _workers: int, _title: str) -> Iterator[tuple[Look, Crop]]:
    """Stand in for `each`: yield what could have come of each photo."""
    generator = np.random.default_rng(1)
    size = load_params().preprocess.size
    for photo, _ in photos:
        crop = Crop(generator.integers(0, 256, (size, size), np.uint8), generator.random((68, 2), np.float32))
        yield Look(photo, 'found', hashes=generator.integers(0, 256, (2, 2, 32), np.uint8)), crop


def main(count: int) -> None:
    """Measure, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / 'params.yaml', folder)
        os.chdir(folder)
        files = [(f'{LABELS[number % 2]}/{number:016x}.jpg', LABELS[number % 2]) for number in range(count)]
        rows = ((file, label, '', file, '') for file, label in files)
        write_csv(RAW / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(RAW / 'remarks.csv', [])
        for file, _ in files:
            (RAW / file).parent.mkdir(exist_ok=True)
            (RAW / file).touch()
        preprocess.each = noise
        start = time.process_time()
        preprocess.main()
        os.chdir(ROOT)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f'{count} faces: {time.process_time() - start:.0f} CPU seconds, peak {peak:.0f} MB')


if __name__ == '__main__':
    main(int(sys.argv[1]))
