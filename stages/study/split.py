"""Who is trained on and who is held out."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from stages.common.errors import StudyError
from stages.common.labels import LABELS
from stages.common.seeds import integer_seed, stream


@dataclass(frozen=True)
class Split:
    """Positions of the training and of the test faces, int64, in rising order."""

    train: np.ndarray
    test: np.ndarray


def balanced(label: np.ndarray, seed: int) -> np.ndarray:
    """Return the positions, in rising order, of as many faces of each class as the smaller class has."""
    members = [np.flatnonzero(label == number) for number in range(len(LABELS))]
    count = min(map(len, members))
    random = stream(seed, 'balance')
    return np.sort(np.concatenate([random.permutation(positions)[:count] for positions in members]))


def split_faces(label: np.ndarray, group: np.ndarray, test: float, seed: int, knob: str = 'split.test') -> Split:
    """Hold out the share `test` of the groups of near-duplicates, in equal shares from both labels.

    A group stays whole on one side; its label is that of its first face. Too few groups are refused, by the name of the
    param that `test` comes from, `knob`.
    """
    numbers, first = np.unique(group, return_index=True)
    try:
        random_state = integer_seed(seed, 'split')
        _, held_out = train_test_split(numbers, test_size=test, stratify=label[first], random_state=random_state)
    except ValueError:
        raise StudyError(
            f'{knob}: {len(numbers)} different faces are too few to hold out a share of {test}; give more photos'
        ) from None
    is_test = np.isin(group, held_out)
    return Split(np.flatnonzero(~is_test), np.flatnonzero(is_test))
