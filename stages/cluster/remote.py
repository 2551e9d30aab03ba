"""What travels to a worker of a cluster, where nothing of this project is installed.

cloudpickle carries this module by its content, so it uses Python, Dask and threadpoolctl only.
"""

import pickle
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cloudpickle

# What decides results, each by the names under which it is installed.
LIBRARIES = (('numpy',), ('scipy',), ('scikit-learn',), ('dlib-bin', 'dlib'), ('pillow',), ('ImageHash',))


def versions() -> dict[str, str]:
    """Return the versions of Python and of all LIBRARIES in this process, by name."""
    found = {'python': platform.python_version()} | {names[0]: 'none' for names in LIBRARIES}
    for names in LIBRARIES:
        for name in reversed(names):
            with suppress(PackageNotFoundError):
                found[names[0]] = version(name)
    return found


def differences(expected: dict[str, str]) -> str:
    """Return in what this process differs from the `expected` versions, in words; empty if in nothing."""
    wrong = {name: found for name, found in versions().items() if found != expected[name]}
    return ', '.join(f'{name} {found} instead of {expected[name]}' for name, found in wrong.items())


@dataclass
class Shared:
    """A function that all tasks of one `parallel_map` share; each worker builds it at its first task.

    code: the package `stages` as a zip archive, and `digest`, its hash. build: pickled, returns the function. expected:
    the versions of the client.
    """

    # As from one worker to another it is pickled again, when pickle would import any `stages` that it finds there.
    __module__ = '__main__'

    digest: str
    code: bytes
    build: bytes
    expected: dict[str, str]
    function: Callable | None = None
    package: object = None  # `stages` as it was when the function was built
    modules: int = 0  # that were loaded when BLAS was limited to one thread

    def __getstate__(self) -> dict:
        """Leave out what each worker builds for itself."""
        return self.__dict__ | {'function': None, 'package': None, 'modules': 0}

    def __call__(self, items: bytes) -> bytes:
        """Return the pickled results of pickled items, and the seconds that they took.

        BLAS keeps to one thread from then on. An error of the first item is raised; one of another ends the results
        before it.
        """
        from threadpoolctl import threadpool_limits

        # Another run, with other code, may have been here since.
        if self.function is None or sys.modules.get('stages') is not self.package:
            self.function, self.package = self._loaded()
        # Libraries that were loaded since would use more threads; to look costs milliseconds.
        if len(sys.modules) != self.modules:
            threadpool_limits(1)
            self.modules = len(sys.modules)
        start, results = time.monotonic(), []
        for item in pickle.loads(items):
            try:
                results.append(self.function(item))
            except Exception:
                if not results:
                    raise
                break
        return cloudpickle.dumps((results, time.monotonic() - start))

    def _loaded(self) -> tuple[Callable, object]:
        """Return the function, and the package `stages` of the client, in place of any other in this process."""
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
        # The client has looked at the versions, but a worker may have come later.
        if wrong := differences(self.expected):
            raise import_module('stages.common.errors').StudyError(f'the worker {get_worker().address} has {wrong}')
        return pickle.loads(self.build)(), sys.modules['stages']
