"""The base class of triggers: every file here that defines a subclass is a value of trigger.kind."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import create_model

from stages.common.params import Section, Seed, stream, subclasses_in, validated


class Trigger(ABC):
    """A pattern to put on faces, named in trigger.kind by its file.

    A subclass defines `Params` and annotates `params`. One object serves all faces; `size` is the side of the crops in
    pixels, and `seed` is for randomness that all faces share.
    """

    Params: ClassVar[type[Section]]  # of the trigger's entry in the section `trigger` of params.yaml
    params: Section

    def __init__(self, params: Section, size: int, seed: int):
        self.params, self.size, self.seed = params, size, seed

    @abstractmethod
    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return a copy of a crop with the trigger on it: uint8 (size, size) -> uint8 (size, size).

        `landmarks` are float32 (68, 2), x and y in crop pixels; `random` is the face's own stream. Faces are passed in
        order, so a trigger may remember previous ones.
        """


def chosen_trigger(section: dict) -> dict:
    """Return kind, seed and own params of the trigger that the section `trigger` of params.yaml chooses.

    The section has `kind`, `seed` and an entry for every trigger; a StudyError names every invalid param.
    """
    params = validated(trigger_model(), section, 'trigger.').model_dump()
    return {name: params[name] for name in ('kind', 'seed', params['kind'])}


def default_trigger(kind: str, seed: int) -> dict:
    """Return a trigger with the defaults of its params, as `chosen_trigger` does."""
    return {'kind': kind, 'seed': seed, kind: subclasses_in('stages.triggers', Trigger)[kind].Params().model_dump()}


def make_trigger(chosen: dict, size: int) -> Trigger:
    """Return the trigger that `chosen_trigger` described, perhaps in another version, for crops of side `size`.

    A StudyError has a line for everything that this version does not know.
    """
    triggers = subclasses_in('stages.triggers', Trigger)
    own = [name for name in triggers if name == chosen.get('kind')]
    if not own:
        # The kind is invalid: there is no need to report its params, too.
        chosen = {name: value for name, value in chosen.items() if name in ('kind', 'seed')}
    params = dict(validated(trigger_model(own), chosen, 'trigger.'))
    return triggers[params['kind']](params[params['kind']], size, params['seed'])


def triggered(chosen: dict, pixels: np.ndarray, landmarks: np.ndarray) -> Iterator[np.ndarray]:
    """Yield every crop with the trigger on it: `pixels` uint8 (n, size, size), `landmarks` float32 (n, 68, 2)."""
    trigger = make_trigger(chosen, pixels.shape[-1])
    for index, (face, points) in enumerate(zip(pixels, landmarks, strict=True)):
        yield trigger.put(face, points, stream(trigger.seed, chosen['kind'], index))


def trigger_model(entries: Sequence[str] | None = None) -> type[Section]:
    """Return the model of the section `trigger` of params.yaml: `kind`, `seed`, and entries of some or all triggers."""
    triggers = subclasses_in('stages.triggers', Trigger)
    fields: dict[str, Any] = {name: (triggers[name].Params, ...) for name in (triggers if entries is None else entries)}
    default: Any = ('dots', 1) if entries is None else (..., ...)
    fields |= {'kind': (Literal[tuple(triggers)], default[0]), 'seed': (Seed, default[1])}
    return create_model('TriggerParams', __base__=Section, **fields)
