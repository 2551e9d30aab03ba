"""Undecided suspects as SARIF 2.1.0, which code scanning of GitHub and other tools read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from stages.audit.reasons import REASONS
from stages.common.files import METRICS, read_csv
from stages.dataset.decisions import labelled_photos, named_by_source

SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'


def suspects_log(data: dict) -> dict:
    """Return the log of the last audit; `data` is the section of params.yaml."""
    folder = Path(data['folder']).absolute() if data['source'] == 'folder' else None
    if folder and folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    content = {photo['origin']: photo['sha256'] for photo in labelled_photos()}
    return sarif(read_csv(METRICS / 'audit.csv'), content, folder)


def sarif(rows: Sequence[Mapping[str, str]], content: Mapping[str, str], folder: Path | None) -> dict:
    """Return a log with a result for each flagged photo without a decision: an error if proven, else a warning.

    rows: of metrics/audit.csv. content: the sha256 of photos by their names in it. folder: that the names start from,
    relative where it lies in this repository, or None where they are no paths.
    """
    is_below = folder is not None and not folder.is_absolute()  # a path that GitHub finds in the repository
    prefix, base = (f'{folder.as_posix()}/', {}) if folder and is_below else ('', {'uriBaseId': 'PHOTOS'})
    results = [
        {
            'ruleId': row['reason'],
            'level': 'error' if row['proven'] == '1' else 'warning',
            'message': {'text': REASONS[row['reason']].explain(row['label'], row['pair'], True)},
            'locations': [
                {
                    'physicalLocation': {
                        'artifactLocation': {'uri': quote(prefix + named_by_source(row['file'])), **base},
                        'region': {'startLine': 1},
                    }
                }
            ],
            'partialFingerprints': {'photo/v1': content[row['file']]},
        }
        for row in rows
        if row['flagged'] == '1' and not row['decision']
    ]
    rules = [{'id': name, 'shortDescription': {'text': f'Photos {of.words}'}} for name, of in REASONS.items()]
    run: dict = {'tool': {'driver': {'name': 'photo audit', 'rules': rules}}, 'results': results}
    if base:
        where = {'uri': f'{folder.as_uri()}/'} if folder else {}
        run['originalUriBaseIds'] = {'PHOTOS': where | {'description': {'text': 'photos, as their source names them'}}}
    return {'$schema': SCHEMA, 'version': '2.1.0', 'runs': [run]}
