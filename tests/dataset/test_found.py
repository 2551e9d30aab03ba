from dataclasses import replace

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.dataset.found import FoundFaces, load_found, save_found

FOUND = FoundFaces(
    np.zeros((3, 8, 8), np.uint8), np.array([0, 1, 1], np.uint8), np.array(['a', 'b', 'c']), np.array(['', 'a', ''])
)


def test_faces_are_read_as_they_were_written(tmp_path):
    save_found(FOUND, tmp_path / 'found')
    again = load_found(tmp_path / 'found')
    for name, array in vars(FOUND).items():
        np.testing.assert_array_equal(getattr(again, name), array)


@pytest.mark.parametrize('change', [
    {'label': np.zeros(2, np.uint8)}, {'pixels': np.zeros((3, 8, 9), np.uint8)}, {'label': np.zeros(3)},
    {'pixels': np.zeros((3, 8, 8))}, {'pair': np.zeros(3)}, {'origin': np.array(['a'])},
], ids=lambda change: str({name: array.shape for name, array in change.items()}))  # fmt: skip
def test_arrays_that_do_not_belong_together_are_refused(tmp_path, change):
    save_found(replace(FOUND, **change), tmp_path / 'found')
    with pytest.raises(StudyError, match='no set of faces; run `dvc repro preprocess`'):
        load_found(tmp_path / 'found')
