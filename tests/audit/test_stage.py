"""The whole stage on made-up faces: its table, its summary and the networks that it trains."""

import json

import numpy as np
import pytest
import yaml

from stages.audit import __main__ as stage
from stages.audit.__main__ import AUDIT_COLUMNS, audit_table
from stages.audit.proof import AuditSummary, Judgement
from stages.audit.reasons import REASONS, Finding, PairReason, Suspects
from stages.common.files import RAW, read_csv, read_summary, write_csv, write_remarks
from stages.common.params import LABELS
from stages.dataset.decisions import COLUMNS, DECISIONS
from stages.detectors.detector import detector_names
from stages.report.audit import audit_counts, sentence
from stages.trainings.fit import Fits
from tests.audit.made_up import faces_of
from tests.clone import ROOT, merged

NAMES = ['a/$x_1$.jpg', 'b|\n2.jpg', '=cmd()', 'a very long name of a folder/and of a file in it.jpg']
FACES = faces_of(np.zeros((4, 8, 8), np.uint8), np.array([0, 1, 0, 1], np.uint8), NAMES, ['', 'a/$x_1$.jpg', '', ''])
SUSPECTED = Suspects(
    reason=np.array(['', 'contradictory', 'pair', 'label'], object),
    blamed=np.array([False, True, True, False]),
    partner=np.array([-1, 0, 0, -1]),
    is_visible=np.array([False, True, True, False]),
    suspicion=np.array([0.25, 1.0, 0.75, 0.5]),
)
RANKED = np.array([1, 2, 3, 0])


def test_every_face_is_a_row_with_reason_and_pair():
    record = {'scores_loss': np.array([0.1, 0.2, 0.3, 0.4]), 'flags_loss': np.zeros(4)}
    proven, choice = np.array([False, True, False, False]), np.array(['', 'relabel', '', 'keep'])
    judgement = Judgement(RANKED, SUSPECTED.blamed, proven, np.array([0.25, 0.5, 0.75, 1.0]), choice)
    header, rows = audit_table(FACES, SUSPECTED, judgement, record)
    assert header == [*AUDIT_COLUMNS, 'loss_score']
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert [row[1] for row in rows] == [NAMES[position] for position in RANKED]
    assert [row[2] for row in rows] == ['male', 'female', 'male', 'female']
    assert [row[3] for row in rows] == ['contradictory', 'pair', 'label', '']
    assert [row[4] for row in rows] == [NAMES[0], NAMES[0], '', '']
    assert [row[5] for row in rows] == [1, 1, 0, 0]
    assert [row[6:10] for row in rows] == [
        [1, 'female', 0.5, 'relabel'], [0, 'male', 0.75, ''], [0, 'male', 1.0, 'keep'], [0, 'female', 0.75, '']
    ]  # fmt: skip
    assert [row[10] for row in rows] == [0.2, 0.3, 0.4, 0.1]


@pytest.fixture
def audit(varied_faces, tmp_path, monkeypatch):
    """Return a function that audits made-up faces, a woman also labelled male, and counts the trainings."""
    pixels = varied_faces.pixels // 4 + 90
    copy = pixels[:1].copy()
    copy[:, 4, 3:6] = 50
    names = [f'{row}.jpg' for row in range(101)]
    label = np.append(varied_faces.label, 1).astype(np.uint8)
    pair = ['100.jpg', *[''] * 99, '0.jpg']
    faces = faces_of(np.concatenate([pixels, copy]), label, names, pair)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, 'load_all_faces', lambda: faces)
    photos = [[name, LABELS[of], f'content of {name}', name] for name, of in zip(names, label, strict=True)]
    write_csv(RAW / 'photos.csv', ['file', 'label', 'sha256', 'origin'], photos)
    write_remarks(RAW / 'remarks.csv', [])
    write_csv(DECISIONS, COLUMNS, [])
    shipped = yaml.safe_load((ROOT / 'params.yaml').read_text())
    trained, fit = [], Fits.fit
    monkeypatch.setattr(Fits, 'fit', lambda self, task: trained.append(task) or fit(self, task))

    def run(**changes: dict) -> tuple[AuditSummary, int]:
        small = {'workers': 1, 'train': {'hidden': [6, 4], 'epochs': 3}, 'audit': {'power': False}}
        (tmp_path / 'params.yaml').write_text(yaml.safe_dump(merged(merged(shipped, small), changes)))
        trained.clear()
        stage.main()
        return read_summary(tmp_path / 'metrics' / 'audit' / 'summary.json', AuditSummary), len(trained)

    return run


