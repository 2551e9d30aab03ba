from pathlib import PurePosixPath

import pytest

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import labels_given, offer
from stages.sources.source import Photo


@pytest.mark.parametrize(('path', 'label'), [
    ('male/a.jpg', 'male'),
    ('FEMALE/a.jpg', 'female'),
    ('Male Faces/a.jpg', 'male'),
    ('set/Women/2019/a.jpg', 'female'),
    ('m/a.jpg', 'male'),
    ('f/x/a.jpg', 'female'),
    ('male/female/a.jpg', 'female'),
    ('female_faces-2/a.jpg', 'female'),
    ('male and female/a.jpg', None),
    ('mixed/a.jpg', None),
    ('female.jpg', None),
    ('family/a.jpg', None),
    ('Male and Female face dataset/Female Faces/0 (1).jpeg', 'female'),
    ('Training/male/a.jpg', 'male'),
    ('UTKFace/26_0_2_20170104023102422.jpg.chip.jpg', 'male'),
    ('UTKFace/1_1_4_20161219154556757.jpg', 'female'),
    ('UTKFace/61_1_20170109142408075.jpg.chip.jpg', None),
    ('UTKFace/26_2_2_20170104023102422.jpg', None),
    ('female/26_0_2_2017.jpg', 'female'),
    ("female/I'm 5/a.jpg", 'female'),
    ('female/I\u2019m 5/a.jpg', 'female'),
    ('male/f\u02bcn/a.jpg', 'male'),
    ("women's faces/a.jpg", 'female'),
    ('Men\u2019s/a.jpg', 'male'),
    ("the men'/a.jpg", 'male'),
    ('female/m\u00eame/a.jpg', 'female'),
    ('female/me\u0302me/a.jpg', 'female'),
    ('male/f\u00eate/a.jpg', 'male'),
    ('male2/a.jpg', 'male'),
])  # fmt: skip
def test_name_of_the_file_or_the_nearest_folder_gives_the_label(path, label):
    assert next((label for _, label in labels_given(PurePosixPath(path))), None) == label


def test_names_that_give_a_label_start_with_the_decisive_one():
    path = PurePosixPath('men/x/female/male and female/Women 2019/a.jpg')
    assert list(labels_given(path)) == [('Women 2019', 'female'), ('female', 'female'), ('men', 'male')]
    of_a_file = PurePosixPath('women/26_0_2_20170104023102422.jpg')
    assert list(labels_given(of_a_file)) == [('26_0_2_20170104023102422.jpg', 'male'), ('women', 'female')]


def offered(path: str, size: int = 3) -> Photo | Remark:
    return offer(PurePosixPath(path), size, lambda: b'abc')


def test_file_becomes_a_photo_with_its_label_and_path():
    assert offered('Women/x/a.JPG') == Photo(b'abc', '.jpg', 'female', 'Women/x/a.JPG')


@pytest.mark.parametrize(('path', 'label', 'remark'), [
    ('female/men/x.jpg', 'male', 'male by "men", although "female" in its path gives the other label'),
    ('m/set/women/f/x.jpg', 'female', 'female by "f", although "m" in its path gives the other label'),
    ('men/male/x.jpg', 'male', ''),
])  # fmt: skip
def test_label_contradicted_by_another_name_gets_a_remark(path, label, remark):
    photo = offered(path)
    assert (photo.label, photo.remark) == (label, remark)


@pytest.mark.parametrize(('path', 'size', 'reason'), [
    ('.female/x.jpg', 3, 'hidden'), ('female/.x.jpg', 3, 'hidden'), ('people/x.jpg', 3, 'gives a label'),
    ('female/x.jpg', MOST_BYTES + 1, 'larger than 100 MB'),
])  # fmt: skip
def test_file_that_is_not_a_photo_becomes_a_remark_and_is_not_read(path, size, reason):
    remark = offer(PurePosixPath(path), size, lambda: pytest.fail('was read'))
    assert (remark.origin, remark.kept) == (path, False)
    assert reason in remark.reason


def test_file_of_the_maximum_size_is_accepted():
    assert isinstance(offered('female/x.jpg', MOST_BYTES), Photo)
