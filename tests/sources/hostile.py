"""Broken and strange files, as found on the internet: none shows a face, all must be listed, none may stop a run."""

import gzip
import os
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.sources.samples import encoded, picture, samples

NAMES = [
    b'two words.jpg', b"quote'.jpg", b'quote".jpg', b'comma, semicolon;.jpg', b'new\nline.jpg', b'return\r.jpg',
    b'tab\t.jpg', '😀.jpg'.encode(), 'schön.jpg'.encode(),
    b'no text \xff\xfe.jpg', b'ending.\xff\xfe', b'ending.j\n"p', b'-rf.jpg',
    b'$(touch harm).jpg', b'`touch harm`.jpg', b'%s%n{0}.jpg', b'back\\slash.jpg', b'..jpg', b'UPPER.JPG', b'no ending',
    b'long' * 50 + b'.jpg', b'long ending.' + b'j' * 200, '\u202egpj.exe'.encode(), b'=1+1.jpg', b'space behind.jpg ',
]  # fmt: skip


def make_hostile(folder: Path, surroundings: Path, count: int, seed: int) -> set[str]:
    """Make at least `count` hostile files in folder/{female,male}, and return their paths below `folder`.

    Links point to files in `surroundings`, which must not be read.
    """
    random = np.random.default_rng(seed)
    paths = set()
    for label in ('female', 'male'):
        (folder / label / 'folder.jpg').mkdir(parents=True)
    for number, (name, content) in enumerate(_contents(count, random)):
        path = os.fsencode(('female', 'male')[number % 2]) + b'/' + name
        # A unique suffix after each picture, since identical files would only count once.
        (folder / os.fsdecode(path)).write_bytes(content + number.to_bytes(4, 'big') if content else b'')
        paths.add(os.fsdecode(path))
    return paths | _odd_files(folder, surroundings)


def _contents(count: int, random: np.random.Generator) -> Iterator[tuple[bytes, bytes]]:
    """Yield names and contents: the odd ones first, then damaged pictures of every format until there are enough."""
    whole = samples()
    kinds = sorted(whole)
    odd = strange_pictures() | {f'whole {kind}.{kind.casefold()}': content for kind, content in whole.items()}
    odd |= {f'wrong ending {kind}.png': content for kind, content in whole.items()}
    for name, content in odd.items():
        yield name.encode(), content
    for name in NAMES:
        yield name, whole['JPEG'][:-9]
        yield b'folder.jpg/' + name, whole['PNG']
    for number in range(max(0, count - len(odd) - 2 * len(NAMES))):
        kind = kinds[number % len(kinds)]
        damage = (cut, flipped, overwritten)[int(random.integers(3))]
        yield f'{damage.__name__} {number}.{kind.casefold()}'.encode(), damage(whole[kind], random)


def cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(len(content)))]


def flipped(content: bytes, random: np.random.Generator) -> bytes:
    """Return the content with up to 20 bits flipped, most of them near the start, where the headers are."""
    damaged = bytearray(content)
    for _ in range(int(random.integers(1, 21))):
        damaged[int(random.integers(len(content)) * random.random() ** 2)] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def overwritten(content: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(len(content)))
    return content[:start] + random.bytes(min(64, len(content) - start)) + content[start + 64 :]


def strange_pictures() -> dict[str, bytes]:
    """Return intact but strange pictures, and files that only pretend to be pictures."""
    return _bombs() | _extremes() | _metadata() | _pretenders()


def _bombs() -> dict[str, bytes]:
    """Return small files that take much memory or time to decode."""
    side = 20_000
    jpeg, gif, bmp = (encoded(picture(), kind) for kind in ('JPEG', 'GIF', 'BMP'))
    size_at = jpeg.index(b'\xff\xc0') + 5
    scans = encoded(Image.new('L', (1000, 1000)), 'JPEG', progressive=True)[:-2]
    scan = scans[scans.rindex(b'\xff\xda') :]
    header = struct.pack('>IIBBBBB', side, side, 8, 6, 0, 0, 0)
    giant = b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', header) + png_chunk(b'IDAT', zlib.compress(bytes(10**6)))
    fits = fits_header('SIMPLE=T BITPIX=8 NAXIS=0') + fits_header(
        "XTENSION='BINTABLE' BITPIX=8 NAXIS=2 NAXIS1=0 NAXIS2=0 ZIMAGE=T ZBITPIX=8 ZNAXIS=2 ZNAXIS1=2000 ZNAXIS2=2000 "
        "ZCMPTYPE='GZIP_1--'"
    )
    return {
        'giant.png': giant,
        'giant.jpg': jpeg[:size_at] + struct.pack('>HH', side, side) + jpeg[size_at + 4 :],
        'giant.gif': gif[:6] + struct.pack('<HH', side, side) + gif[10:],
        'giant.bmp': bmp[:18] + struct.pack('<ii', side, side) + bmp[26:],
        'giant.ppm': b'P6 %d %d 255\n' % (side, side),
        'giant.qoi': b'qoif' + struct.pack('>II', side, side) + b'\4\0',
        'giant inside.ico': struct.pack('<HHHBBBBHHII', 0, 1, 1, 16, 16, 0, 0, 1, 32, len(giant), 22) + giant,
        'largest.webp': encoded(Image.new('RGBA', (5000, 5000)), 'WEBP', lossless=True, method=0),
        'largest.jp2': encoded(Image.new('RGBA', (3162, 3162)), 'JPEG2000'),
        'largest.jpg': encoded(Image.new('RGB', (8000, 8000)), 'JPEG', progressive=True, subsampling=0),
        'scans.jpg': scans + scan * 20_000 + b'\xff\xd9',
        'frames.gif': gif[:-1] + gif[gif.index(b',') : -1] * 20_000 + b';',
        'gzip.fits': fits + gzip.compress(bytes(10**8), 1),
        'text.png': png_with(b'zTXt', b'a\0\0' + zlib.compress(bytes(10**8), 1)),
        'profile.png': png_with(b'iCCP', b'a\0\0' + zlib.compress(bytes(10**8), 1)),
    }


