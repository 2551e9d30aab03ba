import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from stages.common.errors import StudyError
from stages.common.params import defaults
from stages.common.params import load_params as load
from stages.report.__main__ import Params
from stages.sources.drawn import Drawn
from stages.sources.source import chosen_source, data_model
from stages.triggers.trigger import chosen_trigger, trigger_model

SHIPPED = Path(__file__).parents[1] / 'params.yaml'


def load_params(path: Path) -> Params:
    """Return all params of a params.yaml, as read by the report."""
    return load(Params, path)


@pytest.fixture
def changed(tmp_path):
    """Return a function that writes the shipped params with one param changed, and loads them."""

    def changed(name: str, value: object):
        content = yaml.safe_load(SHIPPED.read_text())
        section = content
        *outer, last = name.split('.')
        for part in outer:
            section = section[part]
        section[last] = value
        path = tmp_path / 'params.yaml'
        path.write_text(yaml.safe_dump(content))
        return load_params(path)

    return changed


def test_the_shipped_params_are_valid():
    assert load_params(SHIPPED).adv.fraction == 0.0


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('adv.fraction', 1.5, 'adv.fraction: must be between 0 and 1, got 1.5'),
    ('adv.fraction', float('nan'), 'adv.fraction: must be a finite number, got nan'),
    ('adv.arm', 'kept', "adv.arm: must be 'clean-label', 'dirty-label', 'duplicates' or 'label-noise', got 'kept'"),
    ('adv.originals', 'gone', "adv.originals: must be 'kept' or 'replaced', got 'gone'"),
    ('adv.target', 0, "adv.target: must be 'female' or 'male', got 0"),
    ('adv.label', 'kept', 'adv.label: no such param; check its spelling'),
    ('sweep.workers', 2, 'sweep.workers: no such param; check its spelling'),
    ('sweep.fractions', [0.1, 0.2], 'sweep.fractions: must start with 0.0, the faces without poison, and rise, '
     'got [0.1, 0.2]'),
    ('sweep.fractions', [0.0, 0.2, 0.1], 'sweep.fractions: must start with 0.0, the faces without poison, and rise, '
     'got [0.0, 0.2, 0.1]'),
    ('sweep.fractions', [], 'sweep.fractions: must start with 0.0, the faces without poison, and rise, got []'),
    ('sweep.seeds', 2, 'sweep.seeds: must be between 3 and 10000, got 2'),
    ('workers', -1, 'workers: must be between 0 and 1024, got -1'),
    ('trigger', 'dots', "trigger: must be a valid dictionary, got 'dots'"),
    ('data.source', 3, 'data.source: must be a valid string, got 3'),
    ('adv.fractoin', 0.1, 'adv.fractoin: no such param; check its spelling'),
    ('train.epochs', '5', "train.epochs: must be a valid integer, got '5'"),
    ('train.epochs', 0, 'train.epochs: must be between 1 and 1000000, got 0'),
    ('train.hidden', [10, 0], 'train.hidden.1: must be between 1 and 1000000, got 0'),
    ('train.learning_rate', 'fast', "train.learning_rate: must be a valid number, got 'fast'"),
    ('replicate.test', 0.95, 'replicate.test: must be between 0.1 and 0.9, got 0.95'),
    ('split', None, 'split: must be a valid dictionary or instance of SplitParams, got None'),
])  # fmt: skip
def test_a_wrong_value_is_refused_in_one_readable_line(changed, name, value, message):
    with pytest.raises(StudyError) as error:
        changed(name, value)
    assert str(error.value) == message


@pytest.mark.parametrize(('name', 'value'), [
    ('data.source', 'web'),
    ('data.kaggle.handle', 'a/b'),
    ('data.web', {'address': 'x'}),
    ('trigger.kind', 'hat'),
    ('trigger.hat', {'size': 3}),
])  # fmt: skip
def test_params_of_sources_and_triggers_are_loaded_unchecked(changed, name, value):
    params = changed(name, value)
    section = {'data': params.data.model_dump(), 'trigger': params.trigger}
    for part in name.split('.'):
        section = section[part]
    assert section == value


def test_shipped_params_of_sources_and_triggers_are_valid():
    params = load_params(SHIPPED)
    assert type(chosen_source(params.data.model_dump())) is Drawn
    assert chosen_trigger(params.trigger)['kind'] == 'dots'


