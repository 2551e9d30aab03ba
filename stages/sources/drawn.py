"""The source `drawn`: portraits that the project draws itself."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from stages.cluster.parallel import parallel_map
from stages.common.params import Section, Seed, within
from stages.portraits import portrait
from stages.sources.source import Photo, Source


class Drawn(Source):
    """Portraits, half of them female."""

    class Params(Section):
        """The entry `drawn`."""

        count: Annotated[int, within(40, 10_000_000)] = 1200
        """portraits, half of them female"""
        seed: Seed = 1
        """another seed draws other people"""

    params: Params

    def photos(self, workers: int) -> Iterator[Photo]:
        """Yield the portraits, which do not depend on the number of workers."""
        seed, count = self.params.seed, self.params.count
        for index, drawn in enumerate(parallel_map(partial(portrait, seed), range(count), workers, 'drawing')):
            yield Photo(drawn.jpeg, '.jpg', drawn.label, f'portrait {index} of seed {seed}')
