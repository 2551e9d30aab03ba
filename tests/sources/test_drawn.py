from collections.abc import Iterator
from itertools import islice

import pytest

from stages.portraits import portrait
from stages.sources.drawn import Drawn
from stages.sources.source import Photo


def photos(workers: int, count: int = 40, seed: int = 5) -> Iterator[Photo]:
    return Drawn(Drawn.Params(count=count, seed=seed)).photos(workers)


@pytest.fixture(scope='module')
def offered():
    """Forty portraits, drawn once by two workers."""
    return list(photos(workers=2))


def test_portraits_of_a_seed_are_offered_half_of_them_female(offered):
    assert len(offered) == 40
    for index in (0, 1, 39):
        drawn = portrait(5, index)
        assert offered[index] == Photo(drawn.jpeg, '.jpg', drawn.label, f'portrait {index} of seed 5')
    assert [photo.label for photo in offered].count('female') == 20


def test_portraits_do_not_depend_on_the_number_of_workers_or_portraits(offered):
    assert list(islice(photos(workers=1), 3)) == offered[:3]
    assert list(islice(photos(workers=1, count=44), 3)) == offered[:3]


def test_another_seed_draws_other_people(offered):
    others = {photo.content for photo in islice(photos(workers=1, seed=6), 4)}
    assert others.isdisjoint(photo.content for photo in offered)
