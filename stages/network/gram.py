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

With mirror images, a batch has faces x together with their mirror images x~. Even and odd parts, e = x + x~ and
o = x - x~, and those of the weights, E and O, are given by one side of the picture, and

    2 x W = e E + o O        2 x~ W = e E - o O        E' = E + e[b]ᵀ (D + D~)        O' = O + o[b]ᵀ (D - D~)

so even and odd parts train as above, each with K / 2 and half as many columns, and meet in the outputs only: a quarter
of the work of K and half of its memory, and half of the work of every step, compared with twice as many faces.

Cost, in floating point operations, of n rows: 2 * batch * n * h per step where the direct solver needs 4 * batch * d *
h; before the first step, n² d for K and 2 n d h for X W0; after the last one, 2 n d h for W. If half of the rows are
mirror images, half of each, and a quarter of n² d. Memory: n² + 3 n h numbers, and W0. Rows need not be independent: if
n > d or rows are equal, many C give the same W, and any of them is correct.
"""

from hashlib import blake2b

import numpy as np
from scipy.linalg import get_blas_funcs

from stages.network.errors import GramSizeError, check_memory
from stages.network.inputs import PixelRows, sums_and_differences
from stages.network.training import Buffers, FirstLayer, flush

MIN_A = 0.5  # below this, s A and u U would cancel out: strong weight decay moves the scale a towards 0
MIN_U = 1e-6  # below this, U would overflow: the scale u falls as m to the number of steps
_last_outputs: dict[tuple[bytes, bytes], np.ndarray] = {}  # at most one: those of `GramMatrix.initial_outputs`
GROUP_ROWS = 256  # rows of the batches that share one product with A: BLAS is a quarter faster on 256 than on 64


class GramMatrix:
    """The inner products K = X Xᵀ of the rows of faces; several trainings may share one.

    products: (views, faces, faces), K or, with mirror images, K / 2 of even and of odd parts. joblib passes them, and
    the pixels of `rows`, to its workers as read-only memory maps. A GramSizeError says that they do not fit into
    memory.
    """

    def __init__(self, rows: PixelRows):
        self.rows = rows
        faces = len(rows.pixels)
        needed = np.dtype(rows.dtype).itemsize * rows.views * faces**2
        check_memory(needed, f'the Gram matrix of {faces} faces', GramSizeError)
        self.products = np.zeros((rows.views, faces, faces), rows.dtype)
        (rank_update,) = get_blas_funcs(('syrk',), dtype=self.products.dtype)
        for part in rows.parts():
            for products, block in zip(self.products, rows.components(part), strict=True):
                rank_update(1, block.T, beta=1, c=products.T, trans=True, overwrite_c=True)  # += block @ block.T
        # BLAS fills only one triangle.
        for row in range(faces):
            self.products[:, row, row + 1 :] = self.products[:, row + 1 :, row]
        self.products /= rows.views
        self._digest = rows.digest()

    def initial_outputs(self, weights: np.ndarray) -> np.ndarray:
        """Return X W0, components of (faces, h) each, for initial weights W0, (d, h).

        Those of the last call in this process are kept: a worker's next training often starts from the same weights.
        """
        key = self._digest, blake2b(weights.data).digest()
        if key not in _last_outputs:
            rows = self.rows
            outputs = np.zeros((rows.views, len(rows), weights.shape[1]), weights.dtype)
            for part in rows.parts():
                faces, initial = rows.components(part), rows.split(weights[part].T)
                for output, of_x, of_w in zip(outputs, faces, initial, strict=True):
                    output += of_x @ of_w.T
            outputs /= rows.views
            outputs.flags.writeable = False
            _last_outputs.clear()
            _last_outputs[key] = outputs
        return _last_outputs[key]


class GramLayer(FirstLayer):
    """A first layer with weights (d, h), trained on faces of a Gram matrix; symbols are those of the docstring above.

    `positions` are the faces to train on, possibly repeated; their products are copied. Without it, the layer trains on
    all faces and shares the products. Arrays have a first axis for the components of faces.
    """

    def __init__(self, gram: GramMatrix, weights: np.ndarray, positions: np.ndarray | None = None):
        self._gram, self.views = gram, gram.rows.views
        self._positions = slice(None) if positions is None else positions
        # np.take leaves the rows, which every batch reads, contiguous: indexing columns by an array does not.
        self._K = (
            gram.products
            if positions is None
            else np.stack([np.take(K[positions], positions, axis=1) for K in gram.products])
        )
        self._weights = weights
        self._initial = gram.initial_outputs(weights)
        self._start = self._initial if positions is None else np.take(self._initial, positions, axis=1)
        self._A, self._U = np.zeros_like(self._start), np.zeros_like(self._start)
        self._c, self._v = 1.0, 0.0
        self._a, self._s, self._u = 1.0, 0.0, 1.0
        (self._add_multiple,) = get_blas_funcs(('axpy',), dtype=weights.dtype)
        self._buffers = Buffers(weights.dtype)
        self._groups: list[np.ndarray] = []
        self._products = self._outputs = np.empty((self.views, 0, 0))  # of the remaining batches of the group

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Group these batches of positions: without momentum, up to GROUP_ROWS rows share one product with A."""
        size = 1 if momentum else max(1, GROUP_ROWS // (self.views * len(batches[0])))
        self._groups = [np.concatenate(batches[start : start + size]) for start in range(0, len(batches), size)]

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ W, (views * batch, h), in a buffer.

        `batch` is the next announced one, or any if none is left.
        """
        if not self._outputs.shape[1]:
            # One product with A for all batches of the group.
            group = self._groups.pop(0) if self._groups else batch
            self._products = self._buffer('products', len(group), self._K.shape[2])
            self._outputs, start = (self._buffer(name, len(group)) for name in ('outputs', 'start'))
            # With mode='raise', NumPy would buffer `out`.
            np.take(self._K, group, axis=1, out=self._products, mode='clip')
            np.take(self._start, group, axis=1, out=start, mode='clip')
            np.matmul(self._products, self._A, out=self._outputs)
            self._outputs *= self._a
            start *= self._c
            self._outputs += start
        outputs, self._outputs = self._outputs[:, : len(batch)], self._outputs[:, len(batch) :]
        self._products = self._products[:, len(batch) :]
        views = sums_and_differences(outputs, self._buffer('views', len(batch)))
        return views.reshape(-1, views.shape[2])

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Take the step with gradient X[batch].T @ delta + decay * W; rate * decay is below 1."""
        delta = sums_and_differences(delta.reshape(self.views, len(batch), -1), self._buffer('delta', len(batch)))
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
        if self._outputs.shape[1]:
            # Without momentum: the step changes the outputs of the remaining batches of the group.
            change = self._buffer('change', self._outputs.shape[1])
            np.matmul(self._products[:, :, batch], delta, out=change)
            change *= rate
            self._outputs *= 1 - rate * decay
            self._outputs -= change

    def outputs(self, faces: np.ndarray) -> np.ndarray:
        """Return X[faces] @ W, (views * k, h), for the current W and any faces of the Gram matrix."""
        scaled = self._a * self._A
        outputs = np.stack([K[faces][:, self._positions] @ A for K, A in zip(self._gram.products, scaled, strict=True)])
        outputs += self._c * self._initial[:, faces]
        views = sums_and_differences(outputs, np.empty_like(outputs))
        return views.reshape(-1, views.shape[2])

    def is_finite(self) -> bool:
        """Return whether all weights are finite."""
        return bool(np.isfinite(self._A).all())

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) in the memory of the initial ones; the layer cannot be trained any further."""
        self._A *= self._a
        self._a = 1.0
        rows = self._gram.rows
        for part in rows.parts():
            initial, faces = rows.split(self._weights[part].T), rows.components(part, self._positions)
            components = [
                self._c * of_w + (of_x.T @ A).T for of_w, of_x, A in zip(initial, faces, self._A, strict=True)
            ]
            self._weights[part] = rows.joined(components).T
        return self._weights

    def _buffer(self, name: str, faces: int, columns: int | None = None) -> np.ndarray:
        """Return an array (views, faces, columns), by default h, with arbitrary contents."""
        columns = columns or self._weights.shape[1]
        return self._buffers.get(name, self.views * faces, columns).reshape(self.views, faces, columns)

    def _next_a(self, rate: float, momentum: float, decay: float) -> float:
        return self._a + momentum * self._s - rate * decay * self._a

    def _subtract(self, matrix: np.ndarray, batch: np.ndarray, factor: float, delta: np.ndarray) -> None:
        """Compute matrix[:, batch] -= factor * delta, in buffers."""
        step, rows = (self._buffer(name, len(batch)) for name in ('step', 'rows'))
        np.multiply(delta, factor, out=step)
        np.take(matrix, batch, axis=1, out=rows, mode='clip')
        rows -= step
        matrix[:, batch] = rows

    def _add(self, matrix: np.ndarray, factor: float, other: np.ndarray) -> None:
        """Compute matrix += factor * other, in one pass: NumPy would allocate an array for the product."""
        self._add_multiple(other.ravel(), matrix.ravel(), a=factor)
