"""Stage preprocess: find, align and group the faces of data/raw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError, run_stage
from stages.common.files import read_csv, write_json
from stages.common.labels import LABELS
from stages.common.parallel import each
from stages.common.remarks import Remark, read_remarks, write_remarks
from stages.faces.align import Crop, align
from stages.faces.duplicates import groups, hashes
from stages.faces.find import find_face
from stages.faces.measures import asymmetry, evenness
from stages.params import load_params
from stages.photos.decode import UndecodableError, decode
from stages.photos.store import RAW
from stages.study.data import FACES, Faces, save
from stages.study.split import balanced

FEWEST = 10  # faces of a class; with fewer there is nothing to learn, or to test on
DRAWING = 0.35  # evenness above which a picture is called a drawing; the photographs that were measured stay below 0.25


@dataclass(frozen=True)
class Look:
    """What came of a photo: an `outcome` to count, a `remark` or none, and the crop and hashes of a face or none."""

    outcome: str
    remark: str = ''
    crop: Crop | None = None
    hashes: np.ndarray | None = None


def look(size: int, most_asymmetry: float, path: Path) -> Look:
    """Look for the face in a photo."""
    try:
        picture = decode(path.read_bytes(), path.suffix)
    except UndecodableError as error:
        return Look('unreadable', str(error))
    face = find_face(picture.grey)
    if face is None:
        return Look('faceless', 'no face found')
    turned = asymmetry(face.landmarks)
    if turned > most_asymmetry:
        return Look('turned_away', f'turned away: asymmetry {turned:.2f}')
    remarks = [picture.oddity] if picture.oddity else []
    if face.others:
        remarks.append(f'{face.others + 1} faces: the largest')
    if evenness(picture.grey, face.landmarks) > DRAWING:
        remarks.append('a drawing, not a photograph, by its even colours')
    crop = align(picture.grey, face.landmarks, size)
    return Look('found', '; '.join(remarks), crop, hashes(picture.grey, crop.pixels))


def check_enough(label: np.ndarray) -> None:
    """Refuse to go on where a class has too few faces."""
    for number, name in enumerate(LABELS):
        count = int((label == number).sum())
        if count < FEWEST:
            raise StudyError(
                f'{count} {name} faces were found, at least {FEWEST} are needed; give more photos '
                f'(metrics/remarks.csv says what was wrong with those that gave no face)'
            )


def assemble(photos: Sequence[dict], looks: Sequence[Look]) -> Faces:
    """Make the set of faces from photos in which one was found."""
    return Faces(
        pixels=np.stack([look.crop.pixels for look in looks]),
        label=np.array([LABELS.index(photo['label']) for photo in photos], np.uint8),
        id=np.array([photo['file'] for photo in photos]),
        group=groups(np.stack([look.hashes for look in looks])),
        landmarks=np.stack([look.crop.landmarks for look in looks]),
    )


def counts(looks: Sequence[Look], faces: Faces) -> dict:
    """Return what became of the photos, for metrics/preprocess.json."""
    outcomes = Counter(look.outcome for look in looks)
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


def main() -> None:
    """Preprocess."""
    params = load_params()
    photos = read_csv(RAW / 'photos.csv')
    task = partial(look, params.preprocess.size, params.preprocess.asymmetry)
    looks = list(each(task, [RAW / photo['file'] for photo in photos], params.workers, 'finding faces'))
    found = [(photo, look) for photo, look in zip(photos, looks, strict=True) if look.crop is not None]
    label = np.array([LABELS.index(photo['label']) for photo, _ in found])
    kept = balanced(label, params.preprocess.seed)
    remarks = read_remarks(RAW / 'remarks.csv')
    remarks += [
        Remark(photo['origin'], look.crop is not None, look.remark)
        for photo, look in zip(photos, looks, strict=True)
        if look.remark
    ]
    left_out = set(range(len(found))) - set(kept)
    remarks += [
        Remark(found[i][0]['origin'], False, 'left out to have as many faces of both labels') for i in sorted(left_out)
    ]
    write_remarks(Path('metrics/remarks.csv'), remarks)
    check_enough(label)
    faces = assemble(*zip(*(found[i] for i in kept), strict=True))
    save(faces, FACES)
    write_json(Path('metrics/preprocess.json'), counts(looks, faces))


if __name__ == '__main__':
    run_stage('preprocess', main)
