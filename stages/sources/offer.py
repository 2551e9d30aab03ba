"""What a source makes of one of its files."""

from collections.abc import Callable
from pathlib import PurePosixPath

from stages.common.remarks import Remark
from stages.images.decode import MOST_BYTES
from stages.sources.layouts import label_of
from stages.sources.source import Photo

HIDDEN = 'hidden: its name, or that of a folder above it, starts with a dot'


def offer(place: PurePosixPath, size: int, read: Callable[[], bytes]) -> Photo | Remark:
    """Return the file at `place` in its source, of `size` bytes that `read` gives, as a photo; or why it is none."""
    if any(name.startswith('.') for name in place.parts):
        return Remark(str(place), False, HIDDEN)
    label = label_of(place)
    if label is None:
        return Remark(str(place), False, 'neither its name nor that of a folder above it names a label')
    if size > MOST_BYTES:
        return Remark(str(place), False, f'larger than {MOST_BYTES // 1_000_000} MB')
    return Photo(read(), place.suffix.casefold(), label, str(place))
