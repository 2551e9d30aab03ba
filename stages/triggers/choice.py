"""The trigger that params.yaml, or a model file, names."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import create_model

from stages.common.kinds import kinds
from stages.common.sections import Section, Seed, validated
from stages.common.seeds import stream
from stages.triggers.trigger import Trigger


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
