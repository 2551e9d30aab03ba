"""The base class of sources: every file here that defines a subclass is a value of data.source."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field, create_model

from stages.common.files import Remark
from stages.common.params import Section, subclasses_in, validated
from stages.sources.words import Meanings


@dataclass(frozen=True)
class Photo:
    """A file that a source offers as a photo of one person."""

    content: bytes  # undecoded
    suffix: str  # the lower-case extension of its name
    label: str
    origin: str  # its position in the source
    remark: str = ''  # what is odd about its label


class ReadingParams(Section):
    """How the files of any source are read."""

    words: Meanings = Field(default={})
    """more words that give a label, such as {'0': female, M: male}; they come before those that are known"""
    links: Literal['inside', 'anywhere'] = 'inside'
    """symlinks that are followed: those that stay inside the folder of photos, or those to anywhere"""


class Source(ABC):
    """A source of photos, named in data.source by its file; a subclass defines `Params` and annotates `params`."""

    Params: ClassVar[type]  # of the source's entry in the section `data` of params.yaml, which Pydantic validates
    default: ClassVar[Any] = ...  # of an entry that is no section
    params: object  # the entry

    def __init__(self, params: object, reading: ReadingParams | None = None):
        self.params, self.reading = params, reading or ReadingParams()

    @abstractmethod
    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield a photo for every file, or a remark why it is not one, in an order given by names or seeds alone.

        At most `workers` processes share the work (0: one per core). Raises a StudyError if there are no photos.
        """


def data_model() -> type[Section]:
    """Return the model of the section `data` of params.yaml: `source`, how files are read, an entry a source."""
    sources = subclasses_in('stages.sources', Source)
    fields: dict[str, Any] = {'source': (Literal[tuple(sources)], Field('drawn'))}
    fields |= {name: (source.Params, Field(source.default)) for name, source in sources.items()}
    return create_model('DataParams', __base__=ReadingParams, **fields)


def chosen_source(data: dict) -> Source:
    """Return the source that the section `data` of params.yaml chooses; a StudyError names every invalid param."""
    params = dict(validated(data_model(), data, 'data.'))
    reading = ReadingParams(words=params['words'], links=params['links'])
    return subclasses_in('stages.sources', Source)[params['source']](params[params['source']], reading)
