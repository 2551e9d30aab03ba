import os
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from stages.common.errors import StudyError
from stages.common.files import (
    Remark,
    beside,
    read_csv,
    read_json,
    read_remarks,
    read_summary,
    write_csv,
    write_json,
    write_remarks,
    write_summary,
    write_text,
)


def test_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / 'new' / 'file.txt'
    with pytest.raises(UnicodeEncodeError), beside(path) as draft:
        draft.write_text('half\udcff', encoding='utf-8')
    assert list(path.parent.iterdir()) == []
    with beside(path) as draft:
        draft.write_text('whole')
        assert not path.exists()
    assert path.read_text() == 'whole'


def test_draft_of_a_killed_process_is_removed(tmp_path):
    ended = subprocess.run([sys.executable, '-c', 'import os; print(os.getpid())'], capture_output=True, text=True)
    abandoned = tmp_path / f'.draft-{ended.stdout.strip()}-folder'
    for stale in (abandoned, tmp_path / f'.draft-{os.getpid()}-folder'):
        stale.mkdir()
        (stale / 'old').write_text('old')
    with beside(tmp_path / 'folder') as draft:
        draft.mkdir()
        (draft / 'new').write_text('new')
    assert [path.name for path in tmp_path.iterdir()] == ['folder']
    assert [path.name for path in (tmp_path / 'folder').iterdir()] == ['new']


@pytest.mark.parametrize('stopped_at', ['replace', 'rmtree'])
def test_an_old_or_a_new_folder_is_there_wherever_it_stops(tmp_path, monkeypatch, stopped_at):
    place = tmp_path / 'folder'
    with beside(place) as draft:
        draft.mkdir()
        (draft / 'file').write_text('old')
    seen = []

    def stop(*_, **__):
        seen.append(place.exists())
        monkeypatch.undo()
        raise KeyboardInterrupt

    def write() -> None:
        with beside(place) as draft:
            draft.mkdir()
            (draft / 'file').write_text('new')
            if stopped_at == 'rmtree':
                monkeypatch.setattr('stages.common.files.shutil.rmtree', stop)
            else:
                moved = type(place).replace
                monkeypatch.setattr(type(place), 'replace', lambda path, to: stop() if to == place else moved(path, to))

    with pytest.raises(KeyboardInterrupt):
        write()
    assert seen == [stopped_at == 'rmtree']
    assert (place / 'file').read_text() == {'replace': 'old', 'rmtree': 'new'}[stopped_at]
    with beside(place) as draft:
        draft.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ['folder']


def test_an_old_folder_that_a_killed_process_moved_aside_is_put_back(tmp_path):
    old = tmp_path / f'.draft-old-{os.getpid()}-folder'
    old.mkdir()
    (old / 'file').write_text('old')
    with pytest.raises(FileNotFoundError), beside(tmp_path / 'folder'):
        (tmp_path / 'missing').read_text()
    assert (tmp_path / 'folder' / 'file').read_text() == 'old'
    assert [path.name for path in tmp_path.iterdir()] == ['folder']


def test_draft_of_a_running_process_is_kept(tmp_path):
    with subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE) as other:
        theirs = tmp_path / f'.draft-{other.pid}-a.txt'
        theirs.write_text('half')
        write_text(tmp_path / 'a.txt', 'whole')
        assert {path.name for path in tmp_path.iterdir()} == {theirs.name, 'a.txt'}
        other.stdin.close()


@pytest.mark.parametrize(('link', 'path'), [
    ('data/model', 'data/model/model.npz'), ('data/raw', 'data/raw'), ('metrics/sweep', 'metrics/sweep/arms.csv'),
])  # fmt: skip
def test_nothing_is_written_through_a_link(tmp_path, monkeypatch, link, path):
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    (elsewhere / 'mine').write_text('mine')
    Path(link).parent.mkdir()
    Path(link).symlink_to(elsewhere)
    with pytest.raises(StudyError, match=rf'^{link}: a symlink to {elsewhere}; remove it'), beside(Path(path)) as draft:
        draft.write_text('x')
    assert [(file.name, file.read_text()) for file in elsewhere.iterdir()] == [('mine', 'mine')]


