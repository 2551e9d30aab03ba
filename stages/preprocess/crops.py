"""The crops of all faces that were found, out of the way while photos are still being looked at."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from stages.common.arrays import Stack
from stages.common.files import writing
from stages.faces.align import Crop
from stages.preprocess.look import Look


class Crops:
    """Crops of `size` pixels a side, none of them in memory.

    They are in a file without a name beside `place`, which is gone with the process, however that ends. A StudyError
    says that the disk is full; other errors of the disk name `place`.
    """

    def __init__(self, size: int, place: Path):
        self._place = place
        with writing(self._place):
            place.parent.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=place.parent)  # noqa: SIM115
        self._dtype = np.dtype([('pixels', np.uint8, (size, size)), ('landmarks', np.float32, (68, 2))])
        self._count = 0

    def keep(self, seen: Iterable[tuple[Look, Crop | None]]) -> Iterator[Look]:
        """Take the crops out of what was seen of photos, and yield each look with the number of its face here."""
        for look, crop in seen:
            if crop is None:
                yield look
                continue
            with writing(self._place):
                self._file.write(crop.pixels.tobytes() + crop.landmarks.tobytes())
            yield replace(look, face=self._count)
            self._count += 1

    def of(self, looks: Sequence[Look], field: str) -> Stack:
        """Return the `pixels` or the `landmarks` of the faces of some looks, to be read when they are asked for."""
        return Stack(self._records[field], picked=np.array([look.face for look in looks], np.int64))

    @cached_property
    def _records(self) -> np.ndarray:
        """Map all crops, once they have all been taken."""
        with writing(self._place):
            self._file.flush()
        return np.memmap(self._file, self._dtype, 'r')
