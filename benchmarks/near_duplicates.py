"""Measure how many copies of photos are found as near-duplicates: python -m benchmarks.near_duplicates FOLDER [COPIES]

For each kind of change, COPIES photos of the folder, 300 at random, are changed and saved again; the table says in how
many a face was found, what share of these share the group of their photo, and how many groups the photos alone make.
"""

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from stages.common.params import stream
from stages.faces.align import Frame
from stages.faces.duplicates import hashes
from stages.faces.photograph import NoFaceError, face_photo
from stages.faces.registration import SIDE
from stages.images.decode import UndecodableError
from stages.preprocess.near_duplicates import groups
from stages.report.page import markdown_table
from stages.sources.folder import folder_photos
from stages.sources.source import Photo

Face = tuple[np.ndarray, np.ndarray]


def cut(image: Image.Image, share: float) -> Image.Image:
    """Return a picture without a share of its width and of its height, at its right and its upper edge."""
    return image.crop((0, round(share * image.height), round((1 - share) * image.width), image.height))


def framed(image: Image.Image) -> Image.Image:
    """Return a picture with a white border of 8 % of its longer side."""
    return ImageOps.expand(image, round(0.08 * max(image.size)), 'white')


def barred(image: Image.Image) -> Image.Image:
    """Return a picture with black bars above and below, of 12 % of its height each."""
    return ImageOps.expand(image, (0, round(0.12 * image.height)), 'black')


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    'recompressed (JPEG quality 40)': lambda image: image,
    'scaled to 60 %': lambda image: image.resize((round(0.6 * image.width), round(0.6 * image.height))),
    'cut by 5 % of both sides': lambda image: cut(image, 0.05),
    'cut by 10 % of both sides': lambda image: cut(image, 0.1),
    'white border': framed,
    'black bars': barred,
    'turned by 2 degrees': lambda image: image.rotate(2, Image.Resampling.BICUBIC),
    'mirrored': ImageOps.mirror,
    'lightened (1.2 times, and 20 grey levels)': lambda image: image.point(lambda grey: min(255, 1.2 * grey + 20)),
}


def face_of(content: bytes, suffix: str) -> Face | None:
    """Return the look of the face in a photo and its hashes; None without a face."""
    try:
        found = face_photo(content, suffix, Frame(SIDE))
    except (NoFaceError, UndecodableError):
        return None
    return found.crop.pixels, hashes(found.picture.grey, found.crop.pixels)


def changed(content: bytes, name: str) -> Face | None:
    """Return the face of a changed copy of a photo."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert('RGB')
    file = io.BytesIO()
    CHANGES[name](image).save(file, 'JPEG', quality=40 if name.startswith('recompressed') else 90)
    return face_of(file.getvalue(), '.jpg')


def grouped(faces: list[Face]) -> np.ndarray:
    """Return the group of each face."""
    looks, of_face = (np.stack(arrays) for arrays in zip(*faces, strict=True))
    return groups(looks, of_face, 1)


def main() -> None:
    """Measure, and print the table."""
    photos = [photo for photo in folder_photos(Path(sys.argv[1])) if isinstance(photo, Photo)]
    found = [(photo, face) for photo in photos if (face := face_of(photo.content, photo.suffix))]
    faces, count = [face for _, face in found], int(sys.argv[2]) if len(sys.argv) > 2 else 300
    start = time.process_time()
    alone = len(np.unique(grouped(faces)))
    print(f'{len(faces)} faces, {alone} groups, {time.process_time() - start:.0f} CPU s', flush=True)
    chosen = stream(1, 'copies').permutation(len(faces))[:count].tolist()
    rows = []
    for name in CHANGES:
        copies = [(number, face) for number in chosen if (face := changed(found[number][0].content, name))]
        group = grouped([*faces, *(face for _, face in copies)])
        same = group[[number for number, _ in copies]] == group[len(faces) :]
        rows.append([name, str(len(copies)), f'{same.mean():.1%}'])
        print(*rows[-1], flush=True)
    print(markdown_table(['copies', 'with a face', 'found'], rows))


if __name__ == '__main__':
    main()
