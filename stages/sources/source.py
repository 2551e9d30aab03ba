"""What a source is: a file of this room that defines a subclass of Source is one more value of data.source."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stages.common.remarks import Remark


@dataclass(frozen=True)
class Photo:
    """A file that a source offers as a photo of one person: its bytes, undecoded, its label and where it came from.

    remark: what is odd about its label, or empty.
    """

    content: bytes
    suffix: str
    label: str
    origin: str
    remark: str = ''


class Source(ABC):
    """A source of labelled photos; its file's name is its name in data.source.

    `Params` is the type of its entry in the section `data` of params.yaml, which Pydantic checks; the entry has the
    source's name, and `params` is its value.
    """

    Params: ClassVar[type]

    def __init__(self, params: object):
        self.params = params

    @abstractmethod
    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file as a photo, or as a remark why it is none, in an order that depends on names or seeds alone.

        `workers` processes may share the work (0: one a core). A StudyError says why there are none.
        """
