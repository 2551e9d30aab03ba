"""Where photos go: their layout stays, and those with another label lie where that label is read."""

from pathlib import PurePosixPath

import pytest

from stages.clean.photos import Folders, write_photos
from stages.common.params import LABELS
from stages.sources.layouts import labels_given
from stages.sources.words import Vocabulary

VOCABULARY = Vocabulary({'m': 'male', 'f': 'female'})


def photos(*origins: str) -> list[dict[str, str]]:
    """Return rows of photos.csv for origins that give a label; others are female."""
    labels = [next((label for _, label in labels_given(origin, VOCABULARY)), 'female') for origin in map(path, origins)]
    return [
        {'file': f'{label}/{number}.jpg', 'label': label, 'sha256': f'{number}', 'origin': origin, 'remark': ''}
        for number, (origin, label) in enumerate(zip(origins, labels, strict=True))
    ]


def path(origin: str) -> PurePosixPath:
    """Return an origin as layouts read it."""
    return PurePosixPath(origin)


@pytest.mark.parametrize(
    ('origin', 'others', 'relabelled'),
    [
        ('women/a.jpg', ['men/b.jpg'], 'men/a.jpg'),
        ('train/Frauen/a.jpg', ['test/Männer/b.jpg'], 'train/Männer/a.jpg'),
        ('women/girls 2/a.jpg', ['men/b.jpg', 'men/c.jpg', 'boys/d.jpg'], 'men/men/a.jpg'),
        ('women/a.jpg', [], 'male/a.jpg'),
        ('photos.zip/male/a.jpg', ['photos.zip/female/b.jpg'], 'photos.zip/female/a.jpg'),
        ('UTK/26_1_2_20170104023102422.jpg.chip.jpg', [], 'UTK/26_0_2_20170104023102422.jpg.chip.jpg'),
        ('all/woman_12.jpg', ['all/man_1.jpg'], 'all/male/woman_12.jpg'),
        ('M/a.jpg', ['F/b.jpg'], 'F/a.jpg'),
        ("'@men/a.jpg", ["'+women/b.jpg"], '+women/a.jpg'),
    ],
)
def test_a_relabelled_photo_lies_where_its_new_label_is_read(origin, others, relabelled):
    rows = photos(origin, *others)
    folders = Folders(rows, VOCABULARY)
    assert folders.place(rows[0], is_relabelled=False) == path(origin.removeprefix("'"))
    place = folders.place(rows[0], is_relabelled=True)
    assert place == path(relabelled)
    new = LABELS[1 - LABELS.index(rows[0]['label'])]
    assert next(labels_given(place, VOCABULARY))[1] == new


@pytest.mark.parametrize('origin', ['portrait 12 of seed 1', '../women/a.jpg', '/women/a.jpg'])
def test_an_origin_that_gives_no_place_gets_a_folder_of_its_label(origin):
    (row,) = photos(origin)
    assert Folders([row], VOCABULARY).place(row, is_relabelled=False) == path(row['file'])
    assert Folders([row], VOCABULARY).place(row, is_relabelled=True) == path('male/0.jpg')


def test_photos_that_stay_are_copied_and_none_replaces_another(tmp_path):
    rows = photos('women/a.jpg', 'women/b.jpg', 'men/a.jpg', 'men/c.jpg')
    for row in rows:
        (tmp_path / 'raw' / row['file']).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'raw' / row['file']).write_text(row['origin'])
    choices = {'women/a.jpg': 'relabel', 'women/b.jpg': 'keep', 'men/c.jpg': 'drop'}
    places = write_photos(tmp_path / 'clean', tmp_path / 'raw', rows, choices, VOCABULARY)
    written = {str(file.relative_to(tmp_path / 'clean')): file.read_text() for file in tmp_path.glob('clean/*/*')}
    assert {place: origin for origin, place in places.items()} == written
    assert places == {'women/b.jpg': 'women/b.jpg', 'men/a.jpg': 'men/a.jpg', 'women/a.jpg': 'men/a (2).jpg'}


@pytest.mark.parametrize('name', [f'women/{"a" * 300}.jpg', 'women/a.jpg/b.jpg'])
def test_a_name_that_no_folder_can_hold_is_replaced(tmp_path, name):
    rows = photos('women/a.jpg', name)
    (tmp_path / 'raw' / 'female').mkdir(parents=True)
    for row in rows:
        (tmp_path / 'raw' / row['file']).write_text(row['origin'])
    places = write_photos(tmp_path / 'clean', tmp_path / 'raw', rows, {}, VOCABULARY)
    assert places == {'women/a.jpg': 'women/a.jpg', name: 'female/1.jpg'}
    assert (tmp_path / 'clean' / 'female' / '1.jpg').read_text() == name
