"""Proof by the difference of a pair: what is on a suspect face, put on other faces, moves their predictions."""

from collections.abc import Sequence

import numpy as np

from stages.detectors.pair import SuspectPair
from stages.network.perceptron import Perceptron, predict

MAX_PAIRS = 20  # whose differences are tried on other faces
MAX_FACES = 200  # that each is tried on


def movement(
    network: Perceptron, pairs: Sequence[SuspectPair], towards: int, pixels: np.ndarray, label: np.ndarray
) -> float:
    """Return by how much the differences of pairs, put on other faces, move predictions towards a label; NaN if none.

    It is the share of the faces outside that label, out of `pixels` (n, size, size) with the true `label` (n,), that
    are predicted as `towards` with a difference on them, less the same share without; the mean of the pairs.
    """
    faces = pixels[label != towards][:MAX_FACES]
    if not pairs or not len(faces):
        return np.nan
    before = _share(network, faces, towards)
    tried = [pairs[index] for index in np.unique(np.linspace(0, len(pairs) - 1, MAX_PAIRS).astype(int))]
    return float(np.mean([_share(network, put(pair, faces), towards) for pair in tried])) - before


def put(pair: SuspectPair, faces: np.ndarray) -> np.ndarray:
    """Return faces with what is on the blamed one of a pair: uint8 (n, size, size).

    Pixels that differ visibly are copied; if none does, the difference is added.
    """
    if pair.is_visible:
        return np.where(pair.changed, pair.crop, faces)
    return np.clip(faces + pair.difference, 0, 255).astype(np.uint8)


def _share(network: Perceptron, faces: np.ndarray, towards: int) -> float:
    return float(((predict(network, faces) > 0.5) == towards).mean())
