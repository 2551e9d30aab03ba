"""The crops of all faces that were found, on disk while photos are still being processed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from stages.common.arrays import Stack
from stages.common.files import writing
from stages.faces.align import Crop
from stages.preprocess.photos import PhotoResult


class Crops:
    """Crops of `size` pixels a side, none of them in memory.

    They are in an unnamed file beside `path`, which disappears with the process, however that ends. A StudyError says
    that the disk is full; other errors of the disk name `path`.
    """

    def __init__(self, size: int, path: Path):
        self._path = path
        with writing(self._path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._dtype = np.dtype([('pixels', np.uint8, (size, size)), ('landmarks', np.float32, (68, 2))])
        self._count = 0

    def keep(self, found: Iterable[tuple[PhotoResult, Crop | None]]) -> Iterator[PhotoResult]:
        """Keep the crops of processed photos, and yield each result with the number of its crop."""
        for result, crop in found:
            if crop is None:
                yield result
                continue
            with writing(self._path):
                self._file.write(crop.pixels.tobytes() + crop.landmarks.tobytes())
            yield replace(result, face=self._count)
            self._count += 1

    def of(self, results: Sequence[PhotoResult], field: str) -> Stack:
        """Return the `pixels` or the `landmarks` of the faces of some results, to be read when they are indexed."""
        return Stack(self._records[field], picked=np.array([result.face for result in results], np.int64))

    @cached_property
    def _records(self) -> np.ndarray:
        """Map all crops, once they have all been kept."""
        with writing(self._path):
            self._file.flush()
        return np.memmap(self._file, self._dtype, 'r')
