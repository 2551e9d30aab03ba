"""What can be measured on a found face."""

import numpy as np

from stages.faces.find import LEFT_EYE, NOSE_RIDGE, RIGHT_EYE


def asymmetry(landmarks: np.ndarray) -> float:
    """Return how far a face is turned to a side: 0 for frontal, towards 1 in profile.

    It is |r - l| / (r + l), where r and l are the distances, along the line of the eyes, from the ridge of the nose to
    the outer corners of the right and of the left eye.
    """
    right, left = landmarks[RIGHT_EYE][0], landmarks[LEFT_EYE][3]
    across = (left - right) / np.linalg.norm(left - right)
    nose = landmarks[NOSE_RIDGE].mean(0)
    to_right, to_left = (nose - right) @ across, (left - nose) @ across
    return float(min(1.0, abs(to_right - to_left) / max(abs(to_right + to_left), 1e-9)))


def evenness(grey: np.ndarray, landmarks: np.ndarray) -> float:
    """Return the share of a face's pixels that equal their right and lower neighbours; high in drawings.

    Shadows and highlights do not count, since they are even in photographs too.
    """
    low = np.clip(landmarks.min(0), 0, None).astype(int)
    high = np.ceil(landmarks.max(0)).astype(int)
    face = grey[low[1] : high[1], low[0] : high[0]]
    same = (face[:-1, :-1] == face[:-1, 1:]) & (face[:-1, :-1] == face[1:, :-1])
    lit = (face[:-1, :-1] > 25) & (face[:-1, :-1] < 230)
    return float(same[lit].mean()) if lit.any() else 0.0
