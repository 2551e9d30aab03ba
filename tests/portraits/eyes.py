"""True positions of the eyes of a portrait, according to the code that draws them."""

import numpy as np

from stages.common.params import LABELS
from stages.portraits.attributes import Person, draw_latent
from stages.portraits.face import lids_at
from stages.portraits.portrait import streams_of
from stages.portraits.scene import Pose, bend, depth


def true_eyes(seed: int, index: int) -> np.ndarray:
    """Return the centres of both eyes of a portrait, float64 (2, 2), the left one in the image first: x, y in pixels.

    A centre is the mean of the two corners of an eye and four points on its lids.
    """
    streams = streams_of(seed, index)
    eyes = Person(draw_latent(LABELS[index % 2], streams.latent), streams.person).eyes
    upper, lower = lids_at(eyes, np.array([-0.4, 0.4]))
    u, v = np.array([-eyes.distance, eyes.distance]), np.full(2, (upper.sum() + lower.sum()) / 6)
    pose, out = Pose(streams.scene), depth(u, v)
    x, y = u * np.cos(pose.yaw) + out * np.sin(pose.yaw), v * np.cos(pose.pitch) + out * np.sin(pose.pitch)
    roll = bend(pose, v)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    return np.stack([x, y], axis=-1) * pose.scale + pose.centre
