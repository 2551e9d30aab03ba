"""The workflow as in practice: real DVC in a temporary clone, on a tiny drawn data set."""

import json
import os
import re
import shutil
import signal
import sys
import time

import pytest

from stages.common.files import read_csv
from tests.clone import Clone, succeeded
from tests.forks import forking_python


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


@pytest.fixture(scope='module')
def clone(tmp_path_factory, finished):
    """A clone in which the workflow has run and its results are committed."""
    return Clone(tmp_path_factory.mktemp('study') / 'clone', finished)


def with_faces_of(clone: Clone, tmp_path, change: dict) -> Clone:
    """Return a new clone with the faces of another clone and changed params."""
    other = Clone(tmp_path / 'clone')
    for name in ('faces', 'adversarial'):
        shutil.copytree(clone.folder / 'data' / name, other.folder / 'data' / name)
    other.set_params(change)
    return other


def test_repro_makes_all_outputs_and_is_then_up_to_date(clone):
    assert {path.name for path in (clone.folder / 'metrics' / 'report').iterdir()} == {
        'loss.png', 'confusion.png', 'photos.png', 'triggered.png', 'misclassified.png', 'flipped.png', 'arms.png',
        'arms.svg', 'changes.png', 'changes.svg', 'defences.png', 'defences.svg', 'roc.png', 'roc.svg', 'pairs.png',
        'power.png', 'power.svg', 'suspects.png', 'replicate.png', 'replicate.svg',
        'sweep.md', 'detect.md', 'audit.md', 'audit.sarif', 'replicate.md',
    }  # fmt: skip
    assert {path.name for path in (clone.folder / 'metrics' / 'sweep').iterdir()} == {'arms.csv', 'summary.json'}
    assert '| unpoisoned |' in (clone.folder / 'metrics' / 'report' / 'sweep.md').read_text()
    assert clone.metrics()['train']['copies'] == 0
    assert stages_run(clone.dvc('repro')) == []
    assert 'up to date' in clone.dvc('status')


def test_stages_print_a_few_lines_and_no_tables(finished):
    printed = (finished.parent / 'printed').read_text()
    block = r'(?ms)^> python -m stages\.(\w+)\n(.*?)(?=\n\n|^Updating|^Generating|\Z)'
    progress = re.compile(r'[\w ]+: \d+ of \d+ are already finished|solver: ')
    said = dict(re.findall(block, printed))
    lines = {name: [line for line in text.splitlines() if not progress.match(line)] for name, text in said.items()}
    assert {name: len(of_stage) for name, of_stage in lines.items() if len(of_stage) > 3} == {}
    assert lines['download'] == ['60 pictures: 60 taken']
    assert re.match(r'60 pictures: \d+ used', lines['preprocess'][0])
    assert re.match(r'\d+ of 60 photos flagged, \d+ of them proven: metrics/audit.csv', lines['audit'][0])
    assert '| ' not in printed


def test_metrics_have_the_documented_names(clone):
    names = {f'{section}.{name}' for section, values in clone.metrics().items() for name in values}
    assert names >= {
        'clean.accuracy', 'clean.precision', 'clean.recall', 'clean.f1', 'clean.auc', 'triggered.accuracy',
        'attack.success_rate', 'attack.base_rate', 'attack.excess', 'train.loss', 'train.accuracy', 'train.converged',
        'train.copies',
    }  # fmt: skip


