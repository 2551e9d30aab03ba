"""The whole stage on made-up faces: what it trains and what it takes from the sweep."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.common.files import read_csv, read_summary
from stages.detect import __main__ as detect
from stages.detect.summary import Trial
from stages.report.detect import detect_part
from stages.sweep import __main__ as sweep
from stages.trainings.fit import Fits
from tests.clone import ROOT, merged

SMALL = {
    'workers': 1,
    'train': {'hidden': [6, 4], 'epochs': 3},
    'sweep': {'fractions': [0.0, 0.2], 'seeds': 3, 'test': 0.2},
    'detect': {'fractions': [0.2], 'seeds': 3, 'test': 0.2, 'detectors': ['loss', 'pair']},
}


@pytest.fixture
def run(varied_faces, varied_triggered, tmp_path, monkeypatch):
    """Return a function that runs a stage with some params changed and returns what it trains."""
    monkeypatch.chdir(tmp_path)
    for stage in (sweep, detect):
        monkeypatch.setattr(stage, 'load_faces_and_triggered', lambda: (varied_faces, varied_triggered))
    shipped = yaml.safe_load((ROOT / 'params.yaml').read_text())
    trained, fit = [], Fits.fit
    monkeypatch.setattr(Fits, 'fit', lambda self, task: trained.append(type(self).__name__) or fit(self, task))

    def start(stage, **changes: dict) -> list[str]:
        (tmp_path / 'params.yaml').write_text(yaml.safe_dump(merged(merged(shipped, SMALL), changes)))
        trained.clear()
        stage.main()
        return list(trained)

    return start


def test_the_sweep_takes_from_detect_what_both_train(run, capsys):
    run(detect)
    capsys.readouterr()
    # The unpoisoned training, and those of the four arms with originals kept.
    assert run(sweep) == []
    assert 'trainings: 15 of 15 are already finished' in capsys.readouterr().out
    taken = read_csv(Path('metrics/sweep.csv'))
    shutil.rmtree('data/trainings')
    assert len(run(sweep)) == 15
    assert read_csv(Path('metrics/sweep.csv')) == taken


def test_perfect_filter_reuses_the_unpoisoned_trainings(run, capsys):
    trained = run(detect)
    assert trained.count('CaseFits') == 3 * 8
    # If the originals are kept, removing dirty-label or clean-label copies leaves the rows without poison.
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'cases: 0 of 24 are already finished'
    (line,) = [line for line in lines if line.startswith('retrainings: ')]
    finished, total = int(line.split()[1]), int(line.split()[3])
    assert finished == 2 * 3
    assert trained.count('Fits') <= total - finished


def test_rates_of_as_many_copies_are_tried_once_and_named(run, capsys):
    assert run(detect, detect={'fractions': [0.199, 0.2]}).count('CaseFits') == 3 * 8
    assert '- too few faces to train all poison rates: 19.90% is as many copies as 20.00%\n' in capsys.readouterr().out


def test_rates_without_a_copy_leave_the_false_alarms(run, tmp_path, capsys):
    assert run(detect, detect={'fractions': [0.001, 0.005]}).count('CaseFits') == 3
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('- ')]
    assert lines == [
        '- too few faces to train all poison rates: 0.10% is less than one copy, 0.50% is less than one copy'
    ]
    trial = read_summary(tmp_path / 'metrics' / 'detect' / 'summary.json', Trial)
    assert (trial.pairs, trial.strongest(), [arm.arm for arm in trial.arms]) == ([], [], ['unpoisoned'])
    part = detect_part(tmp_path, trial.made_from, np.zeros((0, 8, 8), np.uint8))
    assert (part['defences'], part['tables'].count('<table>')) == (None, 1)


def test_nothing_is_trained_twice_and_a_row_is_written_for_each_case_and_detector(run, tmp_path, capsys):
    trained = run(detect)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith('retrainings: 6 of ')]
    # If the originals are kept, the perfect filter leaves the same rows of both attacks.
    assert trained.count('Fits') <= int(line.split()[3]) - 3
    rows = read_csv(tmp_path / 'metrics' / 'detect.csv')
    assert len(rows) == 2 * 24 + 3 * 9
    trial = read_summary(tmp_path / 'metrics' / 'detect' / 'summary.json', Trial)
    assert (trial.trigger, trial.seeds, trial.confidence) == ('brighter', 3, 0.95)
    assert (trial.example, trial.example_rate) == ('dirty-label', 0.2)
    assert len(trial.pairs) == min(trial.pairs_found, detect.PAIRS_SHOWN) > 0
    # Positions refer to the pool of all crops: the faces, followed by the faces with the trigger.
    assert all(0 <= row < 200 for pair in trial.pairs for row in (pair.blamed, pair.other))
    assert {path.name for path in (tmp_path / 'metrics' / 'detect').iterdir()} == {'summary.json'}
    assert run(detect) == []
    assert run(detect, evaluate={'confidence': 0.9}) == []
    more = run(detect, detect={'seeds': 4})
    assert more.count('CaseFits') == 8
    assert run(detect, detect={'detectors': ['pair']}).count('Fits') == 0


def test_detectors_and_target_make_results_outdated_but_not_workers(run, tmp_path):
    made = []
    for changes in ({}, {'workers': 2}, {'detect': {'detectors': ['pair']}}, {'adv': {'target': 'female'}}):
        run(detect, **changes)
        made.append(read_summary(tmp_path / 'metrics' / 'detect' / 'summary.json', Trial).made_from)
    assert made[0] == made[1]
    assert len(set(made)) == 3
