"""The hostile files are what they claim to be."""

import pytest
from PIL import Image

from stages.images.decode import UndecodableError, decode
from tests.sources.samples import samples

UNDRAWN = {'BUFR', 'EPS', 'GRIB', 'HDF5', 'MPEG', 'WMF'}  # Pillow knows them, and cannot draw them by itself


@pytest.mark.filterwarnings('ignore:IM image format:DeprecationWarning')
def test_there_is_a_whole_picture_of_every_format_that_pillow_opens():
    Image.init()
    whole = samples()
    assert set(whole) == set(Image.OPEN)
    for kind in set(whole) - UNDRAWN:
        assert decode(whole[kind], '').oddity.startswith(f'a {"XVThumb" if kind == "XVTHUMB" else kind} file named')


@pytest.mark.filterwarnings('ignore:IM image format:DeprecationWarning')
def test_a_program_is_not_run():
    with pytest.raises(UndecodableError, match=r'^EPS: a program, which must be run'):
        decode(samples()['EPS'], '.eps')
