"""What a source is: a file of this room that defines a subclass of Source is one more value of data.source."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, create_model

from stages.common.files import Remark
from stages.common.params import Section, kinds, validated


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


def chosen_source(data: dict) -> Source:
    """Return the source that the section `data` of params.yaml names; a StudyError names every param that is wrong.

    The section has `source` and, for every source, its own entry.
    """
    found = kinds('stages.sources', Source)
    entries = {name: (source.Params, ...) for name, source in found.items()}
    model = create_model('DataParams', __base__=Section, source=(Literal[tuple(found)], ...), **entries)
    params = validated(model, data, 'data.')
    return found[params.source](getattr(params, params.source))


class DataParams(Section):
    """Which source the photos come from; `data_model` has the params of each source, too."""

    model_config = ConfigDict(extra='allow')
    source: str


def data_model() -> type[Section]:
    """Return the model of the section `data` of params.yaml: source and, for every source, its own entry."""
    found = kinds('stages.sources', Source)
    entries = {name: (source.Params, ...) for name, source in found.items()}
    return create_model('DataParams', __base__=Section, source=(Literal[tuple(found)], Field('drawn')), **entries)
