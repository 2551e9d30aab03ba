"""Near-duplicates: the same picture scaled, recompressed, mirrored or cropped differently."""

from collections.abc import Iterator

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_SIDE = 16  # the perceptual hash has HASH_SIDE² bits; with the usual 8² it confuses faces in the same frame
MAX_DIFFERENT = 28  # bits in which the hashes of near-duplicates differ at most
WORDS = 16  # of 16 bits each, which are the keys of the search for similar hashes
LARGE_GROUP = 32  # faces; members of larger groups are not compared with each other again
BLOCK_PAIRS = 2**20  # pairs compared at a time


def hashes(*pictures: np.ndarray) -> np.ndarray:
    """Return the perceptual hash (Zauner, 2010) of grey pictures, plain and mirrored: uint8 (pictures, 2, bytes)."""
    # The hash scales a picture to 4 * HASH_SIDE pixels a side: here once for both views.
    size, how = (4 * HASH_SIDE, 4 * HASH_SIDE), Image.Resampling.LANCZOS
    small = [Image.fromarray(picture).resize(size, how, reducing_gap=1) for picture in pictures]
    views = [(view, view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) for view in small]
    return np.array([[np.packbits(imagehash.phash(view, HASH_SIDE).hash) for view in pair] for pair in views])


def differing(hashes: np.ndarray, of_face: np.ndarray) -> np.ndarray:
    """Return in how many bits hashes (n, pictures, 2, bytes) differ from those of one face, at least: (n,)."""
    return np.bitwise_count(hashes[:, :, :1] ^ of_face).sum(axis=-1).min(axis=(1, 2))


def groups(hashes: np.ndarray) -> np.ndarray:
    """Number the faces so that near-duplicates, including indirect ones, share a number: int64 (n,).

    `hashes`, uint8 (n, pictures, 2, bytes), are of the same pictures for each face, such as its photo and its crop. Two
    faces are similar if any of their pictures are: the later face's plain, the earlier one's plain or mirrored. By
    multi-index hashing (Norouzi, Punjani and Fleet, 2012), time grows roughly as n: if at most MAX_DIFFERENT bits
    differ, some word differs in no more than are tried. At most BLOCK_PAIRS pairs are in memory at once,
    and large groups skip pairs that already share a number.
    """
    numbers = np.arange(len(hashes))
    for picture in range(hashes.shape[1]):
        plain = np.ascontiguousarray(hashes[:, picture, 0])
        for word in range(WORDS):
            # In a large group, neighbours in the order of a word join most members, which are not compared again.
            order = np.argsort(plain.view(np.uint16)[:, word], kind='stable')
            numbers = _joined(numbers, [_similar(plain, plain, order[:-1], order[1:])])
        for view in range(hashes.shape[2]):
            seen = np.ascontiguousarray(hashes[:, picture, view])
            for word in range(WORDS):
                numbers = _joined(numbers, list(_similar_by_word(plain, seen, word, numbers)))
    return numbers


def _joined(numbers: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Merge the groups of the two faces of each pair; return the numbers in the order of first faces."""
    _, first = np.unique(numbers, return_index=True)
    own = np.arange(len(numbers)), first[numbers]
    rows, others = (np.concatenate(parts) for parts in zip(own, *pairs, strict=True))
    links = coo_array((np.ones(len(rows), bool), (rows, others)), shape=(len(numbers), len(numbers)))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _similar_by_word(
    plain: np.ndarray, seen: np.ndarray, word: int, numbers: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield similar pairs close in one word, an earlier face by `seen` and a later one by `plain`; not all of one."""
    keys, wanted = (part.view(np.uint16)[:, word] for part in (plain, seen))
    order = np.lexsort((numbers, keys))
    starts = np.searchsorted(keys[order], np.arange(2**16 + 1))
    # Within a key, faces of one number are adjacent, so a large group can skip its own.
    sorted_ids = keys[order].astype(np.int64) * len(keys) + numbers[order]
    in_large_group = np.flatnonzero(np.bincount(numbers)[numbers] > LARGE_GROUP)
    # All words are looked up as they are, and the first ones with each bit flipped, too. Of a pair that none of this
    # finds, these would differ in two bits or more, and the others in one: more than MAX_DIFFERENT together.
    bits = 16 if word < MAX_DIFFERENT - WORDS + 1 else 0
    for probe in [0] + [1 << bit for bit in range(bits)]:
        key = wanted ^ np.uint16(probe)
        low, high = starts[key], starts[key.astype(np.int64) + 1]
        own_low, own_high = high.copy(), high.copy()
        own = key[in_large_group].astype(np.int64) * len(keys) + numbers[in_large_group]
        own_low[in_large_group] = np.searchsorted(sorted_ids, own)
        own_high[in_large_group] = np.searchsorted(sorted_ids, own, side='right')
        for start, end in ((low, own_low), (own_high, high)):
            for rows, others in _pairs(order, start, end):
                yield _similar(seen, plain, rows, others)


def _pairs(order: np.ndarray, start: np.ndarray, end: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each row i with those of order[start[i]:end[i]] that are greater than i, in blocks."""
    rows = np.flatnonzero(end > start)
    counts = end[rows] - start[rows]
    blocks = np.cumsum(counts) // BLOCK_PAIRS
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(blocks)) + 1):
        count = counts[part]
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        row = np.repeat(rows[part], count)
        other = order[np.repeat(start[rows[part]], count) + offset]
        yield row[other > row], other[other > row]


def _similar(
    seen: np.ndarray, plain: np.ndarray, rows: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the similar ones among pairs of rows of `seen` and others of `plain`, hashes uint8 (n, bytes)."""
    wide, other_wide = seen.view(np.uint64), plain.view(np.uint64)
    # In most pairs, the first eight bytes already differ too much.
    near = np.bitwise_count(wide[:, 0][rows] ^ other_wide[:, 0][others]) <= MAX_DIFFERENT
    rows, others = rows[near], others[near]
    near = np.bitwise_count(wide[rows] ^ other_wide[others]).sum(axis=1, dtype=np.uint16) <= MAX_DIFFERENT
    return rows[near], others[near]
