"""What a source makes of one of its files."""

from collections.abc import Callable
from pathlib import PurePosixPath

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import labels_given
from stages.sources.source import Photo

HIDDEN = 'hidden: its name, or that of a folder above it, starts with a dot'
NO_FILE = 'not a regular file'


def offer(place: PurePosixPath, size: int, read: Callable[[], bytes]) -> Photo | Remark:
    """Return the file at `place` in its source, of `size` bytes that `read` gives, as a photo; or why it is none."""
    if any(name.startswith('.') for name in place.parts):
        return Remark(str(place), False, HIDDEN)
    given = list(labels_given(place))
    if not given:
        return Remark(str(place), False, 'neither its name nor that of a folder above it names a label')
    if size > MOST_BYTES:
        return Remark(str(place), False, f'larger than {MOST_BYTES // 1_000_000} MB')
    label = given[0][1]
    return Photo(read(), place.suffix.casefold(), label, str(place), _contradicted(given))


def _contradicted(given: list[tuple[str, str]]) -> str:
    """Say which other name gives the other label than the one that decides, if any does."""
    name, label = given[0]
    other = next((other for other, others_label in given if others_label != label), None)
    return f'{label} by "{name}", although "{other}" in its path gives the other label' if other else ''
