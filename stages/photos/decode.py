"""A grey picture from whatever a file turns out to be."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# Pixels; a larger picture is refused by its header. Decoding takes up to 8 bytes a pixel of a JPEG, 24 of a JPEG 2000
# and 16 of others.
LARGEST, LARGEST_OF = 25_000_000, {'JPEG': 64_000_000, 'MPO': 64_000_000, 'JPEG2000': 10_000_000}
ENOUGH = 800  # pixels a side; a larger picture is brought down by a whole factor to what still has them
JPEGS = {'JPEG', 'MPO'}
# Ten are usual, each takes the time of a whole picture; the marker may turn up by chance in data behind the picture.
SCAN, MOST_SCANS = b'\xff\xda', 1000
PROGRAMS = {'EPS'}  # kinds of files that are programs: Pillow would hand them to an interpreter

Image.MAX_IMAGE_PIXELS = LARGEST_OF['JPEG'] // 2  # Pillow warns of more than this, and refuses more than twice as much


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
                # Containers such as ICO may hold a picture larger than they declare, which is opened when it is loaded.
                warnings.simplefilter('error', Image.DecompressionBombWarning)
                _check_worth(image, content)
                return _picture(image, suffix)
        except UnidentifiedImageError:
            raise UndecodableError('not a picture that Pillow can read') from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise UndecodableError('far too many pixels') from None
        except UndecodableError:
            raise
        # Pillow's decoders let errors of every kind out of broken files.
        except Exception as error:
            raise UndecodableError(f'broken: {" ".join(str(error).split()) or type(error).__name__}') from None


def _check_worth(image: Image.Image, content: bytes) -> None:
    """Refuse, by its header, what would take too much memory or time, or would run."""
    if image.format in PROGRAMS:
        raise UndecodableError(f'{image.format}: a program, which would have to be run to be drawn')
    largest = LARGEST_OF.get(image.format, LARGEST)
    if image.width * image.height > largest:
        raise UndecodableError(f'{image.width}x{image.height} pixels are more than {largest // 1_000_000} million')
    if image.format in JPEGS and content.count(SCAN) > MOST_SCANS:
        raise UndecodableError(f'a JPEG of more than {MOST_SCANS} scans')


def _picture(image: Image.Image, suffix: str) -> Picture:
    oddities = []
    promised = Image.registered_extensions().get(suffix)
    if image.format != promised and not {image.format, promised} <= JPEGS:
        oddities.append(f'a {image.format} file named {suffix or "without an ending"}')
    # Not n_frames: to count the frames of a GIF, all of them are read.
    if getattr(image, 'is_animated', False):
        oddities.append('several frames: the first')
    if image.has_transparency_data:
        oddities.append('transparency laid on white')
    # libjpeg itself then decodes to grey and at a smaller scale, several times faster.
    image.draft('L', (ENOUGH, ENOUGH))
    image.load()
    return Picture(np.asarray(_displayed(ImageOps.exif_transpose(_reduced(image))).convert('L')), '; '.join(oddities))


def thumbnail(path: Path, side: int) -> np.ndarray:
    """Return a photo that `decode` could read in colour and small: uint8 (height, width, 3), at most `side` a side."""
    # What Pillow has to say of broken metadata, decode has heard.
    with warnings.catch_warnings(action='ignore'), Image.open(path) as image:
        image.draft('RGB', (side, side))
        image.load()
        image = _displayed(ImageOps.exif_transpose(_reduced(image))).convert('RGB')
        image.thumbnail((side, side))
        return np.asarray(image)


def _reduced(image: Image.Image) -> Image.Image:
    """Average a large picture down, since everything that follows takes its memory several times over."""
    factor = min(image.size) // ENOUGH
    if factor < 2:
        return image
    if image.mode == 'P':
        image = image.convert('RGBA' if image.has_transparency_data else 'RGB')
    elif image.mode == '1':
        image = image.convert('L')
    elif image.mode.startswith('I;16'):
        image = image.convert('I')
    return image.reduce(factor)


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
