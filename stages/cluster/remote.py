"""What travels to a worker of a cluster, where nothing of this project is installed.

cloudpickle carries this module by its content, so it uses Python, Dask and threadpoolctl only.
"""

import pickle
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cloudpickle

# What decides results, each by the names under which it is installed.
LIBRARIES = (('numpy',), ('scipy',), ('scikit-learn',), ('dlib-bin', 'dlib'), ('pillow',), ('ImageHash',))


def versions() -> dict[str, str]:
    """Return the versions of Python and of all LIBRARIES in this process, by name."""
    found = {'python': platform.python_version()}
    for names in LIBRARIES:
        found[names[0]] = 'none'
        for name in reversed(names):
            try:
                found[names[0]] = version(name)
            except PackageNotFoundError:
                continue
    return found


def differences(expected: dict[str, str]) -> str:
    """Return in what this process differs from the `expected` versions, in words; empty if in nothing."""
    return ', '.join(f'{name} {found} instead of {expected[name]}' for name, found in versions().items()
                     if found != expected[name])  # fmt: skip


@dataclass
class Shared:
    """A function that all tasks of one `each` share: what is needed to make it, and once it was called, the function.

    code: the package `stages` as a zip archive, and `digest`, its hash. make: pickled, returns the function. expected:
    the versions of the client. Where Dask hands it to another worker, that makes the function for itself.
    """

    # As from one worker to another it is pickled anew, when pickle would import any `stages` that it finds there.
    __module__ = '__main__'

    digest: str
    code: bytes
    make: bytes
    expected: dict[str, str]

    def __post_init__(self) -> None:
        """Start without the function."""
        self._function = self._package = self._modules = None

    def __getstate__(self) -> dict:
        """Leave out what each worker makes for itself."""
        return self.__dict__ | {'_function': None, '_package': None, '_modules': None}

    def __call__(self, items: bytes) -> bytes:
        """Return the pickled results of pickled items, and the seconds that they took.

        BLAS keeps to one thread from then on. An error of the first item is raised; one of another ends the results
        before it.
        """
        from threadpoolctl import threadpool_limits

        # Another run, with other code, may have been here since.
        if self._package is None or sys.modules.get('stages') is not self._package:
            package = self._loaded()
            self._function = self._made()
            self._package = package
        # Libraries that were loaded since would use more threads; to look costs milliseconds.
        if len(sys.modules) != self._modules:
            threadpool_limits(1)
            self._modules = len(sys.modules)
        start, results = time.monotonic(), []
        for item in pickle.loads(items):
            try:
                results.append(self._function(item))
            except Exception:
                if not results:
                    raise
                break
        return cloudpickle.dumps((results, time.monotonic() - start))

    def _loaded(self) -> object:
        """Return the package `stages` of the client, in the place of any other that this process has."""
        from distributed import get_worker

        archive = Path(get_worker().local_directory) / f'{self.digest}.zip'
        if getattr(sys.modules.get('stages'), '__file__', '') != str(archive / 'stages' / '__init__.py'):
            for name in [name for name in sys.modules if name.partition('.')[0] == 'stages']:
                del sys.modules[name]
            archive.write_bytes(self.code)
            sys.path.insert(0, str(archive))
            invalidate_caches()
            import_module('stages')
            sys.path.remove(str(archive))
        return sys.modules['stages']

    def _made(self) -> Callable:
        """Return the function, unless the versions differ: the client looked, but a worker may have come later."""
        from distributed import get_worker

        wrong = differences(self.expected)
        if wrong:
            raise import_module('stages.common.errors').StudyError(f'the worker {get_worker().address} has {wrong}')
        return pickle.loads(self.make)()
