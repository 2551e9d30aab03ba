import io

import numpy as np
import pytest
from PIL import Image

from stages.images.decode import LARGEST, UndecodableError, decode, thumbnail


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(mode: str = 'L') -> Image.Image:
    """A picture, 40 wide and 20 high: black on the left, white on the right."""
    pixels = np.zeros((20, 40), np.uint8)
    pixels[:, 20:] = 255
    return Image.fromarray(pixels).convert(mode)


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


def test_floating_point_pixels_from_0_to_1_are_scaled():
    image = Image.fromarray(np.asarray(halves(), np.float32) / 255)
    np.testing.assert_array_equal(decode(encoded(image, 'TIFF'), '.tif').grey, np.asarray(halves()))


def test_pixels_that_are_not_numbers_are_refused():
    image = Image.fromarray(np.full((4, 4), np.nan, np.float32))
    with pytest.raises(UndecodableError, match='not finite'):
        decode(encoded(image, 'TIFF'), '.tif')


def test_turned_by_its_exif_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise shows it upright
    picture = decode(encoded(halves(), 'JPEG', exif=exif), '.jpg')
    assert picture.grey.shape == (40, 20)
    assert picture.grey[5, 10] < 10 < 245 < picture.grey[35, 10]


def test_transparency_is_laid_on_white_and_said():
    image = Image.new('RGBA', (10, 10), (0, 0, 0, 0))
    picture = decode(encoded(image, 'PNG'), '.jpg')
    assert (picture.grey == 255).all()
    assert picture.oddity == 'a PNG file named .jpg; transparency laid on white'


def test_the_first_frame_of_an_animation_is_taken_and_said():
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
    (encoded(halves(), 'JPEG')[:-20], 'truncated'),
    (encoded(halves(), 'PNG')[:60], 'broken'),
])  # fmt: skip
def test_what_is_no_picture_is_refused_with_its_reason(content, reason):
    with pytest.raises(UndecodableError, match=reason):
        decode(content, '.jpg')


def test_a_picture_too_large_is_refused_by_its_header():
    side = int(LARGEST**0.5) + 1
    with pytest.raises(UndecodableError, match=f'{side}x{side} pixels are more than'):
        decode(encoded(Image.new('1', (side, side)), 'PNG'), '.png')


@pytest.mark.parametrize('side', [40, 10])
def test_a_thumbnail_is_upright_in_colour_and_small(tmp_path, side):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise shows it upright
    image = Image.new('RGB', (40, 20), 'blue')
    image.paste('red', (0, 0, 20, 20))
    image.save(tmp_path / 'photo.png', exif=exif)
    small = thumbnail(tmp_path / 'photo.png', side)
    assert small.shape == (side, side // 2, 3)
    assert small[1, 1].tolist() == [255, 0, 0]
    assert small[-2, 1].tolist() == [0, 0, 255]


def test_a_thumbnail_shows_what_decode_read(tmp_path):
    transparent = Image.new('RGBA', (40, 20), (0, 0, 0, 0))
    deep = Image.fromarray(np.asarray(halves(), np.uint16) // 2 * 257)
    for image in (transparent, deep):
        image.save(tmp_path / 'photo.png')
        grey = decode((tmp_path / 'photo.png').read_bytes(), '.png').grey
        np.testing.assert_array_equal(thumbnail(tmp_path / 'photo.png', 40), np.stack([grey] * 3, axis=-1))


def test_a_picture_that_is_larger_than_its_container_says():
    png = encoded(Image.new('1', (6000, 6000)), 'PNG')
    header = b'\0\0\1\0\1\0' + bytes([16, 16, 0, 0, 1, 0, 32, 0]) + len(png).to_bytes(4, 'little') + b'\x16\0\0\0'
    with pytest.raises(UndecodableError, match='6000x6000 pixels are more than 25 million'):
        decode(header + png, '.ico')


def test_a_jpeg_of_very_many_scans_is_refused():
    jpeg = encoded(halves('RGB'), 'JPEG', progressive=True)[:-2]
    with pytest.raises(UndecodableError, match='more than 1000 scans'):
        decode(jpeg + jpeg[jpeg.rindex(b'\xff\xda') :] * 1000 + b'\xff\xd9', '.jpg')


def test_a_large_picture_is_averaged_down():
    large = halves('RGBA').resize((4000, 2000), Image.Resampling.NEAREST)
    grey = decode(encoded(large, 'PNG', compress_level=1), '.png').grey
    assert grey.shape == (1000, 2000)
    np.testing.assert_array_equal(grey[::50, ::50], np.asarray(halves()))
