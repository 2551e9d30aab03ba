import numpy as np

from stages.common.arrays import Stack

NUMBERS = np.arange(60, dtype=np.uint8).reshape(20, 3)


def test_parts_are_read_as_one_array():
    stack = Stack(NUMBERS[:7], NUMBERS[7:8], NUMBERS[8:])
    assert (len(stack), stack.shape, stack.dtype) == (20, (20, 3), np.uint8)
    np.testing.assert_array_equal(stack[:], NUMBERS)
    np.testing.assert_array_equal(stack[5:9], NUMBERS[5:9])
    np.testing.assert_array_equal(stack[np.array([19, 0, 7, 7, 6])], NUMBERS[[19, 0, 7, 7, 6]])


def test_picked_rows_are_in_the_given_order():
    positions = np.array([12, 3, 3, 19, 7])
    stack = Stack(NUMBERS[:7], NUMBERS[7:]).pick(positions)
    assert stack.shape == (5, 3)
    np.testing.assert_array_equal(stack[:], NUMBERS[positions])
    np.testing.assert_array_equal(stack[1:3], NUMBERS[positions[1:3]])
    np.testing.assert_array_equal(stack.pick(np.array([4, 0]))[:], NUMBERS[[7, 12]])
    np.testing.assert_array_equal(Stack(NUMBERS, picked=positions)[:], NUMBERS[positions])


def test_reading_returns_a_copy():
    numbers = NUMBERS.copy()
    Stack(numbers)[:][:] = 0
    np.testing.assert_array_equal(numbers, NUMBERS)


class RecordingRows:
    """Rows that record which of them are read."""

    def __init__(self, numbers: np.ndarray):
        self.numbers, self.read, self.shape, self.dtype = numbers, [], numbers.shape, numbers.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows):
        self.read += rows.tolist()
        return self.numbers[rows]


def test_only_indexed_rows_are_read():
    first, second = RecordingRows(NUMBERS[:7]), RecordingRows(NUMBERS[7:])
    picked = Stack(first, second).pick(np.array([12, 3, 3, 19, 7]))
    assert (first.read, second.read) == ([], [])
    np.testing.assert_array_equal(picked[1:4], NUMBERS[[3, 3, 19]])
    assert (first.read, second.read) == ([3, 3], [12])


def test_stacks_can_be_nested_and_empty():
    inner = Stack(NUMBERS[:7], NUMBERS[7:]).pick(np.array([8, 1]))
    np.testing.assert_array_equal(Stack(inner, NUMBERS[:1])[:], NUMBERS[[8, 1, 0]])
    empty = Stack(NUMBERS[:0], NUMBERS[:0])
    assert (len(empty), empty[:].shape, empty[:].dtype) == (0, (0, 3), np.uint8)
