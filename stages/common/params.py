"""Sections of params.yaml as typed models, and the random streams that their seeds name."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.common.errors import StudyError

Model = TypeVar('Model', bound=BaseModel)
Base = TypeVar('Base')

PARAMS = Path('params.yaml')
MAX_SHOWN = 60  # characters of a wrong value in a message

# The two labels of the data sets: a convention of theirs, not a claim about people.
Label = Literal['female', 'male']
LABELS = get_args(Label)  # a face's number in the arrays is the position of its label here


def within(low: float, high: float | None = None) -> AfterValidator:
    """Return a validator that accepts numbers from `low` to `high` (None: no upper bound)."""

    def check(value: float) -> float:
        if low <= value and (high is None or value <= high):
            return value
        bounds = f'{low} or more' if high is None else f'between {low} and {high}'
        raise PydanticCustomError('bounds', 'must be {bounds}', {'bounds': bounds})

    return AfterValidator(check)


Share = Annotated[float, within(0, 1)]
Positive = Annotated[float, within(1e-9, 1e9)]
Count = Annotated[int, within(1, 1_000_000)]
Seed = Annotated[int, within(0, 2**63 - 1)]


class Section(BaseModel):
    """A section of params.yaml: unknown names and wrong types are refused."""

    model_config = ConfigDict(
        extra='forbid', strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @field_validator('*', mode='before')
    @classmethod
    def _equal_for_dvc(cls, value: object, info: ValidationInfo) -> object:
        """Accept 1.0, 1 and true for each other: DVC takes them for the same value, and would not run a stage again."""
        kind = cls.model_fields[info.field_name].annotation if info.field_name in cls.model_fields else None
        if not isinstance(value, bool if kind is float else bool | int | float) or kind not in (bool, int, float):
            return value
        try:
            return same if (same := kind(value)) == value else value
        except (OverflowError, ValueError):  # infinite, or no number
            return value


class StageParams(Section):
    """What a stage reads of params.yaml: a subclass adds its sections; the others are ignored."""

    model_config = ConfigDict(extra='ignore')
    workers: Annotated[int, within(0, 1024)] = 0
    """processes that share the work of a stage; 0 = one per core. No effect on results, or on a cluster."""


class DataParams(Section):
    """Where the photos come from; the entry of each source is left to the room of sources."""

    model_config = ConfigDict(extra='allow')
    source: str


def load_params(model: type[Model], path: Path = PARAMS) -> Model:
    """Read params.yaml as a `model`; a StudyError has a line for every param that is wrong."""
    try:
        content = parse_yaml(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise StudyError(f'{path}: not found; run from the top folder of the project') from None
    # The parser lets Python's errors about numbers of thousands of digits, and hundreds of nested lists, through.
    except (YAMLError, ValueError, RecursionError) as error:
        raise StudyError(f'{path}: not valid YAML: {" ".join(str(error).split())}') from None
    if not isinstance(content, dict):
        raise StudyError(f'{path}: no sections of params; `git checkout {path}` restores the last ones')
    return validated(model, content)


def parse_yaml(text: str | bytes) -> Any:
    """Return what a YAML text says to DVC, which reads YAML 1.2: 010 is ten, and `no` a word."""
    return YAML(typ='safe', pure=True).load(text)


def validated(model: type[Model], content: object, prefix: str = '') -> Model:
    """Return plain `content` as a `model`; a StudyError has a line for every wrong param, `prefix` before its name."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise StudyError('\n'.join(_line(details, prefix) for details in error.errors())) from None


def _line(error: ErrorDetails, prefix: str) -> str:
    name = (prefix + '.'.join(str(part) for part in error['loc'])).removesuffix('.')
    if error['type'] == 'extra_forbidden':
        return f'{name}: no such param; check its spelling'
    if error['type'] == 'missing':
        return f'{name}: missing; `git diff {PARAMS}` shows what was removed'
    message = error['msg'].replace('Input should', 'must').replace('List should', 'must')
    try:
        value = repr(error['input'])
    except ValueError:  # Python prints no whole number of more than a few thousand digits
        value = 'a number of thousands of digits'
    return f'{name}: {message}, got {value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}..."}'


def defaults(model: type[BaseModel]) -> dict:
    """Return the default of every param of a model that has one, sections as dictionaries."""
    values = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            values[name] = defaults(field.annotation)
        elif not field.is_required():
            values[name] = field.default
    return values


def subclasses_in(package: str, base: type[Base]) -> dict[str, type[Base]]:
    """Return the subclass of `base` that each file of a package defines, by the file's name in alphabetical order.

    Files whose names start with an underscore are not imported; files without a subclass are left out.
    """
    classes = {}
    for name in sorted(file.name for file in pkgutil.iter_modules(import_module(package).__path__)):
        module = f'{package}.{name}'
        for value in () if name.startswith('_') else vars(import_module(module)).values():
            if isinstance(value, type) and value.__module__ == module and issubclass(value, base) and value is not base:
                classes[name] = value
    return classes


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return a generator on the random stream for a purpose, or for the `index`th of many things with it."""
    return np.random.default_rng([seed, index, *purpose.encode()])


def integer_seed(seed: int, purpose: str) -> int:
    """Return a whole number for a purpose, for libraries that take no generator."""
    return int(np.random.SeedSequence([seed, 0, *purpose.encode()]).generate_state(1)[0])
