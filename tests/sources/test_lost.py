"""What is said of files that give no photo: every cause by itself, in real folders."""

import os
from pathlib import Path

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark, printable, read_json, read_remarks
from stages.images.decode import MOST_BYTES
from stages.sources.folder import folder_photos
from stages.sources.layouts import ARCHIVED, HIDDEN, NO_LABEL, NO_PICTURE
from stages.sources.lost import read_counts
from stages.sources.source import ReadingParams
from stages.sources.store import store
from stages.sources.table import Table
from tests.sources.kaggle_server import archive
from tests.sources.samples import SAVED, encoded, picture

PHOTO = b'photo'
JPEG = encoded(picture(), 'JPEG')


def links_of_dvc(folder: Path) -> None:
    """Photos as DVC keeps them with cache.type symlink."""
    (folder.parent / 'cache').mkdir()
    (folder / 'women').mkdir()
    for number in range(4):
        (folder.parent / 'cache' / f'{number}').write_bytes(PHOTO)
        (folder / 'women' / f'{number}.jpg').symlink_to(folder.parent / 'cache' / f'{number}')
    (folder / 'README.md').write_text('Photos')


def broken_links(folder: Path) -> None:
    (folder / 'men').mkdir()
    (folder / 'men' / '1.jpg').symlink_to('.git/annex/objects/1.jpg')


def placeholders(folder: Path) -> None:
    write(folder, {'men/1.jpg': b'version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 12\n',
                   'men/2.jpg': b'/annex/objects/SHA256E-s12--34.jpg\n'})  # fmt: skip


def large(folder: Path) -> None:
    write(folder, {'women/1.tif': b''})
    os.truncate(folder / 'women' / '1.tif', MOST_BYTES + 1)


def pipe(folder: Path) -> None:
    (folder / 'men').mkdir()
    os.mkfifo(folder / 'men' / '1.jpg')


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


UNLABELLED = 'data.words (for a table, data.table.values) says which other words give one'
FETCH = 'fetch the files, as with `dvc pull`, `git lfs pull` or `git annex get`'


@pytest.mark.parametrize(('make', 'said'), [
    (links_of_dvc, 'among 5 files; 4 linked from outside the folder (women/0.jpg, women/1.jpg, women/2.jpg, ...): '
     'data.links=anywhere follows the links; 1 without the ending of a picture (README.md)'),
    (broken_links, f'among 1 file; 1 with a broken link or a placeholder (men/1.jpg): {FETCH}'),
    (placeholders, f'among 2 files; 2 with a broken link or a placeholder (men/1.jpg, men/2.jpg): {FETCH}'),
    ({'.photos/women/1.jpg': PHOTO},
     'among 1 file; 1 hidden (.photos): rename files and folders that start with a dot'),
    (large, 'among 1 file; 1 too large (women/1.tif): save them smaller'),
    (pipe, 'among 1 file; 1 not readable (men/1.jpg): see what they are, and their permissions'),
    ({'women.rar': PHOTO, 'men/all.7z': PHOTO},
     'among 2 files; 2 packed in a way that is not read (men/all.7z, women.rar): unpack them'),
    ({'women.zip.001': PHOTO, 'men.7z.002': PHOTO, 'men/a.z01': PHOTO, 'men/b.tar.zst': PHOTO, 'men/c.zipx': PHOTO},
     'among 5 files; 5 packed in a way that is not read (men/a.z01, men/b.tar.zst, men/c.zipx, ...): unpack them'),
    ({'women/1.AAE': b'plist', 'women/2.jpg.xmp': b'<x', 'men/all.mp4': b''},
     'among 3 files; 2 that are no pictures (women/1.AAE, women/2.jpg.xmp): give pictures; 1 that are films '
     '(men/all.mp4): give pictures'),
    ({'all.zip': archive({'women/1.zip': PHOTO})},
     'among 1 file; 1 packed in a way that is not read (all.zip/women/1.zip): unpack them'),
    ({'0/1.jpg': PHOTO, '0/2.jpg': PHOTO, '1/3.jpg': PHOTO, 'men and women/4.jpg': PHOTO}, 'among 4 files; 4 without a '
     f'label (0/1.jpg, 0/2.jpg, 1/3.jpg, ...): {UNLABELLED}'),
    ({'1.jpg': PHOTO, 'labels.csv': b'file,gender\n'}, f'among 2 files; 1 without a label (1.jpg): {UNLABELLED}; 1 '
     'without the ending of a picture (labels.csv); data.source=table reads tables of labels, as may be here: '
     'labels.csv'),
    ({'women.dvc': b'outs:'}, 'among 1 file; 1 without the ending of a picture (women.dvc); `dvc pull` fetches what is '
     'not here yet, as may be: women.dvc'),
    ({}, ': there is no file at all'),
])  # fmt: skip
def test_each_cause_of_no_photo_is_said_and_its_files_are_listed(make, said, tmp_path):
    folder, remarks = tmp_path / 'photos', tmp_path / 'remarks.csv'
    folder.mkdir()
    if callable(make):
        make(folder)
    else:
        write(folder, make)
    with pytest.raises(StudyError) as error:
        store(folder_photos(folder), tmp_path / 'raw', remarks)
    assert str(error.value) == f'no photo was found{"" if said.startswith(":") else " "}{said}'
    listed = read_remarks(remarks) if remarks.is_file() else []
    assert len(listed) == (0 if said.startswith(':') else int(said.split(' ')[1]))
    assert not (tmp_path / 'raw').exists()


