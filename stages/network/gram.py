"""The Gram solver: the same first layer as the direct solver's, trained without touching its weights.

Every gradient of the weights W (d, h) on a batch b is X[b]ᵀ D, with the rows X (n, d) and the loss's gradient D
(batch, h) by the layer's output. So W never leaves the initial weights W0 plus the span of the rows, which is what the
representer theorem says of the best weights (Kimeldorf and Wahba, 1970; Schölkopf et al., 2001), here of every step on
the way. With C and M (n, h) for the weights W and their velocity V,

    W = c W0 + Xᵀ C        V = v W0 + Xᵀ M        X W = c X W0 + K C        K = X Xᵀ (n, n)

and the network, which only sees X W, trains on K. The step of rate r, momentum m and weight decay w,

    V' = m V - r (X[b]ᵀ D + w W)        W' = W + V'

is, with E (n, batch) that puts the rows of D at b,

    v' = m v - r w c       c' = c + v'
    M' = m M - r w C - r E D       C' = C + M'

and each line is exact. As they stand, the last two pass over all n * h numbers several times a step, where the batch
has changed few of them. With C = a A and M = s A + u U they become

    s' = m s - r w a       a' = a + s'       u' = m u a / a'
    U' = U - r / (m u) E D       A' = A + (m u / a') U'

which is scalars, the rows of the batch, and one pass A += number * U. To check: s' A' + u' U' = s' A + m u U' (s' + a)
/ a' = s' A + m u U' = M'. Without momentum there is no U, and only the rows of the batch change: A' = A - r / a' E D.
Then a few batches can share one product K A, which BLAS does faster, and each step is added to the outputs Z of
those that follow: Z' = (1 - r w) Z - r K E D.

Where the second half of the rows are the mirror images of the first, K need not be made as a whole: mirroring is an
isometry, so K = [[P, Q], [Q, P]], both symmetric. Of a face x and its mirror image x~, the even part x + x~ and the odd
part x - x~ are both known from one side of the picture, and P + Q and P - Q are the inner products of even and of odd
parts on that side: a quarter of the work of K, and half of its memory.

Cost, in floating point operations: 2 * batch * n * h a step where the direct solver takes 4 * batch * d * h; before the
first, n² d for K and 2 n d h for X W0; after the last, 2 n d h for W. In memory, n² + 3 n h numbers beside W0. Nothing
here asks for independent rows: with n > d or equal rows, many C make the same W, and any will do.
"""

import numpy as np
from scipy.linalg import get_blas_funcs

from stages.network.inputs import PixelRows
from stages.network.step import Buffers, flush

LEAST_A = 0.5  # of the scale a: nearer to 0, where strong weight decay takes it, s A and u U would cancel out
LEAST_U = 1e-6  # of the scale u, which falls as m to the number of steps: much smaller, and U would overflow
AHEAD = 256  # rows of the batches that share one product with A: BLAS is a quarter faster on 256 than on 64


class GramMatrix:
    """The inner products K = X Xᵀ of the rows of faces; several trainings may share one.

    products: (views, faces, faces): those of the faces as they are and, where mirror images are rows too, of faces with
    mirror images. joblib passes them, and the pixels of `rows`, to its workers as read-only memory maps. To
    make them takes faces² d operations, for as many views, and beside them a block of X.
    """

    def __init__(self, rows: PixelRows):
        self.rows = rows
        faces = len(rows.pixels)
        self.products = np.zeros((rows.views, faces, faces), rows.dtype)
        for part in rows.parts():
            for products, block in zip(self.products, _parities(rows, part), strict=True):
                _add_products(products, block)
        for products in self.products:
            # BLAS leaves one triangle empty.
            for row in range(faces):
                products[row, row + 1 :] = products[row + 1 :, row]
        if rows.mirror:
            same, other = self.products
            same += other
            same /= 2
            np.subtract(same, other, out=other)


