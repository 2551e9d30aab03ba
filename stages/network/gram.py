"""The Gram solver: trains the same first layer as the direct solver without touching its weights.

Every gradient of the weights W (d, h) on a batch b is X[b]ᵀ D, with the rows X (n, d) and the gradient D (batch, h) of
the loss by the layer's output. So W stays in the initial weights W0 plus the span of the rows, here at every step; the
representer theorem says so of the optimum (Kimeldorf and Wahba, 1970; Schölkopf et al., 2001). With C and M (n, h) for
the weights W and their velocity V,

    W = c W0 + Xᵀ C        V = v W0 + Xᵀ M        X W = c X W0 + K C        K = X Xᵀ (n, n)

and the network, which only needs X W, trains on K. The step of rate r, momentum m and weight decay w,

    V' = m V - r (X[b]ᵀ D + w W)        W' = W + V'

becomes, with E (n, batch) scattering the rows of D to b,

    v' = m v - r w c       c' = c + v'
    M' = m M - r w C - r E D       C' = C + M'

and each line is exact. In this form, the last two pass over all n * h numbers several times a step, although the batch
changes few of them. With C = a A and M = s A + u U they become

    s' = m s - r w a       a' = a + s'       u' = m u a / a'
    U' = U - r / (m u) E D       A' = A + (m u / a') U'

which is scalars, the rows of the batch, and one pass A += number * U. Proof: s' A' + u' U' = s' A + m u U' (s' + a) /
a' = s' A + m u U' = M'. Without momentum there is no U, and only the rows of the batch change: A' = A - r / a' E D.
Several batches can then share one product K A, which is faster in BLAS, and each step is added to the outputs Z of the
batches after it: Z' = (1 - r w) Z - r K E D.

If the second half of the rows are the mirror images of the first, K = [[P, Q], [Q, P]] with P and Q symmetric, because
mirroring is an isometry. The even part x + x~ and the odd part x - x~ of a face x and its mirror image x~ are given by
one side of the picture, and P + Q and P - Q are the inner products of even and of odd parts on that side: a quarter of
the work of K, and half of its memory.

Cost, in floating point operations: 2 * batch * n * h per step where the direct solver needs 4 * batch * d * h; before
the first step, n² d for K and 2 n d h for X W0; after the last one, 2 n d h for W. Memory: n² + 3 n h numbers, and W0.
Rows need not be independent: if n > d or rows are equal, many C give the same W, and any of them is correct.
"""

from functools import reduce

import numpy as np
from scipy.linalg import get_blas_funcs

from stages.network.errors import GramSizeError, check_memory
from stages.network.inputs import PixelRows, parities
from stages.network.training import Buffers, FirstLayer, flush

MIN_A = 0.5  # below this, s A and u U would cancel out: strong weight decay moves the scale a towards 0
MIN_U = 1e-6  # below this, U would overflow: the scale u falls as m to the number of steps
GROUP_ROWS = 256  # rows of the batches that share one product with A: BLAS is a quarter faster on 256 than on 64


class GramMatrix:
    """The inner products K = X Xᵀ of the rows of faces; several trainings may share one.

    products: (views, faces, faces), P and, with mirror images, Q. joblib passes them, and the pixels of `rows`, to its
    workers as read-only memory maps. A GramSizeError says that they do not fit into memory.
    """

    def __init__(self, rows: PixelRows):
        self.rows = rows
        faces = len(rows.pixels)
        needed = np.dtype(rows.dtype).itemsize * rows.views * faces**2
        check_memory(needed, f'the Gram matrix of {faces} faces', GramSizeError)
        self.products = np.zeros((rows.views, faces, faces), rows.dtype)
        (rank_update,) = get_blas_funcs(('syrk',), dtype=self.products.dtype)
        for part in rows.parts():
            for products, block in zip(self.products, _parities(rows, part), strict=True):
                rank_update(1, block.T, beta=1, c=products.T, trans=True, overwrite_c=True)  # += block @ block.T
        # BLAS fills only one triangle.
        for row in range(faces):
            self.products[:, row, row + 1 :] = self.products[:, row + 1 :, row]
        if rows.mirror:
            same, other = self.products
            same += other
            same /= 2
            np.subtract(same, other, out=other)


def _parities(rows: PixelRows, part: slice) -> list[np.ndarray]:
    """Return X[:, part] or, if X has mirror images, one side of the even and of the odd parts of the faces."""
    block = rows.columns(part, slice(len(rows.pixels)))
    return [*parities(block, rows.pixels.shape[-1])] if rows.mirror else [block]


