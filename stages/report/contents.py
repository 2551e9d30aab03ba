"""What stands on the page, out of the results that are there."""

import json
from collections.abc import Collection
from pathlib import Path

from stages.common.files import read_csv
from stages.report.facts import changed_params, data_facts, versions
from stages.report.parts import drawing, markdown, picture
from stages.report.tables import percentage
from stages.report.verdict import sentences

SUSPECTS = 50  # rows of the table of suspects; all of them are in metrics/audit.csv
GALLERIES = {
    'photos': 'Some of the photos, with their labels',
    'triggered': 'The faces that were found in them, with the trigger',
    'misclassified': 'The faces whose predicted label is most confidently wrong',
    'flipped': 'Faces whose predicted label the trigger flips',
    'confusion': 'Labels and predicted labels of the test faces, clean and with the trigger',
    'loss': 'Training loss',
}


def contents(metrics: Path, params: dict, outdated: Collection[str]) -> dict:
    """Return all parts of the page by name, None where a stage has not run, or its results are `outdated`.

    `metrics` is the folder of results, `params` holds the sections of params.yaml.
    """
    parts = {
        'study': ('sweep', study),
        'detection': ('detect', detection),
        'audit': ('audit', audit),
        'training': ('evaluate', training),
        'replication': ('replicate', replication),
        'data': ('preprocess', data),
    }
    return {
        **{name: None if stage in outdated else part(metrics) for name, (stage, part) in parts.items()},
        'outdated': outdated,
        'confidence': percentage(params['evaluate']['confidence']),
        'params': changed_params(params),
        'versions': versions(),
    }


def study(metrics: Path) -> dict | None:
    """Return verdict, drawings and tables of the sweep."""
    if not (metrics / 'sweep.md').is_file():
        return None
    return {
        'verdict': sentences(read_csv(metrics / 'sweep' / 'arms.csv')),
        'arms': drawing(
            metrics / 'sweep' / 'arms.svg', 'Clean accuracy and attack success rate of each arm by poison rate'
        ),
        'changes': drawing(
            metrics / 'sweep' / 'changes.svg', 'Change of clean accuracy and attack success rate against the control'
        ),
        'tables': markdown((metrics / 'sweep.md').read_text(encoding='utf-8')),
    }


def detection(metrics: Path) -> dict | None:
    """Return the defences before and after, and the tables of the detectors."""
    if not (metrics / 'detect.md').is_file():
        return None
    conclusion, tables = (metrics / 'detect.md').read_text(encoding='utf-8').split('\n\n', maxsplit=1)
    return {
        'conclusion': markdown(conclusion),
        'defences': drawing(
            metrics / 'detect' / 'defences.svg', 'Attack success rate before and after the removal of what is flagged'
        ),
        'roc': drawing(metrics / 'detect' / 'roc.svg', 'ROC curve of every detector'),
        'pairs': picture(metrics / 'detect' / 'pairs.png'),
        'tables': markdown(tables),
    }


def audit(metrics: Path) -> dict | None:
    """Return the sentence, the counts, the first suspects and their picture."""
    if not (metrics / 'audit.md').is_file():
        return None
    suspects = [row for row in read_csv(metrics / 'audit.csv') if row['reason']]
    return {
        'sentence': (metrics / 'audit.md').read_text(encoding='utf-8').strip(),
        'counts': _json(metrics / 'audit.json'),
        'suspects': suspects[:SUSPECTS],
        'more': len(suspects[SUSPECTS:]),
        'picture': picture(metrics / 'audit' / 'suspects.png'),
    }


def replication(metrics: Path) -> dict | None:
    """Return the drawing and the tables of the published procedure."""
    if not (metrics / 'replicate.md').is_file():
        return None
    description = 'Accuracy by copies added: as published, by the procedure, and with the same stopping rule for all'
    return {
        'accuracy': drawing(metrics / 'replicate.svg', description),
        'tables': markdown((metrics / 'replicate.md').read_text(encoding='utf-8')),
    }


def training(metrics: Path) -> dict | None:
    """Return the scores of one training, and title and picture of each gallery."""
    scores = _json(metrics / 'evaluate.json')
    if not scores:
        return None
    there = ((title, metrics / 'figures' / f'{name}.png') for name, title in GALLERIES.items())
    return scores | {'galleries': [(title, picture(path)) for title, path in there if path.is_file()]}


def data(metrics: Path) -> list[tuple[str, int]] | None:
    """Return how many photos and faces there are, and how many were left out and why."""
    counts = _json(metrics / 'preprocess.json')
    return counts and data_facts(counts)


def _json(path: Path) -> dict | None:
    return json.loads(path.read_text(encoding='utf-8')) if path.is_file() else None
