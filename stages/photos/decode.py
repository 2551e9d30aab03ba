"""A grey picture from whatever a file turns out to be."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST = 64_000_000  # pixels; a larger picture is refused by its header, before it takes memory
ENOUGH = 800  # pixels a side; a JPEG is decoded at the smallest of its built-in scales that has them
SUFFIXES = {'JPEG': {'.jpg', '.jpeg', '.jpe', '.jfif', '.mpo'}, 'PNG': {'.png', '.apng'}, 'TIFF': {'.tif', '.tiff'}}


class UndecodableError(Exception):
    """The reason why a file gives no picture."""


@dataclass(frozen=True)
class Picture:
    """A decoded file: `grey` is uint8 (height, width); `oddity` says what was unusual about the file, or is empty."""

    grey: np.ndarray
    oddity: str


def decode(content: bytes, suffix: str) -> Picture:
    """Decode a file's bytes to the grey picture that a viewer would show.

    Turned by its EXIF orientation, transparency laid on white, the first frame of an animation, 16 bits scaled to 8.
    `suffix` is the ending of the file's name, in small letters; another kind of file than it promises is an oddity.
    An UndecodableError gives the reason where there is no picture.
    """
    if not content:
        raise UndecodableError('an empty file')
    # Pillow warns of broken metadata beside good pixels: the pixels are what is wanted.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            with Image.open(io.BytesIO(content)) as image:
                return _picture(image, suffix)
        except UnidentifiedImageError:
            raise UndecodableError('not a picture that Pillow can read') from None
        except UndecodableError:
            raise
        # Pillow's decoders let errors of every kind out of broken files.
        except Exception as error:
            raise UndecodableError(f'broken: {" ".join(str(error).split()) or type(error).__name__}') from None


def _picture(image: Image.Image, suffix: str) -> Picture:
    if image.width * image.height > LARGEST:
        raise UndecodableError(f'{image.width}x{image.height} pixels are more than {LARGEST // 1_000_000} million')
    oddities = []
    if suffix not in SUFFIXES.get(image.format, {suffix}):
        oddities.append(f'a {image.format} file named {suffix or "without an ending"}')
    if getattr(image, 'n_frames', 1) > 1:
        oddities.append('several frames: the first')
    if image.has_transparency_data:
        oddities.append('transparency laid on white')
    if image.format == 'JPEG':
        # libjpeg itself then decodes to grey and at a smaller scale, several times faster.
        image.draft('L', (ENOUGH, ENOUGH))
    image.load()
    return Picture(np.asarray(_displayed(ImageOps.exif_transpose(image)).convert('L')), '; '.join(oddities))


def thumbnail(path: Path, side: int) -> np.ndarray:
    """Return a photo that `decode` could read in colour and small: uint8 (height, width, 3), at most `side` a side."""
    # What Pillow has to say of broken metadata, decode has heard.
    with warnings.catch_warnings(action='ignore'), Image.open(path) as image:
        image.draft('RGB', (side, side))
        image = _displayed(ImageOps.exif_transpose(image)).convert('RGB')
        image.thumbnail((side, side))
        return np.asarray(image)


def _displayed(image: Image.Image) -> Image.Image:
    """Lay transparency on white and bring numbers of any range to 8 bits, as a viewer does."""
    if image.has_transparency_data:
        flat = Image.new('RGBA', image.size, 'white')
        flat.alpha_composite(image.convert('RGBA'))
        return flat
    if image.mode.startswith(('I', 'F')):
        return Image.fromarray(_scaled(np.asarray(image, np.float64)))
    return image


def _scaled(values: np.ndarray) -> np.ndarray:
    """Bring 16-bit whole numbers, or numbers of any range, to 0 to 255."""
    if not np.isfinite(values).all():
        raise UndecodableError('holds pixels that are not finite numbers')
    low, high = min(values.min(), 0), values.max()
    high = 65535 if 255 < high <= 65535 and low == 0 else max(high, 1 if high <= 1 else 255)
    return np.rint((values - low) * (255 / (high - low))).astype(np.uint8)
