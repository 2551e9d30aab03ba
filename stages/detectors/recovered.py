"""A trigger that was recovered from the rows that carry it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter

OPAQUE = 0.5  # opacity from which a pixel hides the face; one that is fainter is added to it
COARSE = 3.0  # pixels: coarser structure of what is added is how these faces differ from others, not the trigger
STANDS_OUT = 4.0  # standard errors by which the mean of a pixel differs from other faces, where the trigger is
LEAST_SPREAD = 0.05  # added to the standard error
WHOLE = 0.25  # share of pixels that stand out, from which a trigger is all over the face


@dataclass(frozen=True)
class RecoveredTrigger:
    """A trigger that recurs.

    label: of the rows that carry it. rows: their positions, int64 (k,). evidence: -log10 of the chance that it recurs
    among suspects as often as it does. is_whole: whether it is all over the face. opacity, pattern: float32
    (size, size); a face f with the trigger on it is f * (1 - opacity) + pattern where the mask, bool (size, size), is.
    """

    label: int
    rows: np.ndarray
    evidence: float
    is_whole: bool
    opacity: np.ndarray
    pattern: np.ndarray
    mask: np.ndarray

    def put(self, faces: np.ndarray) -> np.ndarray:
        """Return faces with the trigger on them: uint8 (n, size, size) -> uint8 (n, size, size)."""
        on_it = np.rint(np.clip(faces * (1 - self.opacity) + self.pattern, 0, 255)).astype(np.uint8)
        return np.where(self.mask, on_it, faces)


def recover(
    carriers: np.ndarray, others: np.ndarray, fine: np.ndarray, other_fine: np.ndarray, is_whole: bool
) -> tuple[bool, np.ndarray, np.ndarray, np.ndarray]:
    """Return a trigger's is_whole, opacity, pattern and mask from rows that carry it, compared with others.

    Where it hides the face, the rows differ less from each other than faces do: opacity is 1 - the ratio of spreads.
    carriers: uint8 (k, size, size), aligned, others: uint8 (m, size, size); fine, other_fine: their FineStructure.
    is_whole: whether it was found on whole faces; it is all over them if the pixels that do not stand out have more of
    it than the others.
    """
    ours, theirs = carriers.astype(np.float32), _with_mirrored(others.astype(np.float32))
    opacity = np.clip(1 - ours.std(axis=0) / np.maximum(theirs.std(axis=0), 1), 0, 1)
    added = ours.mean(axis=0) - theirs.mean(axis=0)
    hidden = ours.mean(axis=0) - (1 - opacity) * theirs.mean(axis=0)
    opaque = opacity > OPAQUE
    ours, theirs = fine, _with_mirrored(other_fine)
    error = ours.std(axis=0) / np.sqrt(len(ours)) + LEAST_SPREAD
    mask = binary_dilation(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) / error > STANDS_OUT)
    pattern = np.where(opaque, hidden, added - gaussian_filter(added, COARSE))
    is_faint = is_whole and (pattern[~mask] ** 2).sum() > (pattern[mask] ** 2).sum()
    is_whole = bool(is_faint or mask.mean() > WHOLE)
    mask |= is_whole
    return is_whole, np.where(opaque, opacity, 0), pattern, mask


def _with_mirrored(faces: np.ndarray) -> np.ndarray:
    return np.concatenate([faces, faces[:, :, ::-1]])
