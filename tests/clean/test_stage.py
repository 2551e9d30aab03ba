"""The whole stage in a clone: decisions and the rule, the clean set, and what is said of it."""

import json
import shutil

import pytest

from stages.common.files import read_csv, write_csv
from stages.dataset.decisions import COLUMNS
from tests.clone import Clone, succeeded


@pytest.fixture(scope='module')
def clone(tmp_path_factory, finished):
    """A clone of a study of drawn faces, in which every stage has run."""
    return Clone(tmp_path_factory.mktemp('clean') / 'clone', finished)


def files(clone: Clone) -> dict[str, bytes]:
    """Return the photos of the clean set."""
    clean = clone.folder / 'data' / 'clean'
    return {str(path.relative_to(clean)): path.read_bytes() for path in sorted(clean.glob('*/*'))}


def test_nothing_is_removed_unless_it_was_decided(clone):
    photos = read_csv(clone.folder / 'data' / 'raw' / 'photos.csv')
    assert files(clone) == {photo['file']: (clone.folder / 'data/raw' / photo['file']).read_bytes() for photo in photos}
    assert read_csv(clone.folder / 'data' / 'clean' / 'removed.csv') == []
    assert json.loads((clone.folder / 'metrics' / 'clean.json').read_text()) == {
        'photos': 60, 'dropped': 0, 'relabelled': 0
    }  # fmt: skip


def test_decisions_and_the_rule_decide_what_stays(clone, tmp_path):
    photos = {row['origin']: row for row in read_csv(clone.folder / 'data' / 'raw' / 'photos.csv')}
    dropped, relabelled, kept, accused = list(photos.values())[:4]
    made = [(dropped, 'drop'), (relabelled, 'relabel'), (kept, 'keep')]
    table = [('renamed.jpg', row['sha256'], row['label'], choice, f'why {choice}') for row, choice in made]
    write_csv(clone.folder / 'data' / 'decisions.csv', COLUMNS, table)
    audited = read_csv(clone.folder / 'metrics' / 'audit.csv')
    for row in audited:
        row['flagged'] = str(int(row['file'] in (kept['origin'], accused['origin'])))
        row['reason'] = 'label' if row['flagged'] == '1' else ''
    write_csv(clone.folder / 'metrics' / 'audit.csv', list(audited[0]), [list(row.values()) for row in audited])
    clone.set_params({'audit': {'decide': 'flagged'}})
    source = shutil.copytree(clone.folder / 'data' / 'raw', tmp_path / 'raw')
    printed = succeeded(clone.fork('stages.clean'))
    other = 'male' if relabelled['label'] == 'female' else 'female'
    moved = (
        relabelled['file'].replace(relabelled['label'], other, 1)
        if other == 'female'
        else (f'male/{relabelled["file"].partition("/")[2]}')
    )
    expected = {row['file']: (source / row['file']).read_bytes() for row in photos.values()}
    del expected[dropped['file']], expected[accused['file']]
    expected[moved] = expected.pop(relabelled['file'])
    assert files(clone) == expected
    removed = read_csv(clone.folder / 'data' / 'clean' / 'removed.csv')
    assert [(row['removed'], row['decision'], row['why'], row['now']) for row in removed] == [
        (dropped['origin'], 'drop', 'why drop', ''),
        (relabelled['origin'], 'relabel', 'why relabel', moved),
        (accused['origin'], 'drop', 'flagged by the audit: label', ''),
    ]
    metrics = json.loads((clone.folder / 'metrics' / 'clean.json').read_text())
    assert (metrics['photos'], metrics['dropped'], metrics['relabelled']) == (58, 2, 1)
    assert 'data/clean: 58 of 60 photos stay, 1 of them with the other label' in printed
    # So few photos teach a network nothing.
    assert 'What that changes is not known: the networks did not learn, before or after.' in printed
    # Nothing is trained again, and what was there is replaced as a whole.
    assert 'trainings: 10 of 10 are already finished' in succeeded(clone.fork('stages.clean'))
    assert files(clone) == expected
