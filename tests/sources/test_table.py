"""The source `table`: what it refuses and lists. The layouts of published tables are in test_published.py."""

import sys
from pathlib import Path

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark, read_csv
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import A_FILM, ARCHIVED, NO_PICTURE
from stages.sources.lost import read_counts
from stages.sources.rows import MOST_CELL
from stages.sources.source import Photo, ReadingParams
from stages.sources.table import Table
from tests.clone import Clone
from tests.sources.test_published import parquet, photos, text


def offers(file: Path, **params: object) -> list[Photo | Remark]:
    return list(Table(Table.Params(file=str(file), **params)).photos(workers=1))


def labels(file: Path, **params: object) -> dict[str, str]:
    return {offer.origin: offer.label for offer in offers(file, **params) if isinstance(offer, Photo)}


def refused(file: Path, **params: object) -> str:
    with pytest.raises(StudyError) as error:
        offers(file, **params)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value).replace(f'{file.parent}/', '')


def test_every_row_and_file_that_gives_no_photo_is_listed_and_all_are_counted(tmp_path):
    photos(tmp_path, 'a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg')
    text(tmp_path / 'x.csv', 'file,gender', 'e.jpg,male', 'a.jpg,Female', 'b.jpg,?', 'c.jpg,male', 'c.jpg,F', 'z.jpg,m',
         ',male', 'b.jpg,', 'c.jpg,Male')  # fmt: skip
    assert offers(tmp_path / 'x.csv') == [
        Remark('b.jpg', False, '"?" in the column "gender" of row 3 of x.csv is neither female nor male; '
               'data.table.values can say which'),
        Remark('z.jpg', False, 'row 6 of x.csv: there is no such file'),
        Remark('row 7 of x.csv', False, 'row 7 of x.csv: there is no such file'),
        Remark('b.jpg', False, 'row 8 of x.csv has no word in the column "gender"'),
        Photo(b'photo a.jpg', '.jpg', 'female', 'a.jpg'),
        Remark('c.jpg', False, 'both labels: female by row 5 of x.csv ("F"), male by row 4 of x.csv ("male")'),
        Remark('d.jpg', False, 'no row of a table names it'),
        Photo(b'photo e.jpg', '.jpg', 'male', 'e.jpg'),
        Remark(str(tmp_path / 'x.csv'), False, 'tables of labels, not a photo; files with two labels: 1, '
               'files without a row: 1, photos: 2, rows with an unknown word: 2, rows without a file: 2'),
    ]  # fmt: skip


@pytest.mark.parametrize(('words', 'values', 'label'), [
    (('F', 'M'), {}, 'gender'), (('Frau', 'Mann'), {}, 'sex'), (('0', '1'), {}, 'Male'), (('-1', '1'), {}, 'is_male'),
    (('yes', 'no'), {}, 'Female'), (('Y', 'N'), {}, 'Female'),
    (('true', 'false'), {}, 'female'), (('0', '1'), {0: 'female', 1: 'male'}, 'gender'),
    (('0.0', '1.0'), {'0': 'female', '1': 'male'}, 'gender'),
    (('1.0', '2.0'), {'1.0': 'female', 2.0: 'male'}, 'gender'),
    (('True', 'False'), {True: 'female', False: 'male'}, 'sex'),
    (('male', 'female'), {'male': 'female', 'female': 'male'}, 'gender'), (('Female Person', "MEN'S"), {}, 'class'),
])  # fmt: skip
def test_words_mean_what_is_known_or_told_or_what_the_name_of_their_column_says(tmp_path, words, values, label):
    photos(tmp_path, '1.jpg', '2.jpg')
    text(tmp_path / 'x.csv', f'file,{label}', f'1.jpg,{words[0]}', f'2.jpg,{words[1]}')
    assert labels(tmp_path / 'x.csv', values=values) == {'1.jpg': 'female', '2.jpg': 'male'}


