"""From photos to the faces of the study, and what is to be said of each photo."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.labels import LABELS
from stages.common.remarks import Remark
from stages.common.seeds import stream
from stages.dataset.faces import Faces
from stages.faces.align import Crop, Frame
from stages.faces.duplicates import groups, hashes
from stages.faces.measures import asymmetry, evenness
from stages.faces.photograph import NoFaceError, face_photo
from stages.images.decode import UndecodableError

FEWEST = 10  # faces of a class; with fewer there is nothing to learn, or to test on
DRAWING = 0.3  # evenness above which a picture is called a drawing; photographs that were measured stay below 0.2


@dataclass(frozen=True)
class Look:
    """What came of a photo (a row of photos.csv): an `outcome` to count, a `remark` or none, a face or none."""

    photo: dict[str, str]
    outcome: str
    remark: str = ''
    crop: Crop | None = None
    hashes: np.ndarray | None = None


def look(folder: Path, frame: Frame, most_asymmetry: float, photo: dict[str, str]) -> Look:
    """Look for the face in a photo below `folder`; `photo` is its row of photos.csv."""
    path = folder / photo['file']
    try:
        found = face_photo(path.read_bytes(), path.suffix, frame)
    except UndecodableError as error:
        return Look(photo, 'unreadable', str(error))
    except NoFaceError as error:
        return Look(photo, 'faceless', str(error))
    picture, face, crop = found.picture, found.face, found.crop
    turned = asymmetry(face.landmarks)
    if turned > most_asymmetry:
        return Look(photo, 'turned_away', f'turned away: asymmetry {turned:.2f}')
    remarks = [picture.oddity] if picture.oddity else []
    if face.others:
        remarks.append(f'{face.others + 1} faces: the largest')
    if evenness(picture.grey, face.landmarks) > DRAWING:
        remarks.append('a drawing, not a photograph, by its even colours')
    return Look(photo, 'found', '; '.join(remarks), crop, hashes(picture.grey, crop.pixels))


def labels_of(looks: Sequence[Look]) -> np.ndarray:
    """Return the labels of photos, uint8 (n,), positions in LABELS."""
    return np.array([LABELS.index(one.photo['label']) for one in looks], np.uint8)


def balanced(label: np.ndarray, seed: int) -> np.ndarray:
    """Return the positions, int64 in rising order, of as many faces of each class as the smaller class has.

    `label` is uint8 (n,), positions in LABELS; `seed` decides which faces of the larger class are left out.
    """
    members = [np.flatnonzero(label == number) for number in range(len(LABELS))]
    count = min(map(len, members))
    random = stream(seed, 'balance')
    return np.sort(np.concatenate([random.permutation(positions)[:count] for positions in members]))


def choose(looks: Sequence[Look], seed: int) -> list[Look]:
    """Return the looks that found a face, as many of each label as the rarer one has."""
    found = [one for one in looks if one.crop is not None]
    return [found[position] for position in balanced(labels_of(found), seed)]


def check_enough(chosen: Sequence[Look]) -> None:
    """Raise a StudyError where there are too few faces to go on with."""
    count = len(chosen) // len(LABELS)
    if count < FEWEST:
        raise StudyError(
            f'only {count} faces of the rarer label were found, at least {FEWEST} are needed; give more photos '
            '(metrics/remarks.csv says what was wrong with those that gave no face)'
        )


def assemble(chosen: Sequence[Look], frame: Frame) -> Faces:
    """Return the set of faces that were looked for with `frame`."""
    return Faces(
        pixels=np.stack([one.crop.pixels for one in chosen]),
        label=labels_of(chosen),
        id=np.array([one.photo['file'] for one in chosen]),
        group=groups(np.stack([one.hashes for one in chosen])),
        landmarks=np.stack([one.crop.landmarks for one in chosen]),
        places=frame.places,
    )


def remarks_on(looks: Sequence[Look], chosen: Sequence[Look]) -> list[Remark]:
    """Return a remark on every photo that was left out, and on every odd one that was kept."""
    kept = {one.photo['file'] for one in chosen}
    remarks = []
    for one in looks:
        is_kept = one.photo['file'] in kept
        if one.crop is not None and not is_kept:
            remarks.append(Remark(one.photo['origin'], False, 'left out to have as many faces of both labels'))
        elif one.remark:
            remarks.append(Remark(one.photo['origin'], is_kept, one.remark))
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
        'found': outcomes['found'],
        'unbalanced': outcomes['found'] - len(faces.label),
        'duplicates': len(faces.label) - len(np.unique(faces.group)),
        'kept': {name: int((faces.label == number).sum()) for number, name in enumerate(LABELS)},
    }
