import re

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.detectors.detector import chosen_detectors, detector_names, titles
from stages.detectors.evidence import Evidence

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


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('grey', [0, 128])
def test_faces_and_activations_without_spread_give_finite_scores(grey):
    label = np.repeat([0, 1], 12).astype(np.uint8)
    hidden = [np.full((24, units), 0.5, np.float32) for units in (8, 4, 2)]
    evidence = Evidence(label, np.full((24, 16, 16), grey, np.uint8), 1, hidden, np.zeros((5, 24), np.float32))
    for detector in chosen_detectors(KNOWN).values():
        scores = detector.scores(evidence)
        assert np.isfinite(scores).all()
        assert detector.flags(evidence, scores).shape == label.shape
