import numpy as np

from stages.faces.align import Crop
from stages.preprocess.photos import Crops, PhotoResult


def test_crops_are_read_by_their_results_in_any_order(tmp_path):
    random = np.random.default_rng(1)
    made = [
        Crop(random.integers(0, 256, (8, 8), np.uint8), random.random((68, 2), np.float32)) if number % 3 else None
        for number in range(10)
    ]
    crops = Crops(8, tmp_path / 'new' / 'faces')
    results = list(crops.keep((PhotoResult({}, str(number)), crop) for number, crop in enumerate(made)))
    assert [result.outcome for result in results] == [str(number) for number in range(10)]
    assert [result.face is None for result in results] == [crop is None for crop in made]
    chosen = [results[8], results[1], results[5]]
    for field in ('pixels', 'landmarks'):
        expected = np.stack([getattr(made[number], field) for number in (8, 1, 5)])
        loaded = crops.of(chosen, field)
        assert (loaded.shape, loaded.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(loaded[:], expected)
    assert list((tmp_path / 'new').iterdir()) == []
