"""From photos to faces, and what is to be said of each photo."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.labels import LABELS
from stages.common.remarks import Remark
from stages.dataset.faces import Faces
from stages.dataset.found import FoundFaces
from stages.faces.align import Crop, Frame
from stages.faces.duplicates import hashes
from stages.faces.measures import asymmetry, evenness
from stages.faces.photograph import NoFaceError, face_photo
from stages.images.decode import UndecodableError

DRAWING = 0.3  # evenness above which a picture is called a drawing; photographs that were measured stay below 0.2


@dataclass(frozen=True)
class Look:
    """What came of a photo (a row of photos.csv): an `outcome` to count, a `remark` or none, a face or none.

    hashes: uint8 (pictures, 2, bytes), of the photo and its crop. group: a number that near-duplicates share. pair: the
    place of a near-duplicate with the other label, or empty.
    """

    photo: dict[str, str]
    outcome: str
    remark: str = ''
    crop: Crop | None = None
    hashes: np.ndarray | None = None
    group: int | None = None
    pair: str = ''

    @property
    def label(self) -> int:
        """Return the label, a position in LABELS."""
        return LABELS.index(self.photo['label'])


class Photos(Sequence):
    """Photos of a folder, each as its row of photos.csv and the bytes of its file, which is read when it is its turn.

    So the bytes travel to whoever looks for the face, and no worker needs the folder.
    """

    def __init__(self, folder: Path, rows: Sequence[dict[str, str]]):
        self._folder, self._rows = folder, rows

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[dict[str, str], bytes]:
        """Return the row and the bytes of a photo."""
        row = self._rows[number]
        return row, (self._folder / row['file']).read_bytes()


def look(frame: Frame, most_asymmetry: float, row_and_content: tuple[dict[str, str], bytes]) -> Look:
    """Look for the face in a photo, which comes as its row of photos.csv and its file's bytes."""
    photo, content = row_and_content
    try:
        found = face_photo(content, Path(photo['file']).suffix, frame)
    except UndecodableError as error:
        return Look(photo, 'unreadable', str(error))
    except NoFaceError as error:
        return Look(photo, 'faceless', str(error))
    picture, face, crop = found.picture, found.face, found.crop
    turned = asymmetry(face.landmarks)
    if turned > most_asymmetry:
        return Look(photo, 'turned_away', f'turned away: asymmetry {turned:.2f}')
    remarks = [remark for remark in (photo['remark'], picture.oddity) if remark]
    if face.others:
        remarks.append(f'{face.others + 1} faces: the largest')
    if evenness(picture.grey, face.landmarks) > DRAWING:
        remarks.append('a drawing, not a photograph, by its even colours')
    return Look(photo, 'found', '; '.join(remarks), crop, hashes(picture.grey, crop.pixels))


def assemble(chosen: Sequence[Look], frame: Frame) -> Faces:
    """Return the set of faces that were looked for with `frame`."""
    return Faces(
        pixels=np.stack([one.crop.pixels for one in chosen]),
        label=np.array([one.label for one in chosen], np.uint8),
        id=np.array([one.photo['file'] for one in chosen]),
        group=np.unique([one.group for one in chosen], return_inverse=True)[1].astype(np.int64),
        landmarks=np.stack([one.crop.landmarks for one in chosen]),
        places=frame.places,
    )


def everybody(found: Sequence[Look], looks: Sequence[Look]) -> FoundFaces:
    """Return every face that was found, and its contradiction; `looks` are the same after some have lost their faces.

    Left out are only those that repeat others.
    """
    kept = [
        (before, after)
        for before, after in zip(found, looks, strict=True)
        if before.crop and after.outcome != 'repeated'
    ]
    return FoundFaces(
        pixels=np.stack([before.crop.pixels for before, _ in kept]),
        label=np.array([before.label for before, _ in kept], np.uint8),
        origin=np.array([before.photo['origin'] for before, _ in kept]),
        pair=np.array([after.pair for _, after in kept]),
    )


def remarks_on(looks: Sequence[Look], chosen: Sequence[Look]) -> list[Remark]:
    """Return a remark on every photo that was left out, and on every odd one that was kept."""
    kept = {one.photo['file'] for one in chosen}
    remarks = []
    for one in looks:
        is_kept = one.photo['file'] in kept
        reason = one.remark if is_kept or one.outcome != 'found' else 'left out to have as many faces of both labels'
        if reason:
            remarks.append(Remark(one.photo['origin'], is_kept, reason, one.pair))
    return remarks


def counts(looks: Sequence[Look], faces: Faces) -> dict:
    """Return what became of the photos."""
    outcomes = Counter(one.outcome for one in looks)
    return {
        'photos': len(looks),
        'read': len(looks) - outcomes['unreadable'],
        'unreadable': outcomes['unreadable'],
        'faceless': outcomes['faceless'],
        'turned_away': outcomes['turned_away'],
        'contradictory': outcomes['contradictory'],
        'repeated': outcomes['repeated'],
        'found': outcomes['found'],
        'unbalanced': outcomes['found'] - len(faces.label),
        'duplicates': len(faces.label) - len(np.unique(faces.group)),
        'kept': {name: int((faces.label == number).sum()) for number, name in enumerate(LABELS)},
    }
