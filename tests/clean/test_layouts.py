"""A clean set of every layout gives the photos that stay, and their labels, when it is read again."""

from pathlib import Path

import pytest

from stages.clean.__main__ import REMOVED, write_set
from stages.common.files import read_csv, write_csv
from stages.dataset.decisions import labelled_photos
from stages.sources.source import chosen_source
from stages.sources.store import store
from tests.clone import merged
from tests.sources.test_published import ALL, SHIPPED, photos, table, text

OTHER = {'female': 'male', 'male': 'female'}


def labels(data: dict, folder: Path) -> dict[str, str]:
    """Store the photos that the params choose; return their labels by what they contain."""
    store(chosen_source(merged(SHIPPED, data)).photos(1), folder)
    return {row['sha256']: row['label'] for row in read_csv(folder / 'photos.csv')}


@pytest.mark.parametrize('make', [make for make, *_ in ALL], ids=[make.__name__ for make, *_ in ALL])
def test_what_stays_has_its_label_and_what_is_dropped_is_gone(make, tmp_path):
    (tmp_path / 'set').mkdir()
    data = make(tmp_path / 'set')
    before = labels(data, tmp_path / 'raw')
    source = sorted((file, file.read_bytes()) for file in tmp_path.glob('set/**/*') if file.is_file())
    rows = labelled_photos(tmp_path / 'raw')
    dropped, relabelled = rows[0], rows[-1]
    choices = {dropped['origin']: 'drop', relabelled['origin']: 'relabel'}
    clean = tmp_path / 'clean'
    clean.mkdir()
    tables, places = write_set(clean, chosen_source(merged(SHIPPED, data)), tmp_path / 'raw', rows, choices)
    write_csv(
        clean / 'removed.csv', REMOVED, [[dropped['origin'], dropped['sha256'], dropped['label'], 'drop', '', '']]
    )
    if data['source'] == 'table':
        file, root = Path(data['table']['file']), data['table'].get('root')
        one = clean / tables[0] if len(tables) == 1 else clean
        root = root or str(file if file.is_dir() else file.parent)
        again = merged(data, {'table': {'file': str(one), 'root': root}})
    else:
        assert len(places) == len(rows) - 1
        again = merged(data, {'folder': str(clean)})
    expected = {sha256: label for sha256, label in before.items() if sha256 != dropped['sha256']}
    expected[relabelled['sha256']] = OTHER[relabelled['label']]
    assert labels(again, tmp_path / 'again') == expected
    assert source == sorted((file, file.read_bytes()) for file in tmp_path.glob('set/**/*') if file.is_file())


def cleaned(folder: Path, name: str) -> Path:
    """Write a clean set of a table in which the first photo is relabelled, and return the table's place in it."""
    data = table(folder / name)
    labels(data, folder / 'raw')
    rows = labelled_photos(folder / 'raw')
    (folder / 'clean').mkdir()
    write_set(folder / 'clean', chosen_source(merged(SHIPPED, data)), folder / 'raw', rows, {'1.jpg': 'relabel'})
    return folder / 'clean' / name


def test_columns_of_one_name_stay_apart_and_those_of_both_labels_agree(tmp_path):
    photos(tmp_path, '1.jpg', '2.jpg')
    text(tmp_path / 'x.csv', 'file,female,male,note,note,note', '1.jpg,1,0,a,b,c', '2.jpg,0,1,d,e,f')
    assert cleaned(tmp_path, 'x.csv').read_text().splitlines() == [
        'file,female,male,note,note.1,note.2', '1.jpg,0,1,a,b,c', '2.jpg,0,1,d,e,f'
    ]  # fmt: skip


def test_times_in_nanoseconds_stay(tmp_path):
    pyarrow = pytest.importorskip('pyarrow')
    from pyarrow.parquet import read_table, write_table

    photos(tmp_path, '1.jpg', '2.jpg')
    times = pyarrow.array([1_700_000_000_123_456_789, None], pyarrow.timestamp('ns'))
    write_table(pyarrow.table({'file': ['1.jpg', '2.jpg'], 'sex': ['f', 'm'], 'time': times}), tmp_path / 'x.parquet')
    written = read_table(cleaned(tmp_path, 'x.parquet'))
    assert written['time'].combine_chunks().equals(times)
    assert written['sex'].to_pylist() == ['m', 'm']


def test_tables_whose_names_differ_in_their_ending_only_and_rows_of_folders_stay(tmp_path):
    top = tmp_path / 'set'
    photos(top, 'a/1.jpg', 'b/2.jpg', 'sub/p/3.jpg', 'sub/p/4.jpg')
    text(top / 'l.csv', 'file,male', 'a/1.jpg,0')
    text(top / 'l.tsv', 'file\tgender', 'b/2.jpg\tMann')
    text(top / 'sub' / 'l.csv', 'file,gender', 'p,W')
    data = table(top)
    before = labels(data, tmp_path / 'raw')
    rows = labelled_photos(tmp_path / 'raw')
    (relabelled,) = (row for row in rows if row['origin'] == 'b/2.jpg')
    (tmp_path / 'clean').mkdir()
    source, choices = chosen_source(merged(SHIPPED, data)), {'b/2.jpg': 'relabel'}
    names, _ = write_set(tmp_path / 'clean', source, tmp_path / 'raw', rows, choices)
    assert sorted(names) == ['l.csv', 'l.tsv.csv', 'sub/l.csv']
    again = labels(table(tmp_path / 'clean', top), tmp_path / 'again')
    assert again == before | {relabelled['sha256']: 'female'}