@pytest.mark.parametrize(('name', 'lines'), [
    ('x.csv', ['id;name;gender', '1;"a;b.jpg";f']), ('x.csv', ['name,gender', '"a;b.jpg",f', '', ' ']),
    ('x.csv', ['', ' ', 'name;gender', '"a;b.jpg";f']),
    ('x.csv', ['name,pixels,gender', f'a;b.jpg,{"129 " * 40_000},f']),
    ('x.csv', ['name, who, gender', 'a;b.jpg, "X, Y", f,']),
    ('x.tsv', ['gender\tname\tbox, x, y, z', 'f\ta;b.jpg\t1']),
    ('x.csv', ['"a, b, c, d";"name";"sex"', '1;"a;b.jpg";f']),
    ('x.csv', ['"age\n(years)";name;gender', '3;"a;b.jpg";f']), ('x.csv', ['name,gender', '1,a;b.jpg,f']),
    ('x.tsv', ['gender\tname', 'f\ta;b.jpg']), ('x.txt', ['name,gender', 'a;b.jpg,f']),
    ('x.jsonl', ['{"name": "a;b.jpg", "gender": "f"}', '']), ('x.jsonl', ['{}', '{"gender": "f", "name": "a;b.jpg"}']),
])  # fmt: skip
def test_tables_are_read_by_their_endings_and_separators(tmp_path, name, lines):
    photos(tmp_path, 'a;b.jpg')
    text(tmp_path / name, *lines)
    assert labels(tmp_path / name, image='name') == {'a;b.jpg': 'female'}


def test_a_name_may_be_that_of_bytes_which_are_no_text(tmp_path):
    (tmp_path / 'a\udcff.jpg').write_bytes(b'a')
    (tmp_path / 'x.csv').write_bytes(b'file,gender\na\xff.jpg,f\n')
    assert labels(tmp_path / 'x.csv') == {'a\udcff.jpg': 'female'}


ROWS = ['Bild;Anmerkung;Geschlecht', '1.jpg;é;männlich', '2.jpg;ß;weiblich', 'Jürgen.jpg;€;männlich']


@pytest.mark.parametrize(('name', 'encoding'), [
    ('x.csv', 'utf-8'), ('x.csv', 'utf-8-sig'), ('x.csv', 'cp1252'), ('x.csv', 'utf-16'), ('x.tsv', 'utf-16'),
    ('x.txt', 'utf-16'), ('x.txt', 'cp1252'),
])  # fmt: skip
def test_tables_are_read_in_the_encodings_of_windows(tmp_path, name, encoding):
    photos(tmp_path, '1.jpg', '2.jpg', 'Jürgen.jpg')
    text(tmp_path / name, *(row if name == 'x.csv' else row.replace(';', '\t') for row in ROWS), encoding=encoding)
    given = {'1.jpg': 'male', '2.jpg': 'female', 'Jürgen.jpg': 'male'}
    assert labels(tmp_path / name, image='Bild', label='Geschlecht') == given


def test_a_table_in_big_endian_utf_16_is_read_and_one_without_a_mark_named(tmp_path):
    photos(tmp_path, '1.jpg')
    content = 'file,sex\r\n1.jpg,f\r\n'
    (tmp_path / 'x.csv').write_bytes(b'\xfe\xff' + content.encode('utf-16-be'))
    assert labels(tmp_path / 'x.csv') == {'1.jpg': 'female'}
    (tmp_path / 'x.csv').write_bytes(content.encode('utf-16-le'))
    assert refused(tmp_path / 'x.csv') == (
        'data.table.file: x.csv: damaged (no text, or in UTF-16 without the mark at its start: save it as UTF-8)'
    )
    (tmp_path / 'x.csv').write_bytes(content.encode('utf-16')[:-1])
    assert refused(tmp_path / 'x.csv').startswith('data.table.file: x.csv: damaged (')


def test_a_word_in_an_unknown_encoding_is_said_to_be_one(tmp_path):
    photos(tmp_path, '1.jpg')
    text(tmp_path / 'x.csv', 'file,sex', '1.jpg,женщина', encoding='cp1251')
    assert refused(tmp_path / 'x.csv').startswith('data.table.values: ')
    assert refused(tmp_path / 'x.csv').endswith('; if the table shows other words, save it as UTF-8')


