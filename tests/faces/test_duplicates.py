import io
import tracemalloc

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.faces.align import Frame, align
from stages.faces.duplicates import MAX_DIFFERENT, differing, groups, hashes
from stages.faces.find import find_face


def grouped(greys):
    return groups(np.stack([hashes(grey, align(grey, find_face(grey).landmarks, Frame(64)).pixels) for grey in greys]))


def recompressed(grey):
    file = io.BytesIO()
    Image.fromarray(grey).save(file, 'JPEG', quality=40)
    return np.asarray(Image.open(file))


def rescaled(grey):
    return np.asarray(Image.fromarray(grey).resize((180, 180), Image.Resampling.BILINEAR))


@pytest.mark.parametrize('change', [recompressed, rescaled, lambda grey: grey[:, ::-1], lambda grey: grey // 2 + 40])
def test_changed_copy_of_a_picture_shares_its_group(portraits, change):
    greys = [grey for grey, _ in portraits[:6]]
    numbers = grouped(greys + [np.ascontiguousarray(change(grey)) for grey in greys])
    np.testing.assert_array_equal(numbers[:6], numbers[6:])


def test_same_crop_of_another_photo_shares_its_group(portraits):
    (grey, _), (other, _) = portraits[:2]
    crop = align(grey, find_face(grey).landmarks, Frame(64)).pixels
    assert len(set(groups(np.stack([hashes(grey, crop), hashes(other, crop)])))) == 1


def test_different_faces_have_different_groups(portraits):
    assert len(set(grouped([grey for grey, _ in portraits]))) == len(portraits)


def test_groups_are_transitive():
    chain = np.zeros((3, 1, 2, 32), np.uint8)
    chain[1, ..., :2] = 255  # 16 bits from the first
    chain[2, ..., :4] = 255  # 16 bits from the second, 32 from the first
    assert len(set(groups(chain))) == 1
    assert len(set(groups(chain[[0, 2]]))) == 2


def test_hash_is_a_phash_of_the_picture_at_64_pixels(portraits):
    grey, _ = portraits[0]
    small = Image.fromarray(grey).resize((64, 64), Image.Resampling.LANCZOS, reducing_gap=1)
    plain, mirrored = hashes(grey)[0]
    np.testing.assert_array_equal(plain, np.packbits(imagehash.phash(small, 16).hash))
    np.testing.assert_array_equal(mirrored, np.packbits(imagehash.phash(ImageOps.mirror(small), 16).hash))


def every_pair(hashes):
    """Return the group numbers by comparing every pair of faces, as a reference."""
    numbers = np.arange(len(hashes))
    for index, hashes_of_face in enumerate(hashes):
        for other in np.flatnonzero(differing(hashes[index:], hashes_of_face) <= MAX_DIFFERENT) + index:
            numbers[numbers == numbers[other]] = numbers[index]
    return np.unique(numbers, return_inverse=True)[1]


def planted(count, generator, share=0.3):
    """Return random hashes, many of which differ in 0 to 40 bits from the plain or mirrored hash of another face."""
    hashes = generator.integers(0, 256, (count, 2, 2, 32), np.uint8)
    rows = generator.permutation(count)[: 2 * int(count * share)]
    for face, copy in rows.reshape(-1, 2):
        flipped = np.zeros(256, np.uint8)
        flipped[generator.choice(256, int(generator.integers(0, 41)), replace=False)] = 1
        picture, view = generator.integers(0, 2, 2)
        hashes[copy, picture, view] = hashes[face, picture, 0] ^ np.packbits(flipped)
        hashes[copy, picture, 1 - view] = hashes[face, picture, 1] ^ np.packbits(flipped)
    return hashes


@pytest.mark.parametrize('seed', range(3))
def test_groups_match_those_of_comparing_every_pair(seed):
    hashes = planted(2000, np.random.default_rng(seed))
    numbers = groups(hashes)
    assert numbers.dtype == np.int64
    np.testing.assert_array_equal(numbers, every_pair(hashes))
    assert 1000 < numbers.max() < 1900


@pytest.mark.parametrize('bit', range(16))
@pytest.mark.parametrize('more', [0, 1])
def test_hashes_without_a_common_word_are_found_by_one_bit(bit, more):
    # Two bits in each of twelve words and one in each of four: the bound, spread so that no word is unchanged.
    flipped = np.zeros((16, 16), np.uint8)
    flipped[:, bit] = 1
    flipped[:12, bit - 1] = 1
    flipped[12, bit - 1] = more
    assert flipped.sum() == MAX_DIFFERENT + more
    # Among many others, so that the two are not adjacent in the order of any word by chance.
    hashes = np.random.default_rng(bit).integers(0, 256, (500, 1, 2, 32), np.uint8)
    hashes[1, 0, 0] = hashes[0, 0, 0] ^ np.packbits(flipped)
    assert len(set(groups(hashes))) == 499 + more


def test_faces_that_share_only_a_common_word_are_found_even_next_to_a_large_group():
    generator = np.random.default_rng(5)
    hashes = generator.integers(0, 256, (400, 1, 2, 32), np.uint8)
    # Two crowds, each with the same first word; nearly a third of the second one are copies of one face.
    hashes[:200, ..., :2], hashes[200:, ..., :2] = 17, 203
    hashes[200:260, 0, 0, 2:] = hashes[200, 0, 0, 2:]
    hashes[200:260, 0, 0, 5] ^= np.uint8(1) << generator.integers(0, 8, 60).astype(np.uint8)
    # Two bits in each word that is also looked up with one bit changed, one in the others: only the first word matches.
    # They are high bits, so that the two are not adjacent in the order of any word.
    flipped = np.zeros((16, 16), np.uint8)
    flipped[1:, 8] = 1
    flipped[1:13, 9] = 1
    for face, copy in [(0, 150), (3, 199), (5, 103), (270, 399), (301, 363), (230, 390), (259, 265)]:
        hashes[copy, 0, 0] = hashes[face, 0, 0] ^ np.packbits(flipped)
    numbers = groups(hashes)
    np.testing.assert_array_equal(numbers, every_pair(hashes))
    assert len(set(numbers)) == 400 - 59 - 7


def test_many_similar_faces_need_little_memory():
    generator = np.random.default_rng(2)
    noise = np.packbits(generator.random((6000, 1, 2, 256)) < 0.03, axis=-1)
    hashes = generator.integers(0, 256, (1, 1, 2, 32), np.uint8) ^ noise
    hashes[100:110] = generator.integers(0, 256, (10, 1, 2, 32), np.uint8)
    tracemalloc.start()
    numbers = groups(hashes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(numbers)) == 11
    assert peak < 300e6  # all pairs would take 2.9e8 bytes for one of their two indices alone