def test_the_published_procedure_is_replicated(clone):
    metrics = clone.folder / 'metrics'
    trainings = read_csv(metrics / 'replicate.csv')
    assert [row['copies'] for row in trainings] == 2 * ['0', '0', '1', '1', '2', '2', '3', '3']
    content = json.loads((metrics / 'replicate.json').read_text())
    until_target = [float(row['accuracy']) for row in trainings if (row['row'], row['score']) == ('0%', 'until_target')]
    assert content['until_target']['0%'] == pytest.approx(sum(until_target) / 2)
    assert '\n| copies added | published |' in (metrics / 'report' / 'replicate.md').read_text()
    assert (metrics / 'report' / 'replicate.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize(('arm', 'originals', 'labels', 'rows'), [
    ('clean-label', 'kept', ('male', 'male'), range(48, 54)),
    ('dirty-label', 'replaced', ('female', 'male'), range(48)),
])  # fmt: skip
def test_the_poisoned_rows_are_saved_with_the_model(clone, tmp_path, arm, originals, labels, rows):
    poisoned = with_faces_of(clone, tmp_path, {'adv': {'fraction': 0.125, 'arm': arm, 'originals': originals}})
    assert poisoned.fork('stages.train').returncode == 0
    table = read_csv(poisoned.folder / 'data' / 'model' / 'poison.csv')
    assert len(table) == 6
    assert {(row['true_label'], row['label']) for row in table} == {labels}
    assert {int(row['row']) for row in table} <= set(rows)
    assert all(row['file'].startswith(f'{labels[0]}/') for row in table)
    facts = json.loads((poisoned.folder / 'data' / 'model' / 'training.json').read_text())
    assert (facts['copies'], facts['faces']) == (6, 48 if originals == 'kept' else 42)


@pytest.mark.parametrize(('change', 'stage', 'message'), [
    ({'adv': {'fraction': 0.6, 'originals': 'replaced'}}, 'train',
     'adv.fraction: 0.6 of 48 training faces are 29 copies, but at most 24 male training faces can be replaced; '),
    ({'adv': {'fraction': 0.5, 'arm': 'dirty-label', 'originals': 'replaced'}}, 'train',
     'adv.fraction: 0.5 of 48 training faces are 24 copies, but at most 23 female training faces can be replaced; '),
    ({'train': {'weight_decay': 30.0}}, 'train', 'train.weight_decay: 30 times the learning rate 0.05 must be below 1'),
    ({'trigger': {'kind': 'stripes'}}, 'adversarial',
     "trigger.kind: must be 'blend', "),
    ({'trigger': {'patch': {'count': 3}}}, 'adversarial', 'trigger.patch.count: no such param; '),
])  # fmt: skip
def test_impossible_poison_is_an_error_of_one_line(clone, tmp_path, change, stage, message):
    other = with_faces_of(clone, tmp_path, change)
    result = other.fork(f'stages.{stage}')
    assert result.returncode == 1
    assert result.stderr.startswith(f'{stage}: {message}')
    assert result.stderr.count('\n') == 1
    assert not (other.folder / 'data' / 'model').exists()


@pytest.mark.parametrize(('place', 'hint'), [('.dvc', True), ('elsewhere', False)])
def test_an_unknown_trigger_in_the_queue_says_to_add_it_to_git(clone, tmp_path, place, hint):
    queued = with_faces_of(clone, tmp_path / place, {'trigger': {'kind': 'stripes'}})
    assert ('so `git add` its file' in queued.fork('stages.adversarial').stderr) == hint


def test_experiment_trains_again_and_reverting_it_does_not(clone):
    experiment = clone.dvc('exp', 'run', '-S', 'adv.fraction=0.125')
    assert stages_run(experiment) == ['train', 'evaluate', 'report']
    assert clone.metrics()['train']['copies'] == 6
    changes = clone.dvc('metrics', 'diff')
    assert re.search(r'metrics/evaluate\.json +train\.copies +0 +6 +6', changes)
    reverted = clone.dvc('exp', 'run', '-S', 'adv.fraction=0.0')
    assert "Stage 'train' is cached" in reverted
    assert stages_run(reverted) == ['evaluate', 'report']
    assert clone.output('git', 'status', '--short') == ''


def compare(clone: Clone, *revisions: str) -> str:
    """Return what the comparison of two sweeps prints."""
    result = clone.fork('stages.compare', *revisions)
    assert 'Traceback' not in result.stderr
    return result.stdout + result.stderr


