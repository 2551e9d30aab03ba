"""Decode a picture file of any format to grey."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from stages.images.bare import END, Bare, bare, orientation

try:
    import pillow_heif
except ImportError:
    pillow_heif = None  # type: ignore[assignment]

# Larger pictures are refused by their header: decoding takes up to 8 bytes per pixel of a JPEG or HEIC, 24 of a JPEG
# 2000 and 16 of other formats.
MAX_PIXELS = 25_000_000
MAX_PIXELS_OF = {'JPEG': 64_000_000, 'HEIF': 50_000_000, 'JPEG2000': 10_000_000}
MAX_PIXELS_OF_A_SCAN = 256_000_000  # of a JPEG that has only one: it is decoded at a smaller scale, line by line
HEIF_MARKS = {b'ftyp' + brand for brand in (b'heic', b'heix', b'heim', b'heis', b'mif1')}  # after the first four bytes
MOST_BYTES = 100_000_000  # of a file, which is read whole; no photo of a face needs more
REDUCED_SIDE = 800  # pixels; a larger picture is reduced by an integer factor to no less than this
JPEG_FORMATS = {'JPEG', 'MPO'}
MAX_SCANS = 1000  # of a JPEG: ten are usual, and each takes as long as a whole picture
PROGRAM_FORMATS = {'EPS'}  # Pillow would hand these files to an interpreter
UNKNOWN_PIXELS = 'unknown raw mode'  # says Pillow of kinds that it lacks
UNREAD_COMPRESSION = 'webp'  # of a TIFF: Pillow's libtiff has all that Pillow knows but this
# A JPEG that is cut off is used if so much is there. With the last 5 % of 113 photos made grey, the face of 4 % was not
# found, or eyes or mouth were elsewhere by over a tenth of the eyes' distance; with 10 % grey, of 10 %.
NEARLY_WHOLE = 0.95
# Put behind the last byte of such a file, these change its pixels just where its own bytes are missing. Between markers
# that start over, some files have only a few blocks.
NOISE = np.random.default_rng(0).integers(0, 255, 250_000, np.uint8).tobytes()
FILLER = NOISE + b''.join(b'\xff' + bytes([marker]) + NOISE[:10_000] for marker in range(0xD0, 0xD8))
BLOCK_ROWS = 16
FLAT = 8  # pixels at the end of the last row: of one grey level where the picture may be cut off
FAINT = 8  # grey levels between which there is nothing to see
WHITES = (1, 255, 2**10 - 1, 2**12 - 1, 2**14 - 1, 2**16 - 1)  # of fractions and of the depths that cameras have
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of TIFF, which Pillow minds up to 8 bits
BITS, PLANES, APART = 258, 284, 2  # tags of TIFF
PSD_RGB = 3
PSD_CHANNELS = {1: 1, 2: 1, PSD_RGB: 3, 4: 4, 8: 1, 9: 3}  # of colours, by their mode
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip

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

    The picture is rotated by its EXIF orientation, if that can be read, transparency is laid on white, an animation
    gives its first frame, and 10 to 16 bits are scaled to 8. `suffix` is the lower-case extension of the file's name; a
    file of another format is an oddity. `thumbnail` is the longest side of a small colour picture to return as well (0:
    none).
    """
    if not content:
        raise UndecodableError('an empty file')
    # Pillow warns about broken metadata even if the pixels are good.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            file = bare(content)
            Image.MAX_IMAGE_PIXELS = None
            with Image.open(io.BytesIO(file.content)) as image:
                _check(image, file)
                # A container such as ICO may hold a larger picture than it declares, which is only opened on loading.
                Image.MAX_IMAGE_PIXELS = MAX_PIXELS_OF_A_SCAN if file.scans else MAX_PIXELS
                warnings.simplefilter('error', Image.DecompressionBombWarning)
                return _picture(image, suffix, thumbnail, file)
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
            said = ' '.join(str(error).split()) or type(error).__name__
            if UNKNOWN_PIXELS in said:
                raise UndecodableError('pixels of a kind that Pillow does not read: save it as PNG') from None
            raise UndecodableError(f'broken: {said}') from None


