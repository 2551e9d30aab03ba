"""The source `kaggle`: photos of a data set of kaggle.com."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from stages.common.files import Remark
from stages.common.params import Section
from stages.sources.source import Photo, Source


def _pinned(handle: str) -> str:
    """Let the handle of a data set through if it names a version: without one, the data set could change by itself."""
    name = r'[\w-]+/[\w-]+'
    if re.fullmatch(name, handle, re.ASCII):
        raise PydanticCustomError('unpinned', 'must end in a version, as in {handle}/versions/1', {'handle': handle})
    if not re.fullmatch(name + r'/versions/[1-9]\d*', handle, re.ASCII):
        raise PydanticCustomError('handle', 'must be owner/name/versions/number, as in the address of its Kaggle page')
    return handle


class Kaggle(Source):
    """A data set of kaggle.com, downloaded once and kept in kagglehub's cache."""

    class Params(Section):
        """Which data set: owner/name/versions/number."""

        handle: Annotated[str, AfterValidator(_pinned)]

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every file of the data set's archive."""
        # Kaggle's client takes half a second to import, which the other sources need not wait for.
        from stages.sources._kaggle_download import kaggle_photos

        return kaggle_photos(self.params.handle)
