"""Files whose metadata, end or what is behind it is not as it should be, but whose picture every viewer shows."""

import itertools
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from stages.images.bare import END, orientation
from stages.images.decode import UndecodableError, decode
from tests.sources.hostile import png_chunk
from tests.sources.samples import encoded

SIDE = 24
PIXELS = np.repeat(np.where(np.arange(40) < 20, 0, 255).astype(np.uint8)[None], SIDE, axis=0)
IMAGE = Image.fromarray(PIXELS).convert('RGB')  # black on the left, and with orientation 6 on top
JPEG, PNG = encoded(IMAGE, 'JPEG', quality=95), encoded(IMAGE, 'PNG')


def exif(*entries: tuple[int, int, int, bytes], order: str = '<', behind: bytes = bytes(400)) -> bytes:
    """Return a block of EXIF with entries of tag, type, count and four bytes of value or offset."""
    start = {'<': b'II*\0\x08\0\0\0', '>': b'MM\0*\0\0\0\x08'}[order]
    body = b''.join(struct.pack(f'{order}HHI', *entry[:3]) + entry[3] for entry in sorted(entries))
    return start + struct.pack(f'{order}H', len(entries)) + body + bytes(4) + behind


def turned(kind: int = 3, count: int = 1, value: bytes = b'\6\0\0\0') -> tuple[int, int, int, bytes]:
    return 0x112, kind, count, value