def _check(image: Image.Image, file: Bare) -> None:
    """Refuse a file that is a program or would take too much memory or time to decode."""
    if image.format in PROGRAM_FORMATS:
        raise UndecodableError(f'{image.format}: a program, which must be run to draw the picture')
    if flaw := _misread(image, file.content):
        raise UndecodableError(f'{flaw}, which Pillow does not read: save it as PNG')
    limit = MAX_PIXELS_OF_A_SCAN if file.scans == 1 else MAX_PIXELS_OF.get(image.format or '', MAX_PIXELS)
    if image.width * image.height > limit:
        raise UndecodableError(f'{image.width}x{image.height} pixels are more than {limit // 1_000_000} million')
    if file.scans > MAX_SCANS:
        raise UndecodableError(f'a JPEG with more than {MAX_SCANS} scans')
    if file.lacks_scans:
        raise UndecodableError('cut off: scans, which each refine the whole picture, are missing')


def _misread(image: Image.Image, content: bytes) -> str:
    """Return what a file is if Pillow reads none of its pixels, or other ones than there are, or nothing."""
    if image.format == 'TIFF':
        compression, tags = image.info.get('compression'), getattr(image, 'tag_v2', {})
        if compression == UNREAD_COMPRESSION:
            return f'a TIFF compressed with {compression}'
        if compression == 'raw' and tags.get(PLANES) == APART and max(tags.get(BITS, (8,))) > 8:
            return 'a TIFF of more than 8 bits whose colours lie apart'
    if image.format == 'PSD':
        channels, depth, mode = (int.from_bytes(content[at : at + 2]) for at in (12, 22, 24))
        if depth == 1:
            return 'a PSD of 1 bit'
        has_alpha = mode == PSD_RGB and _psd_is_transparent(content)
        if channels > PSD_CHANNELS.get(mode, channels) + has_alpha:
            return 'a PSD with channels beside its colours'
    return ''


def _psd_is_transparent(content: bytes) -> bool:
    """Return whether the first channel behind the colours of a PSD is its transparency: its layers are counted so."""
    at = 26
    for _ in ('colours', 'resources'):
        at += 4 + int.from_bytes(content[at : at + 4])
    return int.from_bytes(content[at + 8 : at + 10], signed=True) < 0


def _picture(image: Image.Image, suffix: str, thumbnail: int, file: Bare) -> Picture:
    oddities = []
    expected = Image.registered_extensions().get(suffix)
    if image.format != expected and not {image.format, expected} <= JPEG_FORMATS:
        oddities.append(f'a {image.format} file named {suffix or "without an ending"}')
    # Not n_frames: counting the frames of a GIF reads all of them.
    if getattr(image, 'is_animated', False):
        oddities.append('several frames: the first')
    # libjpeg then decodes to grey and at a smaller scale itself, several times faster. Its grey is the Y of its YCbCr.
    if file.scans:
        image.draft('YCbCr' if thumbnail and not _is_rgb_jpeg(image) else 'L', (REDUCED_SIDE, REDUCED_SIDE))
    image.load()
    if file.scans and (missing := _missing(image, file)):
        oddities.append(missing)
    turn = UPRIGHT.get(orientation(file.blocks or _blocks(image)))
    shown, seen_through = _displayed(_plain(image))
    oddities += [seen_through] if seen_through else []
    shown = shown.transpose(turn) if turn is not None else shown
    grey = shown.getchannel('Y') if shown.mode == 'YCbCr' else shown.convert('L')
    small = shown.convert('RGB') if thumbnail else None
    if small and file.scans and _is_rgb_jpeg(image):
        with Image.open(io.BytesIO(file.content)) as colours:
            colours.draft('RGB', (REDUCED_SIDE, REDUCED_SIDE))
            small = colours.convert('RGB')
            small = small.transpose(turn) if turn is not None else small
    if small:
        small.thumbnail((thumbnail, thumbnail))
    return Picture(np.asarray(grey), '; '.join(oddities), np.asarray(small) if small else None)


def _missing(image: Image.Image, file: Bare) -> str:
    """Return how much there is of a JPEG that is cut off, or raise an UndecodableError if that is too little.

    It may have an end: programs that repair files add one.
    """
    width, height = image.size
    low, high = image.getchannel(0).crop((max(0, width - FLAT), height - 1, width, height)).getextrema()
    # What is missing is filled with one grey level.
    if not file.is_cut and low != high:
        return ''
    share = _decoded_share(file.content.removesuffix(END))
    if share == 1 and not file.is_cut:
        return ''
    said = f'cut off: {int(100 * share)}% of the picture is there'
    if share < NEARLY_WHOLE:
        raise UndecodableError(said)
    return said


