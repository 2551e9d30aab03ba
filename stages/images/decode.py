"""Decode a file of any format to a grey picture."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# A larger picture is refused by its header: decoding takes up to 8 bytes a pixel of a JPEG, 24 of a JPEG 2000, else 16.
MOST_PIXELS = 25_000_000
MOST_PIXELS_OF = {'JPEG': 64_000_000, 'MPO': 64_000_000, 'JPEG2000': 10_000_000}
MOST_BYTES = 100_000_000  # of a file; no photo of a face needs more, and every file is read whole
ENOUGH = 800  # pixels a side; a larger picture is brought down by a whole factor to what still has them
JPEGS = {'JPEG', 'MPO'}
# Ten are usual, each takes the time of a whole picture; the marker may turn up by chance in data behind the picture.
SCAN, MOST_SCANS = b'\xff\xda', 1000
PROGRAMS = {'EPS'}  # kinds of files that are programs: Pillow would hand them to an interpreter

# Pillow warns of more pixels than this, and refuses more than twice as many.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS_OF['JPEG'] // 2


class UndecodableError(Exception):
    """The reason why a file gives no picture."""


@dataclass(frozen=True)
class Picture:
    """A decoded file.

    grey: uint8 (height, width). oddity: what was unusual about the file, or empty. thumbnail: the picture small and in
    colour, uint8 (height, width, 3), if it was asked for.
    """

    grey: np.ndarray
    oddity: str
    thumbnail: np.ndarray | None


def decode(content: bytes, suffix: str, thumbnail: int = 0) -> Picture:
    """Decode a file's bytes to the grey picture that a viewer would show.

    Turned by its EXIF orientation, transparency laid on white, the first frame of an animation, 16 bits scaled to 8.
    `suffix` is the ending of the file's name, in small letters; another kind of file than it promises is an oddity.
    `thumbnail` is the longest side of a small picture in colour that is to come with it; 0: none.
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
                return _picture(image, suffix, thumbnail)
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
    """Refuse, by its header, what would take too much memory or time, or is a program."""
    if image.format in PROGRAMS:
        raise UndecodableError(f'{image.format}: a program, which would have to be run to be drawn')
    most = MOST_PIXELS_OF.get(image.format, MOST_PIXELS)
    if image.width * image.height > most:
        raise UndecodableError(f'{image.width}x{image.height} pixels are more than {most // 1_000_000} million')
    if image.format in JPEGS and content.count(SCAN) > MOST_SCANS:
        raise UndecodableError(f'a JPEG of more than {MOST_SCANS} scans')


def _picture(image: Image.Image, suffix: str, thumbnail: int) -> Picture:
    oddities = []
    promised = Image.registered_extensions().get(suffix)
    if image.format != promised and not {image.format, promised} <= JPEGS:
        oddities.append(f'a {image.format} file named {suffix or "without an ending"}')
    # Not n_frames: to count the frames of a GIF, all of them are read.
    if getattr(image, 'is_animated', False):
        oddities.append('several frames: the first')
    if image.has_transparency_data:
        oddities.append('transparency laid on white')
    # libjpeg itself then decodes to grey and at a smaller scale, several times faster. Its grey is the Y of its YCbCr.
    image.draft('YCbCr' if thumbnail and not _is_rgb_jpeg(image) else 'L', (ENOUGH, ENOUGH))
    image.load()
    shown = _displayed(ImageOps.exif_transpose(_reduced(image)))
    grey = shown.getchannel('Y') if shown.mode == 'YCbCr' else shown.convert('L')
    return Picture(np.asarray(grey), '; '.join(oddities), _thumbnail(shown, thumbnail) if thumbnail else None)


def _is_rgb_jpeg(image: Image.Image) -> bool:
    """Whether libjpeg takes the three components of a JPEG for RGB, which it cannot turn into YCbCr."""
    if image.format not in JPEGS or 'jfif' in image.info:
        return False
    if 'adobe' in image.info:
        return image.info.get('adobe_transform') == 0
    return [component[0] for component in image.layer] == [*b'RGB']


def _thumbnail(shown: Image.Image, side: int) -> np.ndarray:
    """Return a picture in colour, uint8 (height, width, 3), at most `side` pixels a side."""
    small = shown.convert('RGB')
    small.thumbnail((side, side))
    return np.asarray(small)


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
