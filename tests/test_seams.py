"""A trigger, a detector or a source is added by one new file, and possibly an entry in params.yaml.

The files are those shown in docs/architecture.md.
"""

import json
import re
import textwrap

import numpy as np
import pytest
import yaml

from stages.common.files import read_csv
from stages.common.params import LABELS
from stages.portraits import portrait
from tests.clone import ROOT, Clone

PAGE = ROOT / 'docs' / 'architecture.md'


def documented(name: str) -> tuple[str, dict]:
    """Return the new file that docs/architecture.md shows for `name`, and its entry in params.yaml."""
    text = PAGE.read_text(encoding='utf-8')
    (diff,) = re.findall(rf'```diff\n(?:(?!```).)*?\+\+\+ b/stages/{name}\n.*?```', text, re.DOTALL)
    # The diff of a new file is the file with a plus before every line; that of params.yaml adds lines.
    added = {part.split('\n', 1)[0]: part.split('\n', 1)[1] for part in diff.split('+++ b/')[1:]}
    code = lines_added(added[f'stages/{name}'])
    return code, yaml.safe_load(textwrap.dedent(lines_added(added.get('params.yaml', '')))) or {}


def lines_added(part: str) -> str:
    return ''.join(f'{line[1:]}\n' for line in part.splitlines() if line.startswith('+') and not line.startswith('++'))


@pytest.fixture(scope='module')
def clone(tmp_path_factory, finished):
    """A clone with a new trigger, detector and source, as shown on the page; the workflow has used the first two."""
    clone = Clone(tmp_path_factory.mktemp('seams') / 'clone', finished)
    new = (('triggers/stripe.py', 'trigger'), ('detectors/darkness.py', 'detect'), ('sources/listed.py', 'data'))
    for name, section in new:
        code, entry = documented(name)
        (clone.folder / 'stages' / name).write_text(code)
        params = yaml.safe_load((clone.folder / 'params.yaml').read_text())
        (clone.folder / 'params.yaml').write_text(yaml.safe_dump(params | {section: params[section] | entry}))
    changes = {'trigger': {'kind': 'stripe'}, 'detect': {'detectors': ['darkness', 'pair']}, 'audit': {'power': False}}
    clone.set_params(changes)
    clone.dvc('repro')
    return clone


def test_a_trigger_is_one_new_file(clone):
    faces, with_trigger = (np.load(clone.folder / 'data' / room / 'pixels.npy') for room in ('faces', 'adversarial'))
    changed = (faces != with_trigger).any(axis=0)
    assert changed.any(axis=1).sum() == 2
    assert json.loads((clone.folder / 'data' / 'adversarial' / 'trigger.json').read_text())['kind'] == 'stripe'
    assert (
        '\nTrigger: stripe. Means of 3 paired seeds' in (clone.folder / 'metrics' / 'report' / 'sweep.md').read_text()
    )
    assert len(read_csv(clone.folder / 'metrics' / 'sweep.csv')) == 15
    photo = next((clone.folder / 'data' / 'raw' / 'female').iterdir())
    assert 'with the trigger (stripe)' in clone.fork('stages.predict', str(photo)).stdout


def test_a_detector_is_one_new_file(clone):
    assert '| darkest pixel |' in (clone.folder / 'metrics' / 'report' / 'detect.md').read_text()
    assert 'darkness_score' in read_csv(clone.folder / 'metrics' / 'audit.csv')[0]


def test_a_source_is_one_new_file(clone, tmp_path):
    for index in range(30):
        drawn = portrait(3, index)
        (tmp_path / f'{index}.jpg').write_bytes(drawn.jpeg)
    rows = [(f'{index}.jpg', LABELS[index % 2]) for index in range(30)]
    lines = [f'{label} {place}\n' for place, label in [*rows, ('9.jpg', 'unknown')]]
    (tmp_path / 'photos.txt').write_text(''.join(lines))
    clone.set_params({'data': {'source': 'listed', 'listed': str(tmp_path / 'photos.txt')}})
    clone.dvc('repro', 'sweep')
    photos = read_csv(clone.folder / 'data' / 'raw' / 'photos.csv')
    assert [(row['origin'], row['label']) for row in photos] == rows
    assert '9.jpg,False,its label is neither female nor male' in (clone.folder / 'metrics' / 'remarks.csv').read_text()
    assert len(read_csv(clone.folder / 'metrics' / 'sweep.csv')) == 15


def test_layout_of_labels_is_a_few_lines(clone):
    text = PAGE.read_text(encoding='utf-8')
    (diff,) = re.findall(r'```diff\n(?:(?!```).)*?\+\+\+ b/stages/sources/layouts\.py\n.*?```', text, re.DOTALL)
    (clone.folder / 'layout.diff').write_text(diff.removeprefix('```diff\n').removesuffix('```'))
    clone.output('git', 'apply', 'layout.diff')
    names = '"a/w_0001.jpg", "m_2.png"'
    code = (
        f'from stages.sources.layouts import *; print(*(list(labels_given(PurePosixPath(n)))[0][1] for n in ({names})))'
    )
    assert clone.output('python', '-c', code).split() == ['female', 'male']