@pytest.mark.parametrize(('others', 'fault'), [
    ([], 'unexpected end of data'),
    (['5.jpg,"small",f'], "',' expected after '\"'"),
    (['5.jpg,"small,m'], "',' expected after '\"'"),
    ([f'5.jpg,{"x" * MOST_CELL},f'], f'field larger than field limit ({MOST_CELL})'),
])  # fmt: skip
def test_a_quotation_mark_that_swallows_rows_is_named_with_its_line(tmp_path, others, fault):
    photos(tmp_path, *(f'{number}.jpg' for number in range(1, 6)))
    before = ('1.jpg,"two\nlines",m', '2.jpg,"a ""b"" c",f')
    text(tmp_path / 'x.csv', 'file,note,sex', *before, '3.jpg,"tall,f', '4.jpg,,m', *others)
    message = f'damaged (line 5: {fault}; is a quotation mark missing or left over?)'
    assert refused(tmp_path / 'x.csv') == f'data.table.file: x.csv: {message}'


def test_quotation_marks_within_a_row_swallow_nothing(tmp_path):
    photos(tmp_path, '1.jpg', '2.jpg', '3.jpg')
    text(tmp_path / 'x.csv', 'file,note,sex', '1.jpg,"Al" Y.,m', '2.jpg,5" tall,f', '3.jpg,"two\n""lines""",m')
    assert labels(tmp_path / 'x.csv') == {'1.jpg': 'male', '2.jpg': 'female', '3.jpg': 'male'}


def test_names_match_whichever_way_their_letters_are_composed(tmp_path):
    photos(tmp_path, 'a\u0308.jpg', 'u\u0308/1.jpg', 'u\u0308/2.jpg', '\u00e9.jpg', 'e\u0301.jpg')
    text(tmp_path / 'x.csv', 'file,sex', '\u00e4.jpg,f', '\u00fc,m', '\u00e9.jpg,m')
    assert labels(tmp_path / 'x.csv') == {'a\u0308.jpg': 'female', 'u\u0308/1.jpg': 'male', 'u\u0308/2.jpg': 'male'}
    text(tmp_path / 'x.csv', 'file,sex', '\u00fc/2,m')
    assert labels(tmp_path / 'x.csv') == {'u\u0308/2.jpg': 'male'}


def test_only_pictures_have_the_label_of_their_row(tmp_path):
    beside = ('n1/1.AAE', 'n1/1.MOV', 'n1/1.jpg.json', 'n1/all.rar')
    photos(tmp_path, 'n1/1.jpg', 'b.HEIC', 'b.AAE', 'b.mov', *beside)
    text(tmp_path / 'x.csv', 'file,sex', 'n1,f', 'b,m')
    given = offers(tmp_path / 'x.csv')
    taken = {offer.origin: offer.label for offer in given if isinstance(offer, Photo)}
    assert taken == {'n1/1.jpg': 'female', 'b.HEIC': 'male'}
    remarks = [offer for offer in given if isinstance(offer, Remark)]
    assert [(remark.origin, remark.reason) for remark in remarks if remark.origin in beside] == list(
        zip(beside, (NO_PICTURE, A_FILM, NO_PICTURE, ARCHIVED), strict=True)
    )
    assert 'files that are no pictures or too large: 4' in remarks[-1].reason
    counts = read_counts(2, remarks)
    assert (counts['pictures'], counts['packed']) == (3, 1)


