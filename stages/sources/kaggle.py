"""The source `kaggle`: a data set of kaggle.com."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from stages.common.files import Remark
from stages.common.params import Section
from stages.sources.source import Photo, Source
from stages.sources.words import Vocabulary


def _pinned(handle: str) -> str:
    """Return the handle of a data set if it names a version: without one, the data set could change."""
    name = r'[\w-]+/[\w-]+'
    if re.fullmatch(name, handle, re.ASCII):
        raise PydanticCustomError('unpinned', 'must end in a version, as in {handle}/versions/1', {'handle': handle})
    if not re.fullmatch(name + r'/versions/[1-9]\d*', handle, re.ASCII):
        raise PydanticCustomError('handle', 'must be owner/name/versions/number, as in the address of its Kaggle page')
    return handle


class Kaggle(Source):
    """A data set of kaggle.com, downloaded once and kept in kagglehub's cache."""

    class Params(Section):
        """The entry `kaggle`."""

        handle: Annotated[str, AfterValidator(_pinned)] = 'ashwingupta3012/male-and-female-faces-dataset/versions/1'
        """for kaggle: owner/name/versions/number"""

    params: Params

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file of the data set's archive."""
        # Importing Kaggle's client takes half a second, which other sources should not cost.
        from stages.sources._kaggle_download import kaggle_photos

        return kaggle_photos(self.params.handle, Vocabulary(self.reading.words))
