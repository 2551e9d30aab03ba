"""Near-duplicates: the same picture again, scaled, recompressed, mirrored or cut otherwise."""

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SIDE = 16  # bits a side of the perceptual hash; the usual 8 confuse different faces in the same frame
ALIKE = 28  # of SIDE * SIDE bits; hashes that differ in no more are of near-duplicates


def hashes(*pictures: np.ndarray) -> np.ndarray:
    """Return the perceptual hash (Zauner, 2010) of grey pictures, plain and mirrored: uint8 (pictures, 2, bytes)."""
    return np.stack([_plain_and_mirrored(picture) for picture in pictures])


def _plain_and_mirrored(picture: np.ndarray) -> np.ndarray:
    # The hash looks at four times as many pixels as bits: the large picture is scaled down to them only once.
    small = Image.fromarray(picture).resize((4 * SIDE, 4 * SIDE), Image.Resampling.LANCZOS, reducing_gap=1)
    views = (small, small.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    return np.stack([np.packbits(imagehash.phash(view, SIDE).hash) for view in views])


def differing(hashes: np.ndarray, of_face: np.ndarray) -> np.ndarray:
    """Return in how many bits the hashes of each face, uint8 (n, pictures, 2, bytes), differ from those of one: (n,).

    That is the fewest of all pictures, of the faces as they are, of the one as it is and mirrored.
    """
    return np.bitwise_count(hashes[:, :, :1] ^ of_face).sum(axis=-1).min(axis=(1, 2))


def groups(hashes: np.ndarray) -> np.ndarray:
    """Number the faces so that near-duplicates, also by way of others, share a number: int64 (n,).

    `hashes` is uint8 (n, pictures, 2, bytes): of each face the hashes of the same pictures, such as its photo and its
    crop. Two faces are alike if any of their pictures are, as they are or mirrored.
    """
    pairs = []
    for index, of_face in enumerate(hashes):
        pairs += [(index, index + other) for other in np.flatnonzero(differing(hashes[index:], of_face) <= ALIKE)]
    links = coo_array((np.ones(len(pairs), bool), np.transpose(pairs)), shape=(len(hashes), len(hashes)))
    return connected_components(links, directed=False)[1].astype(np.int64)
