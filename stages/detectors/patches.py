"""The fine structure of faces: small patches that recur on some rows, and patterns all over them."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter, maximum_filter, uniform_filter
from scipy.stats import binom

from stages.common.arrays import Rows
from stages.network.inputs import gaussian_window

SIDE = 7  # of a patch, in pixels
HALF = SIDE // 2
REACH = 2  # pixels by which a patch may lie elsewhere on another face
SHIFTS = 2 * REACH + 1
PEAKS = 10  # most salient patches of a suspect that are looked for
GRID = 3  # pixels per side of the cells in which patches are looked for together
CALM_ROWS = 1000  # at most, that suspects are compared with
# Suspects at most, the most suspect ones: of more, what some people have by nature would be evidence enough, too. The
# limits for evidence were chosen on sets with fewer.
MINED = 200
BLOCK_ROWS = 4096
SPREAD_ROWS = 4096  # of which the spread of a pixel is measured in a large set
TAILS = (0.01, 0.003, 0.001)  # shares of the calm rows that may match as well as a hit
DEPTHS = (1.0, 0.5, 0.25)  # shares of the suspects, the most suspect first
MIN_DEPTH = 5  # suspects
NEGLIGIBLE = 1e-6  # spread of a pixel or a face without any structure


@dataclass(frozen=True)
class Patch:
    """The patch of a row around a pixel, and the evidence that it recurs: -log10 of the chance of so many hits."""

    evidence: float
    row: int
    y: int
    x: int


@dataclass(frozen=True)
class Match:
    """How a template matches n rows best: the value, float (n,), the shift, int64 (n, 2), and whether mirrored."""

    value: np.ndarray
    shift: np.ndarray
    mirrored: np.ndarray


class FineStructure:
    """Faces in even light without structure coarser than some pixels, equally strong everywhere.

    Indexed by positions, it returns float32 (k, side, side), at most `most` spreads each; the spread of each pixel is
    that of all faces. `margin`: pixels at the rim that are left out. If `packed`, it is kept to a byte a pixel, a step
    of which is most / 127, and the spread is that of SPREAD_ROWS faces.
    """

    def __init__(self, pixels: Rows, coarse: float = 2.0, most: float = 6.0, margin: int = 0, packed: bool = False):
        """Take faces, uint8 (n, size, size)."""
        count = len(pixels)
        step = BLOCK_ROWS if packed else count
        parts = [slice(start, start + step) for start in range(0, count, step)]
        # Evenly spaced, since faces of a label may be adjacent.
        some = np.linspace(0, count - 1, min(count, SPREAD_ROWS)).astype(int)
        spread = _spread(_without_coarse(pixels[some], coarse)) if packed else None
        inner = slice(margin, pixels.shape[-1] - margin)
        side = inner.stop - inner.start
        self._step = np.float32(most / 127) if packed else None
        self._faces = np.empty((len(pixels), side, side), np.int8 if packed else np.float32)
        for part in parts:
            faces = _without_coarse(pixels[part], coarse)
            faces /= _spread(faces) if spread is None else spread
            faces = np.clip(faces, -most, most, out=faces)[:, inner, inner]
            self._faces[part] = faces if self._step is None else np.rint(faces / self._step)

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self._faces)

    def __getitem__(self, rows: np.ndarray | slice | tuple, /) -> np.ndarray:
        """Return the fine structure of the faces at some positions, or a part of it, float32."""
        faces = self._faces[rows]
        return faces if self._step is None else faces * self._step


def _without_coarse(pixels: np.ndarray, coarse: float) -> np.ndarray:
    faces = pixels.astype(np.float32)
    window = gaussian_window(faces.shape[-1]).astype(np.float32)
    window /= window.sum()
    faces -= np.einsum('nij,ij->n', faces, window)[:, None, None]
    faces /= np.maximum(np.sqrt(np.einsum('nij,nij,ij->n', faces, faces, window)), 1)[:, None, None]
    faces -= gaussian_filter(faces, (0, coarse, coarse))
    return faces


def _spread(faces: np.ndarray) -> np.ndarray:
    spread = np.sqrt(gaussian_filter(np.einsum('nij,nij->ij', faces, faces) / len(faces), 1.0))
    return np.maximum((spread + spread[:, ::-1]) / 2, NEGLIGIBLE)


def most_recurring(
    fine: FineStructure, suspects: np.ndarray, calm: np.ndarray, groups: np.ndarray, random: np.random.Generator
) -> Patch | None:
    """Return the salient patch of a suspect that recurs most among the others, compared with calm rows.

    suspects, calm: positions of rows, the most suspect first. groups: int64 (n,);
    near-duplicates share one, and do not count as hits of each other. None without a salient patch.
    """
    calm = random.permutation(calm)[:CALM_ROWS]
    suspects = suspects[:MINED]
    rows = fine[np.concatenate([suspects, calm])]
    views = rows, rows[:, :, ::-1]
    unrelated = groups[suspects][:, None] != groups[suspects]
    best: Patch | None = None
    for (y, x), salient in _salient(rows[: len(suspects)]).items():
        examples = np.stack([cut(rows[i], b, a) for i, b, a in salient]).reshape(len(salient), -1)
        kernels = _shifted(examples / np.maximum(np.linalg.norm(examples, axis=1, keepdims=True), NEGLIGIBLE))
        match = np.maximum(*(_best_products(kernels, _area(view, y, x)) for view in views))
        strength = evidence_of(match, unrelated[[i for i, _, _ in salient]], len(suspects))
        first = int(np.argmax(strength))
        if best is None or strength[first] > best.evidence:
            i, b, a = salient[first]
            best = Patch(float(strength[first]), int(suspects[i]), b, a)
    return best


def _salient(suspects: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
    """Return the patches of suspects with the most energy, (suspect, y, x) each, by the centre of their cell."""
    margin = HALF + REACH + GRID - 1
    energy = uniform_filter(suspects**2, (0, SIDE, SIDE))
    is_peak = (energy == maximum_filter(energy, (0, 5, 5))) & (energy > 0)
    is_peak[:, :margin] = is_peak[:, -margin:] = is_peak[:, :, :margin] = is_peak[:, :, -margin:] = False
    cells: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for i, (peaks, strength) in enumerate(zip(is_peak, energy, strict=True)):
        places = np.argwhere(peaks)
        order = np.argsort(-strength[peaks], kind='stable')[:PEAKS]
        for y, x in places[order].tolist():
            cells.setdefault((y // GRID * GRID + GRID // 2, x // GRID * GRID + GRID // 2), []).append((i, y, x))
    return cells


def cut(faces: np.ndarray, y: int, x: int) -> np.ndarray:
    """Return the patch around a pixel of faces (..., size, size): (..., SIDE, SIDE)."""
    return faces[..., y - HALF : y + HALF + 1, x - HALF : x + HALF + 1]


def _shifted(examples: np.ndarray) -> np.ndarray:
    """Return patches, (k, SIDE ** 2), at each place in the area around them: float32 (SHIFTS ** 2, k, pixels)."""
    area = SIDE + 2 * REACH
    placed = np.zeros((SHIFTS, SHIFTS, len(examples), area, area), np.float32)
    for y in range(SHIFTS):
        for x in range(SHIFTS):
            placed[y, x, :, y : y + SIDE, x : x + SIDE] = examples.reshape(-1, SIDE, SIDE)
    return placed.reshape(SHIFTS**2, len(examples), area**2)


def _best_products(kernels: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the best product of k patches with the area of each face around a place: float32 (k, n)."""
    shifts, count, pixels = kernels.shape
    products = kernels.reshape(-1, pixels) @ areas.reshape(len(areas), -1).T
    return products.reshape(shifts, count, -1).max(axis=0)


