"""Pixels become the inputs of the network."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.common.arrays import Stack
from stages.network.errors import PixelError

BLOCK = 2**25  # bytes of standardised rows that are made at a time: little beside the pixels, enough to keep BLAS busy


@dataclass(frozen=True)
class Standardisation:
    """How a crop becomes a row.

    width: deviation of the window, as a share of the crop's side. deviation: of a row's numbers before they are
    weighted by the window; with 1, a first layer drawn from U(-1, 1) / sqrt(fan in) would start with too small outputs.
    """

    width: float = 0.3
    deviation: float = 6.0


STANDARD = Standardisation()


def window(size: int, width: float = STANDARD.width) -> np.ndarray:
    """Return the weight of each pixel, float64 (size, size): a Gaussian, since a crop's rim is hair and background."""
    # Whole numbers over one, so that both sides of the middle are alike to the last digit.
    places = (2 * np.arange(size) + 1 - size) / (2 * size)
    profile = np.exp(-0.5 * (places / width) ** 2)
    return np.outer(profile, profile)


@dataclass(frozen=True)
class PixelRows:
    """Faces as the rows of a matrix X (n, size * size), made where they are needed: their pixels as they are, 0 to 255.

    `pixels` is uint8 (faces, size, size), or a Stack of such, a quarter of X in float32; `dtype` is that of X. With
    `mirror`, the mirror images of all faces are further rows, in the same order: n is twice the number of faces.
    """

    pixels: np.ndarray | Stack
    dtype: type = np.float32
    mirror: bool = False

    def __len__(self) -> int:
        """Return the number of rows of X."""
        return self.views * len(self.pixels)

    @property
    def views(self) -> int:
        """Return how many rows of X a face has."""
        return 2 if self.mirror else 1

    @property
    def width(self) -> int:
        """Return the number of columns of X."""
        return self.pixels.shape[-2] * self.pixels.shape[-1]

    def of_faces(self, faces: np.ndarray) -> np.ndarray:
        """Return the positions of the rows of some faces, int64 (k,): those as they are, then those mirrored."""
        return np.concatenate([faces + view * len(self.pixels) for view in range(self.views)])

    def columns(self, part: slice, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return X[rows, part], (rows, columns of the part), of `dtype`; the part is whole lines of the picture."""
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        start, stop, _ = part.indices(self.width)
        side = self.pixels.shape[-1]
        faces = rows % len(self.pixels)
        block = self.pixels[faces][:, start // side : stop // side]
        mirrored = rows >= len(self.pixels)
        block[mirrored] = block[mirrored, :, ::-1]
        return self._prepared(block.reshape(len(rows), -1).astype(self.dtype), part, faces)

    def _prepared(self, block: np.ndarray, part: slice, faces: np.ndarray) -> np.ndarray:
        return block

    def parts(self) -> list[slice]:
        """Return all columns in order, in parts of which BLOCK bytes hold one, if one line of the picture fits."""
        side = self.pixels.shape[-1]
        step = side * max(1, BLOCK // (np.dtype(self.dtype).itemsize * len(self) * side))
        return [slice(start, min(start + step, self.width)) for start in range(0, self.width, step)]

    def blocks(self) -> list[slice]:
        """Return all rows in order, in blocks of which BLOCK bytes hold one."""
        step = max(1, BLOCK // (np.dtype(self.dtype).itemsize * self.width))
        return [slice(start, min(start + step, len(self))) for start in range(0, len(self), step)]


@dataclass(frozen=True)
class StandardRows(PixelRows):
    """Faces as the rows X of the study's network.

    The row of face i is how.deviation * window * (pixels[i] - mean[i]) / deviation[i], since light and contrast are no
    part of the question: each face gets mean 0 and the same deviation, both weighted by the window, and is then
    multiplied by it. An even face becomes zeros. Its mirror image has the same numbers in another order. A PixelError
    names a face whose pixels are not finite.
    """

    how: Standardisation = STANDARD

    def _prepared(self, block: np.ndarray, part: slice, faces: np.ndarray) -> np.ndarray:
        mean, scale = (numbers[faces, None] for numbers in self._mean_and_scale)
        block -= mean
        block *= self._window[part]
        block *= scale
        return block

    @cached_property
    def _window(self) -> np.ndarray:
        return window(self.pixels.shape[-1], self.how.width).ravel().astype(self.dtype)

    @cached_property
    def _mean_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of each face, and the factor that brings its deviation to how.deviation, (n,) each."""
        shares = self._window / self._window.sum()
        count = len(self.pixels)
        mean, deviation = np.empty((2, count), self.dtype)
        step = max(1, BLOCK // (np.dtype(self.dtype).itemsize * self.width))
        for start in range(0, count, step):
            block = self.pixels[start : start + step].reshape(-1, self.width).astype(self.dtype)
            # Not a product by BLAS, whose sums depend on how many threads it has.
            mean[start : start + step] = np.einsum('ij,j->i', block, shares)
            block -= mean[start : start + step, None]
            block *= block
            deviation[start : start + step] = np.sqrt(np.einsum('ij,j->i', block, shares))
        if not np.isfinite(deviation).all():
            raise PixelError(f'face {int(np.argmin(np.isfinite(deviation)))} holds pixels that are not finite numbers')
        # Rounding leaves an even face a deviation of some 1e-5; a single pixel that differs by 1 makes 1e-2.
        return mean, self.how.deviation / np.where(deviation > 1e-3, deviation, np.inf).astype(self.dtype)


def standardise(pixels: np.ndarray, how: Standardisation = STANDARD) -> np.ndarray:
    """Return all rows of StandardRows at once: uint8 (n, size, size) -> float32 (n, size * size)."""
    return StandardRows(pixels, how=how).columns(slice(None))