def _extremes() -> dict[str, bytes]:
    deep = Image.fromarray(np.arange(65536, dtype=np.uint16).reshape(256, 256))
    numbers = {'not a number': np.nan, 'infinite': np.inf, 'huge': 3e38, 'tiny': 1e-40, 'negative': -1.0}
    frames = {'save_all': True, 'append_images': [picture('L')]}
    return {
        'empty.jpg': b'',
        'one pixel.png': encoded(Image.new('RGB', (1, 1)), 'PNG'),
        'line.png': encoded(Image.new('L', (30_000, 1)), 'PNG'),
        'column.png': encoded(Image.new('L', (1, 30_000)), 'PNG'),
        '16 bit.png': encoded(deep, 'PNG'),
        '16 bit.tif': encoded(deep, 'TIFF'),
        '32 bit.tif': encoded(deep.convert('I'), 'TIFF'),
        'transparent palette.png': encoded(picture('P'), 'PNG', transparency=bytes(range(256))),
        'invisible.png': encoded(Image.new('RGBA', (40, 40), (200, 0, 0, 0)), 'PNG'),
        **{f'{mode}.tif': encoded(picture(mode), 'TIFF') for mode in ('1', 'CMYK', 'YCbCr', 'LAB', 'P', 'RGBA')},
        **{f'{mode}.jpg': encoded(picture(mode), 'JPEG') for mode in ('L', 'CMYK')},
        **{f'animated.{kind}': encoded(picture(), kind, **frames) for kind in ('GIF', 'PNG', 'WEBP', 'TIFF', 'MPO')},
        **{f'{n}.tif': encoded(Image.fromarray(np.full((9, 9), x, np.float32)), 'TIFF') for n, x in numbers.items()},
    }


def _metadata() -> dict[str, bytes]:
    """Return pictures with valid pixels and invalid metadata."""
    turned = {}
    for orientation in range(11):
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned[f'turned {orientation}.jpg'] = encoded(picture(), 'JPEG', exif=exif)
    tiff = encoded(picture(), 'TIFF')
    directory = struct.unpack('<I', tiff[4:8])[0]
    following = directory + 2 + 12 * struct.unpack('<H', tiff[directory : directory + 2])[0]
    return turned | {
        'profile.jpg': encoded(picture(), 'JPEG', icc_profile=b'no profile' * 9000),
        'exif.jpg': encoded(picture(), 'JPEG', exif=b'Exif\0\0' + b'II*\0\xff\xff\xff\xff' * 5),
        'large exif.png': encoded(picture(), 'PNG', exif=b'Exif\0\0MM\0*\0\0\0\x08' + b'\xff' * 10**6),
        'loop.tif': tiff[:following] + struct.pack('<I', directory) + tiff[following + 4 :],
        'wrong sum.png': png_with(b'tEXt', b'a\0b')[:-6] + b'\0' * 6,
    }


def _pretenders() -> dict[str, bytes]:
    return {
        'text.jpg': b'hello',
        'page.jpg': b'<!DOCTYPE html><title>404</title>',
        'drawing.jpg': b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        'document.jpg': b'%PDF-1.7\n',
        'program.jpg': b'#!/bin/sh\ntouch harm\n',
        'program.eps': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(%pipe%touch harm) (w) file\n',
        'zeros.jpg': bytes(5000),
        'noise.jpg': np.random.default_rng(0).bytes(5000),
        'script in a comment.jpg': encoded(picture(), 'JPEG', comment=b'<?php system("touch harm") ?>'),
    }


def fits_header(cards: str) -> bytes:
    lines = [f'{name:8}= {value}'.replace('-', ' ') for name, value in (card.split('=') for card in cards.split())]
    text = ''.join(line.ljust(80) for line in [*lines, 'END'])
    return text.ljust(-(-len(text) // 2880) * 2880).encode()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))


def png_with(kind: bytes, content: bytes) -> bytes:
    """Return a PNG file with an additional chunk after its header."""
    png = encoded(picture(), 'PNG')
    return png[:33] + png_chunk(kind, content) + png[33:]


def _odd_files(folder: Path, surroundings: Path) -> set[str]:
    """Make links, pipes, sockets and unreadable files; return their paths."""
    (folder / 'male' / 'closed').mkdir()
    links = {
        'male/link out.jpg': surroundings / 'secret.jpg',
        'male/link up.jpg': Path('../../surroundings/secret.jpg'),
        'male/link to a folder': surroundings,
        'male/link to its own folder': Path('.'),
        'male/broken link.jpg': Path('nowhere.jpg'),
        'male/loop.jpg': Path('loop.jpg'),
        'male/link to a device.jpg': Path('/dev/zero'),
        'link to a folder named male': surroundings,
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / 'male' / 'pipe.jpg')
    with socket.socket(socket.AF_UNIX) as listener:
        # The path of a socket is limited to 107 bytes.
        directory = os.open(folder / 'male', os.O_RDONLY)
        listener.bind(f'/proc/self/fd/{directory}/socket.jpg')
        os.close(directory)
    files = {'male/.hidden.jpg', 'male/forbidden.jpg', 'mixed.jpg', 'male/closed/x.jpg'}
    for name in files:
        (folder / name).write_bytes(name.encode())
    (folder / 'male' / 'forbidden.jpg').chmod(0)
    return files | set(links) | {'male/pipe.jpg', 'male/socket.jpg'}
