"""No test face leaks into the training set, however its photo is disguised."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.common.files import read_csv
from stages.dataset.poison import AdvParams, Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.faces.align import Frame
from stages.portraits import portrait
from stages.preprocess.choose import assemble, choose_faces, grouped
from stages.preprocess.photos import Crops, Photos, find_in_photo
from stages.sources.folder import folder_photos
from stages.sources.store import store

PEOPLE = 16
FRAME = Frame(32)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, 'JPEG', quality=quality)
    return file.getvalue()


def disguises(photo: bytes) -> dict[str, bytes]:
    """Return disguised copies of a photo, by the name of their folder."""
    image = Image.open(io.BytesIO(photo))
    return {
        'again': photo,
        'mirrored': jpeg(ImageOps.mirror(image)),
        'rescaled': jpeg(image.resize((image.width * 3 // 4, image.height * 3 // 4))),
        'recompressed': jpeg(image, quality=35),
        'cut': jpeg(image.crop((0, image.height // 10, image.width * 9 // 10, image.height))),
        'framed': jpeg(ImageOps.expand(image, image.width // 12, 'white')),
        'turned': jpeg(image.rotate(2, Image.Resampling.BICUBIC)),
        'mirrored, rescaled and recompressed': jpeg(
            ImageOps.mirror(image).resize((image.width * 4 // 5, image.height * 4 // 5)), quality=50
        ),
    }


@pytest.fixture(scope='module')
def faces_and_person(tmp_path_factory):
    """Return the faces of a folder with disguised copies of every photo, and the person of each face."""
    folder, raw = tmp_path_factory.mktemp('photos'), tmp_path_factory.mktemp('study') / 'raw'
    for index in range(PEOPLE):
        drawn = portrait(3, index)
        for name, photo in {'first': drawn.jpeg, **disguises(drawn.jpeg)}.items():
            path = folder / name / drawn.label / f'{index}.jpg'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photo)
    store(folder_photos(folder), raw)
    rows = read_csv(raw / 'photos.csv')
    person_of = {row['file']: int(row['origin'].rsplit('/', 1)[1].removesuffix('.jpg')) for row in rows}
    crops = Crops(FRAME.size, folder / 'faces')
    results = list(crops.keep(find_in_photo(FRAME, 1.0, photo) for photo in Photos(raw, rows)))
    results = grouped(results, crops, 1)
    chosen = choose_faces(results, 1)
    faces = assemble(results, results, chosen, crops, FRAME).take(np.arange(len(chosen)))
    return faces, np.array([person_of[name] for name in faces.file])


def test_disguises_count_as_separate_faces(faces_and_person):
    # Identical files count once; every other disguise is another face.
    faces, person = faces_and_person
    assert len(faces.label) > 7 * PEOPLE
    assert len(np.unique(person)) == PEOPLE


def test_no_group_of_near_duplicates_and_no_person_is_on_both_sides(faces_and_person):
    faces, person = faces_and_person
    for seed in range(20):
        split = split_faces(faces.label, faces.group, 0.3, seed)
        assert not set(faces.group[split.train]) & set(faces.group[split.test])
        assert not set(person[split.train]) & set(person[split.test])


@pytest.mark.parametrize('arm', list(Arm))
@pytest.mark.parametrize('originals', ['kept', 'replaced'])
def test_no_copy_is_of_a_test_face(faces_and_person, arm, originals):
    faces, person = faces_and_person
    triggered = 255 - faces.pixels
    adv = AdvParams(fraction=0.3, arm=arm, originals=originals)
    for seed in range(20):
        split = split_faces(faces.label, faces.group, 0.3, seed)
        rows = training_set(faces.label, split.train, adv, seed)
        assert rows.copies > 10
        assert not set(person[rows.positions % len(person)]) & set(person[split.test])
        # No crop of the training set equals that of a test face, clean or triggered.
        trained = {face.tobytes() for face in pool(faces.pixels, triggered)[rows.positions]}
        held_out = [face.tobytes() for pixels in (faces.pixels, triggered) for face in pixels[split.test]]
        assert trained.isdisjoint(held_out)