@pytest.mark.parametrize(('name', 'found'), [
    ('a/1.jpg', 'a/1.jpg'), ('./a//1.jpg', 'a/1.jpg'), ('a\\1.jpg', 'a/1.jpg'), ('{top}/a/1.jpg', 'a/1.jpg'),
    ('2.jpg', 'a/deep/2.jpg'), ('deep/2.jpg', 'a/deep/2.jpg'), ('2', 'a/deep/2.jpg'), ('deep', 'a/deep/2.jpg'),
    ('1.jpg', 'several files are called so, such as a/1.jpg and b/1.jpg'), ('eep/2.jpg', 'there is no such file'),
    ('../set/a/1.jpg', 'a/1.jpg'), ('a/known', 'several files are called so, such as a/known/ and a/known.jpg'),
    ('a/deep', 'a/deep/2.jpg'), ('2.png', 'a/deep/2.jpg'), ('2.txt', 'there is no such file'),
    ('deep/2.JPG', 'a/deep/2.jpg'),
    ('.', 'there is no such file'), ('{top}', 'there is no such file'), ('../set', 'there is no such file'),
    ('a/1.jpg/', 'a/1.jpg'), ('../set2/3.jpg', 'its path leads out of the folder'),
    ('a/../../set2/3.jpg', 'its path leads out of the folder'), ('/etc/hostname', 'its path leads out of the folder'),
])  # fmt: skip
def test_a_name_stands_for_one_file_below_the_root(tmp_path, name, found):
    photos(
        tmp_path / 'set', 'a/1.jpg', 'b/1.jpg', 'a/deep/2.jpg', 'a/known.jpg', 'a/known/3.jpg', 'sure.jpg', 'b/deep.jpg'
    )
    photos(tmp_path / 'set2', '3.jpg')
    text(tmp_path / 'x.csv', 'file,gender', 'sure.jpg,m', f'{name.format(top=tmp_path / "set")},f')
    said = {offer.origin if isinstance(offer, Photo) else offer.reason.removeprefix('row 2 of x.csv: ')
            for offer in offers(tmp_path / 'x.csv', root=str(tmp_path / 'set'))}  # fmt: skip
    assert found in said


def test_names_may_start_from_the_root_or_from_where_a_symlink_to_it_leads(tmp_path):
    photos(tmp_path / 'real', 'a/1.jpg', 'a/2.jpg')
    (tmp_path / 'link').symlink_to('real')
    text(tmp_path / 'x.csv', 'file,gender', f'{tmp_path}/real/a/1.jpg,f', f'{tmp_path}/link/a/2.jpg,m')
    found = labels(tmp_path / 'x.csv', root=str(tmp_path / 'link'))
    assert found == {'a/1.jpg': 'female', 'a/2.jpg': 'male'}


def test_a_row_may_name_a_photo_by_a_symlink_to_its_folder(tmp_path):
    photos(tmp_path, 'real/1.jpg', 'real/2.jpg', 'n1/3.jpg')
    (tmp_path / 'alias').symlink_to('real')
    (tmp_path / 'all').symlink_to('n1')
    text(tmp_path / 'x.csv', 'file,gender', 'alias/1.jpg,f', 'real/2.jpg,m', 'all,f', 'alias/9.jpg,f')
    found = offers(tmp_path / 'x.csv')
    assert {photo.origin for photo in found if isinstance(photo, Photo)} == {'real/1.jpg', 'real/2.jpg', 'n1/3.jpg'}
    assert Remark('alias/9.jpg', False, 'row 4 of x.csv: there is no such file') in found
    text(tmp_path / 'y.jsonl', '{"file": "alias/1.jpg", "sex": "f"}', '{"file": "alias/\\u0000", "sex": "f"}',
         '{"file": "\\ud83d", "sex": "f"}')  # fmt: skip
    assert labels(tmp_path / 'y.jsonl') == {'real/1.jpg': 'female'}


def test_a_row_may_name_a_photo_to_which_a_symlink_leads(tmp_path):
    photos(tmp_path, 'pool/1.jpg')
    (tmp_path / 'link.jpg').symlink_to('pool/1.jpg')
    text(tmp_path / 'x.csv', 'file,gender', 'pool/1.jpg,f')
    assert labels(tmp_path / 'x.csv') == {'pool/1.jpg': 'female'}


