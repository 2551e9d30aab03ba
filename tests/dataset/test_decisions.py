"""Decisions about photos: read, matched by content, and refused where two disagree."""

import pytest

from stages.common.errors import StudyError
from stages.common.files import Remark, write_csv, write_remarks
from stages.dataset.decisions import COLUMNS, Decision, labelled_photos, match, read_decisions


def photo(origin: str, sha256: str, label: str = 'female') -> dict[str, str]:
    """Return a row of photos.csv."""
    return {'file': f'{label}/{sha256}.jpg', 'label': label, 'sha256': sha256, 'origin': origin, 'remark': ''}


PHOTOS = [
    photo('a.jpg', 'A'), photo('b.jpg', 'B'), photo('copy of b.jpg', 'B'), photo('b2.jpg', 'B', 'male'),
    photo('x/a\u0308.jpg', 'C'),
]  # fmt: skip


def decision(file: str, sha256: str, choice: str = 'drop', line: int = 2, label: str = '') -> Decision:
    """Return a decision without a reason."""
    return Decision(line, file, sha256, label, choice, '')


@pytest.mark.parametrize(
    ('made', 'decided'),
    [
        (decision('a.jpg', 'A'), ['a.jpg']),
        (decision('as it was called before.jpg', 'A'), ['a.jpg']),
        (decision('a.jpg', ''), ['a.jpg']),
        (decision('./a.jpg', ''), ['a.jpg']),
        (decision('x\\.\\\u00e4.jpg', ''), ['x/a\u0308.jpg']),
        (decision('b.jpg', 'B'), ['b.jpg', 'copy of b.jpg']),
        (decision('b2.jpg', 'B'), ['b2.jpg']),
        (decision('renamed.jpg', 'B'), ['b.jpg', 'copy of b.jpg', 'b2.jpg']),
        (decision('renamed.jpg', 'B', label='male'), ['b2.jpg']),
        (decision('b2.jpg', 'B', label='female'), ['b.jpg', 'copy of b.jpg']),
        # The photo had the other label when it was decided on: that is done.
        (decision('a.jpg', 'A', 'relabel', label='male'), []),
    ],
)
def test_a_photo_is_known_by_its_content_or_else_its_name(made, decided):
    found = match([made], PHOTOS)
    assert (list(found.of), found.changed, found.unmatched) == (decided, [], [])
    assert [found.choice(origin) for origin in decided] == [made.choice] * len(decided)
    assert found.choice('another.jpg') == ''


@pytest.mark.parametrize('file', ['@men/1.jpg', "'@men/1.jpg"])
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_known_as_it_is_and_as_tables_have_it(file):
    photo = {'file': 'male/1.jpg', 'label': 'male', 'sha256': 'A', 'origin': "'@men/1.jpg", 'remark': ''}
    assert list(match([decision(file, '')], [photo]).of) == ["'@men/1.jpg"]


def test_a_photo_with_other_content_and_one_that_is_gone_are_told_apart():
    changed, gone = decision('a.jpg', 'as it was'), decision('z.jpg', 'Z')
    assert match([changed, gone, decision('z.jpg', '')], PHOTOS).changed == [changed]
    assert match([changed, gone], PHOTOS).unmatched == [gone]
    assert match([changed, decision('a.jpg', 'A', 'keep')], PHOTOS).changed == []
    before, other = decision('a.jpg', 'as it was before', 'keep', 3), decision('b.jpg', 'as it was', line=4)
    assert [of.file for of in match([before, changed, other], PHOTOS).changed] == [
        'a.jpg',
        'b.jpg',
    ]  # photos, not lines


def test_a_decision_on_a_photo_that_has_another_label_by_now_is_said():
    dropped, kept = decision('a.jpg', 'A', label='male'), decision('before.jpg', 'B', 'keep', label='female')
    assert match([dropped, kept], PHOTOS).changed == [dropped]
    assert match([dropped], PHOTOS).choice('a.jpg') == ''
    assert match([dropped, decision('a.jpg', 'A', 'keep')], PHOTOS).changed == []
    renamed = [decision('y.jpg', 'A', label='male'), decision('z.jpg', 'C', line=3, label='male')]
    assert [of.file for of in match(renamed, PHOTOS).changed] == ['a.jpg', 'x/a\u0308.jpg']