def segment(marker: int, body: bytes) -> bytes:
    return b'\xff' + bytes([marker]) + struct.pack('>H', len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    return JPEG[:2] + b''.join(segments) + JPEG[2:]


def png_with(*chunks: bytes) -> bytes:
    return PNG[:33] + b''.join(chunks) + PNG[33:]


def tiff_with(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Return a grey TIFF file with entries beside those of its pixels."""
    sizes = {0x100: 40, 0x101: SIDE, 0x102: 8, 0x103: 1, 0x106: 1, 0x115: 1, 0x116: SIDE, 0x117: PIXELS.size}
    own = [(tag, 4, 1, struct.pack('<I', value)) for tag, value in sizes.items()]
    at = 8 + 2 + 12 * (len(own) + 1 + len(entries)) + 4
    return exif(*own, (0x111, 4, 1, struct.pack('<I', at)), *entries, behind=PIXELS.tobytes())


def is_upright(content: bytes, suffix: str) -> bool:
    grey = decode(content, suffix).grey
    return grey.shape == (40, SIDE) and grey[:15].mean() < 20 and grey[25:].mean() > 235


def is_as_it_lies(content: bytes, suffix: str) -> bool:
    grey = decode(content, suffix).grey
    return grey.shape == (SIDE, 40) and grey[:, :15].mean() < 20 and grey[:, 25:].mean() > 235


TAGS = (0x100, 0x102, 0x10E, 0x10F, 0x11A, 0x128, 0x132, 0x213, 0x2BC, 0x8769, 0x8825, 0x927C, 0x9C9B)


@pytest.mark.parametrize('tag', TAGS)
def test_a_field_of_exif_of_any_type_and_count_costs_neither_the_photo_nor_its_turn(tag):
    for kind, count, value in itertools.product(
        [0, 1, 2, 3, 5, 6, 8, 10, 11, 12, 13, 99], [0, 1, 2, 40], [b'\xff' * 4, b'abc\0', b'\x26\0\0\0']
    ):
        field = tag, kind, count, value
        block = exif(turned(), field)
        assert is_upright(jpeg_with(segment(0xE1, b'Exif\0\0' + block)), '.jpg'), field
        assert is_upright(png_with(png_chunk(b'eXIf', block)), '.png'), field
        if tag > 0x200 or tag in (0x10E, 0x11A):
            assert is_upright(tiff_with(turned(), field), '.tif'), field
    assert is_upright(encoded(IMAGE, 'WEBP', lossless=True, exif=b'Exif\0\0' + block), '.webp')


@pytest.mark.parametrize('block', [
    exif(turned(1)),
    exif(turned(2, 2, b'6\0\0\0')),
    exif(turned(3, 2, b'\6\0\6\0')),
    exif(turned(3, 0)),
    exif(turned(4)),
    exif(turned(5, 1, b'\x1a\0\0\0'), behind=struct.pack('<II', 6, 1)),
    exif(turned(7)),
    exif(turned(9)),
    exif(turned(11, 1, struct.pack('<f', 6))),
    exif(turned(3, 1, b'\0\6\0\0'), order='>'),
    exif(turned(1), order='>'),
    b'Exif\0\0' + exif(turned()),
    exif(turned())[:8] + b'\xff\xff' + exif(turned())[10:22],
], ids=['BYTE', 'ASCII', 'two', 'none', 'LONG', 'RATIONAL', 'UNDEFINED', 'SLONG', 'FLOAT', 'big-endian',
        'big-endian BYTE', 'two heads', 'cut'])  # fmt: skip
def test_an_orientation_of_any_type_is_read(block):
    assert is_upright(jpeg_with(segment(0xE1, b'Exif\0\0' + block)), '.jpg')
    assert is_upright(png_with(png_chunk(b'eXIf', block)), '.png')


@pytest.mark.parametrize('entry', [
    turned(1), turned(2, 2, b'6\0\0\0'), turned(3), turned(4), turned(7),
], ids=['BYTE', 'ASCII', 'SHORT', 'LONG', 'UNDEFINED'])  # fmt: skip
def test_the_orientation_of_a_tiff_is_read(entry):
    assert is_upright(tiff_with(entry), '.tif')


ADOBE = b'http://ns.adobe.com/xap/1.0/\0'
XMP = b'<x tiff:Orientation="6"/>'
PROFILE = b'Raw profile type exif\0', b'\nexif\n 100\n' + (b'Exif\0\0' + exif(turned())).hex().encode()


@pytest.mark.parametrize(('content', 'suffix'), [
    (jpeg_with(segment(0xE1, ADOBE + XMP)), '.jpg'),
    (jpeg_with(segment(0xE1, b'Exif\0\0' + exif()), segment(0xE1, ADOBE + b'\xff' + XMP)), '.jpg'),
    (png_with(png_chunk(b'iTXt', b'XML:com.adobe.xmp\0\0\0\0\0' + XMP)), '.png'),
    (png_with(png_chunk(b'iTXt', b'XML:com.adobe.xmp\0\1\0en\0\0' + zlib.compress(XMP))), '.png'),
    (png_with(png_chunk(b'zTXt', PROFILE[0] + b'\0' + zlib.compress(PROFILE[1]))), '.png'),
    (png_with(png_chunk(b'tEXt', b''.join(PROFILE))), '.png'),
])  # fmt: skip
def test_an_orientation_in_other_places_is_read(content, suffix):
    assert is_upright(content, suffix)


@pytest.mark.parametrize('field', [(0x128, 2, 4), (0x11A, 2, 4), (0x128, 1, 9)])
def test_exif_does_not_cost_a_turned_avif(field):
    image, fields = IMAGE.resize((160, 96)), Image.Exif()
    fields[0x112], fields[0x128] = 6, 2
    content = encoded(image, 'AVIF', quality=95, exif=fields)
    own = struct.pack('>HHI', 0x128, 3, 1)
    assert content.count(own) == 1
    assert decode(content.replace(own, struct.pack('>HHI', *field)), '.avif').grey.shape == (160, 96)


@pytest.mark.parametrize('block', [
    b'', b'II', b'XX*\0\x08\0\0\0', exif(turned(3, 1, bytes(4))), exif(turned(3, 1, b'\x09\0\0\0')),
    exif(turned(12, 1, b'\x1a\0\0\0'), behind=struct.pack('<d', float('nan'))), exif(turned(99)),
    exif(turned(2, 20, b'\x1a\0\0\0'), behind=b'Rotate 90 CW'), exif(turned(4, 9, b'\xff' * 4)),
    b'XX*\0\x08\0\0\0' + exif(turned()), b'II*\0\xff\xff\xff\xff',
    exif((0x927C, 7, 60, b'\x1a\0\0\0'), behind=exif(turned())),
])  # fmt: skip
def test_where_the_orientation_is_not_known_the_picture_is_read_as_it_lies(block):
    assert is_as_it_lies(jpeg_with(segment(0xE1, b'Exif\0\0' + block)), '.jpg')
    assert is_as_it_lies(png_with(png_chunk(b'eXIf', block)), '.png')


LONG = zlib.compress(bytes(2_000_000))


@pytest.mark.parametrize('chunk', [
    png_chunk(b'zTXt', b'a\0\0' + LONG), png_chunk(b'iTXt', b'a\0\1\0\0\0' + LONG), png_chunk(b'iCCP', b'a\0\0' + LONG),
    png_chunk(b'iCCP', b'a\0\1'), png_chunk(b'iCCP', b'a'), png_chunk(b'zTXt', b'a\0\7'), png_chunk(b'pHYs', b'\0\0'),
    png_chunk(b'gAMA', b'\0'), png_chunk(b'cHRM', b'\0'), png_chunk(b'sRGB', b''), png_chunk(b'tRNS', b'\0'),
    png_chunk(b'acTL', b'\0'), png_chunk(b'acTL', bytes(8)), png_chunk(b'fcTL', b'\0'), png_chunk(b'fdAT', b''),
    png_chunk(b'fcTL', bytes(26)), png_chunk(b'teXt', b'x'), png_chunk(b'tEXt', b'a\0b')[:-1] + b'x',
    png_chunk(b'iTXt', b'XML:com.adobe.xmp\0\1\0\0\0x'), png_chunk(b'zTXt', b'Raw profile type exif\0\0x'),
    png_chunk(b'tEXt', b'Raw profile type exif\0\n\n\nxyz'),
    *(png_chunk(b'tEXt', b'k\0' + bytes(900_000)) * 70,),
])  # fmt: skip
def test_a_chunk_beside_the_pixels_does_not_cost_a_png(chunk):
    assert is_as_it_lies(png_with(chunk), '.png')


@pytest.mark.parametrize('body', [
    (0xE0, b'JFIF'), (0xE0, b'JFIF\0'), (0xEE, b'Adobe'), (0xEE, b'Adobe\0'), (0xE2, b'MPF\0II*\0\xff\xff\xff\xff'),
    (0xE2, b'ICC_PROFILE\0\2\5'), (0xE2, b'ICC_PROFILE\0'), (0xED, b'Photoshop 3.0\08BIM\4\4\0\0\xff\xff\xff\xff'),
    (0xED, b'Photoshop 3.0\08BIM\3\xed\0\0\0\0\0\1x'), (0xED, b'Photoshop 3.0\08BIM\4\4'), (0xE1, b''), (0xFE, b''),
], ids=str)  # fmt: skip
def test_a_segment_beside_the_pixels_does_not_cost_a_jpeg(body):
    assert is_as_it_lies(jpeg_with(segment(*body)), '.jpg')


def test_a_profile_in_several_segments_is_skipped():
    assert is_as_it_lies(jpeg_with(*(segment(0xE2, b'ICC_PROFILE\0\1\3' + bytes(60_000)) for _ in range(3))), '.jpg')


SCANS = b'\xff\xda\0\x08\1\1\0\0\x3f\0' * 2000


@pytest.mark.parametrize('content', [
    JPEG + SCANS,
    encoded(IMAGE, 'JPEG', quality=95, progressive=True) + SCANS,
    JPEG + b'\0\0\0\x18ftypmp42' + SCANS,
    JPEG + JPEG + SCANS,
    jpeg_with(segment(0xE1, b'Exif\0\0' + exif() + JPEG + SCANS[:9000])),
    encoded(IMAGE, 'MPO', quality=95, save_all=True, append_images=[IMAGE]) + SCANS,
], ids=['anything', 'progressive', 'film', 'second picture', 'preview', 'MPO'])  # fmt: skip
def test_scans_are_counted_within_the_picture(content):
    assert is_as_it_lies(content, '.jpg')


@pytest.fixture(scope='module')
def photo():
    """A picture that takes some bytes in every row of blocks."""
    noise = np.random.default_rng(0).integers(0, 120, (256, 256, 3))
    return Image.fromarray((noise + np.indices((256, 256)).sum(axis=0)[..., None] // 4).astype(np.uint8))


MADE = {
    'baseline': {}, 'progressive': {'progressive': True}, 'grey': {}, 'CMYK': {}, 'whole colours': {'subsampling': 0},
    'restart every row': {'restart_marker_rows': 1}, 'restart every 3 blocks': {'restart_marker_blocks': 3},
}  # fmt: skip


def cut_jpeg(photo: Image.Image, name: str) -> bytes:
    return encoded(photo.convert({'grey': 'L', 'CMYK': 'CMYK'}.get(name, 'RGB')), 'JPEG', quality=90, **MADE[name])


@pytest.mark.parametrize('name', MADE)
def test_a_jpeg_that_lacks_its_end_is_used_with_a_remark(name, photo):
    content = cut_jpeg(photo, name)
    whole = decode(content, '.jpg').grey
    for cut in (content[:-2], content[:-1], content[:-2] + bytes(3000)):
        picture = decode(cut, '.jpg')
        np.testing.assert_array_equal(picture.grey[:240], whole[:240])
        assert picture.oddity == 'cut off: 100% of the picture is there'
    for cut in (content[:-10], content[:-40], content[: int(0.99 * len(content))]):
        picture = decode(cut, '.jpg', 100)
        assert picture.oddity in [f'cut off: {share}% of the picture is there' for share in range(96, 101)]
        np.testing.assert_array_equal(picture.grey[:224], whole[:224])


@pytest.mark.parametrize('name', MADE)
def test_a_jpeg_that_lacks_much_is_refused(name, photo):
    content = cut_jpeg(photo, name)
    for share in (0.3, 0.5, 0.8):
        # A run of 0xFF is what flash memory has where nothing was written; a repaired file may have an end.
        for rest in (
            b'',
            bytes(len(content) // 2),
            b'\xff',
            b'\xff' * 300_000,
            *([END] if name != 'progressive' else []),
        ):
            with pytest.raises(UndecodableError, match=r'^cut off: ') as error:
                decode(content[: int(share * len(content))] + rest, '.jpg')
            if name != 'progressive':
                assert abs(int(str(error.value).split()[2].rstrip('%')) - 100 * share) < 10


def test_a_jpeg_that_lacks_scans_is_refused(photo):
    content = cut_jpeg(photo, 'progressive')
    scans = [found.start() for found in re.finditer(b'\xff\xda', content)]
    assert len(scans) == 10
    for at in scans[1:]:
        for cut in (content[:at], content[: at + 5], content[:at] + END):
            with pytest.raises(UndecodableError, match=r'^cut off: scans, .* are missing$'):
                decode(cut, '.jpg')


def test_a_jpeg_higher_than_its_pixels_is_refused(photo):
    content = bytearray(cut_jpeg(photo, 'baseline'))
    height = content.index(b'\xff\xc0') + 5
    content[height : height + 2] = (3 * photo.height).to_bytes(2)
    with pytest.raises(UndecodableError, match=r'^cut off: 33% of the picture is there$'):
        decode(bytes(content), '.jpg')


@pytest.mark.parametrize('name', MADE)
def test_a_whole_jpeg_with_a_flat_corner_has_no_remark(name, photo):
    framed = Image.new('RGB', (photo.width + 40, photo.height + 40), 'white')
    framed.paste(photo)
    assert decode(cut_jpeg(framed, name), '.jpg').oddity == ''


@pytest.mark.parametrize('rest', [PNG[:-12], PNG[:-4], PNG[:-16]], ids=['end', 'sum of the end', 'sum of the pixels'])
def test_a_png_that_lacks_only_its_end_is_read(rest):
    assert is_as_it_lies(rest, '.png')


def test_exif_decides_before_xmp_wherever_it_stands():
    xmp = b'<rdf tiff:Orientation="6"/>'
    assert orientation([xmp, exif(turned(value=b'\1\0\0\0'))]) == 1
    assert orientation([xmp, exif()]) == orientation([xmp]) == 6
