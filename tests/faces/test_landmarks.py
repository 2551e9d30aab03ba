import numpy as np

from stages.faces.measures import features


def test_features_are_the_centres_of_right_eye_left_eye_and_mouth():
    landmarks = np.full((68, 2), 1000.0)
    landmarks[36:42] = np.arange(6)[:, None] * (1, 2)
    landmarks[42:48] = (70, 20)
    landmarks[48:60] = (50, 90)
    np.testing.assert_allclose(features(landmarks), [(2.5, 5), (70, 20), (50, 90)])
