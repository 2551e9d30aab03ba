import io

import numpy as np
import pytest
from PIL import Image

from stages.faces.align import PLACES, Frame, align
from stages.faces.find import find_face
from stages.faces.photograph import NoFaceError, face_photo
from stages.images.decode import UndecodableError, decode
from stages.portraits import portrait


@pytest.fixture(scope='module')
def jpeg():
    return portrait(11, 0).jpeg


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize('frame', [Frame(64), Frame(48), Frame(64, PLACES - (0.0, 0.1))])
def test_a_face_photo_is_decoded_found_and_aligned(jpeg, frame):
    photo = face_photo(jpeg, '.jpg', frame)
    picture = decode(jpeg, '.jpg')
    face = find_face(picture.grey)
    crop = align(picture.grey, face.landmarks, frame)
    np.testing.assert_array_equal(photo.picture.grey, picture.grey)
    np.testing.assert_array_equal(photo.face.landmarks, face.landmarks)
    np.testing.assert_array_equal(photo.crop.pixels, crop.pixels)
    np.testing.assert_array_equal(photo.crop.landmarks, crop.landmarks)
    assert photo.crop.pixels.shape == (frame.size, frame.size)


def test_thumbnail_is_optional_and_changes_nothing_else(jpeg):
    plain, with_thumbnail = face_photo(jpeg, '.jpg', Frame(64)), face_photo(jpeg, '.jpg', Frame(64), 100)
    assert plain.picture.thumbnail is None
    np.testing.assert_array_equal(with_thumbnail.picture.thumbnail, decode(jpeg, '.jpg', 100).thumbnail)
    assert with_thumbnail.picture.thumbnail.shape == (100, 100, 3)
    np.testing.assert_array_equal(with_thumbnail.crop.pixels, plain.crop.pixels)


def test_the_largest_of_several_faces_is_taken(portraits):
    (large, eyes), (other, _) = portraits[:2]
    both = np.zeros((256, 400), np.uint8)
    both[:, :256] = large
    both[64:192, 264:392] = other[::2, ::2]
    photo = face_photo(encoded(Image.fromarray(both), 'PNG'), '.png', Frame(64))
    assert photo.face.others == 1
    assert abs(photo.face.landmarks[36:48].mean(axis=0) - eyes.mean(axis=0)).max() < 10


def test_suffix_of_the_file_decides_its_oddity(jpeg):
    assert face_photo(jpeg, '.jpg', Frame(64)).picture.oddity == ''
    assert face_photo(jpeg, '.png', Frame(64)).picture.oddity == 'a JPEG file named .png'


def test_a_picture_without_a_face_is_an_error():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8))
    with pytest.raises(NoFaceError, match=r'^no face found$'):
        face_photo(encoded(noise, 'PNG'), '.png', Frame(64))


@pytest.mark.parametrize(('end', 'reason'), [(0, 'an empty file'), (5000, 'cut off')])
def test_undecodable_file_is_another_error(jpeg, end, reason):
    with pytest.raises(UndecodableError, match=reason):
        face_photo(jpeg[:end], '.jpg', Frame(64))
