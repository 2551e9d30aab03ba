import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from stages.images.decode import MAX_PIXELS, MAX_PIXELS_OF, UndecodableError, decode
from stages.portraits import portrait
from tests.sources.hostile import png_chunk


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(mode: str = 'L') -> Image.Image:
    """Return a picture, 40 pixels wide and 20 high: black on the left, white on the right."""
    pixels = np.zeros((20, 40), np.uint8)
    pixels[:, 20:] = 255
    return Image.fromarray(pixels).convert(mode)


@pytest.fixture(scope='module')
def drawn():
    """A portrait in colour, 256 pixels per side."""
    return Image.open(io.BytesIO(portrait(3, 0).jpeg)).convert('RGB')


@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'RGB', 'RGBA', 'LA', 'I;16', 'I', 'F', 'CMYK', 'YCbCr'])
def test_every_mode_becomes_the_same_grey(mode):
    if mode == 'I;16':
        image = Image.fromarray(np.asarray(halves(), np.uint16) * 257)
    elif mode == 'I':
        image = Image.fromarray(np.asarray(halves(), np.int32) * 257)
    else:
        image = halves(mode)
    kind, suffix = ('TIFF', '.tif') if mode in ('F', 'CMYK', 'YCbCr', 'I') else ('PNG', '.png')
    picture = decode(encoded(image, kind), suffix)
    assert picture.grey.dtype == np.uint8
    np.testing.assert_allclose(picture.grey.astype(int), np.asarray(halves(), int), atol=2)


def test_16_bits_in_which_white_is_0_are_no_negative():
    image = Image.fromarray(65535 - np.asarray(halves(), np.uint16) * 257)
    content = encoded(image, 'TIFF').replace(
        struct.pack('<HHI', 262, 3, 1) + b'\1', struct.pack('<HHI', 262, 3, 1) + b'\0'
    )
    np.testing.assert_array_equal(decode(content, '.tif').grey, np.asarray(halves()))


def test_floating_point_pixels_from_0_to_1_are_scaled():
    image = Image.fromarray(np.asarray(halves(), np.float32) / 255)
    np.testing.assert_array_equal(decode(encoded(image, 'TIFF'), '.tif').grey, np.asarray(halves()))


def test_pixels_that_are_not_numbers_are_refused():
    image = Image.fromarray(np.full((4, 4), np.nan, np.float32))
    with pytest.raises(UndecodableError, match='not finite'):
        decode(encoded(image, 'TIFF'), '.tif')


def test_picture_is_rotated_by_its_exif_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise shows it upright
    picture = decode(encoded(halves(), 'JPEG', exif=exif), '.jpg')
    assert picture.grey.shape == (40, 20)
    assert picture.grey[5, 10] < 10 < 245 < picture.grey[35, 10]


def test_a_photo_of_a_phone_is_read_by_its_content_and_upright():
    pytest.importorskip('pillow_heif')
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.fromarray(np.repeat(np.arange(64, dtype=np.uint8)[None, :, None] * 3, 32, axis=0).repeat(3, axis=2))
    picture = decode(encoded(wide, 'HEIF', quality=95, exif=exif.tobytes()), '.heic')
    assert picture.grey.shape == (64, 32)
    assert np.abs(picture.grey.astype(int) - np.arange(64)[:, None] * 3).max() <= 6
    assert picture.oddity == ''
    assert decode(encoded(wide, 'HEIF'), '.jpg').oddity == 'a HEIF file named .jpg'


def test_an_avif_may_have_the_brand_of_all_such_formats():
    content = encoded(halves('RGB'), 'AVIF', quality=100)
    picture = decode(content[:8] + b'mif1' + content[12:], '.avif')
    assert np.abs(picture.grey.astype(int) - np.asarray(halves(), int)).max() <= 8
    assert picture.oddity == ''


@pytest.mark.parametrize(('library', 'reason'), [
    (None, "HEIC, for which a library is missing: pip install '.[heic]'"),
    (True, 'not a picture that Pillow can read'),
])  # fmt: skip
def test_without_its_library_such_a_photo_says_what_to_install(monkeypatch, library, reason):
    monkeypatch.setattr('stages.images.decode.pillow_heif', library)
    with pytest.raises(UndecodableError) as error:
        decode(b'\0\0\0\x18ftypheic' + bytes(12), '.heic')
    assert str(error.value) == reason


