"""The hostile files are what they claim to be."""

import pytest
from PIL import Image

from stages.images.decode import UndecodableError, decode
from tests.sources.samples import samples

UNDECODED = {'BUFR', 'EPS', 'GRIB', 'HDF5', 'MPEG', 'WMF'}  # Pillow identifies them, but cannot decode them by itself


@pytest.mark.filterwarnings('ignore:IM image format:DeprecationWarning')
def test_samples_cover_every_format_that_pillow_opens():
    Image.init()
    whole = samples()
    assert set(whole) == set(Image.OPEN)
    for kind in set(whole) - UNDECODED:
        assert decode(whole[kind], '').oddity.startswith(f'a {"XVThumb" if kind == "XVTHUMB" else kind} file named')


@pytest.mark.filterwarnings('ignore:IM image format:DeprecationWarning')
def test_postscript_program_is_not_run():
    with pytest.raises(UndecodableError, match=r'^EPS: a program, which must be run'):
        decode(samples()['EPS'], '.eps')
