from typing import Annotated, Literal

import pytest
from dvc.utils.serialize import parse_yaml as dvc_yaml

from stages.common.errors import StudyError
from stages.common.params import (
    Count,
    Positive,
    Section,
    Seed,
    Share,
    StageParams,
    defaults,
    integer_seed,
    load_params,
    stream,
    validated,
    within,
)


class Oven(Section):
    """A section for the tests."""

    heat: Annotated[float, within(50, 250)]
    minutes: Count
    mode: Literal['bake', 'grill']


class Kitchen(Section):
    """A section with a nested section and a param of each numeric type."""

    oven: Oven
    share: Share = 0.5
    positive: Positive = 1.0
    seed: Seed = 0
    least: Annotated[int, within(3)] = 3
    fan: bool = False


MISSING = 'missing; `git diff params.yaml` shows what was removed'
OVEN = {'heat': 180.0, 'minutes': 20, 'mode': 'bake'}


def refused(content: object, prefix: str = '') -> str:
    with pytest.raises(StudyError) as error:
        validated(Kitchen, content, prefix)
    return str(error.value)


def test_valid_content_becomes_the_model():
    kitchen = validated(Kitchen, {'oven': OVEN, 'share': 1, 'seed': 7})
    assert kitchen == Kitchen(oven=Oven(**OVEN), share=1.0, seed=7)
    assert kitchen.oven.heat == 180.0


@pytest.mark.parametrize(('changes', 'line'), [
    ({'heat': 251}, 'oven.heat: must be between 50 and 250, got 251'),
    ({'heat': 49.9}, 'oven.heat: must be between 50 and 250, got 49.9'),
    ({'heat': 'hot'}, "oven.heat: must be a valid number, got 'hot'"),
    ({'heat': True}, 'oven.heat: must be between 50 and 250, got 1.0'),
    ({'heat': None}, 'oven.heat: must be a valid number, got None'),
    ({'heat': float('inf')}, 'oven.heat: must be a finite number, got inf'),
    ({'minutes': 0}, 'oven.minutes: must be between 1 and 1000000, got 0'),
    ({'minutes': 2.5}, 'oven.minutes: must be a valid integer, got 2.5'),
    ({'minutes': '5'}, "oven.minutes: must be a valid integer, got '5'"),
    ({'mode': 'boil'}, "oven.mode: must be 'bake' or 'grill', got 'boil'"),
    ({'haet': 180}, 'oven.haet: no such param; check its spelling'),
])  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_its_param(changes, line):
    assert refused({'oven': OVEN | changes}) == line


@pytest.mark.parametrize(('name', 'value', 'line'), [
    ('share', -0.1, 'share: must be between 0 and 1, got -0.1'),
    ('share', 1.1, 'share: must be between 0 and 1, got 1.1'),
    ('positive', 0, 'positive: must be between 1e-09 and 1000000000.0, got 0'),
    ('seed', -1, 'seed: must be between 0 and 9223372036854775807, got -1'),
    ('least', 2, 'least: must be 3 or more, got 2'),
    ('fan', 2, 'fan: must be a valid boolean, got 2'),
])  # fmt: skip
def test_every_kind_of_number_has_its_bounds(name, value, line):
    assert refused({'oven': OVEN, name: value}) == line


@pytest.mark.parametrize(('name', 'value'), [('share', 0), ('share', 1), ('seed', 0), ('least', 3)])
def test_bounds_are_inclusive(name, value):
    assert getattr(validated(Kitchen, {'oven': OVEN, name: value}), name) == value


@pytest.mark.parametrize(('name', 'value', 'same'), [
    ('seed', True, 1), ('seed', False, 0), ('seed', 7.0, 7), ('share', True, 1.0),
    ('fan', 1, True), ('fan', 0.0, False),
])  # fmt: skip
def test_values_that_dvc_takes_for_the_same_are_the_same(name, value, same):
    assert value == same
    read = getattr(validated(Kitchen, {'oven': OVEN, name: value}), name)
    assert (read, type(read)) == (same, type(same))


@pytest.mark.parametrize('text', ['1e2', '5.1e1', '2E+2', '0100', '1_00', '6e+1', '6.e1'])
def test_numbers_are_those_that_dvc_reads(written, text):
    expected = dvc_yaml(f'heat: {text}', 'params.yaml')['heat']
    path = written(f'kitchen: {{oven: {{heat: {text}, minutes: 0020, mode: bake}}}}')
    oven = load_params(Baking, path).kitchen.oven
    assert (oven.heat, oven.minutes) == (expected, 20)


