"""Proof instead of suspicion: what exact retraining, and the difference of a pair, say of rows that are suspected."""

from collections.abc import Sequence

import numpy as np

from stages.detectors.pair import SuspectPair
from stages.network.perceptron import Perceptron, predict

MOST_PAIRS = 20  # whose differences are tried on other faces
MOST_FACES = 200  # that each is tried on


def rejected(network: Perceptron, pixels: np.ndarray, label: np.ndarray) -> float | None:
    """Return the share of the labels (n,) of faces (n, size, size) that a network contradicts; None without faces.

    The network must have been trained without these faces. It proves less where near-duplicates of them stayed: one
    that learnt the originals of dirty-label copies with their true labels could hardly say anything else of the copies.
    A group that was chosen for its loss, or for what other rows say of it, is contradicted in any case: of it this
    proves nothing.
    """
    if not len(label):
        return None
    return float(((predict(network, pixels) > 0.5) != label).mean())


def recovered(
    network: Perceptron, pairs: Sequence[SuspectPair], towards: int, pixels: np.ndarray, label: np.ndarray
) -> float | None:
    """Return by how much the differences of pairs, put on other faces, move predictions towards a label; None if none.

    It is the share of the faces outside that label, out of `pixels` (n, size, size) with the true `label` (n,), that
    are predicted as `towards` with a difference on them, less the same share without; the mean of the pairs.
    """
    faces = pixels[label != towards][:MOST_FACES]
    if not pairs or not len(faces):
        return None
    before = _share(network, faces, towards)
    tried = [pairs[index] for index in np.unique(np.linspace(0, len(pairs) - 1, MOST_PAIRS).astype(int))]
    return float(np.mean([_share(network, put(pair, faces), towards) for pair in tried])) - before


def put(pair: SuspectPair, faces: np.ndarray) -> np.ndarray:
    """Return faces with what is on the blamed one of a pair: uint8 (n, size, size).

    Where a pixel has changed to the eye, the pixel itself is taken; where none has, the difference is added.
    """
    if pair.is_visible:
        return np.where(pair.changed, pair.crop, faces)
    return np.clip(faces + pair.difference, 0, 255).astype(np.uint8)


def _share(network: Perceptron, faces: np.ndarray, towards: int) -> float:
    return float(((predict(network, faces) > 0.5) == towards).mean())