def test_table_and_summary_describe_the_same_suspects(audit, tmp_path, capsys):
    summary, trained = audit()
    rows = read_csv(tmp_path / 'metrics' / 'audit.csv')
    assert list(rows[0]) == [*AUDIT_COLUMNS, *(f'{name}_score' for name in detector_names('all'))]
    assert len(rows) == summary.photos == 101
    flagged = [row for row in rows if row['flagged'] == '1']
    assert len(flagged) == summary.flagged == sum(summary.reasons.values()) >= 1
    assert {row['file'] for row in rows if row['reason'] == 'contradictory'} == {'0.jpg', '100.jpg'}
    assert summary.reasons['contradictory'] == 1
    assert [(str(suspect.rank), suspect.reason) for suspect in summary.suspects] == [
        (row['rank'], row['reason']) for row in flagged
    ]
    assert json.loads((tmp_path / 'metrics' / 'audit.json').read_text()) == {
        'photos': 101, 'flagged': summary.flagged, 'proven': summary.proven, 'undecided': summary.flagged,
        'reasons': summary.reasons,
    }  # fmt: skip
    assert capsys.readouterr().out.splitlines()[-1] == audit_counts(summary)
    assert trained > 1
    assert audit() == (summary, 0)


def test_decisions_are_not_asked_again_and_train_nothing(audit, tmp_path):
    before, _ = audit()
    name = read_csv(tmp_path / 'metrics' / 'audit.csv')[0]['file']
    write_csv(
        DECISIONS,
        COLUMNS,
        [['renamed.jpg', f'content of {name}', '', 'keep', ''], ['5.jpg', 'old content', '', 'drop', '']],
    )
    after, trained = audit()
    assert trained == 0
    assert (after.flagged, after.undecided) == (before.flagged - 1, before.undecided - 1)
    assert (after.changed, after.unmatched) == (1, 0)
    first = read_csv(tmp_path / 'metrics' / 'audit.csv')[0]
    assert (first['file'], first['flagged'], first['proven'], first['decision']) == (name, '0', '0', 'keep')
    assert '1 photo changed since it was decided on, and is asked again.' in sentence(after)


class Dark(PairReason):
    """A reason added by these tests: the face is one of two."""

    name = 'dark'
    words = 'that are dark'

    def find(self, faces, record):
        return Finding(np.array([50, 51]), np.array([True, False]), np.array([51, 50]), np.zeros(2, bool))

    def explain(self, label, pair, is_blamed):
        return f'dark: {label} beside {pair}{", blamed" if is_blamed else ""}'


def test_new_reason_appears_in_all_outputs(audit, tmp_path, monkeypatch):
    before, _ = audit()
    monkeypatch.setitem(REASONS, 'dark', Dark())
    summary, trained = audit()
    # New networks are trained without the new suspects, but the network that judges is the same.
    assert trained == 4
    assert summary.reasons == before.reasons | {'dark': 1}
    assert summary.flagged == before.flagged + 1
    assert json.loads((tmp_path / 'metrics' / 'audit.json').read_text())['reasons']['dark'] == 1
    rows = read_csv(tmp_path / 'metrics' / 'audit.csv')
    assert [(row['file'], row['pair'], row['flagged']) for row in rows if row['reason'] == 'dark'] == [
        ('50.jpg', '51.jpg', '1'), ('51.jpg', '50.jpg', '0')
    ]  # fmt: skip
    assert [proof.reason for proof in summary.proofs][-1] == 'dark'
    assert '1 photo that are dark (suspected only: ' in sentence(summary)
