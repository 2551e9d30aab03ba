"""The stages detect and audit as in practice, on photos that a script has poisoned before the workflow runs."""

import json
import re
import shutil

import numpy as np
import pytest
import yaml

from benchmarks.poisoned_folder import draw_photos, poison
from stages.common.files import read_csv
from stages.detectors.detector import detector_names
from tests.clone import Clone, succeeded

NAME = "~Öl, (1) 'a'=b"  # of a folder; Hydra, which reads what follows -S, takes none of these characters
# A network that learns in seconds.
SMALL = {
    'train': {'hidden': [32, 16, 4], 'epochs': 12},
    'preprocess': {'size': 48},
    'detect': {'fractions': [0.2], 'detectors': 'all'},
}


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """A clone with faces of drawn people."""
    clone = Clone(tmp_path_factory.mktemp('detect') / 'clone')
    clone.set_params({**SMALL, 'data': {'drawn': {'count': 120}}})
    clone.dvc('repro', 'adversarial')
    clone.set_params({'workers': 2, 'audit': {'power': False}})
    return clone


def stage(clone: Clone, name: str) -> str:
    return succeeded(clone.fork(f'stages.{name}'))


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp('photos') / 'drawn'
    draw_photos(folder, 100)
    return folder


@pytest.fixture(scope='module')
def audited(tmp_path_factory, photos):
    """The metrics of an audit of photos, a tenth of the women also labelled male, with a sticker; and its output."""
    folder = tmp_path_factory.mktemp('audited')
    moved = poison(photos, folder / NAME, 0.1, 'kept')
    clone = Clone(folder / 'clone')
    clone.set_params(SMALL)
    clone.output('git', 'commit', '--quiet', '--all', '--message', 'Small')
    result = clone.fork('stages.audit', f'../{NAME}', '--fail-on', 'flagged')
    assert result.returncode == 3, result.stderr
    assert 'photos flagged and not decided on (docs/clean.md)' in result.stderr
    return clone.folder / 'metrics', moved, result.stdout


def test_poison_with_kept_originals_is_found_and_proven(audited):
    metrics, moved, output = audited
    rows = read_csv(metrics / 'audit.csv')
    assert {row['file'] for row in rows[: len(moved)]} == set(moved)
    assert {row['label'] for row in rows[: len(moved)]} == {'male'}
    assert all((row['reason'], row['flagged']) == ('contradictory', '1') for row in rows[:5])
    assert all(row['pair'].startswith('female/') for row in rows[:5])
    counts = json.loads((metrics / 'audit.json').read_text())
    assert counts['photos'] == len(rows) == 105
    assert counts['reasons']['contradictory'] == len(moved) == 5
    assert re.search(r'^\d+ of 105 photos flagged, \d+ of them proven: metrics/audit\.csv', output, re.MULTILINE)
    assert re.search(rf'/{re.escape(NAME)}:\nLook at 5 photos whose label differs from that of a near-dup', output)


def test_command_for_a_folder_says_which_params_it_sets_and_how_to_go_back(audited):
    metrics, _, output = audited
    folder = metrics.parents[1] / NAME
    assert output.startswith(f'params.yaml now has data.source: folder, data.folder: {folder}\nTo go back afterwards: ')
    data = yaml.safe_load((metrics.parent / 'params.yaml').read_text())['data']
    assert (data['source'], data['folder']) == ('folder', str(folder))
    assert '105 pictures: 105 taken\n' in output
    assert 'Audit of the photos' in (metrics / 'report.html').read_text()


