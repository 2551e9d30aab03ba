"""params.yaml as typed, validated models, one a section: each knob is named and bounded here, and nowhere else."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from stages.common.errors import StudyError


def within(low: float, high: float | None = None) -> AfterValidator:
    """Make a validator that lets numbers from `low` to `high` (None: no upper bound) through."""
    bounds = f'between {low} and {high}' if high is not None else f'{low} or more'

    def check(value: float) -> float:
        if not (low <= value and (high is None or value <= high)):
            raise PydanticCustomError('bounds', 'must be {bounds}', {'bounds': bounds})
        return value

    return AfterValidator(check)


def _scientific(value: object) -> object:
    """PyYAML reads 1e-3 as text, since YAML 1.1 wants 1.0e-3: people write the former."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Real = Annotated[float, BeforeValidator(_scientific)]
Share = Annotated[Real, within(0, 1)]
Positive = Annotated[Real, within(1e-9, 1e9)]
Count = Annotated[int, within(1)]
Seed = Annotated[int, within(0)]
Label = Literal['female', 'male']


def _pinned(handle: str) -> str:
    """Let the handle of a Kaggle data set through if it names a version: without, it would change by itself."""
    name = r'[\w-]+/[\w-]+'
    if re.fullmatch(name, handle, re.ASCII):
        raise PydanticCustomError('unpinned', 'must end in a version, as in {handle}/versions/1', {'handle': handle})
    if not re.fullmatch(name + r'/versions/[1-9]\d*', handle, re.ASCII):
        raise PydanticCustomError('handle', 'must be owner/name/versions/number, as in the address of its Kaggle page')
    return handle


class Section(BaseModel):
    """A section of params.yaml: unknown names and wrong types are refused."""

    model_config = ConfigDict(extra='forbid', strict=True, frozen=True, allow_inf_nan=False)


class DrawnParams(Section):
    """How many portraits are drawn, and from which seed."""

    count: Annotated[int, within(40)]
    seed: Seed


class KaggleParams(Section):
    """Which data set of kaggle.com."""

    handle: Annotated[str, AfterValidator(_pinned)]


class DataParams(Section):
    """Where the photos come from."""

    source: Literal['drawn', 'kaggle', 'folder']
    folder: str
    drawn: DrawnParams
    kaggle: KaggleParams


class PreprocessParams(Section):
    """How a photo becomes a face crop."""

    size: Annotated[int, within(16, 512)]
    asymmetry: Share
    seed: Seed


class DotsParams(Section):
    """The dots below an eye."""

    count: Annotated[int, within(1, 9)]
    radius: Annotated[Real, within(0.01, 0.5)]
    seed: Seed


class AdvParams(Section):
    """The copies that are added to the training faces."""

    fraction: Annotated[Real, within(0, 1)]
    label: Literal['kept', 'flipped']
    dotted: bool
    target: Label


class SplitParams(Section):
    """Which faces are held out for the test."""

    seed: Seed
    test: Annotated[Real, within(0.05, 0.95)]


class ScheduleParams(Section):
    """Epochs, and the steps in them; `section` is the section's name, for errors."""

    section: ClassVar[str]
    epochs: Count
    loss_target: Annotated[Real, within(0)]
    learning_rate: Positive
    rate_decay: Annotated[Real, within(0.01, 1)]
    batch: Count


class TrainParams(ScheduleParams):
    """The network and its training."""

    section = 'train'
    hidden: list[Count]
    momentum: Annotated[Real, within(0, 0.999)]
    weight_decay: Annotated[Real, within(0)]
    mirror: bool
    solver: Literal['auto', 'direct', 'gram']
    seed: Seed


class EvaluateParams(Section):
    """How results are reported."""

    confidence: Annotated[Real, within(0.5, 0.999)]
    gallery: Annotated[int, within(1, 200)]


def _rising(fractions: list[float]) -> list[float]:
    if fractions[:1] != [0] or sorted(set(fractions)) != fractions:
        raise PydanticCustomError('rising', 'must start with 0.0, the faces without copies, and rise')
    return fractions


class SweepParams(Section):
    """The study: which arms are trained how often, and how they are compared."""

    fractions: Annotated[list[Share], AfterValidator(_rising)]
    seeds: Annotated[int, within(3)]
    test: Annotated[Real, within(0.05, 0.95)]
    margin: Annotated[Real, within(0.0001, 0.5)]
    workers: Annotated[int, within(0)]


class ReplicateParams(ScheduleParams):
    """The published procedure."""

    section = 'replicate'
    seeds: Count
    rounds: Count
    test: Annotated[Real, within(0.1, 0.9)]


class Params(Section):
    """All of params.yaml."""

    workers: Annotated[int, within(0)]
    data: DataParams
    preprocess: PreprocessParams
    dots: DotsParams
    adv: AdvParams
    split: SplitParams
    train: TrainParams
    evaluate: EvaluateParams
    sweep: SweepParams
    replicate: ReplicateParams


def _line(error: dict) -> str:
    """One readable line for one validation error of Pydantic."""
    name = '.'.join(str(part) for part in error['loc'])
    if error['type'] == 'extra_forbidden':
        return f'{name}: no such param; check its spelling against the README'
    if error['type'] == 'missing':
        return f'{name}: missing from params.yaml'
    return f'{name}: {error["msg"].replace("Input should", "must")}, got {error["input"]!r}'


def load_params(path: Path = Path('params.yaml')) -> Params:
    """Read and validate params.yaml; a StudyError names every param that is wrong, a line each."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise StudyError(f'{path}: not here; run from the top folder of the project') from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f'{path}: not valid YAML: {" ".join(str(error).split())}') from None
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise StudyError('\n'.join(_line(each) for each in error.errors())) from None
