import numpy as np

from stages.faces.align import Crop
from stages.faces.registration import SIDE
from stages.preprocess.photos import Crops, PhotoResult


def test_crops_are_read_by_their_results_in_any_order(tmp_path):
    random = np.random.default_rng(1)
    made = [
        Crop(random.integers(0, 256, (8, 8), np.uint8), random.random((68, 2), np.float32)) if number % 3 else None
        for number in range(10)
    ]
    looks = random.integers(0, 256, (10, SIDE, SIDE), np.uint8)
    crops = Crops(8, tmp_path / 'new' / 'faces')
    results = [PhotoResult({}, str(number)) for number in range(10)]
    results = list(crops.keep(zip(results, made, looks, strict=True)))
    assert [result.outcome for result in results] == [str(number) for number in range(10)]
    assert [result.face is None for result in results] == [crop is None for crop in made]
    chosen = [results[8], results[1], results[5]]
    for field in ('pixels', 'landmarks'):
        expected = np.stack([getattr(made[number], field) for number in (8, 1, 5)])
        loaded = crops.of(chosen, field)
        assert (loaded.shape, loaded.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(loaded[:], expected)
    np.testing.assert_array_equal(crops.of(chosen, 'look')[:], looks[[8, 1, 5]])
    assert list((tmp_path / 'new').iterdir()) == []
