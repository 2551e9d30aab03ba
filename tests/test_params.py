from pathlib import Path

import pytest
import yaml

from stages.common.errors import StudyError
from stages.params import load_params

SHIPPED = Path(__file__).parents[1] / 'params.yaml'


@pytest.fixture
def changed(tmp_path):
    """Return a function that writes the shipped params with one of them changed, and loads them."""

    def load(name: str, value: object):
        content = yaml.safe_load(SHIPPED.read_text())
        section = content
        *outer, last = name.split('.')
        for part in outer:
            section = section[part]
        section[last] = value
        path = tmp_path / 'params.yaml'
        path.write_text(yaml.safe_dump(content))
        return load_params(path)

    return load


def test_the_shipped_params_are_valid():
    assert load_params(SHIPPED).adv.fraction == 0.0


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('adv.fraction', 1.5, 'adv.fraction: must be between 0 and 1, got 1.5'),
    ('adv.fraction', True, 'adv.fraction: must be a valid number, got True'),
    ('adv.fraction', float('nan'), 'adv.fraction: must be a finite number, got nan'),
    ('adv.label', 'swapped', "adv.label: must be 'kept' or 'flipped', got 'swapped'"),
    ('adv.fractoin', 0.1, 'adv.fractoin: no such param; check its spelling against the README'),
    ('train.epochs', '5', "train.epochs: must be a valid integer, got '5'"),
    ('train.epochs', 0, 'train.epochs: must be 1 or more, got 0'),
    ('train.hidden', [10, 0], 'train.hidden.1: must be 1 or more, got 0'),
    ('train.learning_rate', 'fast', "train.learning_rate: must be a valid number, got 'fast'"),
    ('replicate.test', 0.95, 'replicate.test: must be between 0.1 and 0.9, got 0.95'),
    ('data.kaggle.handle', 'a/b', "data.kaggle.handle: must end in a version, as in a/b/versions/1, got 'a/b'"),
    ('data.kaggle.handle', '../b/versions/1', 'data.kaggle.handle: must be owner/name/versions/number, as in the '
     "address of its Kaggle page, got '../b/versions/1'"),
    ('data.kaggle.handle', 'a/b/versions/0', 'data.kaggle.handle: must be owner/name/versions/number, as in the '
     "address of its Kaggle page, got 'a/b/versions/0'"),
    ('split', None, 'split: must be a valid dictionary or instance of SplitParams, got None'),
])  # fmt: skip
def test_a_wrong_value_is_refused_in_one_readable_line(changed, name, value, message):
    with pytest.raises(StudyError) as error:
        changed(name, value)
    assert str(error.value) == message


def test_numbers_may_be_written_as_people_write_them(changed):
    assert changed('train.learning_rate', '1e-3').train.learning_rate == 0.001
    assert changed('adv.fraction', 0).adv.fraction == 0


def test_a_missing_param_is_named(tmp_path):
    content = yaml.safe_load(SHIPPED.read_text())
    del content['split']['test']
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(content))
    with pytest.raises(StudyError, match=r'^split\.test: missing from params\.yaml$'):
        load_params(tmp_path / 'params.yaml')


def test_two_mistakes_are_two_lines(changed, tmp_path):
    content = yaml.safe_load(SHIPPED.read_text())
    content['split'] |= {'test': 2.0, 'seed': -1}
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(content))
    with pytest.raises(StudyError) as error:
        load_params(tmp_path / 'params.yaml')
    assert len(str(error.value).splitlines()) == 2


def test_a_file_that_is_no_yaml_or_not_there_is_named(tmp_path):
    path = tmp_path / 'params.yaml'
    with pytest.raises(StudyError, match=r'params\.yaml: not here'):
        load_params(path)
    path.write_text('adv: [')
    with pytest.raises(StudyError, match=r'params\.yaml: not valid YAML'):
        load_params(path)
