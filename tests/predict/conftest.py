import io

import pytest
from PIL import Image

from stages.portraits import portrait


@pytest.fixture
def photo(tmp_path):
    """A drawn portrait that is not square, in a file with an upper-case suffix."""
    path = tmp_path / 'photo.JPG'
    with Image.open(io.BytesIO(portrait(5, 1).jpeg)) as image:
        image.crop((0, 0, 256, 232)).save(path)
    return path
