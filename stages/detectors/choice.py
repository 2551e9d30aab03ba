"""The detectors that params.yaml names."""

from collections.abc import Sequence

from stages.common.errors import StudyError
from stages.common.kinds import kinds
from stages.detectors.detector import Detector

ALL = 'all'


def detector_names(chosen: str | Sequence[str]) -> list[str]:
    """Return the names that detect.detectors names, 'all' being all; a StudyError says what is wrong."""
    known = list(kinds('stages.detectors', Detector))
    if chosen == ALL:
        return known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise StudyError(f'detect.detectors: no detector {unknown[0]!r}; use `all`, or some of {", ".join(known)}')
    return [name for name in known if name in chosen]


def chosen_detectors(names: Sequence[str]) -> dict[str, Detector]:
    """Return the detectors of these names, made anew."""
    found = kinds('stages.detectors', Detector)
    return {name: found[name]() for name in names}


def titles() -> dict[str, str]:
    """Return what each detector goes by in tables, by its name."""
    return {name: found.title for name, found in kinds('stages.detectors', Detector).items()}
