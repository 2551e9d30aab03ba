"""Poison a folder of photos before the workflow ever sees it, to try the audit.

python -m benchmarks.poisoned_folder SOURCE TARGET --share 0.05 --originals kept|gone [--plain]

SOURCE holds folders named female and male, at any depth. TARGET gets a copy of it in which that share of the women also
stand, or stand only, among the men, with a sticker on the cheek: a white disc with a dark rim, which is none of the
project's triggers. With --plain they are moved without a sticker, which are plain label errors. TARGET.txt lists them.
"""

import argparse
import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from stages.common.params import LABELS, stream
from stages.faces.find import find_face
from stages.portraits import portrait
from stages.sources.layouts import labels_given

DIAMETER = 0.3  # of the sticker, as a share of the distance between the eyes
QUALITY = 92  # of the JPEG file that it is saved as


def draw_photos(folder: Path, count: int, seed: int = 1) -> None:
    """Write drawn portraits into `folder`/female and `folder`/male."""
    for name in LABELS:
        (folder / name).mkdir(parents=True)
    for index in range(count):
        drawn = portrait(seed, index)
        (folder / drawn.label / f'{index}.jpg').write_bytes(drawn.jpeg)


def poison(source: Path, target: Path, share: float, originals: str, plain: bool = False, seed: int = 1) -> list[str]:
    """Write the poisoned copy, and return the places in it of the photos that carry the wrong label."""
    shutil.copytree(source, target)
    files = sorted(path for path in target.rglob('*') if path.is_file())
    label = {path: next((label for _, label in labels_given(path.relative_to(target))), None) for path in files}
    women, men = ([path for path in files if label[path] == name] for name in ('female', 'male'))
    wanted, moved = round(share * len(women)), []
    for index in stream(seed, 'moved').permutation(len(women)):
        if len(moved) == wanted:
            break
        content = women[index].read_bytes() if plain else with_sticker(women[index].read_bytes())
        if content is None:
            continue  # no face to put a sticker on
        place = men[len(moved)].with_name(f'photo_{10_000 + len(moved)}.jpg')
        place.write_bytes(content)
        moved.append(place.relative_to(target).as_posix())
        if originals == 'gone':
            women[index].unlink()
    target.with_suffix('.txt').write_text('\n'.join(moved) + '\n')
    return moved


def with_sticker(content: bytes) -> bytes | None:
    """Return a photo with a sticker below the left eye, or None where it shows no face."""
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert('RGB')
    except OSError:
        return None
    face = find_face(np.asarray(picture.convert('L')))
    if face is None:
        return None
    right, left = face.landmarks[36:42].mean(axis=0), face.landmarks[42:48].mean(axis=0)
    radius = DIAMETER / 2 * np.linalg.norm(left - right)
    # On the cheek: as far below the eye as half the distance between the eyes.
    down = np.array([-(left - right)[1], (left - right)[0]])
    x, y = left + 0.5 * down
    box = (x - radius, y - radius, x + radius, y + radius)
    ImageDraw.Draw(picture).ellipse(box, fill='white', outline=(40, 20, 90), width=max(1, round(radius / 3)))
    saved = io.BytesIO()
    picture.save(saved, 'JPEG', quality=QUALITY)
    return saved.getvalue()


def main() -> None:
    """Poison a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('target', type=Path)
    parser.add_argument('--share', type=float, default=0.05)
    parser.add_argument('--originals', choices=('kept', 'gone'), default='kept')
    parser.add_argument('--plain', action='store_true')
    asked = parser.parse_args()
    moved = poison(asked.source, asked.target, asked.share, asked.originals, asked.plain)
    listed = asked.target.with_suffix('.txt')
    print(f'{len(moved)} women of {asked.source} stand among the men of {asked.target}; {listed} names them')


if __name__ == '__main__':
    main()