def _decoded_share(cut: bytes) -> float:
    """Return the share of a JPEG's pixels that its bytes, cut off in its last scan, decide."""
    pictures = []
    for rest in (END, FILLER + END):
        with Image.open(io.BytesIO(cut + rest)) as image:
            image.draft('L', (REDUCED_SIDE, REDUCED_SIDE))
            pictures.append(np.asarray(image.convert('L')))
    same = pictures[0] == pictures[1]
    missing = np.flatnonzero(~same.all(axis=1))
    # Below the first row of blocks that is not whole there is nothing, even where the filler has come to its end.
    return float(same[: missing[0] + BLOCK_ROWS].sum() / same.size) if missing.size else 1.0


def _blocks(image: Image.Image) -> list[bytes]:
    """Return the blocks of EXIF and XMP of an opened file in which they are apart from its pixels."""
    return [block for name in ('exif', 'xmp') if isinstance(block := image.info.get(name), bytes)]


def _is_rgb_jpeg(image: Image.Image) -> bool:
    """Return whether libjpeg reads the components of a JPEG as RGB, which it cannot convert to YCbCr."""
    if not isinstance(image, JpegImageFile) or 'jfif' in image.info:
        return False
    if 'adobe' in image.info:
        return image.info.get('adobe_transform') == 0
    return [component[0] for component in image.layer] == [*b'RGB']


def _plain(image: Image.Image) -> Image.Image:
    """Convert an image to a mode whose pixels can be averaged, and whose transparency is a channel."""
    if image.mode.startswith('I;16'):
        values, key = np.asarray(image), image.info.get('transparency')
        # By a table, which takes less memory than numbers of 64 bits.
        table = _scaled(np.arange(int(values.max()) + 1))
        if getattr(image, 'tag_v2', {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:
            table = 255 - table
        grey = Image.fromarray(np.take(table, values))
        if key is None:
            return grey
        return Image.merge('LA', (grey, Image.fromarray(np.where(values == key, np.uint8(0), np.uint8(255)))))
    if image.has_transparency_data and image.mode not in ('LA', 'RGBA'):
        return image.convert('RGBA')
    if image.mode in ('P', 'LAB'):
        return image.convert('RGB')
    return image.convert('L') if image.mode == '1' else image


def _displayed(image: Image.Image) -> tuple[Image.Image, str]:
    """Return a picture as a viewer shows it, not much larger than needed, and what was done with its transparency.

    It is laid on white. Where nothing can be seen then, as if alpha were 0 everywhere, the colours are shown.
    """
    if not image.has_transparency_data or image.getchannel('A').getextrema()[0] == 255:
        return _opaque(_reduced(image)), ''
    reduced = _reduced(image)
    laid = Image.new('RGBA', reduced.size, 'white')
    laid.alpha_composite(reduced.convert('RGBA'))
    if _is_faint(laid) and not _is_faint(colours := _reduced(image.convert('RGB'))):
        return colours, 'transparent all over: its colours'
    return laid, 'transparency laid on white'


def _is_faint(image: Image.Image) -> bool:
    return int(np.ptp(np.asarray(image.convert('L')))) <= FAINT


def _reduced(image: Image.Image) -> Image.Image:
    """Average a large picture down: the following steps would take several times its memory."""
    factor = min(image.size) // REDUCED_SIDE
    return image.reduce(factor) if factor > 1 else image


def _opaque(image: Image.Image) -> Image.Image:
    return Image.fromarray(_scaled(np.asarray(image))) if image.mode in ('I', 'F') else image


def _scaled(values: np.ndarray) -> np.ndarray:
    """Scale integers of up to 16 bits, as many as are used, or numbers of any range, to 0..255."""
    low, high = float(min(values.min(), 0)), float(values.max())
    if not np.isfinite([low, high]).all():
        raise UndecodableError('holds pixels that are not finite numbers')
    high = next((white for white in WHITES if high <= white), high) if low == 0 or high <= 255 else high
    return np.rint((values - low) * (255 / (high - low))).astype(np.uint8)
