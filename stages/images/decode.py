"""Decode a picture file of any format to grey."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

try:
    import pillow_heif
except ImportError:
    pillow_heif = None  # type: ignore[assignment]

# Larger pictures are refused by their header: decoding takes up to 8 bytes per pixel of a JPEG or HEIC, 24 of a JPEG
# 2000 and 16 of other formats.
MAX_PIXELS = 25_000_000
MAX_PIXELS_OF = {'JPEG': 64_000_000, 'MPO': 64_000_000, 'HEIF': 50_000_000, 'JPEG2000': 10_000_000}
HEIF_MARKS = {b'ftyp' + brand for brand in (b'heic', b'heix', b'heim', b'heis', b'mif1')}  # after the first four bytes
MOST_BYTES = 100_000_000  # of a file, which is read whole; no photo of a face needs more
REDUCED_SIDE = 800  # pixels; a larger picture is reduced by an integer factor to no less than this
JPEG_FORMATS = {'JPEG', 'MPO'}
# Ten scans are usual, and each takes as long as a whole picture. The marker may also occur by chance in trailing data.
SCAN_MARKER, MAX_SCANS = b'\xff\xda', 1000
PROGRAM_FORMATS = {'EPS'}  # Pillow would hand these files to an interpreter

# Pillow warns about more pixels than this, and refuses more than twice as many.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS_OF['JPEG'] // 2

if pillow_heif:
    pillow_heif.register_heif_opener()
    pillow_heif.options.DECODE_THREADS = 1  # the cores are shared by photos


class UndecodableError(Exception):
    """The reason why a file gives no picture."""


@dataclass(frozen=True)
class Picture:
    """A decoded file."""

    grey: np.ndarray  # uint8 (height, width)
    oddity: str  # what was unusual about the file, or empty
    thumbnail: np.ndarray | None  # a small colour picture, uint8 (height, width, 3), if it was requested


def decode(content: bytes, suffix: str, thumbnail: int = 0) -> Picture:
    """Decode a file's bytes to the grey picture that a viewer would show, or raise an UndecodableError.

    The picture is rotated by its EXIF orientation, transparency is laid on white, an animation gives its first frame,
    and 16 bits are scaled to 8. `suffix` is the lower-case extension of the file's name; a file of another format is an
    oddity. `thumbnail` is the longest side of a small colour picture to return as well (0: none).
    """
    if not content:
        raise UndecodableError('an empty file')
    # Pillow warns about broken metadata even if the pixels are good.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            with Image.open(io.BytesIO(content)) as image:
                # A container such as ICO may hold a larger picture than it declares, which is only opened on loading.
                warnings.simplefilter('error', Image.DecompressionBombWarning)
                _check(image, content)
                return _picture(image, suffix, thumbnail)
        except UnidentifiedImageError:
            if content[4:12] in HEIF_MARKS and not pillow_heif:
                raise UndecodableError("HEIC, for which a library is missing: pip install '.[heic]'") from None
            raise UndecodableError('not a picture that Pillow can read') from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise UndecodableError('too many pixels') from None
        except UndecodableError:
            raise
        # Pillow's decoders raise errors of every kind on broken files.
        except Exception as error:
            raise UndecodableError(f'broken: {" ".join(str(error).split()) or type(error).__name__}') from None


def _check(image: Image.Image, content: bytes) -> None:
    """Refuse a file that is a program or would take too much memory or time to decode."""
    if image.format in PROGRAM_FORMATS:
        raise UndecodableError(f'{image.format}: a program, which must be run to draw the picture')
    limit = MAX_PIXELS_OF.get(image.format or '', MAX_PIXELS)
    if image.width * image.height > limit:
        raise UndecodableError(f'{image.width}x{image.height} pixels are more than {limit // 1_000_000} million')
    if image.format in JPEG_FORMATS and content.count(SCAN_MARKER) > MAX_SCANS:
        raise UndecodableError(f'a JPEG with more than {MAX_SCANS} scans')


def _picture(image: Image.Image, suffix: str, thumbnail: int) -> Picture:
    oddities = []
    expected = Image.registered_extensions().get(suffix)
    if image.format != expected and not {image.format, expected} <= JPEG_FORMATS:
        oddities.append(f'a {image.format} file named {suffix or "without an ending"}')
    # Not n_frames: counting the frames of a GIF reads all of them.
    if getattr(image, 'is_animated', False):
        oddities.append('several frames: the first')
    if image.has_transparency_data:
        oddities.append('transparency laid on white')
    # libjpeg then decodes to grey and at a smaller scale itself, several times faster. Its grey is the Y of its YCbCr.
    image.draft('YCbCr' if thumbnail and not _is_rgb_jpeg(image) else 'L', (REDUCED_SIDE, REDUCED_SIDE))
    image.load()
    shown = _displayed(ImageOps.exif_transpose(_reduced(image)))
    grey = shown.getchannel('Y') if shown.mode == 'YCbCr' else shown.convert('L')
    small = shown.convert('RGB') if thumbnail else None
    if small:
        small.thumbnail((thumbnail, thumbnail))
    return Picture(np.asarray(grey), '; '.join(oddities), np.asarray(small) if small else None)


def _is_rgb_jpeg(image: Image.Image) -> bool:
    """Return whether libjpeg reads the components of a JPEG as RGB, which it cannot convert to YCbCr."""
    if not isinstance(image, JpegImageFile) or 'jfif' in image.info:
        return False
    if 'adobe' in image.info:
        return image.info.get('adobe_transform') == 0
    return [component[0] for component in image.layer] == [*b'RGB']


def _reduced(image: Image.Image) -> Image.Image:
    """Average a large picture down: the following steps would take several times its memory."""
    factor = min(image.size) // REDUCED_SIDE
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
    """Lay transparency on white and scale pixel values to 8 bits, as a viewer does."""
    if image.has_transparency_data:
        flat = Image.new('RGBA', image.size, 'white')
        flat.alpha_composite(image.convert('RGBA'))
        return flat
    if image.mode.startswith(('I', 'F')):
        return Image.fromarray(_scaled(np.asarray(image, np.float64)))
    return image


def _scaled(values: np.ndarray) -> np.ndarray:
    """Scale 16-bit integers, or numbers of any range, to 0..255."""
    if not np.isfinite(values).all():
        raise UndecodableError('holds pixels that are not finite numbers')
    low, high = min(values.min(), 0), values.max()
    high = 65535 if 255 < high <= 65535 and low == 0 else max(high, 1 if high <= 1 else 255)
    return np.rint((values - low) * (255 / (high - low))).astype(np.uint8)
