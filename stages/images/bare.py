"""A picture file without its metadata, which a decoder may trip over, and how the picture is turned."""

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

SECTIONS = range(0xE0, 0xF0)  # of applications, in a JPEG
JFIF, EXIF_OR_XMP, ADOBE, COMMENT, START_OF_SCAN, END_OF_IMAGE = 0xE0, 0xE1, 0xEE, 0xFE, 0xDA, 0xD9
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} - {0xC3, 0xC7, 0xCB, 0xCF}  # but those that are lossless
MARKER = re.compile(rb'\xff([^\x00\x01\xd0-\xd8\xff])')  # but those that have no length
END = b'\xff\xd9'
FILLING = 16  # bytes at least of one kind, in place of the rest of a file that was not fetched or saved
COEFFICIENTS = (1 << 64) - 1  # of a block: a bit each

PNG_KEPT = {b'IHDR', b'PLTE', b'IDAT', b'IEND'}
TEXTS = {b'tEXt', b'zTXt', b'iTXt'}
MOST_TEXT = 1_000_000  # bytes of EXIF or XMP in a text of a PNG

# Sizes, compression, tables and colours of a picture in a TIFF file.
TIFF_KEPT = frozenset([
    *range(256, 260), 262, 263, 266, 273, *range(277, 280), 284, 292, 293, 317, 320, *range(322, 326), 332, 333, 334,
    338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 50674,
])  # fmt: skip

AVIF = (b'avif', b'avis')

ORIENTATION = 0x0112
EXIF = re.compile(rb'(?:Exif\0\0){0,2}(II\*\0|MM\0\*)')
FIRST_ENTRIES = re.compile(rb'(II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08)..', re.DOTALL)  # their number
XMP = re.compile(rb'tiff:Orientation(?:="|>)\s*([1-8])')
TYPES = {1: 'B', 2: 's', 3: 'H', 4: 'I', 5: 'I', 6: 'b', 7: 'B', 8: 'h', 9: 'i', 10: 'i', 11: 'f', 12: 'd', 13: 'I'}
WIDTHS = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # in bytes, of types that do not have one


@dataclass(frozen=True)
class Bare:
    """What is needed of a file: the `content` to decode, with an end, and blocks of EXIF and XMP."""

    content: bytes
    blocks: list[bytes] = field(default_factory=list)
    is_cut: bool = False  # it ends before its picture does
    scans: int = 0  # of coefficients, in a JPEG: a lossless one has none
    lacks_scans: bool = False


def bare(content: bytes) -> Bare:
    """Return a JPEG, PNG, TIFF or AVIF file without its metadata, and any other as it is."""
    start = content[:4]
    if start.startswith(b'\xff\xd8'):
        return _jpeg(content)
    if start == b'\x89PNG':
        return _png(content)
    if start in (b'II*\0', b'MM\0*'):
        return _tiff(content, '<' if start[:1] == b'I' else '>')
    brand = content[8:12]
    if content[4:8] == b'ftyp' and (brand in AVIF or (brand == b'mif1' and AVIF[0] in _other_brands(content))):
        # Pillow writes the file's own orientation into its EXIF: without entries, that cannot fail. Behind the brand of
        # all such formats, pillow-heif would take the file for a HEIC.
        brand = brand if brand in AVIF else AVIF[0]
        return Bare(content[:8] + brand + FIRST_ENTRIES.sub(rb'\1\0\0', content[12:]))
    return Bare(content)


def _other_brands(content: bytes) -> list[bytes]:
    """Return the brands that a file in boxes, such as an AVIF, says it also has."""
    return [content[at : at + 4] for at in range(16, min(int.from_bytes(content[:4]), len(content)), 4)]


def orientation(blocks: Sequence[bytes]) -> int:
    """Return the orientation, 1 to 8, that blocks of EXIF or else of XMP give: 1, as it lies, if they give none."""
    return next((found for read in (_in_exif, _in_xmp) for block in blocks if (found := read(block))), 1)


def _jpeg(content: bytes) -> Bare:
    """Keep all up to the end of the image: a phone may have put a film behind it."""
    kept, at, is_scan, scans = [content[:2]], 2, False, 0
    blocks: list[bytes] = []
    seen: dict[int, int] = {}  # a component: the coefficients that have come, in full precision
    while found := MARKER.search(content, at):
        if is_scan:
            kept.append(content[at : found.start()])
        marker, start = found[1][0], found.end()
        if marker == END_OF_IMAGE:
            return Bare(b''.join([*kept, END]), blocks, False, scans, _lack_scans(seen))
        at = start + max(2, int.from_bytes(content[start : start + 2]))
        body, is_scan = content[start + 2 : at], marker == START_OF_SCAN
        if marker == EXIF_OR_XMP:
            blocks.append(body)
        if (marker not in SECTIONS and marker != COMMENT) or _decides_colours(marker, body):
            kept.append(content[found.start() : at])
        if marker in FRAMES:
            seen |= dict.fromkeys(body[6::3], 0)
        elif is_scan and seen and body and len(body) >= 4 + 2 * body[0]:
            scans += 1
            first, last, precision = body[1 + 2 * body[0] : 4 + 2 * body[0]]
            if precision & 15 == 0:
                seen |= {part: seen.get(part, 0) | (2 << last) - (1 << first) for part in body[1 : 1 + 2 * body[0] : 2]}
    if is_scan:
        rest = content[at:].rstrip(content[-1:] if content[-FILLING:] in (b'\0' * FILLING, b'\xff' * FILLING) else b'')
        kept.append(rest.removesuffix(b'\xff'))  # half a marker
    return Bare(b''.join([*kept, END] if scans else kept), blocks, True, scans, _lack_scans(seen))


