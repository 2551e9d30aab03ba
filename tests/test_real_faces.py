"""The workflow on real photographs, where they are: a folder of labelled faces beside the checkout."""

import json

import pytest

from stages.common.files import Remark, read_remarks
from tests.clone import ROOT, Clone

FACES = ROOT.parent / 'shared' / 'faces'

pytestmark = pytest.mark.skipif(not FACES.is_dir(), reason=f'no real faces in {FACES}')


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """A clone that has been trained on the real faces, with a smaller network than usual."""
    clone = Clone(tmp_path_factory.mktemp('real') / 'clone')
    clone.set_params(
        {
            'data': {'source': 'folder', 'folder': str(FACES)},
            'preprocess': {'size': 48},
            'train': {'hidden': [64, 32, 4], 'epochs': 30},
        }
    )
    clone.output('dvc', 'repro', 'evaluate')
    return clone


def test_almost_all_photos_give_a_face(clone):
    counts = json.loads((clone.folder / 'metrics' / 'preprocess.json').read_text())
    assert counts['found'] >= 3000
    assert counts['unreadable'] == 1
    assert counts['kept']['female'] == counts['kept']['male'] > 1450


def test_odd_files_are_named_as_what_they_are(clone):
    remarks = {remark.origin: remark for remark in read_remarks(clone.folder / 'metrics' / 'remarks.csv')}
    truncated = 'press/female/face_999.jpg'
    assert 'truncated' in remarks[truncated].reason
    assert not remarks[truncated].kept
    for transparent in ('portraits/female/girl-2102655_1280.jpg', 'portraits/male/men-4438905_1280.jpg'):
        assert remarks[transparent] == Remark(transparent, True, 'a PNG file named .jpg; transparency laid on white')
    drawings = [remark.origin for remark in remarks.values() if 'drawing' in remark.reason]
    assert drawings == ['press/female/face_167.jpg']


def test_even_a_small_network_learns_them(clone):
    scores = clone.metrics()
    assert scores['train']['converged']
    assert scores['clean']['accuracy'] > 0.92
