"""A small valid picture, without a face, in every format that Pillow opens."""

import io
import struct

import numpy as np
from PIL import Image

from stages.images.decode import pillow_heif

WIDTH, HEIGHT = 24, 18
SAVED = {
    'AVIF': 'RGBA', 'BLP': 'P', 'BMP': 'RGB', 'DDS': 'RGBA', 'DIB': 'RGB', 'EPS': 'RGB', 'GIF': 'P', 'ICNS': 'RGBA',
    'ICO': 'RGBA', 'IM': 'RGB', 'JPEG': 'RGB', 'JPEG2000': 'RGB', 'MSP': '1', 'PCX': 'P', 'PNG': 'RGBA', 'PPM': 'RGB',
    'QOI': 'RGB', 'SGI': 'RGB', 'SPIDER': 'F', 'TGA': 'RGB', 'TIFF': 'RGB', 'WEBP': 'RGB', 'XBM': '1',
}  # fmt: skip
SAVED |= {'HEIF': 'RGBA'} if pillow_heif else {}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(mode: str = 'RGB') -> Image.Image:
    """Return a grey gradient with noise: unlike black and white dots, it cannot look like a face."""
    noise = np.random.default_rng(0).integers(0, 60, (HEIGHT, WIDTH, 3))
    return Image.fromarray((noise + np.arange(WIDTH)[None, :, None] * 8).astype(np.uint8)).convert(
        mode, dither=Image.Dither.NONE
    )


def samples() -> dict[str, bytes]:
    """Return the bytes of a picture in each format, by Pillow's name for the format."""
    saved = {kind: encoded(picture(mode), kind) for kind, mode in SAVED.items()}
    return saved | _drawn_by_hand() | _wrapped(saved['PCX']) | _stubs()


def _drawn_by_hand() -> dict[str, bytes]:
    grey, colours = picture('L').tobytes(), picture('RGB').tobytes()
    cards = ('SIMPLE  =  T', 'BITPIX  =  8', 'NAXIS   =  2', f'NAXIS1  =  {WIDTH}', f'NAXIS2  =  {HEIGHT}', 'END')
    areas = [0] * 64
    areas[1], areas[8], areas[9], areas[10], areas[13], areas[33] = 4, HEIGHT, WIDTH, 1, 1, 256
    pixar = bytearray(1024)
    pixar[:4] = b'\x80\xe8\0\0'
    struct.pack_into('<2H', pixar, 416, HEIGHT, WIDTH)
    struct.pack_into('<2H', pixar, 424, 14, 2)
    fields = {(3, 20): WIDTH, (3, 30): HEIGHT, (3, 120): 1}
    iptc = b''.join(struct.pack('>BBBHI', 28, *tag, 4, value) for tag, value in fields.items())
    line = '"' + 'ab' * (WIDTH // 2) + '",\n'
    fli = struct.pack('<IHHHHHHI', 128 + 16, 0xAF11, 1, WIDTH, HEIGHT, 8, 0, 5).ljust(128, b'\0')
    return {
        'FITS': ''.join(card.ljust(80) for card in cards).ljust(2880).encode() + grey.ljust(2880, b'\0'),
        'FLI': fli + struct.pack('<IHH8x', 16, 0xF1FA, 0),
        'FTEX': b'FTEX' + struct.pack('<8i', 1, WIDTH, HEIGHT, 1, 1, 1, 36, 0)[:28] + b'\0' * 4
        + struct.pack('<i', len(colours)) + colours,
        'GBR': struct.pack('>5I4sI', 32, 2, WIDTH, HEIGHT, 1, b'GIMP', 10) + b'tip\0' + grey,
        'IMT': f'width {WIDTH}\nheight {HEIGHT}\npixel n8\n\f'.encode() + grey,
        'IPTC': struct.pack('>BBBH2s', 28, 3, 60, 2, b'\1\0') + iptc
        + struct.pack('>BBBH', 28, 8, 10, len(grey)) + grey,
        'MCIDAS': struct.pack('>64i', *areas) + grey,
        'PCD': b'\0' * 2048 + b'PCD_'.ljust(1539, b'\0') + b'\x80' * (96 * 2048 + 768 * 512 * 3 // 2),
        'PIXAR': bytes(pixar) + colours,
        'PSD': struct.pack('>4sH6xHIIHH', b'8BPS', 1, 1, HEIGHT, WIDTH, 8, 1) + b'\0' * 14 + grey,
        'SUN': struct.pack('>8I', 0x59A66A95, WIDTH, HEIGHT, 8, len(grey), 1, 0, 0) + grey,
        'XPM': f'/* XPM */\n"{WIDTH} {HEIGHT} 2 1",\n"a c #000000",\n"b c #ffffff",\n{line * HEIGHT}'.encode(),
        'XVTHUMB': b'P7 332\n#END_OF_COMMENTS\n%d %d 255\n' % (WIDTH, HEIGHT) + grey,
    }  # fmt: skip


def _wrapped(pcx: bytes) -> dict[str, bytes]:
    """Return pictures in formats that contain a picture in another format."""
    icon = bytearray(encoded(picture('RGBA'), 'ICO', bitmap_format='bmp', sizes=[(16, 16)]))
    icon[2] = 2
    return {'CUR': bytes(icon), 'DCX': struct.pack('<3I', 0x3ADE68B1, 12, 0) + pcx}


def _stubs() -> dict[str, bytes]:
    """Return files in formats that Pillow identifies by their first bytes, but cannot decode."""
    box = struct.pack('<IH4hHI', 0x9AC6CDD7, 0, 0, 0, WIDTH, HEIGHT, 72, 0)
    return {
        'BUFR': b'BUFR' + b'\0' * 40,
        'GRIB': b'GRIB\0\0\0\1' + b'\0' * 40,
        'HDF5': b'\x89HDF\r\n\x1a\n' + b'\0' * 40,
        'MPEG': b'\0\0\1\xb3' + bytes([WIDTH >> 4, (WIDTH & 15) << 4, HEIGHT]) + b'\0' * 40,
        'WMF': box + b'\0\0' + b'\1\0\t\0' + b'\0' * 40,
    }
