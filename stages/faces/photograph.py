"""A photo's way to its face: decoded, found, aligned."""

from dataclasses import dataclass

from stages.faces.align import Crop, Frame, align
from stages.faces.find import Face, find_face
from stages.images.decode import Picture, decode


class NoFaceError(Exception):
    """A picture shows no face."""


@dataclass(frozen=True)
class FacePhoto:
    """A photo in which a face was found: the decoded file, the largest face in it, and that face in its frame."""

    picture: Picture
    face: Face
    crop: Crop


def face_photo(content: bytes, suffix: str, frame: Frame, thumbnail: int = 0) -> FacePhoto:
    """Return the largest face in a photo, from its file's bytes; `suffix` and `thumbnail` are those of `decode`.

    An UndecodableError gives the reason why the file gives no picture; a NoFaceError says that it shows no face.
    """
    picture = decode(content, suffix, thumbnail)
    face = find_face(picture.grey)
    if face is None:
        raise NoFaceError('no face found')
    return FacePhoto(picture, face, align(picture.grey, face.landmarks, frame))
