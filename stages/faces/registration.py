"""How far two faces agree once one is registered to the other: copies of a photo do, other photos do not."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

SIDE = 64  # pixels of a crop; all lengths below are in pixels of such a crop
CENTRE = np.array([31.5, 33.5], np.float32)  # x and y of the middle of the face, from the first pixel's centre
DETAIL = (0.7, 1.5)  # blurs whose difference is compared
NEIGHBOURHOOD = 3  # blur within which correlation is local
NOISE = 0.02  # of the mean energy of the detail, added to that of each neighbourhood: flat ones correlate with nothing
COMPARED = (24, 20)  # half the side of what is compared, and the width of the Gaussian weight around its centre
SHARE = 0.7  # of the weight has a local correlation up to the agreement: a cut or covered part does not count
DAMPING = 0.01  # of the steps, as a share of the mean curvature
MAX_CHANGE = 0.3  # of a length, in one step
TAIL = 2.5  # standard deviations at which a blur ends


@dataclass(frozen=True)
class Scale:
    """One round of the registration: the blurs whose difference is registered, the step of the grid, and how often."""

    blurs: tuple[float, float]
    step: int
    rounds: int


SCALES = (Scale((3, 6), 2, 6), Scale((1, 3), 2, 5))
REGISTERED = (18, 12)  # as COMPARED
EVENING = 5  # blur of the energy that a band is divided by


def agreement(crops: np.ndarray, faces: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far the fine detail of pairs of crops agrees: up to 1, float32 (n,).

    crops: uint8 (m, SIDE, SIDE). faces, others: their positions, int64 (n,). Each other crop is first registered to its
    face by an affine map, from coarse to fine, by Gauss-Newton steps on the correlation (Evangelidis and Psarakis,
    2008). The agreement is the quantile SHARE of the local correlations.
    """
    count = len(faces)
    matrix, shift = np.tile(np.eye(2, dtype=np.float32), (count, 1, 1)), np.tile(CENTRE, (count, 1))
    for scale in SCALES:
        bands = evened(band(crops, scale.blurs))
        matrix, shift = _registered(bands, faces, others, scale, matrix, shift)
    points, weight = _grid(*COMPARED, step=1)
    side, detail = 2 * COMPARED[0] + 1, band(crops, DETAIL)
    mapped = (faces, points + CENTRE), (others, _mapped(points, matrix, shift))
    face, other = (_sampled(detail, crop, at).reshape(count, side, side) for crop, at in mapped)
    energies = [blurred(part * part, NEIGHBOURHOOD) for part in (face, other)]
    noisy = [energy + NOISE * energy.mean(axis=(1, 2), keepdims=True) + 1e-3 for energy in energies]
    local = (blurred(face * other, NEIGHBOURHOOD) / np.sqrt(noisy[0] * noisy[1])).reshape(count, -1)
    order = np.argsort(local, axis=1)
    passed = np.cumsum(weight[order], axis=1) < SHARE * weight.sum()
    return np.take_along_axis(local, order, axis=1)[np.arange(count), passed.sum(axis=1)]


def _registered(
    bands: np.ndarray, faces: np.ndarray, others: np.ndarray, scale: Scale, matrix: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the affine maps, matrices (n, 2, 2) and shifts (n, 2), after some steps from those given."""
    points, weight = _grid(*REGISTERED, scale.step)
    seen, length = _standard(_sampled(bands, faces, points + CENTRE), weight)
    slopes = [
        (_sampled(bands, faces, points + CENTRE + half) - _sampled(bands, faces, points + CENTRE - half)) / length
        for half in np.eye(2, dtype=np.float32) / 2
    ]
    x, y = (points / REGISTERED[1]).T
    basis = np.stack([*slopes, x * slopes[0], y * slopes[0], x * slopes[1], y * slopes[1]], axis=1)
    # Brightness and contrast are free: what changes only them is no movement.
    basis -= (basis @ weight)[:, :, None] / weight.sum()
    basis -= (basis @ (seen * weight)[:, :, None]) * seen[:, None]
    weighted = basis * weight
    curvature = weighted @ basis.transpose(0, 2, 1)
    damping = DAMPING * np.trace(curvature, axis1=1, axis2=2)[:, None, None] / curvature.shape[-1] + 1e-6
    curvature += damping * np.eye(curvature.shape[-1], dtype=np.float32)
    project = np.linalg.solve(curvature, weighted)
    for _ in range(scale.rounds):
        now = _standard(_sampled(bands, others, _mapped(points, matrix, shift)), weight)[0]
        correlation = np.maximum((now * seen) @ weight, MAX_CHANGE)
        step = (project @ (now / correlation[:, None] - seen)[:, :, None])[..., 0]
        change = np.clip(step[:, 2:].reshape(-1, 2, 2) / REGISTERED[1], -MAX_CHANGE, MAX_CHANGE)
        matrix = matrix @ np.linalg.inv(np.eye(2, dtype=np.float32) + change)
        shift = shift - (matrix @ step[:, :2, None])[..., 0]
    return matrix, shift


def _grid(half: int, width: float, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points around the centre, float32 (m, 2), and their weights, (m,)."""
    line = np.arange(-half, half + 1, step, dtype=np.float32)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return points, np.exp(-((points / np.float32(width)) ** 2).sum(axis=1) / 2)


def _mapped(points: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return where the maps take points (m, 2): float32 (n, m, 2)."""
    return points @ matrix.transpose(0, 2, 1) + shift[:, None]


def _sampled(pictures: np.ndarray, chosen: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the `chosen` ones, (n,), of float32 pictures (k, SIDE, SIDE) at points (n, m, 2) or (m, 2): (n, m).

    Between pixels, it is bilinear.
    """
    points = np.clip(points, 0, SIDE - 1.001)
    corner = points.astype(np.int32)
    right, down = np.moveaxis(points - corner, -1, 0)
    first = corner[..., 1] * SIDE + corner[..., 0] + (chosen * SIDE**2)[:, None]
    flat = pictures.ravel()
    upper = flat[first] * (1 - right) + flat[first + 1] * right
    lower = flat[first + SIDE] * (1 - right) + flat[first + SIDE + 1] * right
    return upper + down * (lower - upper)


def _standard(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values (n, m) with weighted mean 0 and length 1, and the lengths before, (n, 1)."""
    centred = values - (values @ weight)[:, None] / weight.sum()
    length = np.sqrt((centred * centred) @ weight)[:, None] + 1e-6
    return centred / length, length


def blurred(pictures: np.ndarray, blur: float) -> np.ndarray:
    """Return pictures, float32 (n, side, side), after a Gaussian blur whose standard deviation is in pixels."""
    along = _blur(pictures.shape[-1], blur)
    return along @ pictures @ along.T


@cache
def _blur(side: int, blur: float) -> np.ndarray:
    # As a matrix, since BLAS is several times faster than a filter.
    return gaussian_filter(np.eye(side, dtype=np.float32), (blur, 0), truncate=TAIL)


def band(pictures: np.ndarray, blurs: tuple[float, float]) -> np.ndarray:
    """Return the difference of two blurs of pictures (n, side, side), float32."""
    floats = pictures.astype(np.float32)
    return blurred(floats, blurs[0]) - blurred(floats, blurs[1])


def evened(band: np.ndarray) -> np.ndarray:
    """Return a band (n, side, side) with about the same energy everywhere: no edge or sticker outweighs a face."""
    energy = blurred(band * band, EVENING)
    return band / np.sqrt(energy + 0.1 * energy.mean(axis=(1, 2), keepdims=True) + 1)