@pytest.mark.parametrize('text', ['1:30', 'no', 'on', '0x'])
def test_words_of_yaml_1_1_are_no_numbers(written, text):
    value = dvc_yaml(f'heat: {text}', 'params.yaml')['heat']
    with pytest.raises(StudyError, match=f'^kitchen.oven.heat: must be a valid number, got {value!r}$'):
        load_params(Baking, written(f'kitchen: {{oven: {{heat: {text}, minutes: 20, mode: bake}}}}'))


def test_a_missing_param_is_named():
    assert refused({'oven': {'heat': 180.0, 'mode': 'bake'}}) == f'oven.minutes: {MISSING}'


def test_every_mistake_has_its_own_line():
    lines = refused({'oven': OVEN | {'heat': 0, 'mode': 'boil'}, 'gas': 1}).splitlines()
    assert [line.split(':')[0] for line in lines] == ['oven.heat', 'oven.mode', 'gas']


def test_prefix_precedes_every_name():
    assert (
        refused({'oven': OVEN | {'minutes': 0}}, 'house.') == 'house.oven.minutes: must be between 1 and 1000000, got 0'
    )
    assert refused({}, 'house.') == f'house.oven: {MISSING}'


def test_value_that_is_not_a_section_is_refused_by_name():
    assert refused([1], 'house.').startswith('house: must be a valid dictionary')
    assert refused({'oven': 3}).startswith('oven: must be a valid dictionary')


def test_a_section_cannot_be_changed():
    with pytest.raises(ValueError, match='frozen'):
        Oven(**OVEN).heat = 200.0


class Baking(StageParams):
    """The params of a stage."""

    kitchen: Kitchen


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a params.yaml and returns its path."""

    def written(text: str):
        (tmp_path / 'params.yaml').write_text(text)
        return tmp_path / 'params.yaml'

    return written


KITCHEN = 'kitchen: {oven: {heat: 180, minutes: 20, mode: bake}}'


def test_a_stage_reads_its_own_sections_and_ignores_those_of_other_stages(written):
    params = load_params(Baking, written(f'{KITCHEN}\ncellar: {{heat: wrong}}\nworkers: 3\n'))
    assert params.kitchen.oven == Oven(**OVEN)
    assert params.workers == 3
    assert 'cellar' not in params.model_dump()
    assert load_params(Baking, written(KITCHEN)).workers == 0


def test_unknown_param_in_its_own_sections_is_refused(written):
    with pytest.raises(StudyError, match=r'^kitchen\.gas: no such param; check its spelling$'):
        load_params(Baking, written(f'{KITCHEN[:-1]}, gas: 1}}'))
    with pytest.raises(StudyError, match=r'^workers: must be between 0 and 1024, got 1025$'):
        load_params(Baking, written(f'{KITCHEN}\nworkers: 1025'))
    with pytest.raises(StudyError, match=r'^kitchen: missing; `git diff params\.yaml` shows what was removed$'):
        load_params(Baking, written('workers: 1'))


def test_a_file_without_params_is_refused_by_name(written, tmp_path):
    with pytest.raises(StudyError, match=r'/none\.yaml: not found; run from the top folder of the project$'):
        load_params(Baking, tmp_path / 'none.yaml')
    for text in ('', '[1]', 'kitchen'):
        with pytest.raises(StudyError, match=r'/params\.yaml: no sections of params; `git checkout '):
            load_params(Baking, written(text))
    with pytest.raises(StudyError, match=r'^[^\n]*/params\.yaml: not valid YAML: [^\n]*$'):
        load_params(Baking, written('a: [1\nb: 2'))


def test_defaults_of_all_sections_omit_params_without_one():
    expected = {'oven': {}, 'share': 0.5, 'positive': 1.0, 'seed': 0, 'least': 3, 'fan': False}
    assert defaults(Kitchen) == expected
    assert defaults(Baking) == {'workers': 0, 'kitchen': expected}
    assert list(defaults(Baking)) == ['workers', 'kitchen']
    assert validated(Kitchen, defaults(Kitchen) | {'oven': OVEN}) == Kitchen(oven=Oven(**OVEN))


def test_every_seed_purpose_and_index_has_its_own_random_stream():
    drawn = [
        stream(seed, purpose, index).integers(2**62)
        for seed in (0, 1)
        for purpose in ('split', 'copies')
        for index in (0, 1)
    ]
    assert len(set(drawn)) == 8
    assert drawn[0] == stream(0, 'split').integers(2**62)
    assert len({integer_seed(seed, purpose) for seed in (0, 1) for purpose in ('split', 'copies')}) == 4
    assert integer_seed(1, 'split') == integer_seed(1, 'split') < 2**32
