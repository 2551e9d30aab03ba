"""The workflow on real photographs, if available: a folder of labelled faces next to the checkout."""

import json
import shutil

import pytest

from stages.common.files import Remark, read_remarks
from tests.clone import ROOT, Clone

FACES = ROOT.parent / 'shared' / 'faces'
TRUNCATED, DRAWING = 'press/female/face_999.jpg', 'press/female/face_167.jpg'
WITH_ALPHA = ('portraits/female/girl-2102655_1280.jpg', 'portraits/male/men-4438905_1280.jpg')

pytestmark = pytest.mark.skipif(not FACES.is_dir(), reason=f'no real faces in {FACES}')


@pytest.fixture(scope='module', params=[4, pytest.param(1, marks=pytest.mark.large)])
def clone(request, tmp_path_factory):
    """A clone with a small network trained on every fourth photo and the odd ones, or on all photos."""
    folder = tmp_path_factory.mktemp('real')
    photos = sorted(path for path in FACES.rglob('*') if path.is_file() and path.parent != FACES)
    chosen = {*photos[:: request.param], *(FACES / name for name in (TRUNCATED, DRAWING, *WITH_ALPHA))}
    for photo in chosen:
        copy = folder / 'photos' / photo.relative_to(FACES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, copy)
    clone = Clone(folder / 'clone')
    clone.set_params(
        {
            'data': {'source': 'folder', 'folder': str(folder / 'photos')},
            'preprocess': {'size': 48},
            'train': {'hidden': [64, 32, 4], 'epochs': 45},
        }
    )
    clone.dvc('repro', 'evaluate')
    return clone


def test_a_face_is_found_in_almost_all_photos(clone):
    counts = json.loads((clone.folder / 'metrics' / 'preprocess.json').read_text())
    assert counts['photos'] > 800
    assert counts['found'] > 0.92 * counts['photos']
    assert counts['unreadable'] == 1
    assert counts['kept']['female'] == counts['kept']['male'] > 0.89 * counts['photos'] / 2


def test_odd_files_get_the_right_remarks(clone):
    remarks = {remark.origin: remark for remark in read_remarks(clone.folder / 'metrics' / 'remarks.csv')}
    assert remarks[TRUNCATED].reason == 'cut off: 63% of the picture is there'
    assert not remarks[TRUNCATED].kept
    for name in WITH_ALPHA:
        assert remarks[name] == Remark(name, True, 'a PNG file named .jpg')
    assert [remark.origin for remark in remarks.values() if 'drawing' in remark.reason] == [DRAWING]


def test_small_network_learns_real_faces(clone):
    scores = clone.metrics()
    assert scores['train']['converged']
    assert scores['clean']['accuracy'] > 0.92
