import re

import pytest

from stages.common.errors import StudyError
from stages.detectors.detector import chosen_detectors, detector_names, titles

KNOWN = [
    'clusters', 'leave_set_out', 'loss', 'neighbours', 'pair', 'recurring', 'ridge', 'spectral', 'spectral_uncentred'
]  # fmt: skip


def test_all_detectors_are_the_files_of_the_package():
    assert detector_names('all') == KNOWN == list(titles())


def test_chosen_detectors_are_in_a_fixed_order():
    assert detector_names(['spectral', 'loss']) == ['loss', 'spectral']
    assert [type(detector).__name__ for detector in chosen_detectors(['pair']).values()] == ['Pair']


def test_unknown_detector_is_refused_by_name():
    message = "detect.detectors: no detector 'strip'; use `all`, or some of clusters, leave_set_out, loss, neighbours, "
    with pytest.raises(StudyError, match='^' + re.escape(message)):
        detector_names(['loss', 'strip'])
