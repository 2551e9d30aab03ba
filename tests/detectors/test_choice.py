import re

import pytest

from stages.common.errors import StudyError
from stages.detectors.detector import chosen_detectors, detector_names, titles

KNOWN = [
    'clusters', 'leave_set_out', 'loss', 'neighbours', 'pair', 'recurring', 'ridge', 'spectral', 'spectral_uncentred'
]  # fmt: skip


def test_all_are_all_files_of_the_room():
    assert detector_names('all') == KNOWN == list(titles())


def test_some_come_in_the_same_order_however_they_are_named():
    assert detector_names(['spectral', 'loss']) == ['loss', 'spectral']
    assert [type(one).__name__ for one in chosen_detectors(['pair']).values()] == ['Pair']


def test_one_that_is_not_there_is_refused_by_name():
    message = "detect.detectors: no detector 'strip'; use `all`, or some of clusters, leave_set_out, loss, neighbours, "
    with pytest.raises(StudyError, match='^' + re.escape(message)):
        detector_names(['loss', 'strip'])
