from pathlib import PurePosixPath

import pytest

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.offer import offer
from stages.sources.source import Photo


def offered(place: str, size: int = 3) -> Photo | Remark:
    return offer(PurePosixPath(place), size, lambda: b'abc')


def test_a_file_becomes_a_photo_with_its_label_and_its_place():
    assert offered('Women/x/a.JPG') == Photo(b'abc', '.jpg', 'female', 'Women/x/a.JPG')


@pytest.mark.parametrize(('place', 'label', 'remark'), [
    ('female/men/x.jpg', 'male', 'male by "men", although "female" in its path gives the other label'),
    ('m/set/women/f/x.jpg', 'female', 'female by "f", although "m" in its path gives the other label'),
    ('men/male/x.jpg', 'male', ''),
])  # fmt: skip
def test_a_label_that_another_name_contradicts_comes_with_a_remark(place, label, remark):
    photo = offered(place)
    assert (photo.label, photo.remark) == (label, remark)


@pytest.mark.parametrize(('place', 'size', 'reason'), [
    ('.female/x.jpg', 3, 'hidden'), ('female/.x.jpg', 3, 'hidden'), ('people/x.jpg', 3, 'gives a label'),
    ('female/x.jpg', MOST_BYTES + 1, 'larger than 100 MB'),
])  # fmt: skip
def test_what_is_no_photo_is_a_remark_and_is_not_read(place, size, reason):
    remark = offer(PurePosixPath(place), size, lambda: pytest.fail('was read'))
    assert (remark.origin, remark.kept) == (place, False)
    assert reason in remark.reason


def test_a_file_of_the_largest_size_is_taken():
    assert isinstance(offered('female/x.jpg', MOST_BYTES), Photo)
