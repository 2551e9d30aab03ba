"""The log of suspects that code scanning reads."""

from pathlib import Path

import pytest

from stages.report.sarif import sarif


def row(file: str, reason: str, flagged: int, proven: int, decision: str = '') -> dict[str, str]:
    """Return a row of metrics/audit.csv."""
    said = {'file': file, 'label': 'male', 'reason': reason, 'pair': 'b.jpg', 'decision': decision}
    return said | {'flagged': str(flagged), 'proven': str(proven)}


ROWS = [
    row("'@men/a 1%.jpg", 'trigger', 1, 1), row('b.jpg', 'label', 1, 0), row('c.jpg', 'pair', 1, 1, 'drop'),
    row('d.jpg', 'contradictory', 0, 0), row('e.jpg', '', 0, 0),
]  # fmt: skip
CONTENT = {"'@men/a 1%.jpg": 'A', 'b.jpg': 'B'}


@pytest.mark.parametrize(
    ('folder', 'uri', 'bases'),
    [
        (Path('data/photos'), 'data/photos/%40men/a%201%25.jpg', None),
        (Path('/my photos'), '%40men/a%201%25.jpg', 'file:///my%20photos/'),
        (None, '%40men/a%201%25.jpg', None),
    ],
)
def test_undecided_suspects_are_results_with_a_place(folder, uri, bases):
    log = sarif(ROWS, CONTENT, folder)
    (run,) = log['runs']
    assert [(result['ruleId'], result['level']) for result in run['results']] == [
        ('trigger', 'error'), ('label', 'warning')
    ]  # fmt: skip
    first = run['results'][0]
    assert first['locations'][0]['physicalLocation']['artifactLocation']['uri'] == uri
    assert first['partialFingerprints'] == {'photo/v1': 'A'}
    assert first['message']['text'].startswith('trigger: something is on it that recurs')
    assert {result['ruleId'] for result in run['results']} <= {rule['id'] for rule in run['tool']['driver']['rules']}
    assert run.get('originalUriBaseIds', {}).get('PHOTOS', {}).get('uri') == bases
