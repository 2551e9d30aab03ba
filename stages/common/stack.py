"""Rows of several large arrays, read as one array."""

import numpy as np


class Stack:
    """Rows of `parts`, arrays of one dtype and shape but for their number of rows, one after the other, without a copy.

    If `picked` is given, int64 (n,), it is the rows at these positions, in this order. What is not asked for is not
    read, such as from a memory map.
    """

    def __init__(self, *parts: np.ndarray, picked: np.ndarray | None = None):
        self._parts, self._picked = parts, picked
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.dtype = parts[0].dtype
        self.shape = (int(self._starts[-1]) if picked is None else len(picked), *parts[0].shape[1:])

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return a copy of the rows at some positions, int64 (k,), or of a slice."""
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        if self._picked is not None:
            rows = self._picked[rows]
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        for part, start in zip(self._parts, self._starts[:-1], strict=True):
            inside = (rows >= start) & (rows < start + len(part))
            found[inside] = part[rows[inside] - start]
        return found

    def pick(self, positions: np.ndarray) -> 'Stack':
        """Return the rows at some positions, int64 (n,), which are read once they are asked for."""
        return Stack(*self._parts, picked=positions if self._picked is None else self._picked[positions])
