"""Comparing all rows takes as much memory as estimated beforehand."""

import re

import numpy as np
import pytest

from stages.common.errors import FactError
from stages.detectors import evidence as size
from stages.detectors.detector import chosen_detectors, detector_names
from stages.detectors.evidence import BYTES_PER_PAIR, TooManyRowsError, check_rows
from tests.detectors.made_up import evidence, memory_of


def test_detectors_take_as_much_memory_as_the_check_estimates(random):
    def judge(count: int) -> None:
        sample = evidence(random.integers(0, 256, (count, 16, 16)), np.arange(count) % 2)
        for detector in chosen_detectors(detector_names('all')).values():
            detector.flags(sample, detector.scores(sample))

    judge(60)  # what libraries load when they are first used does not count
    count = 1500
    # A little more is taken by arrays that grow linearly with the number of rows.
    assert 1 < memory_of(lambda: judge(count)) / (BYTES_PER_PAIR * count**2) < 1.1


def test_rows_that_just_fit_are_accepted_but_not_one_more(monkeypatch):
    monkeypatch.setattr(size, 'memory', lambda: BYTES_PER_PAIR * 100**2)
    check_rows((100, 0, 0))
    with pytest.raises(TooManyRowsError):
        check_rows((101, 0, 0))


def test_limit_is_the_memory_of_this_machine():
    check_rows((1000, 64, 64))
    line = rf'comparing 100000000 faces with each other takes 2849 GB, there are {size.memory() / 1e9:.0f} GB'
    with pytest.raises(FactError, match=f'^{re.escape(line)}$'):
        check_rows((10**8, 64, 64))
    assert 1e9 < size.memory() < 1e14
