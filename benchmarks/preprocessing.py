"""Measure the CPU time of preprocessing and of the dlib calls in it: python -m benchmarks.preprocessing [FOLDER]

FOLDER holds photos, at any depth; the default is data/raw, the photos of the last `dvc repro`. It runs in one process
with one thread. Each row is a step; the last, `all / dlib`, is the ratio to watch.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from stages.common.files import RAW
from stages.common.params import load_params
from stages.faces import find, photograph
from stages.faces.align import Frame
from stages.preprocess import photos
from stages.preprocess.__main__ import Params

STEPS = {photograph: ('decode', 'find_face', 'align'), photos: ('asymmetry', 'hashes', 'evenness')}


class Clock:
    """CPU seconds by name of step."""

    def __init__(self):
        self.seconds = defaultdict(float)

    def timed(self, name: str, function: Callable) -> Callable:
        """Return `function`, its CPU seconds added up under `name`."""

        def wrapper(*arguments: object) -> object:
            start = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.seconds[name] += time.process_time() - start

        return wrapper


def main() -> None:
    """Measure, and print a row for each step."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RAW
    params = load_params(Params).preprocess
    files = sorted(path for path in folder.rglob('*') if path.is_file() and path.suffix != '.csv')
    clock = Clock()
    detector = clock.timed('dlib', find._detector().run)
    predictor = clock.timed('dlib', find._predictor())
    find._detector = lambda: type('Timed', (), {'run': staticmethod(detector)})
    find._predictor = lambda: predictor
    for module, names in STEPS.items():
        for name in names:
            setattr(module, name, clock.timed(name, getattr(module, name)))
    with threadpool_limits(1):
        find_in_photo = clock.timed('all', photos.find_in_photo)
        for path in tqdm(files, disable=None):
            row = {'file': path.name, 'remark': ''}
            find_in_photo(Frame(params.size), params.asymmetry, (row, path.read_bytes()))
    seconds = clock.seconds
    seconds['find_face without dlib'] = seconds.pop('find_face') - seconds['dlib']
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f'{name:24} {spent:8.2f} s {1000 * spent / len(files):8.2f} ms a photo')
    print(f'{"all / dlib":24} {seconds["all"] / seconds["dlib"]:8.3f}')


if __name__ == '__main__':
    main()
