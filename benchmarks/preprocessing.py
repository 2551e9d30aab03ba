"""How much CPU preprocessing takes beyond the dlib calls inside it: python -m benchmarks.preprocessing [FOLDER]

FOLDER holds photos, at any depth; without it, the photos of the last `dvc repro` in data/raw are taken. One process,
one thread. A row is a step; `all / dlib` is the figure that counts.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from stages.common.files import RAW
from stages.faces import find, photograph
from stages.faces.align import Frame
from stages.params import load_params
from stages.preprocess import look as looking

STEPS = {photograph: ('decode', 'find_face', 'align'), looking: ('asymmetry', 'hashes', 'evenness')}


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
    """Measure."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RAW
    params = load_params().preprocess
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
        look = clock.timed('all', looking.look)
        for path in tqdm(files, disable=None):
            look(Frame(params.size), params.asymmetry, ({'file': path.name, 'remark': ''}, path.read_bytes()))
    seconds = clock.seconds
    seconds['find_face without dlib'] = seconds.pop('find_face') - seconds['dlib']
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f'{name:24} {spent:8.2f} s {1000 * spent / len(files):8.2f} ms a photo')
    print(f'{"all / dlib":24} {seconds["all"] / seconds["dlib"]:8.3f}')


if __name__ == '__main__':
    main()
