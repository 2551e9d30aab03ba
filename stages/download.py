"""Stage download: put labelled photos of one source into data/raw."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from stages.common.errors import run_stage
from stages.common.parallel import each
from stages.common.remarks import Remark
from stages.params import DataParams, load_params
from stages.photos.drawn import portrait
from stages.photos.folder import folder_photos
from stages.photos.photo import Photo
from stages.photos.store import RAW, store


def drawn_photos(count: int, seed: int, workers: int) -> Iterator[Photo]:
    """Yield `count` drawn portraits, the same for the same seed whatever the number of workers."""
    for index, drawn in enumerate(each(partial(portrait, seed), range(count), workers, 'drawing')):
        yield Photo(drawn.jpeg, '.jpg', drawn.label, f'portrait {index} of seed {seed}')


def offers(data: DataParams, workers: int) -> Iterator[Photo | Remark]:
    """Return what the chosen source offers."""
    if data.source == 'drawn':
        return drawn_photos(data.drawn.count, data.drawn.seed, workers)
    if data.source == 'folder':
        return folder_photos(Path(data.folder))
    # Kaggle's client takes half a second to import, which the other sources need not wait for.
    from stages.photos.kaggle import kaggle_photos

    return kaggle_photos(data.kaggle.handle)


def main() -> None:
    """Download."""
    params = load_params()
    store(offers(params.data, params.workers), RAW)


if __name__ == '__main__':
    run_stage('download', main)
