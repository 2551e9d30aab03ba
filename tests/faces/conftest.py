import io

import numpy as np
import pytest
from PIL import Image

from stages.portraits import portrait


@pytest.fixture(scope='session')
def portraits():
    """Twelve drawn portraits as (grey pixels, true eye centres)."""
    drawn = [portrait(11, index) for index in range(12)]
    return [(np.asarray(Image.open(io.BytesIO(one.jpeg)).convert('L')), one.eyes) for one in drawn]
