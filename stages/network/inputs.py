"""Standardisation: from the pixels of faces to the inputs of the network."""

from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import DTypeLike

from stages.common.arrays import Rows
from stages.network.errors import PixelError

BLOCK_BYTES = 2**25  # of standardised rows computed at a time: small compared with the pixels, enough to keep BLAS busy


@dataclass(frozen=True)
class Standardisation:
    """How a crop becomes a row."""

    width: float = 0.3  # standard deviation of the Gaussian window, as a share of the crop's side
    # Of a row before it is multiplied by the window: with 1, the outputs of a new first layer would be too small.
    deviation: float = 6.0


STANDARD = Standardisation()


def gaussian_window(size: int, width: float = STANDARD.width) -> np.ndarray:
    """Return the weight of each pixel, float64 (size, size): low at the rim of a crop, which is hair and background."""
    # Integers divided once, so that the window is symmetric to the last digit.
    positions = (2 * np.arange(size) + 1 - size) / (2 * size)
    profile = np.exp(-0.5 * (positions / width) ** 2)
    return np.outer(profile, profile)


@dataclass(frozen=True)
class PixelRows:
    """Faces as the rows of a matrix X (n, size * size) that is computed in blocks: raw pixels, 0 to 255.

    With `mirror`, each face stands for its mirror image, too. Its components are then the even and the odd part of the
    face (see `parities`), otherwise the row itself.
    """

    pixels: Rows  # uint8 (n, size, size)
    dtype: DTypeLike = np.float32  # of X
    mirror: bool = False

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.pixels)

    @property
    def views(self) -> int:
        """Return how many pictures a face stands for, which is also the number of its components."""
        return 2 if self.mirror else 1

    @property
    def width(self) -> int:
        """Return the number of columns of X."""
        return self.pixels.shape[-2] * self.pixels.shape[-1]

    def digest(self) -> bytes:
        """Return a hash of all that X is computed from."""
        settings = [getattr(self, field.name) for field in fields(self) if field.name != 'pixels']
        hashed = blake2b(repr([type(self), *settings]).encode())
        for block in self.blocks():
            hashed.update(self.pixels[block].tobytes())
        return hashed.digest()

    def columns(self, part: slice, faces: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return X[faces, part] as `dtype`; `part` must cover whole lines of the picture."""
        if isinstance(faces, slice):
            faces = np.arange(len(self))[faces]
        start, stop, _ = part.indices(self.width)
        side = self.pixels.shape[-1]
        block = self.pixels[faces][:, start // side : stop // side]
        return self._prepared(block.reshape(len(faces), -1).astype(self.dtype), part, faces)

    def _prepared(self, block: np.ndarray, part: slice, faces: np.ndarray) -> np.ndarray:
        return block

    def components(self, part: slice, faces: np.ndarray | slice = slice(None)) -> list[np.ndarray]:
        """Return the components of X[faces, part], (k, d / views) each."""
        return self.split(self.columns(part, faces))

    def split(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return the components of pictures or of lines of them, (k, lines * side)."""
        return [*parities(rows, self.pixels.shape[-1])] if self.mirror else [rows]

    def joined(self, components: list[np.ndarray]) -> np.ndarray:
        """Return the rows, (k, lines * side), that have these components."""
        return of_parities(components[0], components[-1], self.pixels.shape[-1]) if self.mirror else components[0]

    def parts(self) -> list[slice]:
        """Return slices that cover all columns: each at most BLOCK_BYTES of X, but at least one line of the picture."""
        return _slices(self.width, np.dtype(self.dtype).itemsize * len(self), whole=self.pixels.shape[-1])

    def blocks(self) -> list[slice]:
        """Return slices that cover all rows: each at most BLOCK_BYTES of X, but at least one row."""
        return _slices(len(self), np.dtype(self.dtype).itemsize * self.width)


def _slices(count: int, size: int, whole: int = 1) -> list[slice]:
    """Return slices of `count` things of `size` bytes, each of a multiple of `whole` things in about BLOCK_BYTES."""
    step = whole * max(1, BLOCK_BYTES // (size * whole))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


@dataclass(frozen=True)
class StandardRows(PixelRows):
    """Faces as the rows X of the study's network.

    The row of face i is how.deviation * window * (pixels[i] - mean[i]) / deviation[i]. Light and contrast carry no
    information about the label, so each face is brought to mean 0 and the same deviation, both weighted by the window.
    A face of one grey level becomes zeros. A mirror image has the same numbers in another order. A PixelError names a
    face whose pixels are not finite.
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
        return gaussian_window(self.pixels.shape[-1], self.how.width).ravel().astype(self.dtype)

    @cached_property
    def _mean_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of each face, and the factor that brings its deviation to how.deviation, (n,) each."""
        shares = self._window / self._window.sum()
        mean, deviation = np.empty((2, len(self.pixels)), self.dtype)
        for part in _slices(len(self.pixels), self._window.nbytes):
            block = self.pixels[part].reshape(-1, self.width).astype(self.dtype)
            # Not a BLAS product, whose sums depend on the number of threads.
            mean[part] = np.einsum('ij,j->i', block, shares)
            block -= mean[part, None]
            block *= block
            deviation[part] = np.sqrt(np.einsum('ij,j->i', block, shares))
        if not np.isfinite(deviation).all():
            raise PixelError(f'face {int(np.argmin(np.isfinite(deviation)))} holds pixels that are not finite numbers')
        # Rounding gives a face of one grey level a deviation of about 1e-5; one pixel that differs by 1 gives 1e-2.
        return mean, self.how.deviation / np.where(deviation > 1e-3, deviation, np.inf).astype(self.dtype)


def standardise(pixels: np.ndarray, how: Standardisation = STANDARD) -> np.ndarray:
    """Return all rows of StandardRows at once: uint8 (n, size, size) -> float32 (n, size * size)."""
    return StandardRows(pixels, how=how).columns(slice(None))


def parities(rows: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one side of the even and of the odd parts of faces or of lines of them: (n, lines * side) -> (n, d) each.

    The even part of a face x with the mirror image x~ is x + x~, the odd one x - x~.
    """
    lines = rows.reshape(len(rows), -1, side)
    middle = -(-side // 2)
    left, right = lines[:, :, :middle], lines[:, :, ::-1][:, :, :middle]
    even, odd = left + right, left - right
    if side % 2:
        # A column in the middle is its own mirror image: it counts once, the others twice.
        even[:, :, -1] *= np.sqrt(0.5)
    return even.reshape(len(rows), -1), odd.reshape(len(rows), -1)


def of_parities(even: np.ndarray, odd: np.ndarray, side: int) -> np.ndarray:
    """Return the rows, (n, lines * side), whose `parities` these are."""
    middle = -(-side // 2)
    sums, differences = (part.reshape(len(part), -1, middle) / 2 for part in (even, odd))
    if side % 2:
        sums[:, :, -1] *= np.sqrt(2)
    # The column in the middle of an odd side is not repeated.
    mirrored = (sums - differences)[:, :, ::-1][:, :, side % 2 :]
    return np.concatenate([sums + differences, mirrored], axis=2).reshape(len(even), -1)


def sums_and_differences(halves: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the sum and the difference of two arrays, (2, k, h), in `out`; a single one, (1, k, h), as it is."""
    if len(halves) == 1:
        return halves
    np.add(halves[0], halves[1], out=out[0])
    np.subtract(halves[0], halves[1], out=out[1])
    return out