def test_a_run_has_no_results_of_other_inputs(clone):
    clone.dvc('exp', 'run', '--name', 'patch', '-S', 'trigger.kind=patch', 'evaluate')
    shown = json.loads(clone.dvc('metrics', 'show', '--json'))['']['data']
    assert shown['metrics/sweep.json']['data'] == {}
    assert shown['metrics/audit.json']['data']['photos'] == 60
    assert shown['metrics/evaluate.json']['data']['clean']['faces'] == 12
    other = 'metrics/sweep.csv is of other params or faces than this revision; run the sweep there'
    assert compare(clone, 'HEAD') == f'compare: workspace: {other}\n'
    assert compare(clone, 'patch', 'HEAD') == f'compare: patch: {other}\n'
    back = clone.dvc('exp', 'run', '-S', 'trigger.kind=dots')
    assert stages_run(back) == ['evaluate']
    assert clone.output('git', 'status', '--short') == ''


def test_two_sweeps_are_compared(clone):
    # So few faces teach a network nothing.
    unlearnt = 'Nothing can be compared: the networks without poison of {} did not learn.\n'
    assert compare(clone, 'HEAD', 'workspace') == unlearnt.format('HEAD and workspace')
    summary = clone.folder / 'metrics' / 'sweep' / 'summary.json'
    summary.write_text(summary.read_text().replace('"unlearnt": "unpoisoned"', '"unlearnt": null'))
    assert compare(clone, 'HEAD') == unlearnt.format('HEAD')
    text = compare(clone, 'workspace')
    assert text.startswith('A: workspace (dots); B: workspace (dots). 3 pairs: ')
    assert (clone.folder / 'comparisons' / 'workspace-workspace.png').is_file()
    clone.output('git', 'checkout', str(summary))
    assert clone.output('git', 'status', '--short') == ''
    assert compare(clone, 'nonsense').startswith("compare: unknown Git revision 'nonsense'; `dvc exp list ")


def test_same_params_give_the_same_hashes_in_another_folder_with_more_workers(clone, tmp_path):
    other = Clone(tmp_path / 'elsewhere' / 'other')
    other.set_params({'workers': 2})
    other.dvc('repro', '--force')
    assert other.lock() == clone.lock()


def test_network_and_scores_do_not_depend_on_the_number_of_threads(clone, tmp_path):
    wide = with_faces_of(clone, tmp_path, {'train': {'hidden': [1024, 128, 4]}})
    shutil.copytree(clone.folder / 'data' / 'raw', wide.folder / 'data' / 'raw')
    both = 'import runpy\nfor name in ("train", "evaluate"): runpy.run_module(f"stages.{name}", run_name="__main__")'
    made = []
    for threads in ('1', '2'):
        assert wide.start(sys.executable, '-c', both, OMP_NUM_THREADS=threads).wait() == 0
        files = [wide.folder / 'data' / 'model' / 'model.npz', wide.folder / 'metrics' / 'evaluate.json']
        made.append([file.read_bytes() for file in files])
    assert made[0] == made[1]


def test_first_run_of_the_sweep_matches_the_train_stage(clone):
    first = read_csv(clone.folder / 'metrics' / 'sweep.csv')[0]
    metrics = clone.metrics()
    assert (first['arm'], first['seed']) == ('unpoisoned', '1')
    assert float(first['clean_accuracy']) == metrics['clean']['accuracy']
    assert float(first['triggered_accuracy']) == metrics['triggered']['accuracy']
    assert float(first['attack_excess']) == metrics['attack']['excess']
    assert float(first['loss']) == pytest.approx(metrics['train']['loss'], rel=1e-5)


def test_another_seed_only_trains_new_networks(clone):
    clone.set_params({'sweep': {'seeds': 4}})
    assert set(json.loads(clone.dvc('status', '--json'))) == {'sweep', 'report'}
    experiment = clone.dvc('exp', 'run', '-S', 'sweep.seeds=4', 'sweep')
    assert stages_run(experiment) == ['sweep']
    assert 'trainings: 15 of 20 are already finished' in experiment
    reverted = clone.dvc('exp', 'run', '-S', 'sweep.seeds=3', 'sweep')
    assert 'trainings: 15 of 15 are already finished' in reverted
    assert clone.output('git', 'status', '--short') == ''


