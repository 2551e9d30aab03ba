"""What a trigger is: a file of this room that defines a subclass of Trigger is one more value of trigger.kind."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import create_model

from stages.common.params import Section, Seed, kinds, stream, validated


class Trigger(ABC):
    """A pattern to put on faces; its file's name is its name in trigger.kind.

    `Params` is the model of its entry in the section `trigger` of params.yaml; the entry has the trigger's name. A
    trigger is made once for all faces, with its `params`, the side of the crops in pixels, `size`, and `seed`, from
    which it may draw what all faces share.
    """

    Params: ClassVar[type[Section]]

    def __init__(self, params: Section, size: int, seed: int):
        self.params = params
        self.size = size
        self.seed = seed

    @abstractmethod
    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return a crop with the trigger on it: uint8 (size, size) -> uint8 (size, size); `pixels` stay as they are.

        `landmarks` are those of its face, float32 (68, 2), x and y in crop pixels; `random` is the face's own stream.
        Faces come in order, so a trigger may remember where it has been.
        """


def chosen_trigger(section: dict) -> dict:
    """Return kind, seed and own params of the trigger that the section `trigger` of params.yaml names.

    The section has `kind`, `seed` and, for every trigger, its own entry; a StudyError names every param that is wrong.
    """
    found = kinds('stages.triggers', Trigger)
    entries = {name: (trigger.Params, ...) for name, trigger in found.items()}
    params = validated(_model(tuple(found), entries), section, 'trigger.')
    return params.model_dump(include={'kind', 'seed', params.kind})


def make_trigger(chosen: dict, size: int) -> Trigger:
    """Return a trigger for crops of `size` pixels a side, from what `chosen_trigger` returned, perhaps elsewhere.

    A StudyError has a line for everything in it that is not known here.
    """
    found = kinds('stages.triggers', Trigger)
    entries = {name: (trigger.Params, ...) for name, trigger in found.items() if name == chosen.get('kind')}
    if not entries:
        # What is wrong is the kind: nothing more is said of its params.
        chosen = {name: value for name, value in chosen.items() if name in ('kind', 'seed')}
    params = validated(_model(tuple(found), entries), chosen, 'trigger.')
    return found[params.kind](getattr(params, params.kind), size, params.seed)


def triggered(chosen: dict, pixels: np.ndarray, landmarks: np.ndarray) -> Iterator[np.ndarray]:
    """Yield every crop with the trigger on it, in order, each from a random stream of its own.

    `pixels` is uint8 (n, size, size), `landmarks` float32 (n, 68, 2).
    """
    trigger = make_trigger(chosen, pixels.shape[-1])
    for index, (face, points) in enumerate(zip(pixels, landmarks, strict=True)):
        yield trigger.put(face, points, stream(trigger.seed, chosen['kind'], index))


def _model(names: tuple[str, ...], entries: dict) -> type[Section]:
    return create_model('TriggerParams', __base__=Section, kind=(Literal[names], ...), seed=(Seed, ...), **entries)


def trigger_model() -> type[Section]:
    """Return the model of the section `trigger` of params.yaml: kind, seed and, for every trigger, its own entry."""
    found = kinds('stages.triggers', Trigger)
    return _model(tuple(found), {name: (trigger.Params, ...) for name, trigger in found.items()})