def test_decisions_that_agree_are_one_and_others_are_refused():
    assert list(match([decision('a.jpg', 'A'), decision('before.jpg', 'A', line=3)], PHOTOS).of) == ['a.jpg']
    with pytest.raises(StudyError, match=r'lines 2 and 9 disagree about a\.jpg: drop, keep; remove one'):
        match([decision('a.jpg', 'A'), decision('before.jpg', 'A', 'keep', 9)], PHOTOS)


@pytest.mark.parametrize(
    ('text', 'read'),
    [
        (
            'file,sha256,label,decision,why\na.jpg,A1,Male,keep,fine\n',
            [Decision(2, 'a.jpg', 'a1', 'male', 'keep', 'fine')],
        ),
        ('\ufefffile;decision\r\na.jpg;DROP\r\n', [Decision(2, 'a.jpg', '', '', 'drop', '')]),
        ('decision\tsha256\nrelabel\tA\n\n', [Decision(2, '', 'a', '', 'relabel', '')]),
        # Two tables, one after the other.
        (
            'file,decision\na.jpg,keep\nsha256,decision\nB,drop\n"b\n.jpg",drop\n',
            [
                Decision(2, 'a.jpg', '', '', 'keep', ''),
                Decision(4, '', 'b', '', 'drop', ''),
                Decision(6, '', 'b\n.jpg', '', 'drop', ''),
            ],
        ),
        ('file,decision,why\na.jpg,drop,decision\n', [Decision(2, 'a.jpg', '', '', 'drop', 'decision')]),
        (
            '\ufefffile,decision\na.jpg,keep\n\ufeffFile,Decision\nb.jpg,drop\n',
            [Decision(2, 'a.jpg', '', '', 'keep', ''), Decision(4, 'b.jpg', '', '', 'drop', '')],
        ),
        ('file,sha256,decision,why\n', []),
        ('file , Decision\na.jpg, keep\n', [Decision(2, 'a.jpg', '', '', 'keep', '')]),
    ],
)
def test_tables_as_people_save_them(tmp_path, text, read):
    path = tmp_path / 'decisions.csv'
    path.write_text(text, newline='', encoding='utf-8')
    assert read_decisions(path) == read


@pytest.mark.parametrize(
    ('content', 'line'),
    [
        (b'file,sha256,decision,why\na.jpg,A,remove,\n', "line 2: decision 'remove' is not one of keep, drop, relabel"),
        (b'file,sha256,decision,why\n,,drop,\n', 'line 2: neither a file nor a sha256'),
        (b'file,label,decision\na.jpg,men,keep\n', "line 2: label 'men' is not one of female, male"),
        (b'<<<<<<< HEAD\nfile,sha256\n', f'the first line must name the columns {", ".join(COLUMNS)}; it is <<<'),
        (b'', f'the first line must name the columns {", ".join(COLUMNS)}; it is empty'),
        (b'file,decision\n\xff,keep\n', 'not in UTF-8; save it as CSV in UTF-8'),
        (
            b'file,decision,why\na.jpg,keep,\nb.jpg,keep,"fine\nc.jpg,drop,\n',
            'line 3: not a row of a table',
        ),
        (b'file,decision,why\na.jpg,keep,"scar" on cheek\n', 'line 2: not a row of a table: '),
        (None, 'not found'),
    ],
)
def test_what_is_no_table_of_decisions_is_a_line(tmp_path, content, line):
    path = tmp_path / 'decisions.csv'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError) as error:
        read_decisions(path)
    assert str(error.value).startswith(f'{path}: {line}')
    assert '\n' not in str(error.value)


def test_identical_files_are_photos_of_their_own(tmp_path):
    rows = [photo('a.jpg', 'A'), photo('b.jpg', 'B', 'male')]
    write_csv(tmp_path / 'photos.csv', list(rows[0]), [list(row.values()) for row in rows])
    remarks = [Remark('c.jpg', False, 'identical to b.jpg', 'b.jpg'), Remark('notes.txt', False, 'no label')]
    write_remarks(tmp_path / 'remarks.csv', remarks)
    assert labelled_photos(tmp_path) == [*rows, rows[1] | {'origin': 'c.jpg'}]