def _parities(rows: PixelRows, part: slice) -> list[np.ndarray]:
    """Return the columns `part` of X or, where X has mirror images, one side of the even and of the odd parts."""
    block = rows.columns(part, slice(len(rows.pixels)))
    if not rows.mirror:
        return [block]
    lines = block.reshape(len(block), -1, rows.pixels.shape[-1])
    middle = -(-lines.shape[-1] // 2)
    one, other = lines[:, :, :middle], lines[:, :, ::-1][:, :, :middle]
    even, odd = one + other, one - other
    if lines.shape[-1] % 2:
        # A column in the middle is its own mirror image: it is there once, the others twice.
        even[:, :, -1] *= np.sqrt(0.5)
    return [side.reshape(len(block), -1) for side in (even, odd)]


def _add_products(products: np.ndarray, block: np.ndarray) -> None:
    """Add block @ block.T to one triangle of products (n, n), in place."""
    (rank_update,) = get_blas_funcs(('syrk',), dtype=products.dtype)
    rank_update(1, block.T, beta=1, c=products.T, trans=True, overwrite_c=True)


class GramLayer:
    """A first layer over rows of a Gram matrix with weights (d, h); names as in the docstring of the module.

    `positions` says which of its faces are trained on and in which order, and a face may come more than once; without
    it, all of them are, and share the products, which otherwise are copied.
    """

    def __init__(self, gram: GramMatrix, weights: np.ndarray, positions: np.ndarray | None = None):
        self._gram = gram
        self._positions = slice(None) if positions is None else positions
        self._rows = slice(None) if positions is None else gram.rows.of_faces(positions)
        chosen = gram.products
        if positions is not None:
            # NumPy lays columns that are picked out by an array in the order of columns, and every batch reads rows.
            chosen = np.stack([products[positions][:, positions] for products in chosen])
        self._faces = chosen.shape[-1]
        self._K = chosen.reshape(-1, self._faces)
        self._weights = weights
        self._start = self._first_outputs(self._rows)
        self._A, self._U = np.zeros_like(self._start), np.zeros_like(self._start)
        self._c, self._v = 1.0, 0.0
        self._a, self._s, self._u = 1.0, 0.0, 1.0
        (self._add_multiple,) = get_blas_funcs(('axpy',), dtype=weights.dtype)
        self._buffers = Buffers(weights.dtype)
        self._groups = []
        self._products = self._outputs = np.empty((0, 0))  # of the batches that are left of the group

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Prepare for these batches of row positions: without momentum, up to AHEAD rows share one product with A."""
        size = 1 if momentum else max(1, AHEAD // len(batches[0]))
        self._groups = [np.concatenate(batches[start : start + size]) for start in range(0, len(batches), size)]

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ W, (batch, h), in a buffer; `batch` is the next one announced, or any if none is left."""
        if not len(self._outputs):
            self._open(self._groups.pop(0) if self._groups else batch)
        output, self._outputs = self._outputs[: len(batch)], self._outputs[len(batch) :]
        self._products = self._products[len(batch) :]
        return output

    def _open(self, group: np.ndarray) -> None:
        """Compute X[group] @ W for one or more batches."""
        self._products = self._buffers.get('products', len(group), len(self._K))
        sources = self._sources(group, self._faces)
        self._outputs = self._buffers.get('output', len(group), self._A.shape[1])
        start = self._buffers.get('start', len(group), self._A.shape[1])
        # Only with a mode other than 'raise' does NumPy write to `out` without a buffer of its own.
        parts = self._products.reshape(*sources.shape, self._faces)
        np.take(self._K, sources, axis=0, out=parts, mode='clip')
        np.take(self._start, group, axis=0, out=start, mode='clip')
        np.matmul(self._products, self._A, out=self._outputs)
        self._outputs *= self._a
        start *= self._c
        self._outputs += start

    def _correct(self, batch: np.ndarray, delta: np.ndarray, rate: float, decay: float) -> None:
        """Make the step, one without momentum, in the outputs for the batches that are left of the group."""
        change = self._buffers.get('change', *self._outputs.shape)
        np.matmul(self._products[:, batch], delta, out=change)
        change *= rate
        self._outputs *= 1 - rate * decay
        self._outputs -= change

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Make the step of gradient X[batch].T @ delta + decay * W; `delta` is (batch, h), rate * decay below 1."""
        if self._next_a(rate, momentum, decay) < LEAST_A or 0 < momentum * self._u < LEAST_U:
            self._absorb_scales()
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
            self._correct(batch, delta, rate, decay)

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """Return X[rows] @ W, (len(rows), h), as W stands; `rows` are any of the Gram matrix, trained on or not."""
        faces = len(self._gram.rows.pixels)
        sources = self._sources(rows, faces)
        products = self._gram.products.reshape(-1, faces)[sources][:, :, self._positions]
        outputs = products.reshape(len(rows), -1) @ (self._a * self._A)
        outputs += self._c * self._first_outputs(rows)
        return outputs

    def weights(self) -> np.ndarray:
        """Return the weights (d, h), made in the memory of the initial ones: the layer cannot be used after that."""
        self._A *= self._a
        for part in self._gram.rows.parts():
            self._weights[part] *= self._c
            self._weights[part] += self._gram.rows.columns(part, self._rows).T @ self._A
        return self._weights

    def _sources(self, rows: np.ndarray, faces: int) -> np.ndarray:
        """Return where the products of some rows stand in those of all faces, as one list: int64 (rows, views).

        A row's products with the rows of faces as they are come first, then those with mirrored ones: both mirrored, or
        neither, is the same.
        """
        face, view = rows % faces, rows // faces
        return face[:, None] + faces * (view[:, None] ^ np.arange(len(self._gram.products)))

    def _first_outputs(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return X[rows] @ W0."""
        faces = self._gram.rows
        return sum(faces.columns(part, rows) @ self._weights[part] for part in faces.parts())

    def _next_a(self, rate: float, momentum: float, decay: float) -> float:
        return self._a + momentum * self._s - rate * decay * self._a

    def _subtract(self, matrix: np.ndarray, batch: np.ndarray, factor: float, delta: np.ndarray) -> None:
        """matrix[batch] -= factor * delta."""
        step = self._buffers.get('step', *delta.shape)
        rows = self._buffers.get('rows', *delta.shape)
        np.multiply(delta, factor, out=step)
        np.take(matrix, batch, axis=0, out=rows, mode='clip')
        rows -= step
        matrix[batch] = rows

    def _add(self, matrix: np.ndarray, factor: float, other: np.ndarray) -> None:
        """matrix += factor * other."""
        # One pass over both, without the product's own array that NumPy would make.
        self._add_multiple(other.ravel(), matrix.ravel(), a=factor)

    def _absorb_scales(self) -> None:
        """Make the scales 1, 0 and 1 again, by C and M themselves in the places of A and U."""
        self._U *= self._u
        self._add(self._U, self._s, self._A)
        self._A *= self._a
        self._a, self._s, self._u = 1.0, 0.0, 1.0
        flush(self._U)
