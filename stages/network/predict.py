"""What a network predicts of faces."""

import numpy as np

from stages.common.stack import Stack
from stages.network.inputs import STANDARD, Standardisation, StandardRows
from stages.network.perceptron import Perceptron


def predict(network: Perceptron, pixels: np.ndarray | Stack, how: Standardisation = STANDARD) -> np.ndarray:
    """Return P(label is 1) of faces, uint8 (n, size, size) -> (n,); only a block of them is in memory as rows."""
    rows = StandardRows(pixels, how=how)
    return np.concatenate([network.probabilities(rows.columns(slice(None), block)) for block in rows.blocks()])
