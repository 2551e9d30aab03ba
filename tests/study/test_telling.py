import pytest

from stages.prediction.explanation import rounded


@pytest.mark.parametrize(('probability', 'text'), [
    (0.5, '0.500'), (0.0012, '0.001'), (0.0003, '<0.001'), (0.0, '<0.001'), (0.9994, '0.999'), (1.0, '>0.999'),
])  # fmt: skip
def test_no_probability_is_rounded_to_certainty(probability, text):
    assert rounded(probability) == text