def test_columns_of_both_labels_must_agree(tmp_path):
    photos(tmp_path, '1.jpg', '2.jpg', '3.jpg', '4.jpg')
    text(tmp_path / 'x.csv', 'file,female,male', '1.jpg,1,0', '2.jpg,0,1', '3.jpg,0,0', '4.jpg,1,1')
    assert labels(tmp_path / 'x.csv') == {'1.jpg': 'female', '2.jpg': 'male'}
    left = [offer.reason for offer in offers(tmp_path / 'x.csv') if isinstance(offer, Remark)][:2]
    assert left[0].startswith('"0 and 0" in the column "male" of row 3 of x.csv is neither')
    assert left[1].startswith('"1 and 1" in the column "male" of row 4 of x.csv is neither')


def test_a_name_that_looks_like_a_number_may_be_one_with_decimals(tmp_path):
    photos(tmp_path, '1.0.jpg', '2.jpg')
    text(tmp_path / 'x.csv', 'id,gender', '1.0,f', '2.0,m')
    assert labels(tmp_path / 'x.csv') == {'1.0.jpg': 'female', '2.jpg': 'male'}


def test_a_row_that_names_a_folder_labels_all_in_it_but_those_with_another_label(tmp_path):
    photos(tmp_path, 'n1/1.jpg', 'n1/2.jpg', 'n1/x/3.jpg', 'x/n1/4.jpg')
    text(tmp_path / 'x.csv', 'Class_ID,Gender', 'n1,f', 'n1/2.jpg,m')
    assert labels(tmp_path / 'x.csv') == {'n1/1.jpg': 'female', 'n1/x/3.jpg': 'female'}


def test_a_table_without_a_root_names_no_file_beside_another_table(tmp_path):
    photos(tmp_path, 'train/1.jpg', 'test/2.jpg')
    text(tmp_path / 'train' / 'metadata.csv', 'file_name,sex', '1.jpg,f', '2.jpg,m')
    assert labels(tmp_path) == {'train/1.jpg': 'female'}
    both = {'train/1.jpg': 'female', 'test/2.jpg': 'male'}
    assert labels(tmp_path / 'train' / 'metadata.csv', root=str(tmp_path)) == both


def test_what_cannot_be_read_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr('stages.sources.layouts.MOST_BYTES', 10)
    photos(tmp_path, '1.jpg', 'long name.jpg', '.hidden.jpg')
    (tmp_path / 'broken.jpg').symlink_to('nowhere')
    text(tmp_path / 'x.csv', 'file,sex', '1.jpg,f', 'long name.jpg,f', '.hidden.jpg,f', 'broken.jpg,m')
    monkeypatch.setattr(Path, 'read_bytes', lambda path: b'' if path.name == '1.jpg' else pytest.fail('was read'))
    (tmp_path / '1.jpg').write_bytes(b'')
    assert {offer.origin: offer.reason.split(':')[0] for offer in offers(tmp_path / 'x.csv')[:-1]
            if isinstance(offer, Remark)} == {
        '.hidden.jpg': 'hidden', 'broken.jpg': 'a broken symlink', 'long name.jpg': 'larger than 0 MB',
    }  # fmt: skip


def test_symlinks_that_lead_out_are_followed_if_the_params_say_so(tmp_path):
    photos(tmp_path, 'out/1.jpg')
    (tmp_path / 'set').mkdir()
    (tmp_path / 'set' / 'in').symlink_to('../out')
    text(tmp_path / 'set' / 'x.csv', 'file,sex', 'in/1.jpg,f')
    params = Table.Params(file=str(tmp_path / 'set'))
    assert [type(offer) for offer in Table(params, ReadingParams(links='anywhere')).photos(1)] == [Photo, Remark]
    assert refused(tmp_path / 'set').startswith(
        'data.table.root: no photo below set is named in set, which names in/1.jpg'
    )


COLUMNS = 'x.csv has the columns file, note, gender'


