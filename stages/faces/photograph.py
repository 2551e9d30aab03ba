"""From a photo's file to its aligned face."""

from dataclasses import dataclass

from stages.faces.align import Crop, Frame, align
from stages.faces.find import Face, find_face
from stages.images.decode import Picture, decode


class NoFaceError(Exception):
    """A picture shows no face."""


@dataclass(frozen=True)
class FacePhoto:
    """A photo in which a face was found: the decoded file, its largest face, and that face aligned."""

    picture: Picture
    face: Face
    crop: Crop


def face_photo(content: bytes, suffix: str, frame: Frame, thumbnail: int = 0) -> FacePhoto:
    """Return the largest face in the photo with these bytes, or raise a NoFaceError; the rest is as in `decode`."""
    picture = decode(content, suffix, thumbnail)
    face = find_face(picture.grey)
    if face is None:
        raise NoFaceError('no face found')
    return FacePhoto(picture, face, align(picture.grey, face.landmarks, frame))
