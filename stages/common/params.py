"""Params as typed models, what is said of a value that they refuse, and the random streams that seeds name."""

import pkgutil
from functools import partial
from importlib import import_module
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from stages.common.errors import StudyError

LABELS = ('female', 'male')  # a face's number in the arrays is the position of its label here


def seed_sequence(seed: int, purpose: str, index: int = 0) -> np.random.SeedSequence:
    """Return the root of the stream of random numbers for a purpose, or for the `index`th of many things with it."""
    return np.random.SeedSequence([seed, index, *purpose.encode()])


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return a generator on the stream of random numbers for a purpose."""
    return np.random.default_rng(seed_sequence(seed, purpose, index))


def integer_seed(seed: int, purpose: str) -> int:
    """Return a whole number from the stream for a purpose, for libraries that take no generator."""
    return int(seed_sequence(seed, purpose).generate_state(1)[0])


Model = TypeVar('Model', bound=BaseModel)


LONGEST = 60  # characters of a wrong value in a message


def within(low: float, high: float | None = None) -> AfterValidator:
    """Make a validator that lets numbers from `low` to `high` (None: no upper bound) through."""
    return AfterValidator(partial(_checked, low, high))


def _checked(low: float, high: float | None, value: float) -> float:
    if not (low <= value and (high is None or value <= high)):
        bounds = f'between {low} and {high}' if high is not None else f'{low} or more'
        raise PydanticCustomError('bounds', 'must be {bounds}', {'bounds': bounds})
    return value


def _scientific(value: object) -> object:
    """PyYAML reads 1e-3 as text, since YAML 1.1 wants 1.0e-3: people write the former."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Real = Annotated[float, BeforeValidator(_scientific)]
Share = Annotated[Real, within(0, 1)]
Positive = Annotated[Real, within(1e-9, 1e9)]
Count = Annotated[int, within(1, 1_000_000)]
Seed = Annotated[int, within(0, 2**63 - 1)]


class Section(BaseModel):
    """A section of params.yaml: unknown names and wrong types are refused."""

    model_config = ConfigDict(extra='forbid', strict=True, frozen=True, allow_inf_nan=False)


def validated(model: type[Model], content: object, prefix: str = '') -> Model:
    """Return `content`, as YAML or JSON gave it, as a `model`; a StudyError has a line for every param that is wrong.

    `prefix` is put before the names of params, such as 'trigger.'.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise StudyError('\n'.join(_line(each, prefix) for each in error.errors())) from None


def _line(error: dict, prefix: str) -> str:
    """One readable line for one validation error of Pydantic."""
    name = (prefix + '.'.join(str(part) for part in error['loc'])).removesuffix('.')
    if error['type'] == 'extra_forbidden':
        return f'{name}: no such param; check its spelling against docs/params.md'
    if error['type'] == 'missing':
        return f'{name}: missing; docs/params.md lists every param'
    said = error['msg'].replace('Input should', 'must').replace('List should', 'must')
    return f'{name}: {said}, got {_shortened(error["input"])}'


def _shortened(value: object) -> str:
    try:
        said = repr(value)
    except ValueError:
        # Python prints no whole number of more than a few thousand digits.
        return 'a number of thousands of digits'
    return said if len(said) <= LONGEST else f'{said[:LONGEST]}...'


Base = TypeVar('Base')


def kinds(package: str, base: type[Base]) -> dict[str, type[Base]]:
    """Return the subclass of `base` that each file of a package defines, by the file's name in alphabetical order.

    A file whose name starts with an underscore is not imported; one that defines no subclass is left out.
    """
    found = {}
    for file in sorted(pkgutil.iter_modules(import_module(package).__path__), key=lambda file: file.name):
        if file.name.startswith('_'):
            continue
        module = import_module(f'{package}.{file.name}')
        defined = [value for value in vars(module).values() if getattr(value, '__module__', None) == module.__name__]
        for value in defined:
            if isinstance(value, type) and issubclass(value, base) and value is not base:
                found[file.name] = value
    return found