@pytest.mark.parametrize(('lines', 'params', 'message'), [
    (['file,note,gender'], {'label': 'gendr'}, f"data.table.label: no column is called 'gendr'; {COLUMNS}"),
    (['file,note,gender'], {'image': 'foto'}, f"data.table.image: no column is called 'foto'; {COLUMNS}"),
    (['file,note,age'], {}, 'data.table.label: name the column of labels; x.csv has the columns file, note, age'),
    (['a,note,sex'], {}, 'data.table.image: name the column of file names; x.csv has the columns a, note, sex'),
    ([], {}, 'data.table.label: name the column of labels; x.csv has the columns none'),
    (['file,sex'], {}, 'data.table.file: no photo is named in x.csv; name another table'),
    (['file,sex', '1.jpg,0', '2.jpg,1', '1.jpg,1'], {},
     'data.table.values: no photo has a known label; the column "sex" of x.csv has "1" (2), "0" (1): say what they '
     "mean, such as {'0': female}, or name another column in data.table.label"),
    (['file,sex', 'x/9.jpg,f'], {},
     'data.table.root: no photo below . is named in x.csv, which names x/9.jpg, say; name the folder that the names '
     'start from, or in data.table.image another column'),
    (['file,sex', f'1.jpg,{"f" * 200_000}'], {},
     f'data.table.values: no photo has a known label; the column "sex" of x.csv has "{"f" * 50}..." (1): say what they '
     "mean, such as {'0': female}, or name another column in data.table.label"),
    (['file,sex', '1.jpg,f'], {'root': 'nowhere'},
     'data.table.root: nowhere: no such folder; name the one that the file names start from'),
])  # fmt: skip
def test_a_mistake_is_a_plain_line_that_names_the_param(tmp_path, lines, params, message):
    photos(tmp_path, '1.jpg', '2.jpg')
    text(tmp_path / 'x.csv', *lines)
    assert refused(tmp_path / 'x.csv', **params).replace(str(tmp_path), '.') == message


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('x.xlsx', b'PK', 'data.table.file: x.xlsx: not one of .csv, .tsv, .txt, .jsonl, .parquet'),
    ('x.jsonl', b'{"file": 1}\n[]\n', 'data.table.file: x.jsonl: damaged (row 2 is no JSON object)'),
    ('x.jsonl', b'{"file": 1}\n', 'data.table.label: name the column of labels; x.jsonl has the columns file'),
    ('x.jsonl', b'{"file": 1, "sex": "f"}\n' * 1000 + b'[]',
     'data.table.file: x.jsonl: damaged (row 1001 is no JSON object)'),
    ('x.jsonl', b'{', 'data.table.file: x.jsonl: damaged (row 1 is no JSON object)'),
    ('x.txt', b'hello\n', 'data.table.file: x.txt: neither a table, nor named female or male as lists of names are'),
    ('no', None, 'data.table.file: no: no such file or folder; name a table of labels'),
    ('x.parquet', b'PAR1' + bytes(20) + b'PAR1', 'data.table.file: x.parquet: damaged ('),
    ('x.parquet', b'', 'data.table.file: x.parquet: damaged ('),
])  # fmt: skip
def test_a_file_that_is_no_table_is_a_plain_line(tmp_path, name, content, message):
    if name == 'x.parquet':
        pytest.importorskip('pyarrow')
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).startswith(message)


def test_in_a_folder_what_is_no_table_is_listed_and_no_table_at_all_refused(tmp_path):
    photos(tmp_path, '1.jpg', 'notes.txt')
    text(tmp_path / 'boxes.csv', 'file,x,y', '1.jpg,0,0')
    assert refused(tmp_path).startswith('data.table.label: name the column of labels; ')
    (tmp_path / 'boxes.csv').unlink()
    assert refused(tmp_path).endswith('notes.txt: neither a table, nor named female or male as lists of names are')
    (tmp_path / 'notes.txt').unlink()
    none = 'no table in it (.csv, .tsv, .txt, .jsonl, .parquet); name a table of labels'
    assert refused(tmp_path) == f'data.table.file: {tmp_path.name}: {none}'
    text(tmp_path / 'boxes.csv', 'file,x,y', '1.jpg,0,0')
    text(tmp_path / 'labels.csv', 'file,sex', '1.jpg,f')
    given = offers(tmp_path)
    assert given[0].origin == 'boxes.csv'
    assert given[0].reason.startswith('no table of labels: data.table.label: name the column of labels; ')
    assert [offer.origin for offer in given if isinstance(offer, Photo)] == ['1.jpg']


