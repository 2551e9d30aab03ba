"""Measure what preprocess costs once faces have been found: python -m benchmarks.gathering COUNT

Random noise takes the place of the faces in COUNT photos, each of another person, half of them of each label. Prints
the CPU seconds of the rest of the stage, from keeping the crops to writing data/faces, and its peak resident memory,
which includes mapped files.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.measuring import peak_memory
from stages.common.files import RAW, write_csv, write_json, write_remarks
from stages.common.params import LABELS, load_params
from stages.faces.align import Crop
from stages.faces.registration import SIDE
from stages.preprocess import __main__ as preprocess
from stages.preprocess.photos import PhotoResult
from stages.sources.lost import read_counts
from tests.clone import ROOT


def noise(_task: object, photos: Sequence, *_: object) -> Iterator[tuple[PhotoResult, Crop, np.ndarray]]:
    """Yield what could have been found in each photo, in place of `parallel_map`."""
    generator = np.random.default_rng(1)
    size = load_params(preprocess.Params).preprocess.size
    for photo, _ in photos:
        crop = Crop(generator.integers(0, 256, (size, size), np.uint8), generator.random((68, 2), np.float32))
        look = generator.integers(0, 256, (SIDE, SIDE), np.uint8)
        yield PhotoResult(photo, 'found', hashes=generator.integers(0, 256, (2, 2, 32), np.uint8)), crop, look


def main(count: int) -> None:
    """Measure in a temporary folder, and print a line."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / 'params.yaml', folder)
        os.chdir(folder)
        files = [(f'{LABELS[number % 2]}/{number:016x}.jpg', LABELS[number % 2]) for number in range(count)]
        rows = ((file, label, '', file, '') for file, label in files)
        write_csv(RAW / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(RAW / 'remarks.csv', [])
        write_json(RAW / 'read.json', read_counts(count, []))
        for file, _ in files:
            (RAW / file).parent.mkdir(exist_ok=True)
            (RAW / file).touch()
        preprocess.parallel_map = noise
        start = time.process_time()
        preprocess.main()
        seconds = time.process_time() - start
        os.chdir(ROOT)
    print(f'{count} faces: {seconds:.0f} CPU seconds, peak {peak_memory() / 1e6:.0f} MB')


if __name__ == '__main__':
    main(int(sys.argv[1]))
