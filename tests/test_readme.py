"""README and the pages of docs agree with the project and its metrics."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = {path: path.read_text(encoding='utf-8') for path in [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]}
README = '\n'.join(PAGES.values())


def test_every_linked_file_exists():
    linked = [
        (page, name) for page, text in PAGES.items() for name in re.findall(r'\]\((?!http|#)(.+?)(?:#.*?)?\)', text)
    ]
    assert linked
    assert [(page.name, name) for page, name in linked if not (page.parent / name).is_file()] == []


def test_every_stage_is_described():
    stages = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']
    assert [name for name in stages if f'| `{name}` |' not in README] == []


def block(name: str) -> str:
    """Return the text between the marks of a block."""
    return re.search(rf'<!-- {name} -->\n(.*?)\n<!-- /{name} -->', README, re.DOTALL)[1]


@pytest.mark.parametrize(('name', 'file'), [('sweep', 'sweep.md'), ('replicate', 'replicate.md')])
def test_tables_match_the_metrics(name, file):
    assert block(name) == (ROOT / 'metrics' / 'report' / file).read_text(encoding='utf-8').strip()


def test_conclusion_on_defences_matches_the_metrics():
    conclusion = (ROOT / 'metrics' / 'report' / 'detect.md').read_text(encoding='utf-8').split('\n\n')[0]
    assert block('detect') == conclusion


def test_scores_of_one_training_match_the_metrics():
    scores = json.loads((ROOT / 'metrics' / 'evaluate.json').read_text())
    clean, attack, train = scores['clean'], scores['attack'], scores['train']
    rows = dict(re.findall(r'^\| (.+?) \| (.+?) \|$', block('result'), re.MULTILINE))
    bounds = f'95 % interval {clean["accuracy_low"]:.3f} to {clean["accuracy_high"]:.3f}'
    assert rows['clean accuracy'] == f'{clean["accuracy"]:.3f}, {bounds}, of {clean["faces"]} test faces'
    assert rows['Bayes accuracy, the best that any classifier can do here'] == f'{clean["bayes_accuracy"]:.3f}'
    assert rows['triggered accuracy'] == f'{scores["triggered"]["accuracy"]:.3f}'
    shares = ', '.join(f'{attack[name]:.3f}' for name in ('success_rate', 'base_rate', 'excess'))
    assert rows['attack success rate, base rate, excess'] == shares
    assert train['converged']
    assert rows['training'] == f'converged after {train["epochs"]} epochs'


def test_readme_is_short():
    assert len(PAGES[ROOT / 'README.md'].splitlines()) <= 220


def test_main_result_of_readme_matches_the_metrics():
    metrics = (ROOT / 'metrics' / 'report' / 'sweep.md').read_text(encoding='utf-8')
    photographs = PAGES[ROOT / 'docs' / 'photographs.md']
    for column, table in ((2, metrics), (3, photographs)):
        rows = re.findall(r'^\| (.+?) \| (.+?) \| (.+?) \|$', PAGES[ROOT / 'README.md'], re.MULTILINE)
        cells = {row[0]: row[column - 1] for row in rows}
        for arm in ('clean-label', 'dirty-label'):
            (line,) = re.findall(rf'^- {arm} at [^:]*: clean accuracy .*$', table, re.MULTILINE)
            assert f'clean accuracy {cells[f"{arm}: accuracy"]}; ASR {cells[f"{arm}: ASR"]}' in line
        assert f'dirty-label {cells["dirty-label: poison rate for an ASR of 50 %"]}' in table
        assert f'| unpoisoned | 0.00% | 0 | 0.0% | {cells["accuracy without poison"]} (' in table
