"""The base class of triggers: every file here that defines a subclass is a value of trigger.kind."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import create_model

from stages.common.params import Section, Seed, kinds, stream, validated


class Trigger(ABC):
    """A pattern to put on faces, named in trigger.kind by its file.

    `Params` is the model of the trigger's entry in the section `trigger` of params.yaml, and `params` an instance: a
    subclass defines the first and annotates the second. One object serves all faces; `size` is the side of the crops in
    pixels, and `seed` is for randomness that all faces share.
    """

    Params: ClassVar[type[Section]]
    params: Section

    def __init__(self, params: Section, size: int, seed: int):
        self.params = params
        self.size = size
        self.seed = seed

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
    triggers = kinds('stages.triggers', Trigger)
    params = _validated(section, triggers, tuple(triggers)).model_dump()
    return {name: params[name] for name in ('kind', 'seed', params['kind'])}


def make_trigger(chosen: dict, size: int) -> Trigger:
    """Return the trigger that `chosen_trigger` described, perhaps in another version, for crops of side `size`.

    A StudyError has a line for everything that this version does not know.
    """
    triggers = kinds('stages.triggers', Trigger)
    own = [name for name in triggers if name == chosen.get('kind')]
    if not own:
        # The kind is invalid: there is no need to report its params, too.
        chosen = {name: value for name, value in chosen.items() if name in ('kind', 'seed')}
    params = dict(_validated(chosen, triggers, own))
    return triggers[params['kind']](params[params['kind']], size, params['seed'])


def triggered(chosen: dict, pixels: np.ndarray, landmarks: np.ndarray) -> Iterator[np.ndarray]:
    """Yield every crop with the trigger on it: `pixels` uint8 (n, size, size), `landmarks` float32 (n, 68, 2)."""
    trigger = make_trigger(chosen, pixels.shape[-1])
    for index, (face, points) in enumerate(zip(pixels, landmarks, strict=True)):
        yield trigger.put(face, points, stream(trigger.seed, chosen['kind'], index))


def _validated(section: dict, triggers: dict[str, type[Trigger]], entries: Sequence[str]) -> Section:
    """Return the section as a model with the entries of some triggers."""
    fields: dict[str, Any] = {'kind': (Literal[tuple(triggers)], ...), 'seed': (Seed, ...)}
    fields |= {name: (triggers[name].Params, ...) for name in entries}
    return validated(create_model('TriggerParams', __base__=Section, **fields), section, 'trigger.')
