"""Copies of a photo are near-duplicates, however they are changed; different people on one card are not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.detectors.distances import NEAREST
from stages.faces.align import Frame, align
from stages.faces.duplicates import MAX_DIFFERENT, differing, hashes
from stages.faces.find import find_face
from stages.faces.registration import SIDE
from stages.preprocess import near_duplicates
from stages.preprocess.near_duplicates import groups


def look(image: Image.Image) -> np.ndarray:
    grey = np.asarray(image)
    return align(grey, find_face(grey).landmarks, Frame(SIDE)).pixels


def grouped(looks: np.ndarray, workers: int = 1) -> np.ndarray:
    return groups(looks, np.stack([hashes(face) for face in looks]), workers)


def recompressed(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, 'JPEG', quality=40)
    return Image.open(file)


def cut(image: Image.Image, share: float) -> Image.Image:
    return image.crop((0, round(share * image.height), round((1 - share) * image.width), image.height))


def barred(image: Image.Image) -> Image.Image:
    bar = image.height // 8
    return ImageOps.expand(image, (0, bar, 0, bar), 0)


CHANGES = {
    'recompressed': recompressed,
    'scaled': lambda image: image.resize((180, 180), Image.Resampling.BILINEAR),
    'cut by 5 %': lambda image: cut(image, 0.05),
    'cut by 10 %': lambda image: cut(image, 0.1),
    'framed': lambda image: ImageOps.expand(image, image.width // 12, 255),
    'barred': barred,
    'turned': lambda image: image.rotate(2, Image.Resampling.BICUBIC),
    'mirrored': ImageOps.mirror,
    'lightened': lambda image: image.point(lambda grey: min(255, 1.1 * grey + 20)),
    'darkened': lambda image: image.point(lambda grey: grey // 2),
}


@pytest.fixture(scope='module')
def images(portraits):
    """Portraits cut to little more than the face: where they are cut or framed once more, landmarks move."""
    images = []
    for grey, _ in portraits:
        landmarks = find_face(grey).landmarks
        low, high = landmarks.min(axis=0), landmarks.max(axis=0)
        margin = (high - low) * 0.15
        images.append(Image.fromarray(grey).crop((*(low - margin).astype(int), *(high + margin).astype(int))))
    return images


@pytest.fixture(scope='module')
def looks(images):
    return np.stack([look(image) for image in images])


@pytest.mark.parametrize('change', CHANGES)
def test_changed_copy_shares_the_group_of_its_photo_and_no_other(images, looks, change):
    copies = np.stack([look(CHANGES[change](image)) for image in images[:5]])
    numbers = grouped(np.concatenate([looks, copies]))
    assert numbers.dtype == np.int64
    assert numbers[: len(looks)].tolist() == [*range(len(looks))]
    found = numbers[len(looks) :] == np.arange(5)
    # A cut or a border at the very edge of a face may move its landmarks too far.
    assert found.sum() >= (3 if change in ('cut by 10 %', 'framed') else 5)
    assert (numbers[len(looks) :][~found] >= len(looks)).all()


def test_copies_are_found_whose_hashes_differ(images, looks):
    turned = np.stack([look(CHANGES['turned'](image)) for image in images[:5]])
    distances = [differing(hashes(copy)[None], hashes(face)) for copy, face in zip(turned, looks, strict=False)]
    assert min(distances) > MAX_DIFFERENT


def test_different_people_on_one_card_have_different_groups(images):
    random = np.random.default_rng(1)
    card = Image.fromarray(random.integers(0, 256, (12, 12), np.uint8)).resize((600, 600))
    cards = []
    for image in images:
        cards.append(card.copy())
        cards[-1].paste(image.resize((160, 160), Image.Resampling.BICUBIC), (60, 200))
    assert len(set(grouped(np.stack([look(image) for image in cards])))) == len(images)


def test_sticker_does_not_hide_a_copy(looks):
    copies = looks.copy()
    copies[:, 44:50, 44:50] = 230
    numbers = grouped(np.concatenate([looks, copies]))
    assert numbers[: len(looks)].tolist() == [*range(len(looks))]
    assert (numbers[len(looks) :] == np.arange(len(looks))).mean() > 0.9


def test_versions_of_a_photo_with_many_copies_each_share_a_group(images, looks):
    # Of each version, the nearest faces are its own copies, and hashes of the other differ.
    turned = look(CHANGES['turned'](images[0]))
    many = [*[looks[0]] * (NEAREST + 2), *[turned] * (NEAREST + 2), *looks[1:]]
    numbers = grouped(np.stack(many))
    assert numbers.tolist() == [0] * (2 * NEAREST + 4) + [*range(1, len(looks))]


@pytest.mark.parametrize('count', [1, 2, 3])
def test_few_faces_are_grouped(looks, count):
    assert grouped(looks[:count]).tolist() == [*range(count)]
    assert grouped(looks[[0] * count]).tolist() == [0] * count


def test_groups_do_not_depend_on_the_number_of_workers(looks, monkeypatch):
    monkeypatch.setattr(near_duplicates, 'BLOCK_PAIRS', 8)
    faces = np.concatenate([looks, looks[:4, :, ::-1]])
    np.testing.assert_array_equal(grouped(faces, 2), grouped(faces))
