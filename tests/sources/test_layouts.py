from pathlib import PurePosixPath

import pytest

from stages.sources.layouts import label_of


@pytest.mark.parametrize(('place', 'label'), [
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
])  # fmt: skip
def test_a_file_named_by_label_or_the_nearest_such_folder_gives_the_label(place, label):
    assert label_of(PurePosixPath(place)) == label
