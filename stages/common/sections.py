"""Sections of params.yaml as typed models with bounds, and what is said of a value that they refuse."""

from functools import partial
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from stages.common.errors import StudyError

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
