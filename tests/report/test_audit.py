from dataclasses import replace

import numpy as np
from PIL import Image

from stages.audit.suspects import REASONS, Suspects
from stages.dataset.found import FoundFaces
from stages.report.audit_pictures import draw_suspects
from stages.report.audit_tables import audit_rows

NAMES = ['a/$x_1$.jpg', 'b|\n2.jpg', '=cmd()', 'a very long name of a folder/and of a file in it.jpg']
FOUND = FoundFaces(
    pixels=np.repeat([40, 80, 120, 160], 64).reshape(4, 8, 8).astype(np.uint8),
    label=np.array([0, 1, 0, 1], np.uint8),
    origin=np.array(NAMES),
    pair=np.array(['', 'a/$x_1$.jpg', '', '']),
)
SUSPECTED = Suspects(
    reason=np.array([-1, REASONS.index('contradictory'), REASONS.index('pair'), REASONS.index('label')]),
    blamed=np.array([False, True, True, True]),
    partner=np.array([-1, 0, 0, -1]),
    suspicion=np.array([0.25, 1.0, 0.75, 0.5]),
    seen=np.array([False, True, True, False]),
)
RANKED = np.array([1, 2, 3, 0])


def test_every_face_is_a_row_with_reason_and_pair():
    header, rows = audit_rows(FOUND, SUSPECTED, RANKED, {'loss': [0.1, 0.2, 0.3, 0.4]})
    assert header == ['rank', 'file', 'label', 'reason', 'pair', 'loss_score']
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert [row[1] for row in rows] == [NAMES[position] for position in RANKED]
    assert [row[2] for row in rows] == ['male', 'female', 'male', 'female']
    assert [row[3].split(':')[0] for row in rows] == ['contradictory', 'pair', 'label', '']
    assert 'near-duplicate of it is labelled female; the more suspect' in rows[0][3]
    assert rows[2][3] == 'label: the photos most like it, and the network, say female'
    assert [row[4] for row in rows] == [NAMES[0], NAMES[0], '', '']
    assert [row[5] for row in rows] == [0.2, 0.3, 0.4, 0.1]


def test_suspects_are_drawn_beside_their_pairs_whatever_their_files_are_called(tmp_path):
    draw_suspects(FOUND, SUSPECTED, RANKED, 24, tmp_path / 'suspects.png')
    picture = np.asarray(Image.open(tmp_path / 'suspects.png').convert('L'))
    # The three suspects, and the pair of two of them.
    for shade in (80, 120, 160, 40):
        assert (picture == shade).sum() > 500


def test_the_first_of_them_have_the_numbers_that_they_have_in_the_table(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        'stages.report.audit_pictures.draw_pairs', lambda faces, title, path: drawn.extend([*faces, title])
    )
    unblamed = replace(SUSPECTED, blamed=np.array([False, True, False, True]))
    draw_suspects(FOUND, unblamed, RANKED, 24, tmp_path / 'suspects.png')
    assert [face.caption[0] for face in drawn[:-1]] == ['1. contradictory', '3. label']
    draw_suspects(FOUND, unblamed, RANKED, 1, tmp_path / 'suspects.png')
    assert drawn[-1] == 'Suspects, the most suspect first: 1 of 2'


def test_without_suspects_there_is_a_title(tmp_path):
    nobody = replace(SUSPECTED, blamed=np.zeros(4, bool))
    draw_suspects(FOUND, nobody, RANKED, 24, tmp_path / 'suspects.png')
    assert np.asarray(Image.open(tmp_path / 'suspects.png')).shape[0] < 100