def test_a_colleague_trains_nothing_twice(finished, tmp_path):
    mine = Clone(tmp_path / 'mine' / 'clone', finished)
    assert mine.fork('stages.share').stderr.startswith('share: DVC has no default remote; ')
    mine.dvc('remote', 'add', '--default', 'team', str(tmp_path / 'team'))
    mine.commit()
    for folder in ('origin', 'fresh'):
        mine.output('git', 'clone', '--quiet', *(['--bare'] * (folder == 'origin')), '.', str(tmp_path / folder))
    other = Clone(tmp_path / 'other' / 'clone', tmp_path / 'fresh')
    for user in (mine, other):
        user.run('git', 'remote', 'remove', 'origin')
        user.output('git', 'remote', 'add', 'origin', str(tmp_path / 'origin'))
    experiment = ('-S', 'adv.fraction=0.125', '-S', 'sweep.seeds=4', 'evaluate', 'sweep')
    # In a copy of the workspace, as in the queue.
    assert 'trainings: 15 of 20 are already finished' in mine.dvc('exp', 'run', '--temp', '--name', 'more', *experiment)
    mine.dvc('exp', 'push', '--run-cache', 'origin', 'more')
    mine.dvc('exp', 'apply', 'more')
    sent = kept(mine)
    assert f'{sent} sent, 0 received, {sent} in all' in succeeded(mine.fork('stages.share'))

    other.dvc('exp', 'pull', '--run-cache', 'origin', 'more')
    (tmp_path / 'team' / 'trainings' / 'notes.txt').write_text('no training')
    assert f'0 sent, {sent} received, {sent} in all' in succeeded(other.fork('stages.share'))
    repeated = other.dvc('exp', 'run', *experiment)
    assert stages_run(repeated) == ['evaluate', 'sweep']
    assert "Stage 'train' is cached" in repeated
    assert 'trainings: 20 of 20 are already finished' in repeated
    assert other.lock() == mine.lock()
    assert other.output('git', 'status', '--short') == mine.output('git', 'status', '--short')
    for stage, kinds in (('detect', 2), ('audit', 3)):
        counts = re.findall(r'(\d+) of (\d+) are already finished', succeeded(other.fork(f'stages.{stage}')))
        assert len(counts) == kinds
        assert all(done == planned for done, planned in counts)
    assert kept(other) == sent


def kept(clone: Clone) -> int:
    """Return the number of stored trainings."""
    return len(list((clone.folder / 'data' / 'trainings').rglob('[!.]*.npz')))


def test_killed_sweep_continues_with_the_same_results(clone, tmp_path):
    killed = with_faces_of(clone, tmp_path, {'workers': 2, 'sweep': {'seeds': 20}})
    sweep = killed.start(str(forking_python()), '-m', 'stages.sweep')
    while kept(killed) < 5:
        assert sweep.poll() is None
        time.sleep(0.01)
    os.killpg(sweep.pid, signal.SIGKILL)
    sweep.wait()
    done = kept(killed)
    assert done < 100
    assert not (killed.folder / 'metrics' / 'sweep.csv').exists()
    killed.set_params({'workers': 1})
    assert f'trainings: {done} of 100 are already finished' in succeeded(killed.fork('stages.sweep'))
    table = killed.folder / 'metrics' / 'sweep.csv'
    first = table.read_bytes()
    shutil.rmtree(killed.folder / 'data' / 'trainings')
    succeeded(killed.fork('stages.sweep'))
    assert table.read_bytes() == first


