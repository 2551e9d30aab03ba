"""A photo on its way in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Photo:
    """A file that a source offers as a photo of one person: its bytes, unread, its label and where it came from."""

    content: bytes
    suffix: str
    label: str
    origin: str
