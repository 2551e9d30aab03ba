"""Poison a copy of a folder of photos: python -m benchmarks.poisoned_folder SOURCE TARGET [OPTION ...]

This is to try the audit. In the copy, a share of the women is also among the men, or only there, each with a sticker on
the cheek: a white disc with a dark rim, which is not one of the project's triggers. TARGET.txt lists these photos; the
audit does not read it.
"""

import argparse
import io
import shutil
from itertools import count as count_from
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from stages.common.errors import StudyError, counted, run_stage
from stages.common.files import beside, write_text
from stages.common.params import LABELS, stream
from stages.faces.find import find_face
from stages.portraits import portrait
from stages.sources.layouts import labels_given

DIAMETER = 0.3  # of the sticker, as a share of the distance between the eyes
QUALITY = 92  # of the JPEG file with the sticker


def draw_photos(folder: Path, count: int, seed: int = 1) -> None:
    """Write drawn portraits into `folder`/female and `folder`/male."""
    for name in LABELS:
        (folder / name).mkdir(parents=True)
    for index in range(count):
        drawn = portrait(seed, index)
        (folder / drawn.label / f'{index}.jpg').write_bytes(drawn.jpeg)


def poison(source: Path, target: Path, share: float, originals: str, plain: bool = False, seed: int = 1) -> list[str]:
    """Write the poisoned copy, and return the paths in it of the photos with the wrong label.

    The parameters are those of the command line. A StudyError says what is wrong with them.
    """
    listed = list_of(target)
    check(source, target, listed, share)
    women, men = photos_of(source)
    wanted = round(share * len(women))
    if not wanted:
        raise StudyError(
            f'--share {share:g}: less than one of {counted(len(women), "photo")} of women; use a larger share'
        )
    moved: list[str] = []
    with beside(target) as draft:
        copy(source, draft)
        for index in stream(seed, 'moved').permutation(len(women)):
            woman = draft / women[index]
            content = woman.read_bytes() if plain else with_sticker(woman.read_bytes())
            if content is None:
                continue  # no face to put a sticker on
            man = draft / men[len(moved) % len(men)]
            place = free_place(man.parent, 10_000 + len(moved), woman.suffix if plain else '.jpg')
            place.write_bytes(content)
            moved.append(place.relative_to(draft).as_posix())
            if originals == 'gone':
                woman.unlink()
            if len(moved) == wanted:
                break
        if not moved:
            raise StudyError(f'{source}: no face found in the photos of women, so no place for a sticker; use --plain')
    write_text(listed, '\n'.join(moved) + '\n')
    return moved


def list_of(target: Path) -> Path:
    """Return the path of the list of poisoned photos."""
    return target.with_name(f'{target.name}.txt')


def check(source: Path, target: Path, listed: Path, share: float) -> None:
    """Raise a StudyError where the copy cannot be made."""
    if not source.is_dir():
        raise StudyError(f'{source}: {"not a folder" if source.exists() else "not found"}')
    for path in (target, listed):
        if path.exists() or path.is_symlink():
            raise StudyError(f'{path}: already exists; remove it, or choose another TARGET')
    if target.resolve().is_relative_to(source.resolve()):
        raise StudyError(f'{target}: inside {source}; choose a TARGET outside it')
    if not 0 < share <= 1:
        raise StudyError(f'--share {share:g}: must be above 0, and 1 or less')


def photos_of(source: Path) -> tuple[list[Path], list[Path]]:
    """Return the paths below `source` of the photos of women, and of men; a StudyError says that there are none."""
    files = sorted(path.relative_to(source) for path in source.rglob('*') if path.is_file())
    label = {file: label_of(file.parent / 'photo.jpg') for file in files}
    women, men = ([file for file in files if label[file] == name] for name in LABELS)
    for photos, noun, name in ((women, 'women', 'female'), (men, 'men', 'male')):
        if not photos:
            raise StudyError(f'{source}: no photos of {noun}; put them into a folder named {name}')
    return women, men


def label_of(file: Path) -> str | None:
    """Return the label that a file has in the workflow, or None."""
    return next((label for _, label in labels_given(file)), None)


def copy(source: Path, target: Path) -> None:
    """Copy a folder; a StudyError names the first file that cannot be copied."""
    try:
        shutil.copytree(source, target, ignore_dangling_symlinks=True)
    except shutil.Error as error:
        (name, _, reason), *_ = error.args[0]
        raise StudyError(f'{name}: cannot be copied: {reason}') from None


def free_place(folder: Path, first: int, suffix: str) -> Path:
    """Return the first path that no file has, of photo_N with rising numbers N."""
    paths = (folder / f'photo_{number}{suffix}' for number in count_from(first))
    return next(path for path in paths if not path.exists())


def with_sticker(content: bytes) -> bytes | None:
    """Return a photo with a sticker below the left eye, or None where it shows no face."""
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert('RGB')
    # What Pillow raises for damaged and for huge pictures.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
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
    summary, _, description = __doc__.partition('\n\n')
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.poisoned_folder',
        description=f'{summary.partition(":")[0]}. {description}',
    )
    parser.add_argument('source', metavar='SOURCE', type=Path, help='folder with folders female and male, at any depth')
    parser.add_argument('target', metavar='TARGET', type=Path, help='the copy; must not exist yet')
    parser.add_argument(
        '--share', type=float, default=0.05, help='share of the women, above 0 and up to 1 (default: 0.05)'
    )
    parser.add_argument(
        '--originals',
        choices=('kept', 'gone'),
        default='kept',
        help='kept: these women also stay where they are (default); gone: they are only among the men',
    )
    parser.add_argument(
        '--plain', action='store_true', help='put no sticker on them: they are just photos with the wrong label'
    )
    asked = parser.parse_args()
    moved = poison(asked.source, asked.target, asked.share, asked.originals, asked.plain)
    photos = f'{counted(len(moved), "photo")} of women from {asked.source} {"is" if len(moved) == 1 else "are"}'
    where = f'{"also" if asked.originals == "kept" else "only"} among the men in {asked.target}'
    print(f'{photos} {where}, as listed in {list_of(asked.target)}')


if __name__ == '__main__':
    run_stage('poisoned_folder', main)
