import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.files import beside, read_arrays, read_csv, read_json, write_arrays, write_csv


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / 'new' / 'file.txt'
    with pytest.raises(UnicodeEncodeError), beside(path) as draft:
        draft.write_text('half\udcff', encoding='utf-8')
    assert list(path.parent.iterdir()) == []
    with beside(path) as draft:
        draft.write_text('whole')
        assert not path.exists()
    assert path.read_text() == 'whole'


def test_a_draft_that_a_kill_left_behind_does_not_matter(tmp_path):
    left = tmp_path / '.draft-folder'
    left.mkdir()
    (left / 'old').write_text('old')
    with beside(tmp_path / 'folder') as draft:
        draft.mkdir()
        (draft / 'new').write_text('new')
    assert [path.name for path in (tmp_path / 'folder').iterdir()] == ['new']


def test_tables_come_back_with_names_of_any_kind(tmp_path):
    names = ['a b.jpg', 'quote".jpg', 'new\nline.jpg', '☃.jpg', 'comma,.jpg', '=1+1']
    write_csv(tmp_path / 'table.csv', ['name'], [[name] for name in names])
    assert [row['name'] for row in read_csv(tmp_path / 'table.csv')] == names


def test_names_that_are_no_text_are_escaped(tmp_path):
    write_csv(tmp_path / 'table.csv', ['name'], [['\udcff.jpg'], ['return\r.jpg']])
    assert read_csv(tmp_path / 'table.csv') == [{'name': '\\udcff.jpg'}, {'name': 'return\\r.jpg'}]


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    for name in ('a.npz', 'b.npz'):
        write_arrays(tmp_path / name, {'x': np.arange(5), 'y': np.array(['é'])}, version=1)
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()


def test_a_damaged_array_is_refused_by_name(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.zeros(1000)}, version=1)
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r'a\.npz: damaged .*dvc repro preprocess'):
        read_arrays(path, ['x'], made_by='preprocess', version=1)


def test_no_flipped_bit_goes_unseen(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.arange(9)}, version=1)
    whole = path.read_bytes()
    refused = 0
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            # A bit that means nothing, such as of a date, may be flipped: the arrays are the same.
            np.testing.assert_array_equal(read_arrays(path, ['x'], made_by='preprocess', version=1)['x'], np.arange(9))
        except StudyError as error:
            assert str(error).startswith(f'{path}: ')  # noqa: PT017
            assert '\n' not in str(error)  # noqa: PT017
            refused += 1
    assert refused > len(whole) / 2


def test_no_cut_goes_unseen(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.arange(9)}, version=1)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StudyError, match='damaged or of another kind'):
            read_arrays(path, ['x'], made_by='preprocess', version=1)


def test_a_damaged_json_is_refused_by_name(tmp_path):
    (tmp_path / 'a.json').write_text('{"loss": ')
    with pytest.raises(StudyError, match=r'a\.json: damaged'):
        read_json(tmp_path / 'a.json')
