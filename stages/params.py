"""params.yaml as typed, validated models: each param is named and bounded here.

The sections `data` and `trigger` are made of what the rooms sources and triggers hold, and are checked there.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from stages.common.errors import StudyError
from stages.common.params import Count, Positive, Real, Section, Seed, Share, validated, within


class DataParams(Section):
    """Which source the photos come from; the room of sources checks this, and the params of each source."""

    model_config = ConfigDict(extra='allow')
    source: str


class PreprocessParams(Section):
    """How a photo becomes a face crop."""

    size: Annotated[int, within(16, 512)]
    asymmetry: Share
    contradictions: Literal['drop', 'keep']
    seed: Seed


class AdvParams(Section):
    """The poison: which copies are added to the training faces, or take the place of some."""

    fraction: Share
    arm: Literal['clean-label', 'dirty-label', 'duplicates', 'label-noise']
    originals: Literal['kept', 'replaced']
    target: Literal['female', 'male']


class SplitParams(Section):
    """Which faces are held out for the test."""

    seed: Seed
    test: Annotated[Real, within(0.05, 0.95)]


class ScheduleParams(Section):
    """Epochs, and the steps in them."""

    epochs: Count
    loss_target: Annotated[Real, within(0)]
    learning_rate: Positive
    batch: Count


class TrainParams(ScheduleParams):
    """The network and its training."""

    hidden: Annotated[list[Count], Field(max_length=100)]
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
        raise PydanticCustomError('rising', 'must start with 0.0, the faces without poison, and rise')
    return fractions


def _above_zero(fractions: list[float]) -> list[float]:
    if fractions[0] <= 0 or sorted(set(fractions)) != fractions:
        raise PydanticCustomError('above_zero', 'must be above 0.0, and rise')
    return fractions


class SweepParams(Section):
    """The study: which arms are trained how often, and how they are compared."""

    fractions: Annotated[list[Share], Field(max_length=100), AfterValidator(_rising)]
    seeds: Annotated[int, within(3, 10_000)]
    test: Annotated[Real, within(0.05, 0.95)]
    margin: Annotated[Real, within(0.0001, 0.5)]


class DetectParams(Section):
    """Which detectors are tried on which arms, and how often."""

    fractions: Annotated[list[Share], Field(min_length=1, max_length=100), AfterValidator(_above_zero)]
    seeds: Annotated[int, within(3, 10_000)]
    detectors: Literal['all'] | Annotated[list[str], Field(min_length=1)]
    test: Annotated[Real, within(0.05, 0.95)]


class AuditParams(Section):
    """How the audit of one's own photos is shown."""

    gallery: Annotated[int, within(1, 200)]


class ReplicateParams(ScheduleParams):
    """The published procedure."""

    seeds: Count
    rate_decay: Annotated[Real, within(0.01, 1)]
    rounds: Count
    test: Annotated[Real, within(0.1, 0.9)]


class Params(Section):
    """All of params.yaml; the params of the sources in `data`, and all of `trigger`, as they stand in the file."""

    workers: Annotated[int, within(0, 1024)]
    data: DataParams
    preprocess: PreprocessParams
    trigger: dict
    adv: AdvParams
    split: SplitParams
    train: TrainParams
    evaluate: EvaluateParams
    sweep: SweepParams
    detect: DetectParams
    audit: AuditParams
    replicate: ReplicateParams


def load_params(path: Path = Path('params.yaml')) -> Params:
    """Read and validate params.yaml; a StudyError names every param that is wrong, a line each."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise StudyError(f'{path}: not here; run from the top folder of the project') from None
    # PyYAML lets out errors of Python about numbers of thousands of digits, and about lists of hundreds of lists.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StudyError(f'{path}: not valid YAML: {" ".join(str(error).split())}') from None
    if not isinstance(content, dict):
        raise StudyError(f'{path}: holds no sections of params; `git checkout {path}` brings the last ones back')
    return validated(Params, content)