def _area(faces: np.ndarray | FineStructure, y: int, x: int) -> np.ndarray:
    far = HALF + REACH
    return faces[:, y - far : y + far + 1, x - far : x + far + 1]


def evidence_of(values: np.ndarray, counts: np.ndarray, suspects: int) -> np.ndarray:
    """Return how surprising it is that suspects are so often in the upper tail of calm rows, in each row of values.

    values: float (k, suspects + calm rows), the suspects first, the most suspect of them first. counts: bool
    (k, suspects), which of the suspects count. The result, (k,), is -log10 of the binomial tail, the largest over some
    tails and depths.
    """
    calm = np.sort(values[:, suspects:], axis=1)[:, ::-1]
    best = np.zeros(len(values))
    for tail in TAILS:
        allowed = int(tail * calm.shape[1])
        is_hit = (values[:, :suspects] > calm[:, allowed, None]) & counts
        for depth in DEPTHS:
            first = max(MIN_DEPTH, round(depth * suspects))
            chance = (allowed + 1) / calm.shape[1]
            tried = counts[:, :first].sum(axis=1)
            hits = is_hit[:, :first].sum(axis=1)
            # logsf is -infinity below 1e-308; of a tail that small, the first term is nearly all.
            logarithm = np.maximum(binom.logsf(hits - 1, tried, chance), binom.logpmf(hits, tried, chance))
            best = np.maximum(best, -logarithm / np.log(10))
    return best


class Areas:
    """The area around a place on all faces, plain and mirrored, in which templates are matched."""

    def __init__(self, fine: np.ndarray | FineStructure, y: int, x: int):
        right = fine[:1].shape[-1] - 1 - x
        self._views = np.stack([_area(fine, y, x), _area(fine, y, right)[:, :, ::-1]])

    def matched(self, template: np.ndarray) -> Match:
        """Return how a template (SIDE, SIDE) matches each row best."""
        kernels = _shifted(template.reshape(1, -1) / max(float(np.linalg.norm(template)), NEGLIGIBLE))[:, 0]
        products = self._views.reshape(2, self._views.shape[1], -1) @ kernels.T
        plain, mirrored = products.max(axis=2)
        is_mirrored = mirrored > plain
        shift = np.where(is_mirrored, products[1].argmax(axis=1), products[0].argmax(axis=1))
        return Match(np.maximum(plain, mirrored), np.column_stack(np.divmod(shift, SHIFTS)) - REACH, is_mirrored)

    def patches(self, match: Match, rows: np.ndarray) -> np.ndarray:
        """Return what was matched on some rows: float32 (k, SIDE, SIDE)."""
        windows = sliding_window_view(self._views, (SIDE, SIDE), axis=(2, 3))
        return windows[match.mirrored[rows].astype(int), rows, *(match.shift[rows] + REACH).T]


def unmoved(values: np.ndarray) -> Match:
    """Return a match of whole faces, by how much each row is like some: float (n,)."""
    return Match(values, np.zeros((len(values), 2), np.int64), np.zeros(len(values), bool))


def aligned(faces: Rows | FineStructure, match: Match, rows: np.ndarray) -> np.ndarray:
    """Return some rows, mirrored and shifted so that what was matched lies in one place: (k, size, size)."""
    views = (face[:, ::-1] if match.mirrored[row] else face for row, face in zip(rows, faces[rows], strict=True))
    return np.stack([np.roll(view, tuple(-match.shift[row]), (0, 1)) for row, view in zip(rows, views, strict=True)])
