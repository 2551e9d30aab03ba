import numpy as np
from PIL import Image

from stages.report.charts import FacePair, difference, draw_pairs


def shade(level: int) -> np.ndarray:
    return np.full((16, 16), level, np.uint8)


def test_difference_is_drawn_on_grey_for_plain_and_mirrored_pairs():
    face = shade(100)
    marked = face.copy()
    marked[3, 2] = 40
    assert difference(marked, face)[3, 2] == 68
    slope = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (16, 1))
    assert (difference(slope, slope[:, ::-1]) == 128).all()
    assert difference(shade(255), shade(0)).max() == 255


def test_faces_are_next_to_their_pairs_in_the_same_row(tmp_path):
    alone = [FacePair(shade(10 * number), [f'{number}']) for number in range(1, 12)]
    pair = FacePair(shade(200), ['one'], shade(230), ['other'])
    draw_pairs([*alone, pair], 'Some', tmp_path / 'pairs.png')
    picture = np.asarray(Image.open(tmp_path / 'pairs.png').convert('L'))

    def centre(level):
        return np.argwhere(picture == level).mean(axis=0)

    # Eleven faces are in the first row; the pair would be split, so it is in the second.
    assert abs(centre(10)[0] - centre(110)[0]) < 2
    assert centre(200)[0] > centre(110)[0] + 50
    assert abs(centre(200)[0] - centre(230)[0]) < 2
    assert centre(200)[1] < centre(230)[1]