def _lack_scans(seen: dict[int, int]) -> bool:
    return any(part & COEFFICIENTS != COEFFICIENTS for part in seen.values())


def _decides_colours(marker: int, body: bytes) -> bool:
    return (marker == JFIF and body.startswith(b'JFIF\0') and len(body) >= 14) or (
        marker == ADOBE and body.startswith(b'Adobe') and len(body) >= 12
    )


def _png(content: bytes) -> Bare:
    kept, blocks, at, kind, is_cut = [content[:8]], [], 8, b'', False
    depth, colour = content[24:26] if len(content) > 25 else (0, 0)
    while at + 8 <= len(content) and kind != b'IEND':
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        body, start, at = content[at + 8 : at + 8 + length], at, at + 12 + length
        is_cut = at > len(content)
        if kind in PNG_KEPT:
            kept.append(_chunk(kind, body) if is_cut else content[start:at])
        elif kind == b'acTL' and length >= 8:
            kept.append(content[start:at])  # that it is an animation; its first frame is the picture itself
        elif kind == b'tRNS':
            kept.append(_transparency(body, depth, colour))
        elif kind == b'eXIf':
            blocks.append(body)
        elif kind in TEXTS:
            blocks.append(_text(kind, body))
    if kind != b'IEND':
        kept.append(_chunk(b'IEND', b''))
    return Bare(b''.join(kept), blocks, is_cut or kind != b'IEND')


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def _transparency(body: bytes, depth: int, colour: int) -> bytes:
    """Return the transparent colour as Pillow compares it: with pixels that it has scaled to 8 bits, but grey of 16."""
    if colour == 0 and depth in (2, 4) and len(body) >= 2:
        body = (body[1] * 255 // (2**depth - 1)).to_bytes(2)
    if colour == 2 and depth == 16:
        if body[0::2] != body[1::2]:
            return b''  # no 8 bits stand for it
        body = b''.join(b'\0' + body[i : i + 1] for i in (0, 2, 4))
    return _chunk(b'tRNS', body) if len(body) >= {0: 2, 2: 6}.get(colour, 0) else b''


def _text(kind: bytes, body: bytes) -> bytes:
    """Return the EXIF or XMP in a text of a PNG, or nothing."""
    key, _, text = body.partition(b'\0')
    if not key.startswith((b'XML:com.adobe.xmp', b'Raw profile type ')):
        return b''
    is_packed = kind == b'zTXt' or (kind == b'iTXt' and text[:1] == b'\1')
    if kind == b'iTXt':
        text = text[2:].split(b'\0', 2)[-1]
    try:
        if is_packed:
            text = zlib.decompressobj().decompress(text[kind == b'zTXt' :], MOST_TEXT)
        return bytes.fromhex(b''.join(text.split(b'\n')[3:]).decode()) if key.startswith(b'Raw') else text
    except (zlib.error, ValueError):
        return b''


def _tiff(content: bytes, order: str) -> Bare:
    """Keep the entries of the first directory that describe pixels."""
    start = int.from_bytes(content[4:8], 'little' if order == '<' else 'big')
    if len(content) < start + 2:
        return Bare(content)
    count = struct.unpack_from(f'{order}H', content, start)[0]
    entries = [content[at : at + 12] for at in range(start + 2, start + 2 + 12 * count, 12)]
    kept = [entry for entry in entries if len(entry) == 12 and struct.unpack_from(f'{order}H', entry)[0] in TIFF_KEPT]
    after = start + 2 + 12 * count
    table = struct.pack(f'{order}H', len(kept)) + b''.join(kept) + content[after : after + 4]
    return Bare(content[:start] + table.ljust(6 + 12 * count, b'\0') + content[after + 4 :], [content])


def _in_exif(block: bytes) -> int:
    """Return the orientation in a block of EXIF or a TIFF file, or 0; broken entries beside it do no harm."""
    header = EXIF.match(block)
    if not header:
        return 0
    tiff, order = memoryview(block)[header.start(1) :], '<' if header[1] == b'II*\0' else '>'
    try:
        at = struct.unpack_from(f'{order}I', tiff, 4)[0]
        for entry in range(at + 2, at + 2 + 12 * struct.unpack_from(f'{order}H', tiff, at)[0], 12):
            tag, kind, count = struct.unpack_from(f'{order}HHI', tiff, entry)
            if tag == ORIENTATION:
                is_inside = count * WIDTHS.get(kind, 1) <= 4
                place = entry + 8 if is_inside else struct.unpack_from(f'{order}I', tiff, entry + 8)[0]
                value = int(struct.unpack_from(order + TYPES[kind], tiff, place)[0])
                return value if 1 <= value <= 8 else 0
    except (struct.error, KeyError, ValueError, OverflowError):
        pass  # cut off, of an unknown type, or no number
    return 0


def _in_xmp(block: bytes) -> int:
    found = XMP.search(block)
    return int(found[1]) if found else 0
