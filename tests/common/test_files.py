import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.files import beside, read_arrays, read_csv, write_arrays, write_csv


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
    names = ['a b.jpg', 'quote".jpg', 'new\nline.jpg', '☃.jpg', 'comma,.jpg']
    write_csv(tmp_path / 'table.csv', ['name'], [[name] for name in names])
    assert [row['name'] for row in read_csv(tmp_path / 'table.csv')] == names


def test_names_that_are_no_text_are_escaped(tmp_path):
    write_csv(tmp_path / 'table.csv', ['name'], [['\udcff.jpg']])
    assert read_csv(tmp_path / 'table.csv') == [{'name': '\\udcff.jpg'}]


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    for name in ('a.npz', 'b.npz'):
        write_arrays(tmp_path / name, {'x': np.arange(5), 'y': np.array(['é'])})
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()


def test_a_damaged_array_is_refused_by_name(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.zeros(1000)})
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r'a\.npz: damaged .*dvc repro preprocess'):
        read_arrays(path, ['x'], made_by='preprocess')
