"""From photos to faces, and what is to be said of each photo."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.files import Remark
from stages.common.params import LABELS
from stages.dataset.faces import Faces
from stages.faces.align import Crop, Frame
from stages.faces.duplicates import hashes
from stages.faces.measures import asymmetry, evenness
from stages.faces.photograph import NoFaceError, face_photo
from stages.images.decode import UndecodableError

DRAWING = 0.3  # evenness above which a picture is called a drawing; photographs that were measured stay below 0.2


@dataclass(frozen=True)
class Look:
    """What came of a photo (a row of photos.csv): an `outcome` to count, a `remark` or none, a face or none.

    face: the number of its crop among Crops. hashes: uint8 (pictures, 2, bytes), of the photo and its crop. group: a
    number that near-duplicates share. pair: the place of a near-duplicate with the other label, or empty.
    """

    photo: dict[str, str]
    outcome: str
    remark: str = ''
    face: int | None = None
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


def look(
    frame: Frame, most_asymmetry: float, row_and_content: tuple[dict[str, str], bytes]
) -> tuple[Look, Crop | None]:
    """Look for the face in a photo, which comes as its row of photos.csv and its file's bytes; return its crop, too."""
    photo, content = row_and_content
    try:
        found = face_photo(content, Path(photo['file']).suffix, frame)
    except UndecodableError as error:
        return Look(photo, 'unreadable', str(error)), None
    except NoFaceError as error:
        return Look(photo, 'faceless', str(error)), None
    picture, face, crop = found.picture, found.face, found.crop
    turned = asymmetry(face.landmarks)
    if turned > most_asymmetry:
        return Look(photo, 'turned_away', f'turned away: asymmetry {turned:.2f}'), None
    remarks = [remark for remark in (photo['remark'], picture.oddity) if remark]
    if face.others:
        remarks.append(f'{face.others + 1} faces: the largest')
    if evenness(picture.grey, face.landmarks) > DRAWING:
        remarks.append('a drawing, not a photograph, by its even colours')
    return Look(photo, 'found', '; '.join(remarks), hashes=hashes(picture.grey, crop.pixels)), crop


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
    """Return what became of the photos, and how many are faces of the study."""
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