class GramLayer(FirstLayer):
    """A first layer with weights (d, h), trained on rows of a Gram matrix; symbols are those of the module's docstring.

    `positions` are the faces to train on, possibly repeated; their products are copied. Without it, the layer trains on
    all faces and shares the products.
    """

    def __init__(self, gram: GramMatrix, weights: np.ndarray, positions: np.ndarray | None = None):
        self._gram = gram
        self._positions = slice(None) if positions is None else positions
        self._rows = slice(None) if positions is None else gram.rows.of_faces(positions)
        # np.stack makes the rows, which every batch reads, contiguous: indexing columns by an array does not.
        chosen = gram.products if positions is None else np.stack([K[positions][:, positions] for K in gram.products])
        self._faces = chosen.shape[-1]
        self._K = chosen.reshape(-1, self._faces)
        self._weights = weights
        self._start = self._first_outputs(self._rows)
        self._A, self._U = np.zeros_like(self._start), np.zeros_like(self._start)
        self._c, self._v = 1.0, 0.0
        self._a, self._s, self._u = 1.0, 0.0, 1.0
        (self._add_multiple,) = get_blas_funcs(('axpy',), dtype=weights.dtype)
        self._buffers = Buffers(weights.dtype)
        self._groups: list[np.ndarray] = []
        self._products = self._outputs = np.empty((0, 0))  # of the remaining batches of the group

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Group these batches of row positions: without momentum, up to GROUP_ROWS rows share one product with A."""
        size = 1 if momentum else max(1, GROUP_ROWS // len(batches[0]))
        self._groups = [np.concatenate(batches[start : start + size]) for start in range(0, len(batches), size)]

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ W, (batch, h), in a buffer; `batch` is the next announced one, or any if none is left."""
        if not len(self._outputs):
            # One product with A for all batches of the group.
            group = self._groups.pop(0) if self._groups else batch
            sources, h = self._sources(group, self._faces), self._A.shape[1]
            self._products = self._buffers.get('products', len(group), len(self._K))
            self._outputs, start = (self._buffers.get(name, len(group), h) for name in ('output', 'start'))
            # With mode='raise', NumPy would buffer `out`.
            np.take(self._K, sources, axis=0, out=self._products.reshape(*sources.shape, -1), mode='clip')
            np.take(self._start, group, axis=0, out=start, mode='clip')
            np.matmul(self._products, self._A, out=self._outputs)
            self._outputs *= self._a
            start *= self._c
            self._outputs += start
        output, self._outputs = self._outputs[: len(batch)], self._outputs[len(batch) :]
        self._products = self._products[len(batch) :]
        return output

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Take the step with gradient X[batch].T @ delta + decay * W; `delta` is (batch, h), rate * decay below 1."""
        if self._next_a(rate, momentum, decay) < MIN_A or 0 < momentum * self._u < MIN_U:
            # Reset the scales a, s and u to 1, 0 and 1, by replacing A and U with C and M.
            self._U *= self._u
            self._add(self._U, self._s, self._A)
            self._A *= self._a
            self._a, self._s, self._u = 1.0, 0.0, 1.0
            flush(self._U)
        self._v = momentum * self._v - rate * decay * self._c
        self._c += self._v
        a = self._next_a(rate, momentum, decay)
        if momentum:
            self._subtract(self._U, batch, rate / (momentum * self._u), delta)
            self._add(self._A, momentum * self._u / a, self._U)
            self._u *= momentum * self._a / a
        else:
            self._subtract(self._A, batch, rate / a, delta)
        self._a, self._s = a, a - self._a
        if len(self._outputs):
            # Without momentum: the step changes the outputs of the remaining batches of the group.
            change = self._buffers.get('change', *self._outputs.shape)
            np.matmul(self._products[:, batch], delta, out=change)
            change *= rate
            self._outputs *= 1 - rate * decay
            self._outputs -= change

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """Return X[rows] @ W, (len(rows), h), for the current W and any rows of the Gram matrix, trained on or not."""
        faces = len(self._gram.rows.pixels)
        products = self._gram.products.reshape(-1, faces)[self._sources(rows, faces)][:, :, self._positions]
        outputs = products.reshape(len(rows), -1) @ (self._a * self._A)
        return outputs + self._c * self._first_outputs(rows)

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) in the memory of the initial ones; the layer cannot be used any more."""
        self._A *= self._a
        for part in self._gram.rows.parts():
            self._weights[part] *= self._c
            self._weights[part] += self._gram.rows.columns(part, self._rows).T @ self._A
        return self._weights

    def _sources(self, rows: np.ndarray, faces: int) -> np.ndarray:
        """Return where the products of some rows are in the stacked views of all faces: int64 (rows, views).

        The first column is for products with plain faces, the second for those with mirrored ones; two mirrored faces
        have the product of the two plain ones.
        """
        face, view = rows % faces, rows // faces
        return face[:, None] + faces * (view[:, None] ^ np.arange(len(self._gram.products)))

    def _first_outputs(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return X[rows] @ W0."""
        X = self._gram.rows
        return reduce(np.add, (X.columns(part, rows) @ self._weights[part] for part in X.parts()))

    def _next_a(self, rate: float, momentum: float, decay: float) -> float:
        return self._a + momentum * self._s - rate * decay * self._a

    def _subtract(self, matrix: np.ndarray, batch: np.ndarray, factor: float, delta: np.ndarray) -> None:
        """Compute matrix[batch] -= factor * delta, in buffers."""
        step, rows = (self._buffers.get(name, *delta.shape) for name in ('step', 'rows'))
        np.multiply(delta, factor, out=step)
        np.take(matrix, batch, axis=0, out=rows, mode='clip')
        rows -= step
        matrix[batch] = rows

    def _add(self, matrix: np.ndarray, factor: float, other: np.ndarray) -> None:
        """Compute matrix += factor * other, in one pass: NumPy would allocate an array for the product."""
        self._add_multiple(other.ravel(), matrix.ravel(), a=factor)
