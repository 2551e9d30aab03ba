"""Near-duplicates: the same picture again, scaled, recompressed or mirrored."""

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_SIDE = 12  # bits a side of the perceptual hash; the usual 8 cannot tell drawn faces in one frame apart
ALIKE = 18  # of 144 bits; two hashes that differ in no more are near-duplicates


def hashes(pixels: np.ndarray) -> np.ndarray:
    """Return the perceptual hashes, packed uint8 (2, bytes), of a crop and of its mirror image (Zauner, 2010)."""
    views = (pixels, pixels[:, ::-1])
    return np.stack([np.packbits(imagehash.phash(Image.fromarray(view), HASH_SIDE).hash) for view in views])


def groups(hashes: np.ndarray) -> np.ndarray:
    """Number the faces so that near-duplicates, also by way of others, share a number: (n, 2, bytes) -> int64 (n,)."""
    plain = hashes[:, 0]
    pairs = []
    for index in range(len(hashes)):
        for view in hashes[index]:
            differing = np.bitwise_count(plain[index:] ^ view).sum(axis=1)
            pairs += [(index, index + other) for other in np.flatnonzero(differing <= ALIKE)]
    ends = np.array(pairs).T
    links = coo_array((np.ones(len(pairs), bool), ends), shape=(len(hashes), len(hashes)))
    return connected_components(links, directed=False)[1].astype(np.int64)
