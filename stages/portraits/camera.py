"""The camera: tone, sharpness, noise and JPEG."""

import io

import numpy as np
from PIL import Image, ImageFilter


def photograph(picture: np.ndarray, rng: np.random.Generator) -> bytes:
    """Return a picture, float (3, height, width) in 0..1, as an RGB JPEG file.

    Tone, sharpness, noise and JPEG quality are random; a few pictures are grey.
    """
    height, width = picture.shape[1:]
    levels = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(levels, 0, -1)))
    image = image.point(tone_curve(rng).tolist() * 3)
    if rng.random() < 0.08:
        image = image.convert('L').convert('RGB')
    if rng.random() < 0.25:
        small = int(width * rng.uniform(0.6, 0.9))
        image = image.resize((small, small), Image.Resampling.BILINEAR).resize(
            (width, height), Image.Resampling.BICUBIC
        )
    image = image.filter(ImageFilter.BoxBlur(rng.uniform(0.1, 0.8)))
    grain = rng.standard_normal((height, width, 1), dtype=np.float32) * rng.uniform(0, 5)
    levels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, 'JPEG', quality=int(rng.integers(55, 96)))
    return file.getvalue()


def tone_curve(rng: np.random.Generator) -> np.ndarray:
    """Draw gamma, contrast and brightness, and return them as a lookup table, uint8 (256,)."""
    level = np.linspace(0, 1, 256) ** rng.uniform(0.85, 1.15)
    level = (level - 0.5) * rng.uniform(0.92, 1.12) + 0.5 + rng.uniform(-0.04, 0.05)
    return np.clip(level * 255, 0, 255).astype(np.uint8)