def test_table_of_the_audit_has_the_documented_columns(audited):
    metrics, _, _ = audited
    rows = read_csv(metrics / 'audit.csv')
    detectors = [f'{name}_score' for name in detector_names('all')]
    assert (metrics / 'audit.csv').read_text().splitlines()[0].split(',') == [
        'rank', 'file', 'label', 'reason', 'pair', 'flagged', 'proven', 'predicted', 'confidence', 'decision',
        *detectors,
    ]  # fmt: skip
    assert [int(row['rank']) for row in rows] == list(range(1, 106))
    assert all(np.isfinite(float(row[name])) for row in rows for name in detectors)
    assert set(json.loads((metrics / 'audit.json').read_text())) == {
        'photos', 'flagged', 'proven', 'undecided', 'reasons', 'power'
    }  # fmt: skip


def test_clean_faces_are_not_suspected_of_a_trigger(clone):
    output = stage(clone, 'audit')
    counts = json.loads((clone.folder / 'metrics' / 'audit.json').read_text())
    assert counts['proven'] == counts['reasons']['contradictory'] == counts['reasons']['pair'] == 0
    assert 'with something' not in output


def test_detectors_find_copies_with_kept_originals(clone):
    output = stage(clone, 'detect')
    rows = read_csv(clone.folder / 'metrics' / 'detect.csv')
    pairs = [row for row in rows if (row['arm'], row['detector'], row['originals']) == ('dirty-label', 'pair', 'kept')]
    assert len(pairs) == 3
    assert all(float(row['true_positive_rate']) == 1 and float(row['false_positive_rate']) == 0 for row in pairs)
    assert output.startswith('cases: 0 of 24 are already finished')
    again = stage(clone, 'detect')
    assert 'cases: 24 of 24 are already finished' in again
    assert re.search(r'retrainings: (\d+) of \1 are already finished', again)
    assert {path.name for path in (clone.folder / 'metrics' / 'detect').iterdir()} == {'summary.json'}


def test_results_do_not_depend_on_the_number_of_workers(clone):
    def results(workers: int) -> list[bytes]:
        clone.set_params({'workers': workers, 'detect': {'detectors': ['clusters', 'loss', 'pair']}})
        shutil.rmtree(clone.folder / 'data' / 'trainings')
        for name in ('detect', 'audit'):  # the audit uses all detectors
            stage(clone, name)
        return [(clone.folder / 'metrics' / name).read_bytes() for name in ('detect.csv', 'audit.csv')]

    assert results(2) == results(1)


@pytest.mark.parametrize(('change', 'message'), [
    ({'detectors': ['loss', 'strip']}, "detect.detectors: no detector 'strip'; use `all`, or some of clusters, "),
    ({'fractions': [0.9]}, 'detect.fractions: 0.9 of 96 training faces are 86 copies, but at most 48 male training '),
    ({'fractions': [0.0, 0.1]}, 'detect.fractions: must be above 0.0, and rise, got [0.0, 0.1]'),
    ({'fractions': []}, 'detect.fractions: '),
    ({'detectors': []}, 'detect.detectors: must be all, or a list of names such as [pair, loss], got []\n'),
    ({'detectors': 'pair'}, "detect.detectors: must be all, or a list of names such as [pair, loss], got 'pair'\n"),
    ({'seeds': 2}, 'detect.seeds: must be between 3 and 10000, got 2'),
])  # fmt: skip
def test_invalid_params_are_an_error_of_one_line(clone, change, message):
    before = (clone.folder / 'params.yaml').read_text()
    clone.set_params({'detect': change})
    result = clone.fork('stages.detect')
    (clone.folder / 'params.yaml').write_text(before)
    assert result.returncode == 1
    assert result.stderr.startswith(f'detect: {message}'), result.stderr
    assert 'Traceback' not in result.stderr


def test_a_class_of_five_can_be_audited_and_poisoned(clone, tmp_path):
    few = Clone(tmp_path / 'clone')
    few.set_params({'data': {'drawn': {'count': 40}}, 'detect': {**SMALL['detect'], 'test': 0.75}})
    few.dvc('repro', 'detect', 'audit')
    assert json.loads((few.folder / 'metrics' / 'audit.json').read_text())['photos'] == 40
