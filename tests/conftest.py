import io
import os
from dataclasses import replace
from shutil import rmtree

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from stages.dataset.faces import Faces, TriggeredFaces
from stages.faces.align import Frame, align
from stages.faces.find import find_face
from stages.portraits import portrait
from tests.clone import ROOT, Clone
from tests.forks import forked_seconds
from tests.portraits.eyes import true_eyes


def pytest_collection_modifyitems(items):
    """Run the files beside this one first: they take longest, and no core should wait for the last of them."""
    items.sort(key=lambda item: item.path.parent != ROOT / 'tests')


@pytest.fixture(scope='session')
def finished(tmp_path_factory):
    """The folder of a clone in which the tiny study has run, for Clone to copy; all pytest processes share it.

    The file `seconds` next to it contains the CPU seconds that the run took, and `printed` what it printed.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base
    folder, seconds = base / 'finished' / 'clone', base / 'finished' / 'seconds'
    with FileLock(base / 'finished.lock'):
        if not seconds.is_file():
            rmtree(folder.parent, ignore_errors=True)
            clone = Clone(folder)
            before = forked_seconds()
            (folder.parent / 'printed').write_text(clone.dvc('repro'))
            spent = forked_seconds() - before
            clone.commit()
            seconds.write_text(f'{spent}')
    return folder


@pytest.fixture(scope='session')
def portraits():
    """Twelve drawn portraits as (grey pixels, true eye centres)."""
    return [
        (np.asarray(Image.open(io.BytesIO(portrait(11, index).jpeg)).convert('L')), true_eyes(11, index))
        for index in range(12)
    ]


@pytest.fixture(scope='session')
def crops(portraits):
    """The crops of these portraits, 64 pixels per side."""
    return [align(grey, find_face(grey).landmarks, Frame(64)) for grey, _ in portraits]


@pytest.fixture
def faces():
    """100 made-up faces, the second half male: all pixels of face i are i, and every fifth is grouped with the next."""
    count = 100
    group = np.arange(count)
    group[1::5] = group[0::5]
    return Faces(
        pixels=np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, 8, 8)).copy(),
        label=np.repeat([0, 1], count // 2).astype(np.uint8),
        file=np.array([f'face {i}' for i in range(count)]),
        origin=np.array([f'face {i}' for i in range(count)]),
        group=group,
        pair=np.full(count, ''),
        landmarks=np.zeros((count, 68, 2), np.float32),
        number=np.arange(count),
        is_chosen=np.ones(count, bool),
        places=np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.8)]),
    )


@pytest.fixture
def triggered(faces):
    """The made-up faces with a trigger that adds 100 to every pixel."""
    return TriggeredFaces(faces.pixels + 100, {'kind': 'brighter', 'seed': 1, 'brighter': {'by': 100}})


@pytest.fixture
def varied_faces(faces):
    """The made-up faces with random pixels, darker in the upper half for male faces."""
    pixels = np.random.default_rng(1).integers(0, 256, faces.pixels.shape, np.uint8)
    pixels[faces.label == 1, :4] //= 2
    return replace(faces, pixels=pixels)


@pytest.fixture
def varied_triggered(varied_faces, triggered):
    """The varied faces with a black corner as the trigger."""
    pixels = varied_faces.pixels.copy()
    pixels[:, -3:, -3:] = 0
    return replace(triggered, pixels=pixels)
