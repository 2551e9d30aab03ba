from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.common.errors import StudyError
from stages.common.params import subclasses_in
from stages.triggers.blend import Blend
from stages.triggers.dots import Dots
from stages.triggers.patch import Patch
from stages.triggers.trigger import Trigger, chosen_trigger, make_trigger, triggered

SHIPPED = yaml.safe_load((Path(__file__).parents[2] / 'params.yaml').read_text())['trigger']

TRIGGERS = subclasses_in('stages.triggers', Trigger)
KINDS = ' or '.join(', '.join(map(repr, TRIGGERS)).rsplit(', ', 1))


def section(**changes) -> dict:
    return SHIPPED | changes


def test_triggers_are_the_files_of_the_package():
    assert {'blend': Blend, 'dots': Dots, 'patch': Patch}.items() <= TRIGGERS.items()


@pytest.mark.parametrize(('kind', 'trigger'), [('dots', Dots), ('patch', Patch), ('blend', Blend)])
def test_chosen_trigger_is_made_from_its_own_params(kind, trigger):
    chosen = chosen_trigger(section(kind=kind, seed=5))
    assert chosen == {'kind': kind, 'seed': 5, kind: SHIPPED[kind]}
    made = make_trigger(chosen, 32)
    assert type(made) is trigger
    assert (made.size, made.seed, made.params.model_dump()) == (32, 5, SHIPPED[kind])


@pytest.mark.parametrize(('changes', 'message'), [
    ({'kind': 'stripes'}, f"trigger.kind: must be {KINDS}, got 'stripes'"),
    ({'kind': None}, f'trigger.kind: must be {KINDS}, got None'),
    ({'seed': -1}, 'trigger.seed: must be between 0 and 9223372036854775807, got -1'),
    ({'dots': {'count': 0, 'radius': 0.1}}, 'trigger.dots.count: must be between 1 and 9, got 0'),
    ({'dots': {'count': 3, 'radius': 0.6}}, 'trigger.dots.radius: must be between 0.01 and 0.5, got 0.6'),
    ({'patch': {'side': 2, 'place': 'nose'}}, 'trigger.patch.side: must be between 0.05 and 1, got 2'),
    ({'blend': {'strength': 0}}, 'trigger.blend.strength: must be between 0.01 and 1, got 0'),
    ({'stripes': {}}, 'trigger.stripes: no such param; check its spelling'),
    ({'patch': SHIPPED['patch'] | {'count': 3}},
     'trigger.patch.count: no such param; check its spelling'),
    ({'blend': None}, 'trigger.blend: must be a valid dictionary or instance of Params, got None'),
])  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_its_param(changes, message):
    with pytest.raises(StudyError) as error:
        chosen_trigger(section(**changes))
    assert str(error.value) == message


@pytest.mark.parametrize('name', ['dots', 'patch', 'blend'])
def test_entry_of_every_trigger_is_required_whichever_is_chosen(name):
    message = rf'^trigger\.{name}: missing; `git diff params\.yaml` shows what was removed$'
    with pytest.raises(StudyError, match=message):
        chosen_trigger({entry: value for entry, value in SHIPPED.items() if entry != name})


def test_missing_param_of_an_entry_has_its_default():
    assert chosen_trigger(section(dots={'count': 4}))['dots'] == {'count': 4, 'radius': SHIPPED['dots']['radius']}


def test_the_defaults_are_the_shipped_params():
    own = {name: trigger.Params().model_dump() for name, trigger in subclasses_in('stages.triggers', Trigger).items()}
    assert {name: SHIPPED[name] for name in own} == own


def test_unknown_place_is_refused_with_the_known_ones():
    with pytest.raises(StudyError, match=r"^trigger\.patch\.place: must be 'forehead', 'nose', .* got 'ear'$"):
        chosen_trigger(section(patch={'side': 0.2, 'place': 'ear'}))


@pytest.mark.parametrize(('chosen', 'message'), [
    ({'seed': 1}, 'trigger.kind: missing'),
    ({'kind': 'stripes', 'seed': 1, 'stripes': {}}, 'trigger.kind: must be'),
    ({'kind': ['dots'], 'seed': 1}, 'trigger.kind: must be'),
    ({'kind': 'dots', 'seed': 1, 'dots': {'count': 10**9, 'radius': 0.1}}, 'trigger.dots.count: must be'),
])  # fmt: skip
def test_trigger_read_from_a_damaged_file_is_checked(chosen, message):
    with pytest.raises(StudyError, match=f'^{message}[^\n]*$'):
        make_trigger(chosen, 32)


@pytest.mark.parametrize('kind', ['dots', 'patch', 'blend'])
def test_triggered_faces_are_reproducible_and_independent_of_later_faces(crops, kind):
    pixels, landmarks = (np.stack([getattr(crop, name) for crop in crops]) for name in ('pixels', 'landmarks'))
    chosen = chosen_trigger(section(kind=kind))
    first, again, fewer = (
        np.stack(list(triggered(chosen, pixels[:count], landmarks[:count]))) for count in (12, 12, 5)
    )
    assert (first.shape, first.dtype) == (pixels.shape, np.uint8)
    assert (first != pixels).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:5], fewer)
