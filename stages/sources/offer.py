"""From a file in a source to a photo, or to a remark why it is not one."""

from collections.abc import Callable
from pathlib import PurePosixPath

from stages.common.files import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import labels_given
from stages.sources.source import Photo

HIDDEN = 'hidden: its name or that of a parent folder starts with a dot'
NO_FILE = 'not a regular file'


def offer(origin: PurePosixPath, size: int, read: Callable[[], bytes]) -> Photo | Remark:
    """Return the file at `origin` in its source as a photo, or a remark; `read` returns its content of `size` bytes."""
    if any(name.startswith('.') for name in origin.parts):
        return Remark(str(origin), False, HIDDEN)
    given = list(labels_given(origin))
    if not given:
        return Remark(str(origin), False, 'neither its name nor that of a parent folder gives a label')
    if size > MOST_BYTES:
        return Remark(str(origin), False, f'larger than {MOST_BYTES // 1_000_000} MB')
    name, label = given[0]
    other = next((name for name, other_label in given if other_label != label), None)
    remark = f'{label} by "{name}", although "{other}" in its path gives the other label' if other else ''
    return Photo(read(), origin.suffix.casefold(), label, str(origin), remark)