def test_shares_may_be_integers(changed):
    assert changed('adv.fraction', 0).adv.fraction == 0


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('train.hidden', [10**30], f'train.hidden.0: must be between 1 and 1000000, got {10**30}'),
    ('train.hidden', [2**62], f'train.hidden.0: must be between 1 and 1000000, got {2**62}'),
    ('train.hidden', [4] * 101, 'train.hidden: must have at most 100 items after validation, not 101, got [4, 4'),
    ('train.epochs', 10**400, 'train.epochs: must be between 1 and 1000000, got 1000'),
    ('sweep.seeds', 2**63, f'sweep.seeds: must be between 3 and 10000, got {2**63}'),
    ('sweep.fractions', [0.0] * 200, 'sweep.fractions: must have at most 100'),
    ('split.seed', 2**63, f'split.seed: must be between 0 and {2**63 - 1}, got {2**63}'),
    ('train.batch', 10**10, 'train.batch: must be between 1 and 1000000, got 10000000000'),
    ('replicate.seeds', 10**7, 'replicate.seeds: must be between 1 and 1000000, got 10000000'),
    ('workers', 10**9, 'workers: must be between 0 and 1024, got 1000000000'),
])  # fmt: skip
def test_too_large_number_is_refused_in_one_short_line(changed, name, value, message):
    with pytest.raises(StudyError) as error:
        changed(name, value)
    assert str(error.value).startswith(message)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(('content', 'message'), [
    ('', r'no sections of params; `git checkout .*params\.yaml` restores the last ones$'),
    ('- 1\n', 'no sections of params'),
    (f'workers: {"9" * 5000}\n', 'not valid YAML: Exceeds the limit'),
    (f'workers: {"[" * 600}{"]" * 600}\n', 'not valid YAML: maximum recursion depth exceeded'),
])  # fmt: skip
def test_invalid_file_is_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    with pytest.raises(StudyError, match=rf'^{path}: {message}') as error:
        load_params(path)
    assert len(str(error.value).splitlines()) == 1


def test_study_without_poison_is_valid(changed):
    assert changed('sweep.fractions', [0.0]).sweep.fractions == [0.0]


def test_a_missing_param_has_its_default_and_a_missing_section_is_named(tmp_path):
    content = yaml.safe_load(SHIPPED.read_text())
    del content['split']['test'], content['evaluate']
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(content))
    with pytest.raises(StudyError, match=r'^evaluate: missing; `git diff params\.yaml` shows what was removed$'):
        load_params(tmp_path / 'params.yaml')
    content['evaluate'] = {}
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(content))
    assert load_params(tmp_path / 'params.yaml').split.test == 0.2


def described(model: type[BaseModel], prefix: str = '') -> dict[str, str | None]:
    """Return the description of every param of a model, by its name."""
    descriptions = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            descriptions |= described(field.annotation, f'{prefix}{name}.')
        else:
            descriptions[f'{prefix}{name}'] = field.description and ' '.join(field.description.split())
    return descriptions


def comments() -> dict[str, str]:
    """Return the comment on every param of params.yaml, by its name; lines with only a comment continue it."""
    path, texts, name = [], {}, ''
    for line in SHIPPED.read_text(encoding='utf-8').splitlines():
        if match := re.fullmatch(r'((?:  )*)([\w-]+):.*?(?:# (.*))?', line):
            path = [*path[: len(match[1]) // 2], match[2]]
            name = '.'.join(path)
            texts |= {name: match[3]} if match[3] else {}
        elif match := re.fullmatch(r' +# (.*)', line):
            texts[name] += f' {match[1]}'
    return texts


def test_params_yaml_has_the_defaults_and_descriptions_of_the_models():
    models = {'': Params, 'data.': data_model(), 'trigger.': trigger_model()}
    values = {name: defaults(model) for name, model in models.items()}
    shipped = yaml.safe_load(SHIPPED.read_text())
    assert values.pop('') | {name[:-1]: value for name, value in values.items()} == shipped
    texts = {name: text for prefix, model in models.items() for name, text in described(model, prefix).items() if text}
    assert len(texts) > 45
    assert {name: comments().get(name) for name in texts} == texts


def test_every_mistake_has_its_own_line(changed, tmp_path):
    content = yaml.safe_load(SHIPPED.read_text())
    content['split'] |= {'test': 2.0, 'seed': -1}
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(content))
    with pytest.raises(StudyError) as error:
        load_params(tmp_path / 'params.yaml')
    assert len(str(error.value).splitlines()) == 2


def test_missing_or_invalid_file_is_named(tmp_path):
    path = tmp_path / 'params.yaml'
    with pytest.raises(StudyError, match=r'params\.yaml: not found'):
        load_params(path)
    path.write_text('adv: [')
    with pytest.raises(StudyError, match=r'params\.yaml: not valid YAML'):
        load_params(path)
