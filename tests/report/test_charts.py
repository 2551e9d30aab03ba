import numpy as np
import pytest
from PIL import Image

from stages.report.charts import side_by_side


@pytest.mark.parametrize('shape', [(400, 100), (400, 400), (100, 400)])
@pytest.mark.parametrize('count', [2, 3])
def test_photo_of_any_shape_is_next_to_the_crops_and_no_caption_is_cut_off(tmp_path, shape, count):
    photo = np.full((*shape, 3), 100, np.uint8)
    crops = np.full((count, 20, 20), 100, np.uint8)
    frame = np.array([[0.2, 0.2], [0.6, 0.6]])
    side_by_side(photo, frame, crops, ['one\ntwo\nthree'] * (1 + count), 'footer', tmp_path / 'all.png')
    picture = np.asarray(Image.open(tmp_path / 'all.png').convert('L'))
    rim = picture.copy()
    rim[3:-3, 3:-3] = 255
    assert rim.min() > 250
    heights = [
        np.ptp(np.flatnonzero((panel == 100).sum(axis=1) > 10)) for panel in np.split(picture, 1 + count, axis=1)
    ]
    assert heights[0] == pytest.approx(heights[1] * min(1, shape[0] / shape[1]), abs=3)
