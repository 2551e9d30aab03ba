"""From photos to faces, and what became of each photo and crop."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from stages.common.arrays import Stack
from stages.common.files import Remark, writing
from stages.common.params import LABELS
from stages.faces.align import Crop, Frame, align
from stages.faces.duplicates import hashes
from stages.faces.measures import asymmetry, evenness
from stages.faces.photograph import NoFaceError, face_photo
from stages.faces.registration import SIDE
from stages.images.decode import UndecodableError

DRAWING_EVENNESS = 0.3  # above which a picture is called a drawing; photographs that were measured stay below 0.2


@dataclass(frozen=True)
class PhotoResult:
    """What became of a photo (a row of photos.csv): an `outcome` to count, a `remark` or none, a face or none.

    face: the number of its crop among Crops. hashes: uint8 (pictures, 2, bytes), of the photo and its crop. group: a
    number that near-duplicates share. pair: the origin of a near-duplicate with the other label, or empty.
    others: further faces in the photo.
    """

    photo: dict[str, str]
    outcome: str
    remark: str = ''
    face: int | None = None
    hashes: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint8))
    group: int = -1
    pair: str = ''
    others: int = 0

    @property
    def label(self) -> int:
        """Return the label, a position in LABELS."""
        return LABELS.index(self.photo['label'])


@dataclass(frozen=True)
class Photos(Sequence):
    """Photos of a folder, each as its row of photos.csv and its file's bytes, so that no worker needs the folder."""

    folder: Path
    rows: Sequence[dict[str, str]]

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self.rows)

    def __getitem__(self, number: Any) -> tuple[dict[str, str], bytes]:
        """Return the row and the bytes of a photo."""
        row = self.rows[number]
        return row, (self.folder / row['file']).read_bytes()


def find_in_photo(
    frame: Frame, max_asymmetry: float, row_and_content: tuple[dict[str, str], bytes]
) -> tuple[PhotoResult, Crop | None, np.ndarray | None]:
    """Find the face in a photo, given as its row of photos.csv and its file's bytes; return its crop and its look, too.

    The look is the crop, uint8 (SIDE, SIDE), by which near-duplicates are found, whatever the size of the others.
    """
    photo, content = row_and_content
    try:
        found = face_photo(content, Path(photo['file']).suffix, frame)
    except (UndecodableError, NoFaceError) as error:
        return (
            PhotoResult(photo, 'faceless' if isinstance(error, NoFaceError) else 'unreadable', str(error)),
            None,
            None,
        )
    picture, face, crop = found.picture, found.face, found.crop
    turned = asymmetry(face.landmarks)
    if turned > max_asymmetry:
        return PhotoResult(photo, 'turned_away', f'turned away: asymmetry {turned:.2f}'), None, None
    remarks = [remark for remark in (photo['remark'], picture.oddity) if remark]
    if face.others:
        remarks.append(f'{face.others + 1} faces: the largest')
    if evenness(picture.grey, face.landmarks) > DRAWING_EVENNESS:
        remarks.append('a drawing, not a photograph, by its flat colours')
    look = crop.pixels if frame.size == SIDE else align(picture.grey, face.landmarks, Frame(SIDE)).pixels
    hashed = hashes(picture.grey, look)
    return PhotoResult(photo, 'found', '; '.join(remarks), others=face.others, hashes=hashed), crop, look


class Crops:
    """Crops of `size` pixels a side, and looks, none of them in memory.

    They are in an unnamed file beside `path`, which disappears with the process, however that ends. A StudyError says
    that the disk is full; other errors of the disk name `path`.
    """

    def __init__(self, size: int, path: Path):
        self._path = path
        with writing(self._path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._dtype = np.dtype([
            ('pixels', np.uint8, (size, size)), ('landmarks', np.float32, (68, 2)), ('look', np.uint8, (SIDE, SIDE)),
        ])  # fmt: skip
        self._count = 0

    def keep(self, found: Iterable[tuple[PhotoResult, Crop | None, np.ndarray | None]]) -> Iterator[PhotoResult]:
        """Keep the crops of processed photos, and yield each result with the number of its crop."""
        for result, crop, look in found:
            if crop is None or look is None:
                yield result
                continue
            with writing(self._path):
                self._file.write(crop.pixels.tobytes() + crop.landmarks.tobytes() + look.tobytes())
            yield replace(result, face=self._count)
            self._count += 1

    def of(self, results: Sequence[PhotoResult], field: str) -> Stack:
        """Return the `pixels`, `landmarks` or `look` of the faces of some results, to be read when they are indexed."""
        return Stack(self._records[field], picked=np.array([result.face for result in results], np.int64))

    @cached_property
    def _records(self) -> np.ndarray:
        """Map all crops, once they have all been kept."""
        with writing(self._path):
            self._file.flush()
        return np.memmap(self._file, self._dtype, 'r')


def remarks_on(results: Sequence[PhotoResult], chosen: Sequence[PhotoResult]) -> list[Remark]:
    """Return a remark on every photo that was left out, and on every odd one that was kept."""
    kept = {result.photo['file'] for result in chosen}
    remarks = []
    for result in results:
        is_kept, reason = result.photo['file'] in kept, result.remark
        if result.outcome == 'found' and not is_kept:
            reason = 'left out to have as many faces of both labels'
        if reason:
            remarks.append(Remark(result.photo['origin'], is_kept, reason, result.pair))
    return remarks


def counts(results: Sequence[PhotoResult], chosen: Sequence[PhotoResult], read: dict[str, int]) -> dict:
    """Return what became of the pictures: to the counts of those that were `read`, those of all results are added."""
    outcomes = Counter(result.outcome for result in results)
    names = ('unreadable', 'faceless', 'turned_away', 'contradictory', 'repeated', 'found')
    return read | {
        'used': len(chosen),
        'photos': len(results),
        'read': len(results) - outcomes['unreadable'],
        **{name: outcomes[name] for name in names},
        'unbalanced': outcomes['found'] - len(chosen),
        'several_faces': sum(result.others > 0 for result in chosen),
        'duplicates': len(chosen) - len({result.group for result in chosen}),
        'kept': {name: sum(result.label == number for result in chosen) for number, name in enumerate(LABELS)},
    }