def test_transparency_is_laid_on_white_and_reported():
    image = Image.new('RGBA', (10, 10), (0, 0, 0, 0))
    picture = decode(encoded(image, 'PNG'), '.jpg')
    assert (picture.grey == 255).all()
    assert picture.oddity == 'a PNG file named .jpg; transparency laid on white'


def test_alpha_through_which_nothing_is_seen_is_not_odd():
    for kind in ('PNG', 'WEBP', 'TIFF'):
        assert decode(encoded(halves('RGBA'), kind), f'.{kind.casefold()}').oddity in ('', 'a TIFF file named .tiff')


def hidden(mode: str, alpha: int) -> Image.Image:
    image = halves(mode)
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize(('image', 'kind', 'options'), [
    (hidden('RGB', 0), 'PNG', {}),
    (hidden('L', 0), 'PNG', {}),
    (hidden('RGB', 1), 'PNG', {}),
    (hidden('RGB', 0).resize((2000, 1600), Image.Resampling.NEAREST), 'PNG', {'compress_level': 1}),
    (hidden('RGB', 0), 'TGA', {}),
    (hidden('RGB', 0), 'TIFF', {}),
    (hidden('RGB', 0), 'WEBP', {'lossless': True, 'exact': True}),
    (halves('1'), 'PNG', {'transparency': 0}),
    (halves('P'), 'PNG', {'transparency': bytes(256)}),
])  # fmt: skip
def test_where_all_is_transparent_the_colours_are_shown(image, kind, options):
    picture = decode(encoded(image, kind, **options), f'.{kind.casefold()}')
    assert picture.oddity.endswith('transparent all over: its colours')
    rows, columns = (length // 2 for length in picture.grey.shape)
    assert (picture.grey[rows, columns // 2], picture.grey[rows, columns * 3 // 2]) == (0, 255)


def png(values: np.ndarray, depth: int, colour: int, key: bytes) -> bytes:
    """Return a PNG file of values (height, width) or (height, width, 3) with a transparent colour."""
    height, width = values.shape[:2]
    flat = values.reshape(height, -1)
    rows = flat.astype('>u2').tobytes() if depth == 16 else np.packbits(
        np.unpackbits(flat.astype(np.uint8)[..., None], axis=2)[..., -depth:].reshape(height, -1), axis=1
    ).tobytes()  # fmt: skip
    lines = b''.join(b'\0' + rows[at : at + len(rows) // height] for at in range(0, len(rows), len(rows) // height))
    header = struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, 0)
    chunks = (b'IHDR', header), (b'tRNS', key), (b'IDAT', zlib.compress(lines)), (b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + b''.join(png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize('depth', [2, 4, 8, 16])
@pytest.mark.parametrize('colour', [0, 2])
@pytest.mark.parametrize('scale', [1, 80])
def test_a_transparent_colour_is_laid_on_white_and_no_other(depth, colour, scale):
    if colour == 2 and depth < 8:
        pytest.skip('no such PNG')
    top = 2**depth - 1
    values = np.repeat([[0, 1, top - 1, top]], 20, axis=0).repeat(scale, axis=1).repeat(scale, axis=0)
    pixels = np.stack([values] * 3, axis=2) if colour else values
    content = png(pixels, depth, colour, struct.pack('>H', 1) * (1 + colour))
    picture = decode(content, '.png')
    shown = picture.grey[0, :: picture.grey.shape[1] // 4].astype(int)
    expected = np.rint(np.array([0, 1, top - 1, top]) * 255 / top)
    is_told = depth < 16 or colour == 0  # of 16 bits a channel, Pillow reads 8
    np.testing.assert_allclose(shown, np.where([False, is_told, False, False], 255, expected), atol=1)
    assert picture.oddity == ('transparency laid on white' if is_told else '')


def test_a_large_picture_loses_a_transparent_colour_before_it_is_averaged():
    values = np.indices((1600, 1600)).sum(axis=0) % 2 * 200  # their average is the colour, but none of them
    content = encoded(Image.fromarray(values.astype(np.uint8)), 'PNG', transparency=100)
    assert (decode(content, '.png').grey == 100).all()


@pytest.mark.parametrize('bits', [9, 10, 12, 14, 16])
@pytest.mark.parametrize('kind', ['PNG', 'TIFF', 'large PNG'])
def test_fewer_bits_than_the_file_has_room_for_are_scaled_to_8(bits, kind):
    depth = bits + bits % 2
    values = np.repeat(np.linspace(0, 2**bits - 1, 40).astype(np.uint16)[None], 20, axis=0)
    expected = np.rint(values[0].astype(int) * 255 / (2**depth - 1))
    scale = 80 if kind == 'large PNG' else 1
    large = Image.fromarray(values.repeat(scale, axis=0).repeat(scale, axis=1))
    grey = decode(encoded(large, kind[-4:].strip()), f'.{kind[-4:].strip().casefold()}').grey
    np.testing.assert_allclose(grey[0, :: grey.shape[1] // 40][:40], expected, atol=1)


def test_a_dark_picture_of_8_bits_stays_dark():
    dark = halves().point(lambda value: value // 16)
    np.testing.assert_array_equal(decode(encoded(dark, 'PNG'), '.png').grey, np.asarray(dark))


@pytest.mark.parametrize('scale', [1, 100])
def test_colours_of_lab_are_shown(drawn, scale):
    image = drawn.resize((40 * scale, 20 * scale))
    grey = decode(encoded(image.convert('LAB'), 'TIFF'), '.tif').grey
    expected = np.asarray(image.convert('L').reduce(2 if scale > 1 else 1), int)
    assert np.abs(grey.astype(int) - expected).mean() < 2


def test_first_frame_of_an_animation_is_taken_and_reported():
    frames = [halves(), Image.new('L', (40, 20), 128)]
    picture = decode(encoded(frames[0], 'GIF', save_all=True, append_images=frames[1:]), '.gif')
    np.testing.assert_array_equal(picture.grey, np.asarray(halves()))
    assert picture.oddity == 'several frames: the first'


def test_a_large_jpeg_is_decoded_small_but_not_too_small():
    image = Image.new('RGB', (4000, 3000), 'grey')
    height, width = decode(encoded(image, 'JPEG'), '.jpg').grey.shape
    assert 800 <= height < 1600
    assert width / height == pytest.approx(4 / 3, rel=0.01)


def test_an_ordinary_picture_has_no_oddity():
    assert decode(encoded(halves('RGB'), 'JPEG'), '.jpg').oddity == ''


@pytest.mark.parametrize(('content', 'reason'), [
    (b'', 'an empty file'),
    (b'hello', 'not a picture that Pillow can read'),
    (encoded(halves(), 'JPEG')[:-20], 'cut off: '),
    (encoded(halves(), 'PNG')[:60], 'broken'),
])  # fmt: skip
def test_invalid_picture_is_refused_with_a_reason(content, reason):
    with pytest.raises(UndecodableError, match=reason):
        decode(content, '.jpg')


def test_too_large_picture_is_refused_by_its_header():
    side = int(MAX_PIXELS**0.5) + 1
    with pytest.raises(UndecodableError, match=f'{side}x{side} pixels are more than'):
        decode(encoded(Image.new('1', (side, side)), 'PNG'), '.png')


def test_jpeg_of_one_scan_may_be_larger(monkeypatch):
    monkeypatch.setitem(MAX_PIXELS_OF, 'JPEG', 799)
    assert decode(encoded(halves('RGB'), 'JPEG'), '.jpg').grey.shape == (20, 40)
    with pytest.raises(UndecodableError, match=r'^40x20 pixels are more than '):
        decode(encoded(halves('RGB'), 'JPEG', progressive=True), '.jpg')
    header = bytearray(encoded(halves('RGB'), 'JPEG'))
    size = header.index(b'\xff\xc0') + 5
    header[size : size + 4] = struct.pack('>HH', 20_000, 20_000)
    with pytest.raises(UndecodableError, match=r'^20000x20000 pixels are more than 256 million$'):
        decode(bytes(header), '.jpg')


# Four rows of four black and four white pixels, losslessly compressed as RGB.
LOSSLESS = bytes.fromhex(
    'ffd8ffee000e41646f626500640000000000ffc30011080004000803521100471100421100ffc4001500010100000000000000000000000000'
    '000008ffda000c035200470042000100009fe7f9fc017fdff7f800002ffbfeff00000005ff007fdfe00000bfeffbfc01ffd9'
)


@pytest.mark.parametrize('thumbnail', [0, 8])
def test_lossless_jpeg_is_read(thumbnail):
    picture = decode(LOSSLESS, '.jpg', thumbnail)
    np.testing.assert_array_equal(picture.grey, np.repeat([[0] * 4 + [255] * 4], 4, axis=0))
    assert picture.oddity == ''


def test_a_part_of_a_lossless_jpeg_is_refused():
    with pytest.raises(UndecodableError, match=r'broken: .*truncated'):
        decode(LOSSLESS[:-25], '.jpg')


def test_tiff_of_a_compression_that_pillow_lacks_names_it():
    file = encoded(halves(), 'TIFF').replace(struct.pack('<HHIH', 259, 3, 1, 1), struct.pack('<HHIH', 259, 3, 1, 50001))
    with pytest.raises(UndecodableError, match=r'^a TIFF compressed with webp, which Pillow does not read: '):
        decode(file, '.tif')


def apart(bits: int) -> bytes:
    """Return an uncompressed TIFF of black pixels, 40 wide and 20 high, whose colours lie one after the other."""
    size = 800 * bits // 8
    tags = {256: (40,), 257: (20,), 258: (bits,) * 3, 259: (1,), 262: (2,), 273: (200, 200 + size, 200 + 2 * size),
            277: (3,), 278: (20,), 279: (size,) * 3, 284: (2,)}  # fmt: skip
    entries, more = b'', b''
    for tag, values in tags.items():
        packed = struct.pack(f'<{len(values)}I', *values)
        where = packed if len(values) == 1 else struct.pack('<I', 8 + 2 + 12 * len(tags) + 4 + len(more))
        entries += struct.pack('<HHI', tag, 4, len(values)) + where
        more += packed if len(values) > 1 else b''
    return (b'II*\0\x08\0\0\0' + struct.pack('<H', len(tags)) + entries + bytes(4) + more).ljust(200, b'\0') + bytes(
        3 * size
    )


def test_tiff_of_16_bits_whose_colours_lie_apart_is_refused():
    assert decode(apart(8), '.tif').grey.shape == (20, 40)
    with pytest.raises(UndecodableError, match=r'^a TIFF of more than 8 bits whose colours lie apart, which Pillow'):
        decode(apart(16), '.tif')
    with pytest.raises(UndecodableError, match=r'^broken: '):
        decode(apart(16).replace(struct.pack('<HHII', 259, 4, 1, 1), struct.pack('<HHII', 259, 4, 1, 8)), '.tif')


def test_pixels_of_a_kind_that_pillow_lacks_are_not_broken():
    # Grey and alpha, one after the other.
    tags = {256: 40, 257: 20, 258: 8, 259: 1, 262: 1, 273: 200, 277: 2, 278: 20, 279: 800, 284: 2, 338: 2}
    entries = b''.join(struct.pack('<HHII', tag, 4, 1, value) for tag, value in tags.items())
    file = (b'II*\0\x08\0\0\0' + struct.pack('<H', len(tags)) + entries + bytes(4)).ljust(200, b'\0') + bytes(1600)
    with pytest.raises(UndecodableError, match=r'^pixels of a kind that Pillow does not read: save it as PNG$'):
        decode(file, '.tif')


def psd(mode: int, depth: int, channels: int, layers: int | None = None) -> bytes:
    """Return a Photoshop file of black pixels without layers, or so many as its header counts."""
    layer = bytes(18) + b'8BIMnorm' + bytes(8)
    counted = b'' if layers is None else struct.pack('>Ih', 2 + abs(layers) * len(layer), layers) + abs(layers) * layer
    head = b'8BPS\0\1' + bytes(6) + struct.pack('>HIIHH', channels, 20, 40, depth, mode)
    return head + bytes(8) + struct.pack('>I', len(counted)) + counted + bytes(2 + channels * 20 * 40 * depth // 8)


@pytest.mark.parametrize(('mode', 'depth', 'channels', 'layers', 'flaw'), [
    (1, 8, 1, None, ''), (3, 8, 3, None, ''), (3, 8, 3, 2, ''), (3, 8, 4, -1, ''), (4, 8, 4, None, ''),
    (3, 8, 4, None, 'channels beside'), (3, 8, 4, 1, 'channels beside'), (3, 8, 5, -1, 'channels beside'),
    (1, 8, 2, -1, 'channels beside'), (4, 8, 5, -1, 'channels beside'), (0, 1, 1, None, '1 bit'),
])  # fmt: skip
def test_photoshop_file_that_pillow_would_read_wrong_is_refused(mode, depth, channels, layers, flaw):
    file = psd(mode, depth, channels, layers)
    if flaw:
        with pytest.raises(UndecodableError, match=rf'^a PSD .*{flaw}.*, which Pillow does not read: save it as PNG$'):
            decode(file, '.psd')
    else:
        assert decode(file, '.psd').grey.shape == (20, 40)


def test_large_jpeg_with_a_flat_corner_is_read():
    side = int(MAX_PIXELS**0.5) + 100
    picture = decode(encoded(Image.new('L', (side, side), 'white'), 'JPEG'), '.jpg')
    assert (picture.grey.min(), picture.oddity) == (255, '')


@pytest.mark.parametrize('side', [40, 10])
def test_a_thumbnail_is_upright_in_colour_and_small(side):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise shows it upright
    image = Image.new('RGB', (40, 20), 'blue')
    image.paste('red', (0, 0, 20, 20))
    small = decode(encoded(image, 'PNG', exif=exif), '.png', side).thumbnail
    assert small.dtype == np.uint8
    assert small.shape == (side, side // 2, 3)
    assert small[1, 1].tolist() == [255, 0, 0]
    assert small[-2, 1].tolist() == [0, 0, 255]


def test_thumbnail_matches_the_grey_picture():
    transparent = Image.new('RGBA', (40, 20), (0, 0, 0, 0))
    deep = Image.fromarray(np.asarray(halves(), np.uint16) // 2 * 257)
    for image in (transparent, deep):
        picture = decode(encoded(image, 'PNG'), '.png', 40)
        np.testing.assert_array_equal(picture.thumbnail, np.stack([picture.grey] * 3, axis=-1))


def transparent(image: Image.Image) -> Image.Image:
    """Return the image with transparency increasing to the right."""
    faded = image.convert('RGBA')
    faded.putalpha(Image.fromarray(np.tile(np.arange(256, dtype=np.uint8)[::-1], (256, 1))))
    return faded


def deep(image: Image.Image) -> Image.Image:
    """Return the image in 16 bits of grey, all of them used."""
    grey = np.asarray(image.convert('L'), np.uint16)
    return Image.fromarray(grey * 257 + np.arange(256, dtype=np.uint16) // 2)


TURNED = b'Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0'
MADE = {
    'JPEG': (lambda image: image, 'JPEG', {}),
    'JPEG without subsampling': (lambda image: image, 'JPEG', {'subsampling': 0, 'quality': 95}),
    # Colours beyond RGB are clipped in it, so that its grey would differ from that of the file.
    'colourful JPEG': (lambda image: ImageEnhance.Color(image).enhance(6), 'JPEG', {'quality': 20}),
    'progressive JPEG': (lambda image: image, 'JPEG', {'progressive': True}),
    'large JPEG': (lambda image: image.resize((2000, 1700)), 'JPEG', {}),
    'turned JPEG': (lambda image: image, 'JPEG', {'exif': TURNED}),
    'grey JPEG': (lambda image: image.convert('L'), 'JPEG', {}),
    'RGB-JPEG': (lambda image: image, 'JPEG', {'keep_rgb': True}),
    'large RGB-JPEG': (lambda image: image.resize((2000, 1700)), 'JPEG', {'keep_rgb': True}),
    'turned RGB-JPEG': (lambda image: image, 'JPEG', {'keep_rgb': True, 'exif': TURNED}),
    'CMYK JPEG': (lambda image: image.convert('CMYK'), 'JPEG', {}),
    'MPO': (lambda image: image, 'MPO', {'save_all': True, 'append_images': [Image.new('RGB', (256, 256))]}),
    'RGB PNG': (lambda image: image, 'PNG', {}),
    'RGBA PNG': (transparent, 'PNG', {}),
    'large RGBA PNG': (lambda image: transparent(image).resize((2000, 1700)), 'PNG', {'compress_level': 1}),
    'palette PNG': (lambda image: image.convert('P', palette=Image.Palette.ADAPTIVE), 'PNG', {}),
    'palette PNG with transparency': (lambda image: image.quantize(64), 'PNG', {'transparency': 5}),
    '16-bit PNG': (deep, 'PNG', {}),
    'YCbCr TIFF': (lambda image: image.convert('YCbCr'), 'TIFF', {}),
}


@pytest.mark.parametrize('name', MADE)
def test_the_grey_picture_does_not_depend_on_a_thumbnail(name, drawn):
    make, kind, options = MADE[name]
    content, suffix = encoded(make(drawn), kind, **options), '.jpg' if kind == 'JPEG' else f'.{kind.casefold()}'
    alone, with_thumbnail = decode(content, suffix), decode(content, suffix, 100)
    np.testing.assert_array_equal(with_thumbnail.grey, alone.grey)
    assert with_thumbnail.oddity == alone.oddity
    # A picture rather than a flat surface, or equality would mean little.
    assert alone.grey.std() > 20


@pytest.mark.parametrize('name', MADE)
def test_thumbnail_is_optional_and_has_the_requested_side(name, drawn):
    make, kind, options = MADE[name]
    content = encoded(make(drawn), kind, **options)
    assert decode(content, '.jpg').thumbnail is None
    for side in (50, 100):
        picture = decode(content, '.jpg', side)
        small, (height, width) = picture.thumbnail, picture.grey.shape
        assert small.dtype == np.uint8
        assert max(small.shape[:2]) == side
        assert small.shape[0] / small.shape[1] == pytest.approx(height / width, rel=0.05)
        shown = np.asarray(Image.fromarray(picture.grey).resize(small.shape[1::-1], Image.Resampling.BOX), int)
        assert np.abs(np.asarray(Image.fromarray(small).convert('L'), int) - shown).mean() < 8


def rgb_jpeg(image: Image.Image, before: bytes = b'') -> bytes:
    """Return a JPEG file in RGB according only to the names of its components, with a segment `before`."""
    content = encoded(image, 'JPEG', keep_rgb=True)
    start = content.index(b'\xff\xee')  # the segment of Adobe, which also says that it is RGB
    stop = start + 2 + int.from_bytes(content[start + 2 : start + 4])
    return content[:2] + before + content[2:start] + content[stop:]


def test_rgb_jpeg_is_recognised_by_its_components(drawn):
    content = rgb_jpeg(drawn)
    alone = decode(content, '.jpg').grey
    np.testing.assert_array_equal(decode(content, '.jpg', 50).grey, alone)
    assert np.abs(alone.astype(int) - np.asarray(drawn.convert('L'), int)).mean() < 4


def test_components_named_rgb_in_a_jfif_file_are_read_as_ycbcr(drawn):
    jfif = b'\xff\xe0' + (16).to_bytes(2) + b'JFIF\0\1\1\0\0\1\0\1\0\0'
    content = rgb_jpeg(drawn, jfif)
    picture = decode(content, '.jpg', 50)
    np.testing.assert_array_equal(picture.grey, decode(content, '.jpg').grey)
    assert np.abs(picture.grey.astype(int) - np.asarray(drawn.getchannel('R'), int)).mean() < 4
    assert np.ptp(picture.thumbnail.astype(int), axis=2).mean() > 5


def test_thumbnail_does_not_enlarge_a_small_picture():
    assert decode(encoded(halves('RGB'), 'PNG'), '.png', 400).thumbnail.shape == (20, 40, 3)


@pytest.mark.parametrize('name', ['JPEG', 'large JPEG', 'RGB-JPEG', 'CMYK JPEG', 'RGB PNG', 'RGBA PNG', 'palette PNG'])
def test_a_thumbnail_is_in_colour(name, drawn):
    make, kind, options = MADE[name]
    small = decode(encoded(make(drawn), kind, **options), '.jpg', 64).thumbnail.astype(int)
    flat = Image.new('RGBA', drawn.size, 'white')
    flat.alpha_composite(make(drawn).resize(drawn.size).convert('RGBA'))
    expected = np.asarray(flat.convert('RGB').resize((64, 64), Image.Resampling.BOX), int)
    small = np.asarray(Image.fromarray(small.astype(np.uint8)).resize((64, 64)), int)
    assert np.ptp(expected, axis=2).mean() > 5
    assert np.abs(small - expected).mean() < 4


def test_picture_larger_than_its_container_says_is_refused():
    png = encoded(Image.new('1', (6000, 6000)), 'PNG')
    header = b'\0\0\1\0\1\0' + bytes([16, 16, 0, 0, 1, 0, 32, 0]) + len(png).to_bytes(4, 'little') + b'\x16\0\0\0'
    with pytest.raises(UndecodableError, match='6000x6000 pixels are more than 25 million'):
        decode(header + png, '.ico')


def test_jpeg_with_too_many_scans_is_refused():
    jpeg = encoded(halves('RGB'), 'JPEG', progressive=True)[:-2]
    with pytest.raises(UndecodableError, match='more than 1000 scans'):
        decode(jpeg + jpeg[jpeg.rindex(b'\xff\xda') :] * 1000 + b'\xff\xd9', '.jpg')


def test_large_picture_is_averaged_not_subsampled():
    large = halves('RGBA').resize((4000, 2000), Image.Resampling.NEAREST)
    grey = decode(encoded(large, 'PNG', compress_level=1), '.png').grey
    assert grey.shape == (1000, 2000)
    np.testing.assert_array_equal(grey[::50, ::50], np.asarray(halves()))
