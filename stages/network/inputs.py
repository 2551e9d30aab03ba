"""Pixels become the inputs of the network."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
    places = (np.arange(size) + 0.5) / size - 0.5
    profile = np.exp(-0.5 * (places / width) ** 2)
    return np.outer(profile, profile)


@dataclass(frozen=True)
class PixelRows:
    """Faces as the rows of a matrix X (n, size * size), made where they are needed: their pixels as they are, 0 to 255.

    `pixels` is uint8 (n, size, size), a quarter of X in float32; `dtype` is that of X.
    """

    pixels: np.ndarray
    dtype: type = np.float32

    def __len__(self) -> int:
        """Return the number of rows of X."""
        return len(self.pixels)

    @property
    def width(self) -> int:
        """Return the number of columns of X."""
        return self.pixels[0].size

    def columns(self, part: slice, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return X[positions, part], (positions, columns of the part), of `dtype`."""
        return self.pixels.reshape(len(self), -1)[positions, part].astype(self.dtype)

    def parts(self) -> list[slice]:
        """Return all columns in order, in parts of which BLOCK bytes hold one."""
        step = max(1, BLOCK // (np.dtype(self.dtype).itemsize * len(self)))
        return [slice(start, min(start + step, self.width)) for start in range(0, self.width, step)]


@dataclass(frozen=True)
class StandardRows(PixelRows):
    """Faces as the rows X of the study's network.

    Row i is how.deviation * window * (pixels[i] - mean[i]) / deviation[i], since light and contrast are no part of the
    question: each face gets mean 0 and the same deviation, both weighted by the window, and is then multiplied by it.
    An even face becomes zeros. A PixelError names a face whose pixels are not finite.
    """

    how: Standardisation = STANDARD

    def columns(self, part: slice, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return X[positions, part], (positions, columns of the part), of `dtype`."""
        mean, scale = (numbers[positions, None] for numbers in self._mean_and_scale)
        block = super().columns(part, positions)
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
        mean, deviation = np.empty((2, len(self)), self.dtype)
        step = max(1, BLOCK // (np.dtype(self.dtype).itemsize * self.width))
        for start in range(0, len(self), step):
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


def with_mirrored(pixels: np.ndarray) -> np.ndarray:
    """Return faces twice, as they are and then mirrored: (n, size, size) -> (2n, size, size)."""
    return np.concatenate([pixels, pixels[:, :, ::-1]])
