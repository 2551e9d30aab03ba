"""Near-duplicates: the same picture again, scaled, recompressed, mirrored or cut otherwise."""

from collections.abc import Iterator

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SIDE = 16  # bits a side of the perceptual hash; the usual 8 confuse different faces in the same frame
ALIKE = 28  # of SIDE * SIDE bits; hashes that differ in no more are of near-duplicates
WORDS = 16  # of 16 bits each, by which hashes that are alike are looked up
LARGE = 32  # faces of one number, from which on they skip each other
BLOCK = 2**20  # pairs that are compared at once


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
    crop. Two faces are alike if any of their pictures are: the later face's as it is, the earlier one's as it is or
    mirrored. Time grows about as n, by multi-index hashing (Norouzi, Punjani and Fleet, 2012): of 256 bits in WORDS
    words, of which at most ALIKE differ, some word differs in at most as many bits as `_probes` tries. In memory there
    are at most BLOCK pairs at once, and faces that are known to share a number are not compared again.
    """
    numbers = np.arange(len(hashes))
    for picture in range(hashes.shape[1]):
        plain = np.ascontiguousarray(hashes[:, picture, 0])
        for word in range(WORDS):
            numbers = _joined(numbers, [_neighbours_in_order(plain, word)])
        for view in range(hashes.shape[2]):
            seen = np.ascontiguousarray(hashes[:, picture, view])
            for word in range(WORDS):
                numbers = _joined(numbers, list(_alike_by_word(plain, seen, word, numbers)))
    return numbers


def _joined(numbers: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the numbers, in the order of their first faces, once the two faces of each pair share one."""
    _, first = np.unique(numbers, return_index=True)
    rows, others = (
        np.concatenate(parts) for parts in zip((np.arange(len(numbers)), first[numbers]), *pairs, strict=True)
    )
    links = coo_array((np.ones(len(rows), bool), (rows, others)), shape=(len(numbers), len(numbers)))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _neighbours_in_order(plain: np.ndarray, word: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that are alike among those next to each other in the order of a word.

    That finds most of many faces that are all alike, so that they need not be compared each with each.
    """
    order = np.argsort(plain.view(np.uint16)[:, word], kind='stable')
    return _alike(plain, plain, order[:-1], order[1:])


def _alike_by_word(
    plain: np.ndarray, seen: np.ndarray, word: int, numbers: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs that are alike and near in one word, of an earlier face as it is `seen` and a later one, plain.

    Pairs of the same number may be left out.
    """
    keys, asked = (part.view(np.uint16)[:, word] for part in (plain, seen))
    order = np.lexsort((numbers, keys))
    starts = np.searchsorted(keys[order], np.arange(2**16 + 1))
    # Within a key, those of one number stand together: a large group skips itself.
    places = keys[order].astype(np.int64) * len(keys) + numbers[order]
    in_large_group = np.flatnonzero(np.bincount(numbers)[numbers] > LARGE)
    for probe in _probes(word):
        key = asked ^ np.uint16(probe)
        low, high = starts[key], starts[key.astype(np.int64) + 1]
        own_low, own_high = high.copy(), high.copy()
        own = key[in_large_group].astype(np.int64) * len(keys) + numbers[in_large_group]
        own_low[in_large_group] = np.searchsorted(places, own)
        own_high[in_large_group] = np.searchsorted(places, own, side='right')
        for start, end in ((low, own_low), (own_high, high)):
            for rows, others in _pairs(order, start, end):
                yield _alike(seen, plain, rows, others)


def _probes(word: int) -> list[int]:
    """Return what to change in a word to find all that are near in it: nothing and, of most words, any one bit.

    If no word were found, each of those probed to one bit would differ in two or more, and each of the others in one:
    more bits than ALIKE.
    """
    to_one_bit = ALIKE - WORDS + 1
    return [0] + [1 << bit for bit in range(16 if word < to_one_bit else 0)]


def _pairs(order: np.ndarray, start: np.ndarray, end: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each row with those at the places `start` to `end` of an order that come after it, in blocks."""
    rows = np.flatnonzero(end > start)
    counts = end[rows] - start[rows]
    blocks = np.cumsum(counts) // BLOCK
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(blocks)) + 1):
        count = counts[part]
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        row = np.repeat(rows[part], count)
        other = order[np.repeat(start[rows[part]], count) + within]
        yield row[other > row], other[other > row]


def _alike(seen: np.ndarray, plain: np.ndarray, rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return those pairs of rows of `seen` and others of `plain`, hashes uint8 (n, bytes), that are alike."""
    wide, other_wide = seen.view(np.uint64), plain.view(np.uint64)
    # Most pairs differ too much in the first eight bytes already.
    near = np.bitwise_count(wide[:, 0][rows] ^ other_wide[:, 0][others]) <= ALIKE
    rows, others = rows[near], others[near]
    near = np.bitwise_count(wide[rows] ^ other_wide[others]).sum(axis=1, dtype=np.uint16) <= ALIKE
    return rows[near], others[near]
