from pathlib import PurePosixPath

import pytest

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import labels_given, offer
from stages.sources.source import Photo
from stages.sources.words import Vocabulary


@pytest.mark.parametrize(('path', 'label'), [
    ('male/a.jpg', 'male'),
    ('FEMALE/a.jpg', 'female'),
    ('Male Faces/a.jpg', 'male'),
    ('set/Women/2019/a.jpg', 'female'),
    ('m/a.jpg', None),
    ('f/x/a.jpg', None),
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
    ('UTKFace/61_1_20170109142408075.jpg.chip.jpg', 'female'),
    ('UTKFace/61_3_20170109150557335.jpg.chip.jpg', None),
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
    ('men/John_F_Kennedy/a.jpg', 'male'),
    ('male/f1.8/a.jpg', 'male'),
    ('women/50 m/a.jpg', 'female'),
    ('women/Man Ray/a.jpg', 'female'),
    ('Old Man River/a.jpg', None),
    ('Isle of Man 2023/a.jpg', None),
    ('Canon EOS M/a.jpg', None),
    ('f 2.8/a.jpg', None),
    ('x/female_001.jpg', 'female'),
    ('x/man (12).jpg', 'male'),
    ('women/man_12.jpg', 'female'),
    ('male and female/boy_3.jpg', 'male'),
    ('Man Ray 3.jpg', None),
    ('x/M001.jpg', None),
    ('garcons/a.jpg', 'male'),
    ('maennlich/a.jpg', 'male'),
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
    ('m/set/women/f/x.jpg', 'female', ''),
    ('women/man_1.jpg', 'female', 'female by "women", although "man_1.jpg" in its path gives the other label'),
    ('women/Man Ray/x.jpg', 'female', 'female by "women"; "man" in "Man Ray" stands among other words and may not be a '
     'label; data.words can say that it is one'),
    ('women/Wonder Woman/x.jpg', 'female', ''),
    ('Old Man River/women/x.jpg', 'female', ''),
    ('men/male/x.jpg', 'male', ''),
])  # fmt: skip
def test_label_contradicted_by_another_name_gets_a_remark(path, label, remark):
    photo = offered(path)
    assert (photo.label, photo.remark) == (label, remark)


@pytest.mark.parametrize(('path', 'size', 'reason'), [
    ('women/men and women/x.jpg', 3, '"men" and "women" in "men and women" are words of both labels; data.words'),
    ('Old Man River/x.jpg', 3, '"man" in "Old Man River" stands among other words and may not be a label; data.words'),
    ('x/Man Ray 1.jpg', 3, '"man" in "Man Ray 1.jpg" stands among other words'),
    ('.female/x.jpg', 3, 'hidden'), ('female/.x.jpg', 3, 'hidden'), ('people/x.jpg', 3, 'gives a label'),
    ('female/x.jpg', MOST_BYTES + 1, 'larger than 100 MB'), ('female/x.MOV', 3, 'a film, not a picture'),
])  # fmt: skip
def test_file_that_is_not_a_photo_becomes_a_remark_and_is_not_read(path, size, reason):
    remark = offer(PurePosixPath(path), size, lambda: pytest.fail('was read'))
    assert (remark.origin, remark.kept) == (path, False)
    assert reason in remark.reason


def test_file_of_the_maximum_size_is_accepted():
    assert isinstance(offered('female/x.jpg', MOST_BYTES), Photo)


def test_words_that_are_told_give_labels_and_come_before_those_that_are_known():
    told = Vocabulary({'M': 'male', '0': 'female', 'A\u0308ffin': 'female', 'Man Ray': 'female', 'boys': 'female'})
    places = {
        'M/a.jpg': 'male',
        'Man Ray/a.jpg': 'female',
        'boys/a.jpg': 'female',
        'x/M001.jpg': 'male',
        'men/a.jpg': 'male',
    }
    places |= {'0/a.jpg': 'female', 'x/0_12.jpg': 'female', 'x/0-12.jpg': 'female', '\u00c4ffin/a.jpg': 'female'}
    assert {place: next(labels_given(PurePosixPath(place), told))[1] for place in places} == places
    others = ('x/0 (1).jpg', 'x/0.jpg', 'x/01_2.jpg', 'part 0/a.jpg', 'EOS M/a.jpg', 'x/Mary_1.jpg', 'x/M.jpg')
    assert [place for place in others if any(labels_given(PurePosixPath(place), told))] == []
    assert offer(PurePosixPath('M/a.jpg'), 3, lambda: b'abc', told) == Photo(b'abc', '.jpg', 'male', 'M/a.jpg')
