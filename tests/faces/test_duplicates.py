import io

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.faces.align import Frame, align
from stages.faces.duplicates import groups, hashes
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
def test_the_same_picture_again_shares_its_group(portraits, change):
    greys = [grey for grey, _ in portraits[:6]]
    numbers = grouped(greys + [np.ascontiguousarray(change(grey)) for grey in greys])
    np.testing.assert_array_equal(numbers[:6], numbers[6:])


def test_the_same_crop_out_of_another_photo_shares_its_group(portraits):
    (grey, _), (other, _) = portraits[:2]
    crop = align(grey, find_face(grey).landmarks, Frame(64)).pixels
    assert len(set(groups(np.stack([hashes(grey, crop), hashes(other, crop)])))) == 1


def test_different_faces_have_different_groups(portraits):
    assert len(set(grouped([grey for grey, _ in portraits]))) == len(portraits)


def test_near_duplicates_by_way_of_others_share_a_group():
    chain = np.zeros((3, 1, 2, 32), np.uint8)
    chain[1, ..., :2] = 255  # 16 bits from the first
    chain[2, ..., :4] = 255  # 16 bits from the second, 32 from the first
    assert len(set(groups(chain))) == 1
    assert len(set(groups(chain[[0, 2]]))) == 2


def test_a_hash_is_that_of_the_picture_at_four_times_as_many_pixels(portraits):
    grey, _ = portraits[0]
    small = Image.fromarray(grey).resize((64, 64), Image.Resampling.LANCZOS, reducing_gap=1)
    plain, mirrored = hashes(grey)[0]
    np.testing.assert_array_equal(plain, np.packbits(imagehash.phash(small, 16).hash))
    np.testing.assert_array_equal(mirrored, np.packbits(imagehash.phash(ImageOps.mirror(small), 16).hash))
