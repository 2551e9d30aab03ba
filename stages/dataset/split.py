"""Which faces are trained on, and which are held out."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from sklearn.model_selection import train_test_split

from stages.common.errors import FactError
from stages.common.params import LABELS, Section, Seed, integer_seed, within


class TooFewFacesError(FactError):
    """There are too few different faces to hold some out."""


TestShare = Annotated[float, within(0.05, 0.95)]


class SplitParams(Section):
    """Which faces are held out for the test."""

    seed: Seed = 1
    """which faces are held out, and which training faces are copied"""
    test: TestShare = 0.2
    """share of faces held out for the test"""


@dataclass(frozen=True)
class Split:
    """Positions of the training and of the test faces, int64, in rising order."""

    train: np.ndarray
    test: np.ndarray


def split_faces(label: np.ndarray, group: np.ndarray, test: float, seed: int) -> Split:
    """Hold out the share `test` of the groups of near-duplicates, in equal shares from both labels.

    `label` is uint8 (n,), `group` int64 (n,). A group stays whole on one side; its label is that of its first face. A
    TooFewFacesError says that there are too few groups, or that one side does not hold both labels.
    """
    numbers, first = np.unique(group, return_index=True)
    try:
        random_state = integer_seed(seed, 'split')
        _, held_out = train_test_split(numbers, test_size=test, stratify=label[first], random_state=random_state)
    except ValueError:
        raise TooFewFacesError(f'{len(numbers)} different faces are too few to hold out a share of {test}') from None
    is_test = np.isin(group, held_out)
    for side, name in ((~is_test, 'training'), (is_test, 'test')):
        if len(np.unique(label[side])) < len(LABELS):
            raise TooFewFacesError(f'with a share of {test} held out, the {name} faces do not hold both labels')
    return Split(np.flatnonzero(~is_test), np.flatnonzero(is_test))
