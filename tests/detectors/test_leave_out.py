"""Closed-form predictions without some rows, compared with fits without these rows."""

import numpy as np
import pytest

from stages.detectors.leave_out import BLOCK, LeaveOut, symmetric_inverse
from stages.detectors.proof import placebo_transfer, transfer

COUNT, PENALTY = 40, 1e-3


@pytest.fixture
def setting(random):
    points = random.standard_normal((COUNT, 3))
    kernel = np.exp(-((points[:, None] - points) ** 2).sum(axis=2))
    sign = np.where(points[:, 0] + 0.5 * random.standard_normal(COUNT) > 0, 1.0, -1.0)
    groups = np.arange(COUNT)
    groups[[5, 6, 7]] = 5
    return kernel, sign, groups


def refitted(kernel: np.ndarray, sign: np.ndarray, out: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the predictions for `rows` of a regression without the rows `out`; the penalty is that of all rows."""
    remaining = ~out
    mean = sign[remaining].mean()
    inside = kernel[np.ix_(remaining, remaining)] + PENALTY * COUNT * np.eye(remaining.sum())
    return mean + kernel[np.ix_(rows, remaining)] @ np.linalg.solve(inside, sign[remaining] - mean)


def ridge_of(kernel: np.ndarray, groups: np.ndarray) -> LeaveOut:
    return LeaveOut(kernel.astype(np.float32), PENALTY, groups)


@pytest.mark.parametrize('left_out', [[], [3], [3, 9, 22], [6], list(range(20))])
def test_predictions_match_a_regression_without_these_rows_and_near_duplicates(setting, left_out):
    kernel, sign, groups = setting
    out = np.isin(np.arange(COUNT), left_out)
    predicted = ridge_of(kernel, groups).predictions(sign, out)
    # A near-duplicate of a row that is left out is left out, too.
    out = np.isin(groups, groups[out])
    for row in range(COUNT):
        if out[row]:
            expected = refitted(kernel, sign, out, np.array([row]))
        else:
            # The mean is that of all rows that are not left out.
            without = out | (groups == groups[row])
            mean = sign[~out].mean()
            remaining = ~without
            inside = kernel[np.ix_(remaining, remaining)] + PENALTY * COUNT * np.eye(remaining.sum())
            expected = mean + kernel[row, remaining] @ np.linalg.solve(inside, sign[remaining] - mean)
        np.testing.assert_allclose(predicted[row], expected, atol=2e-3)


def test_predictions_of_a_set_match_a_regression_without_it(setting):
    kernel, sign, groups = setting
    rows = np.array([1, 6, 30, 12])
    out = np.isin(np.arange(COUNT), rows)
    expected = refitted(kernel, sign, out, rows)
    np.testing.assert_allclose(ridge_of(kernel, groups).predictions_of(rows, sign), expected, atol=2e-3)


@pytest.mark.parametrize('count', [1, 7, BLOCK, 2 * BLOCK + 3])
def test_inverse_is_symmetric_and_correct(count, random):
    root = random.standard_normal((count, count)).astype(np.float32) / np.sqrt(count)
    matrix = root @ root.T + np.eye(count, dtype=np.float32)
    inverse = symmetric_inverse(matrix.copy())
    np.testing.assert_array_equal(inverse, inverse.T)
    np.testing.assert_allclose(inverse @ matrix, np.eye(count), atol=1e-4)


def test_a_matrix_that_is_not_positive_definite_is_refused():
    with pytest.raises(np.linalg.LinAlgError, match='not positive definite'):
        symmetric_inverse(np.array([[1, 2], [2, 1]], np.float32))


def test_transfer_is_large_for_rows_with_a_common_feature(random):
    # Only the rows of the set have large values in the last direction.
    points = random.standard_normal((200, 6)) * [2, 1, 1, 1, 1, 0.1]
    sign = np.where(points[:, 0] > 0, 1.0, -1.0)
    rows = np.flatnonzero(sign < 0)[:20]
    alike = points.copy()
    alike[rows, 5] += 3
    sign[rows] = 1
    transfers = {}
    for name, inputs in (('errors', points), ('trigger', alike)):
        kernel = np.exp(-((inputs[:, None] - inputs) ** 2).sum(axis=2) / 12)
        ridge = ridge_of(kernel, np.arange(200))
        transfers[name] = transfer(ridge, sign, rows, random), placebo_transfer(ridge, sign, rows, random)
    assert transfers['trigger'][0] > 0.5 > 2 * transfers['errors'][0]
    assert transfers['trigger'][0] > 1.5 * transfers['trigger'][1]
