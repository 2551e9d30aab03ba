import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark, read_csv, read_remarks
from stages.sources.source import Photo
from stages.sources.store import store


def photo(content: bytes, label: str, origin: str) -> Photo:
    return Photo(content, '.jpg', label, origin)


def test_photos_are_written_by_label_and_content_with_a_table(tmp_path):
    store([photo(b'1', 'male', 'x'), photo(b'2', 'female', 'y')], tmp_path / 'raw')
    rows = read_csv(tmp_path / 'raw' / 'photos.csv')
    assert [(row['label'], row['origin']) for row in rows] == [('male', 'x'), ('female', 'y')]
    assert (tmp_path / 'raw' / rows[0]['file']).read_bytes() == b'1'
    assert rows[0]['file'] == f'male/{rows[0]["sha256"][:16]}.jpg'


def test_first_of_identical_files_is_kept(tmp_path):
    store([photo(b'1', 'male', 'x'), photo(b'1', 'male', 'y')], tmp_path / 'raw')
    assert [row['origin'] for row in read_csv(tmp_path / 'raw' / 'photos.csv')] == ['x']
    assert read_remarks(tmp_path / 'raw' / 'remarks.csv') == [Remark('y', False, 'identical to x', 'x')]


def test_identical_files_with_two_labels_are_kept_once_per_label(tmp_path):
    offers = [photo(b'1', 'male', 'x'), photo(b'2', 'male', 'z'), photo(b'1', 'female', 'y'), photo(b'1', 'male', 'w')]
    store(offers, tmp_path / 'raw')
    rows = read_csv(tmp_path / 'raw' / 'photos.csv')
    assert [(row['origin'], row['label']) for row in rows] == [('x', 'male'), ('z', 'male'), ('y', 'female')]
    assert [(tmp_path / 'raw' / row['file']).read_bytes() for row in rows] == [b'1', b'2', b'1']
    assert read_remarks(tmp_path / 'raw' / 'remarks.csv') == [Remark('w', False, 'identical to x', 'x')]


def test_no_photo_is_an_error_that_leaves_no_files(tmp_path):
    with pytest.raises(StudyError, match='no photo was found'):
        store([Remark('x', False, 'y')], tmp_path / 'raw')
    assert list(tmp_path.iterdir()) == []


def test_source_that_fails_midway_leaves_the_old_photos(tmp_path):
    store([photo(b'1', 'male', 'x')], tmp_path / 'raw')

    def failing():
        yield photo(b'2', 'male', 'y')
        raise OSError('gone')

    with pytest.raises(OSError, match='gone'):
        store(failing(), tmp_path / 'raw')
    assert [row['origin'] for row in read_csv(tmp_path / 'raw' / 'photos.csv')] == ['x']
    assert [path.name for path in tmp_path.iterdir()] == ['raw']


@pytest.mark.parametrize('suffix', ['.j\udcff', '.' + 'j' * 200, '.a/b', '.j\n', '.j"p', '.😀'])
def test_invalid_suffix_is_dropped(tmp_path, suffix):
    store([Photo(b'1', suffix, 'male', 'x')], tmp_path / 'raw')
    (row,) = read_csv(tmp_path / 'raw' / 'photos.csv')
    assert row['file'] == f'male/{row["sha256"][:16]}'
    assert (tmp_path / 'raw' / row['file']).read_bytes() == b'1'


def test_remark_on_a_label_is_stored_with_the_photo(tmp_path):
    store([Photo(b'1', '.jpg', 'male', 'x', 'odd'), photo(b'2', 'male', 'y')], tmp_path / 'raw')
    assert [row['remark'] for row in read_csv(tmp_path / 'raw' / 'photos.csv')] == ['odd', '']