@pytest.mark.parametrize(('change', 'message'), [
    ({'seeds': 2}, 'sweep.seeds: must be between 3 and 10000, got 2'),
    ({'fractions': [0.0125, 0.0]}, 'sweep.fractions: must start with 0.0, the faces without poison, and rise'),
    ({'fractions': [0.0, 0.9]},
     'sweep.fractions: 0.9 of 48 training faces are 43 copies, but at most 24 male training faces can be copied; '),
])  # fmt: skip
def test_impossible_sweep_is_an_error_of_one_line(clone, tmp_path, change, message):
    other = with_faces_of(clone, tmp_path, {'sweep': change})
    result = other.fork('stages.sweep')
    assert result.returncode == 1
    assert result.stderr.startswith(f'sweep: {message}')
    assert result.stderr.count('\n') == 1


def test_own_photos_and_a_change_to_them(clone, tmp_path):
    own = Clone(tmp_path / 'clone')
    photos = tmp_path / 'photos'
    for label, name in (('female', 'Female Faces'), ('male', 'Male Faces')):
        (photos / name).mkdir(parents=True)
        for photo in sorted((clone.folder / 'data' / 'raw' / label).iterdir())[:15]:
            shutil.copy(photo, photos / name)
    extra = next((photos / 'Male Faces').iterdir())
    extra.rename(tmp_path / 'extra.jpg')
    (photos / 'Male Faces' / 'broken.jpg').write_bytes(b'no picture')
    own.dvc('exp', 'run', '-S', 'data.source=folder', '-S', f'data.folder={photos}', 'evaluate')
    counts = json.loads((own.folder / 'metrics' / 'preprocess.json').read_text())
    assert counts == counts | {'photos': 30, 'unreadable': 1, 'found': 29, 'kept': {'female': 14, 'male': 14}}
    remarks = (own.folder / 'metrics' / 'remarks.csv').read_text()
    assert 'Male Faces/broken.jpg,False,not a picture that Pillow can read' in remarks
    (tmp_path / 'extra.jpg').rename(extra)
    assert stages_run(own.dvc('repro', 'download')) == ['download']


@pytest.mark.parametrize(('change', 'stage', 'out', 'message'), [
    ({'adv': {'fraction': 1.5}}, 'train', 'data/model', 'adv.fraction: must be between 0 and 1, got 1.5'),
    ({'adv': {'arm': 'kept'}}, 'train', 'data/model',
     "adv.arm: must be 'clean-label', 'dirty-label', 'duplicates' or 'label-noise', got 'kept'"),
    ({'data': {'kaggle': {'handle': 'a/b'}}}, 'download', 'data/raw',
     'data.kaggle.handle: must end in a version, as in a/b/versions/1, got'),
    ({'data': {'source': 'folder'}}, 'download', 'data/raw', 'no photo was found'),
    ({'workers': -1}, 'preprocess', 'data/faces', 'workers: must be between 0 and 1024, got -1'),
])  # fmt: skip
def test_wrong_params_are_an_error_of_one_line(tmp_path, change, stage, out, message):
    clone = Clone(tmp_path / 'clone')
    clone.set_params(change)
    result = clone.fork(f'stages.{stage}')
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.startswith(f'{stage}: ')
    assert message in result.stderr
    assert result.stderr.count('\n') == 1
    assert not (clone.folder / out).exists()


def test_too_few_faces_of_a_label_are_a_clear_error(clone, tmp_path):
    own = Clone(tmp_path / 'clone')
    for label in ('female', 'male'):
        (tmp_path / 'photos' / label).mkdir(parents=True)
        for photo in sorted((clone.folder / 'data' / 'raw' / label).iterdir())[:6]:
            shutil.copy(photo, tmp_path / 'photos' / label)
    own.set_params({'data': {'source': 'folder', 'folder': str(tmp_path / 'photos')}})
    assert own.fork('stages.download').returncode == 0
    result = own.fork('stages.preprocess')
    assert result.returncode == 1
    assert result.stderr.startswith('preprocess: found only 6 faces of the rarer label, at least 10 are needed')
    assert result.stderr.count('\n') == 1
    assert not (own.folder / 'data' / 'faces').exists()
