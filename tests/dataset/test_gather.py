import numpy as np

from stages.dataset.gather import balanced


def test_balancing_keeps_all_of_the_smaller_class():
    label = np.array([0] * 30 + [1] * 12)
    kept = balanced(label, 1)
    assert np.bincount(label[kept]).tolist() == [12, 12]
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert kept.tolist() != balanced(label, 2).tolist()