def test_rows_of_a_table_are_listed_although_it_gives_no_photo(tmp_path):
    write(tmp_path / 'photos', {'labels.csv': b'file,gender\na.jpg,female\nb.jpg,male\n', 'c.jpg': PHOTO})
    source = Table(Table.Params(file=str(tmp_path / 'photos' / 'labels.csv')), ReadingParams())
    with pytest.raises(StudyError, match=r'^data\.table\.root: '):
        store(source.photos(1), tmp_path / 'raw', tmp_path / 'remarks.csv')
    assert [remark.origin for remark in read_remarks(tmp_path / 'remarks.csv')] == ['a.jpg', 'b.jpg', 'c.jpg']


def test_folders_in_an_archive_of_powershell_give_labels(tmp_path):
    names = 'photos\\', 'photos\\women\\', 'photos\\women\\anna.jpg', 'photos\\men\\bob.jpg'
    (tmp_path / 'photos.zip').write_bytes(archive({name: name.encode() * (name[-1] != '\\') for name in names}))
    offers = list(folder_photos(tmp_path / 'photos.zip'))
    assert [(offer.origin, offer.label, offer.content) for offer in offers] == [
        ('photos/men/bob.jpg', 'male', b'photos\\men\\bob.jpg'),
        ('photos/women/anna.jpg', 'female', b'photos\\women\\anna.jpg'),
    ]


def test_an_archive_of_powershell_cannot_lead_out_either(tmp_path):
    (tmp_path / 'a.zip').write_bytes(archive({'..\\women\\1.jpg': PHOTO}))
    with pytest.raises(StudyError, match=r'\.\./women/1\.jpg: its path leads out'):
        list(folder_photos(tmp_path / 'a.zip'))


def test_pictures_are_counted_by_what_came_of_them(tmp_path):
    write(tmp_path / 'photos', {
        'women/1.jpg': b'1', 'women/2.jpg': b'2', 'women/again.jpg': b'2', 'men/3.jpg': b'3', 'men/._3.jpg': b'',
        '.a': b'', '4.jpg': b'4', 'Chicas/5.JPG': b'5', 'Chicas/6.png': b'6', 'x/Typen/7.heic': b'7',
        'x/Typen/notes.txt': b'', 'women/8.rar': b'8', 'women/1.mp4': b'1',
    })  # fmt: skip
    store(folder_photos(tmp_path / 'photos'), tmp_path / 'raw')
    assert read_json(tmp_path / 'raw' / 'read.json') == {
        'pictures': 9, 'photos': 3, 'unlabelled': 4, 'identical': 1, 'packed': 1, 'unlabelled_in': ['Chicas', 'x/Typen']
    }  # fmt: skip


BESIDE = (
    'IMG_1.AAE', 'IMG_1.jpg.xmp', 'IMG_1.jpg.supplemental-metadata.json', 'Thumbs.db', 'desktop.ini', 'read.TXT',
    'README', 'Icon\r', 'labels.csv', 'IMG_1.m4a', 'a.pts', 'b.html', 'women.dvc', 'album.xml', 'x.lnk',
)  # fmt: skip


