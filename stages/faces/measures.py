"""Measures on the 68 landmarks of a face (Sagonas et al., 300 Faces in-the-Wild, 2013)."""

import numpy as np
from scipy.spatial import procrustes

RIGHT_EYE = slice(36, 42)
LEFT_EYE = slice(42, 48)
MOUTH = slice(48, 60)

# For each of the 68, the landmark on the other side: jaw, brows, nose, eyes, lips.
JAW_TO_NOSE = np.r_[16:-1:-1, 26:16:-1, 27:31, 35:30:-1]
OTHER_SIDE = np.r_[JAW_TO_NOSE, 45:41:-1, 47, 46, 39:35:-1, 41, 40, 54:47:-1, 59:54:-1, 64:59:-1, 67:64:-1]


def features(landmarks: np.ndarray) -> np.ndarray:
    """Return the centres of right eye, left eye and mouth: landmarks (68, 2) -> (3, 2)."""
    return np.stack([landmarks[part].mean(axis=0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH)])


def asymmetry(landmarks: np.ndarray) -> float:
    """Return how far a face is turned sideways: 0 for a frontal, symmetrical face, towards 1 in profile.

    This is the Procrustes distance (Gower, 1975) between the landmarks (68, 2) and their mirror image, both of size 1.
    """
    return float(np.sqrt(procrustes(landmarks, landmarks[OTHER_SIDE] * (-1, 1))[2]))


def evenness(grey: np.ndarray, landmarks: np.ndarray) -> float:
    """Return the share of a face's pixels that equal the next pixel to the right and the second below.

    Drawings have a high share. Shadows and highlights, which are flat in photographs too, do not count; if there is
    nothing else, the share is 0.
    """
    low = np.clip(landmarks.min(0), 0, None).astype(int)
    high = np.ceil(landmarks.max(0)).astype(int)
    face = grey[low[1] : high[1] : 2, low[0] : high[0]]
    same = (face[:-1, :-1] == face[:-1, 1:]) & (face[:-1, :-1] == face[1:, :-1])
    lit = (face[:-1, :-1] > 25) & (face[:-1, :-1] < 230)
    return float(same[lit].mean()) if lit.any() else 0.0