def test_link_to_a_file_is_replaced_and_the_data_folder_may_be_a_link(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'disk' / 'model').mkdir(parents=True)
    (tmp_path / 'cached').write_text('old')
    Path('data').symlink_to(tmp_path / 'disk')
    Path('data/model/a.txt').symlink_to(tmp_path / 'cached')
    write_text(Path('data/model/a.txt'), 'new')
    assert (tmp_path / 'disk' / 'model' / 'a.txt').read_text() == 'new'
    assert (tmp_path / 'cached').read_text() == 'old'


def test_tables_round_trip_with_any_names(tmp_path):
    names = ['a b.jpg', 'quote".jpg', '☃.jpg', 'comma,.jpg', '1+1', "it's"]
    write_csv(tmp_path / 'table.csv', ['name'], [[name] for name in names])
    assert [row['name'] for row in read_csv(tmp_path / 'table.csv')] == names


@pytest.mark.parametrize(('name', 'written'), [
    ('\udcff.jpg', '\\udcff.jpg'), ('return\r.jpg', 'return\\r.jpg'), ('new\nline', 'new\\nline'),
    ('\x1b[31mred', '\\x1b[31mred'), ('right\u202eleft', 'right\\u202eleft'),
    ('=1+1', "'=1+1"), ('+1', "'+1"), ('-1', "'-1"), ('@a', "'@a"),
])  # fmt: skip
def test_dangerous_names_are_escaped(tmp_path, name, written):
    write_csv(tmp_path / 'table.csv', ['name'], [[name]])
    assert read_csv(tmp_path / 'table.csv') == [{'name': written}]


def test_numbers_stay_numbers(tmp_path):
    write_csv(tmp_path / 'table.csv', ['change'], [[-0.5], [-1]])
    assert (tmp_path / 'table.csv').read_text() == 'change\n-0.5\n-1\n'


def test_non_finite_number_is_refused_by_name(tmp_path):
    with pytest.raises(StudyError, match=r'a\.json: a score is not a finite number'):
        write_json(tmp_path / 'a.json', {'score': {'mean': float('nan')}})
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_json_is_refused_by_name(tmp_path):
    (tmp_path / 'a.json').write_text('{"loss": ')
    with pytest.raises(StudyError, match=r'a\.json: damaged'):
        read_json(tmp_path / 'a.json')


def test_remarks_round_trip(tmp_path):
    remarks = [Remark('a, b.jpg', True, 'odd'), Remark('c.jpg', False, 'near-duplicates', 'a, b.jpg')]
    write_remarks(tmp_path / 'remarks.csv', remarks)
    assert read_remarks(tmp_path / 'remarks.csv') == remarks


class Taste(StrEnum):
    """An enumeration of strings."""

    SWEET = 'sweet'
    SOUR = 'sour'


@dataclass(frozen=True)
class Fruit:
    """A part of a summary."""

    taste: Taste
    weight: float | None


@dataclass(frozen=True)
class Basket:
    """A summary with every type of value that the summaries of the stages have."""

    name: str
    count: int
    fruits: list[Fruit]
    by_name: dict[str, Fruit]


BASKET = Basket('b', 2, [Fruit(Taste.SOUR, 0.1), Fruit(Taste.SWEET, None)], {'a': Fruit(Taste.SWEET, 1 / 3)})


def test_summary_round_trips_as_dataclasses(tmp_path):
    write_summary(tmp_path / 'summary.json', BASKET)
    loaded = read_summary(tmp_path / 'summary.json', Basket)
    assert loaded == BASKET
    assert type(loaded.fruits[0].taste) is Taste
    # Plain JSON, for other programs.
    assert read_json(tmp_path / 'summary.json')['fruits'][0] == {'taste': 'sour', 'weight': 0.1}


def test_non_finite_summary_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(StudyError, match=r'summary\.json: a score is not a finite number'):
        write_summary(tmp_path / 'summary.json', Fruit(Taste.SWEET, float('inf')))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('content', [
    '', '[]', '{"name": ', '{"name": "b", "count": 2, "fruits": []}',
    '{"name": "b", "count": "many", "fruits": [], "by_name": {}}',
    '{"name": "b", "count": 2, "fruits": [{"taste": "salty", "weight": 1}], "by_name": {}}',
])  # fmt: skip
def test_invalid_summary_is_refused_by_name(tmp_path, content):
    (tmp_path / 'summary.json').write_text(content)
    with pytest.raises(StudyError, match=r'^[^\n]*summary\.json: damaged \(.*\); remove it and run `dvc repro`$'):
        read_summary(tmp_path / 'summary.json', Basket)
