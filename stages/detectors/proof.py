"""Proof: what is on suspect faces, put on other faces, moves their predictions; half of a set speaks for the rest."""

from collections.abc import Sequence

import numpy as np

from stages.detectors.nystrom import Regression
from stages.detectors.pair import SuspectPair
from stages.network.perceptron import Perceptron, predict

MAX_PAIRS = 20  # whose differences are tried on other faces
MAX_FACES = 200  # that each is tried on
HALVINGS = 4  # of a set of rows, at random
PLACEBOS = 20  # random sets that it is compared with


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


def transfer(ridge: Regression, sign: np.ndarray, rows: np.ndarray, random: np.random.Generator) -> float:
    """Return by how much half of some rows, int64 (k,), speaks for the labels of the other half; mean over halvings.

    It is the change of the predictions towards these labels, in units in which labels are -1 and 1, between a
    regression without all of the rows and one without the half that is judged. `sign`: the labels, (n,).
    """
    without = dict(zip(rows.tolist(), ridge.predictions_of(rows, sign), strict=True))
    gains = []
    for _ in range(HALVINGS):
        for half in np.array_split(random.permutation(rows), 2):
            before = np.array([without[row] for row in half.tolist()])
            gains.append(sign[half] * (ridge.predictions_of(half, sign) - before))
    return float(np.concatenate(gains).mean())


def placebo_transfer(ridge: Regression, sign: np.ndarray, rows: np.ndarray, random: np.random.Generator) -> float:
    """Return the largest transfer of random sets of as many rows of the other class, with their labels changed.

    Such sets are plain label errors: what they have in common is no more than their class.
    """
    others = np.flatnonzero(sign != sign[rows[0]])
    largest = -np.inf
    for _ in range(PLACEBOS):
        placebo = random.permutation(others)[: len(rows)]
        changed = sign.copy()
        changed[placebo] *= -1
        largest = max(largest, transfer(ridge, changed, placebo, random))
    return largest