def test_without_its_library_a_parquet_table_is_a_plain_line(tmp_path, monkeypatch):
    (tmp_path / 'x.parquet').write_bytes(b'PAR1')
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    monkeypatch.delitem(sys.modules, 'pyarrow.parquet', raising=False)
    assert refused(tmp_path / 'x.parquet') == (
        "data.table.file: x.parquet: Parquet needs a library: pip install '.[parquet]'"
    )


def test_a_parquet_table_names_files_or_holds_them(tmp_path):
    photos(tmp_path, 'a.jpg')
    rows = {
        'image': [{'bytes': None, 'path': 'a.jpg'}, {'bytes': b'b', 'path': None}, {'bytes': b'c', 'path': 'x/c.PNG'}]
    }
    parquet(tmp_path / 'x.parquet', rows | {'sex': ['f', 'm', 'm']})
    assert [offer for offer in offers(tmp_path / 'x.parquet') if isinstance(offer, Photo)] == [
        Photo(b'b', '', 'male', 'x.parquet/0000002'),
        Photo(b'c', '.png', 'male', 'x.parquet/0000003/c.PNG'),
        Photo(b'photo a.jpg', '.jpg', 'female', 'a.jpg'),
    ]
    parquet(tmp_path / 'y.parquet', {'picture': [b'd', bytes(MOST_BYTES + 1)], 'file': ['a', 'b'], 'sex': ['f', 'm']})
    assert labels(tmp_path / 'y.parquet') == {'y.parquet/0000001': 'female'}
    assert labels(tmp_path / 'y.parquet', image='file') == {'a.jpg': 'female'}
    parquet(tmp_path / 'z.parquet', {'image': [b'a.jpg'], 'sex': ['f']})
    assert labels(tmp_path / 'z.parquet') == {'a.jpg': 'female'}
    inside = {name: [{'bytes': name.encode(), 'path': None}] for name in ('mask', 'image', 'depth')}
    parquet(tmp_path / 'm.parquet', inside | {'file_name': ['a.jpg'], 'sex': ['f']})
    assert [offer.content for offer in offers(tmp_path / 'm.parquet') if isinstance(offer, Photo)] == [b'image']
    del inside['image']
    parquet(tmp_path / 'm.parquet', inside | {'sex': ['f']})
    assert refused(tmp_path / 'm.parquet').startswith('data.table.image: name the column of file names; ')


def test_more_rows_than_are_read_at_a_time_come_in_their_order(tmp_path):
    parquet(tmp_path / 'x.parquet', {'image': [f'{n}'.encode() for n in range(100)], 'sex': ['f', 'm'] * 50})
    given = [offer for offer in offers(tmp_path / 'x.parquet') if isinstance(offer, Photo)]
    assert [photo.content for photo in given] == [f'{n}'.encode() for n in range(100)]
    assert [photo.label for photo in given[:3]] == ['female', 'male', 'female']


def test_a_row_that_is_taken_out_runs_the_stage_again(tmp_path):
    photos(tmp_path / 'photos', '1.jpg', '2.jpg', '3.jpg')
    lines = ['file,sex', '1.jpg,f', '2.jpg,m', '3.jpg,m']
    text(tmp_path / 'labels.csv', *lines)
    clone = Clone(tmp_path / 'clone')
    own = {'file': str(tmp_path / 'labels.csv'), 'root': str(tmp_path / 'photos')}
    clone.set_params({'data': {'source': 'table', 'table': own}})
    counts = []
    for change in (
        lambda: None,
        lambda: text(tmp_path / 'labels.csv', *lines[:-1]),
        (tmp_path / 'photos/1.jpg').unlink,
    ):
        change()
        clone.dvc('repro', 'download')
        counts.append(len(read_csv(clone.folder / 'data' / 'raw' / 'photos.csv')))
    assert counts == [3, 2, 1]