@pytest.mark.parametrize('packed', [False, True])
def test_files_beside_photos_are_neither_taken_nor_lost(tmp_path, packed):
    texts = {f'women/{name}': b'of a photo' + name.encode() * (len(name) % 2) for name in BESIDE}
    files = {'women/IMG_1.jpg': b'1', 'men/2': b'2', 'men/3.unknown': b'3', 'men/4.jpg': JPEG, 'men/4.txt': JPEG,
             'men/5.txt': JPEG + b'5'}  # fmt: skip
    if packed:
        (tmp_path / 'photos.zip').write_bytes(archive(texts | files))
    else:
        write(tmp_path / 'photos', texts | files)
    store(folder_photos(tmp_path / ('photos.zip' if packed else 'photos')), tmp_path / 'raw')
    counts = read_json(tmp_path / 'raw' / 'read.json')
    assert counts == {'pictures': 6, 'photos': 5, 'identical': 1, 'unlabelled_in': []}
    remarks = {remark.origin: remark.reason for remark in read_remarks(tmp_path / 'raw' / 'remarks.csv')}
    assert remarks == {printable(name): NO_PICTURE for name in texts} | {'men/4.txt': 'identical to men/4.jpg'}


@pytest.mark.parametrize('kind', ['AVIF', 'BMP', 'GIF', 'HEIF', 'JPEG', 'PNG', 'TIFF', 'WEBP'])
def test_a_picture_is_one_under_any_name(tmp_path, kind):
    if kind not in SAVED:
        pytest.skip('its library is missing')
    content = encoded(picture(SAVED[kind]), kind)
    write(tmp_path, {'women/photo.txt': content})
    assert [offer.content for offer in folder_photos(tmp_path)] == [content]


def test_what_cannot_be_opened_is_no_loss_if_it_is_no_picture_by_its_name(tmp_path):
    for name in ('1.jpg', '1.jpg.xmp', '1.mov', 'notes.txt', '2'):
        (tmp_path / name).symlink_to('nowhere')
    counts = read_counts(2, list(folder_photos(tmp_path)))
    assert (counts['pictures'], counts['broken']) == (4, 2)


@pytest.mark.parametrize(('name', 'reason'), [
    ('all.z01', 'an archive in parts: `zip -s 0 all.zip --out whole.zip` joins them'),
    ('all.zip.001', 'an archive in parts: `cat all.zip.??? > whole.zip` joins them'),
    ('my photos.7z.002', "an archive in parts: `cat 'my photos.7z'.??? > whole.7z` joins them"),
    ('a.part1.rar', 'an archive in parts: unpack it with the program that made it'),
    ('a.r00', 'an archive in parts: unpack it with the program that made it'),
    ('a.rar', ARCHIVED),
])  # fmt: skip
def test_a_part_of_an_archive_is_called_one(tmp_path, name, reason):
    write(tmp_path, {name: PHOTO})
    remarks = list(folder_photos(tmp_path))
    assert remarks == [Remark(name, False, reason)]
    assert read_counts(0, remarks)['packed'] == 1


@pytest.mark.parametrize(('reason', 'kind'), [
    (NO_LABEL, 'unlabelled'),
    ('"M" in "M" stands among other words and may not be a label; data.words can say that it is one', 'unlabelled'),
    ('no row of a table names it', 'unlabelled'),
    ('row 8 of x.csv has no word in the column "gender"', 'unlabelled'),
    ('both labels: female by row 5 of x.csv ("F"), male by row 4 of x.csv ("male")', 'unlabelled'),
    ('row 6 of x.csv: there is no such file', 'missing'),
    (HIDDEN, 'hidden'),
    ('a symlink to a folder that is read as men', None),
    ('tables of labels, not a photo; photos: 3', None),
    ('cannot be read: Permission denied', 'unopened'),
    ('a folder that cannot be read', 'unopened'),
    ('no table of labels: x', None),
    ('protected by a password', 'packed'),
    ('compressed with Deflate64, which is not read', 'packed'),
    ('damaged in its archive (Bad CRC-32)', 'damaged'),
    ('a link in an archive', 'other'),
    ('a reason of a source that is added', 'other'),
])  # fmt: skip
def test_every_reason_of_a_source_has_its_kind(reason, kind):
    counts = read_counts(2, [Remark('x.jpg', False, reason)])
    assert counts['pictures'] == 2 + (kind is not None)
    assert set(counts) - {'pictures', 'photos', 'unlabelled_in'} == ({kind} - {None})
