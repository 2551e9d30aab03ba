"""The 68 landmarks of a face (Sagonas et al., 300 Faces in-the-Wild, 2013); right and left are the person's own."""

import numpy as np

RIGHT_EYE = slice(36, 42)
LEFT_EYE = slice(42, 48)
MOUTH = slice(48, 60)


def features(landmarks: np.ndarray) -> np.ndarray:
    """Return the centres of right eye, left eye and mouth: landmarks (68, 2) -> (3, 2)."""
    return np.stack([landmarks[part].mean(axis=0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH)])
