"""Stage adversarial: put the trigger on every face."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError, run_stage
from stages.common.outdated import remove_other_report
from stages.common.params import StageParams, load_params
from stages.dataset.faces import load_faces, save_triggered
from stages.triggers.trigger import chosen_trigger, triggered

QUEUED = '\nif the trigger is new: a queued experiment has only files that git tracks, so `git add` its file'


class Params(StageParams):
    """What this stage reads of params.yaml."""

    trigger: dict


def main() -> None:
    """Run the stage."""
    section = load_params(Params).trigger
    remove_other_report()
    try:
        trigger = chosen_trigger(section)
    except StudyError as error:
        is_queued = '.dvc' in Path.cwd().parts  # then DVC runs in a copy of what git tracks
        raise StudyError(f'{error}{QUEUED * (is_queued and "trigger.kind: " in str(error))}') from None
    faces = load_faces()
    pixels, extent = np.asarray(faces.pixels), Extent(trigger['kind'])
    made = triggered(trigger, pixels, np.asarray(faces.landmarks))
    save_triggered(extent.of(pixels, made), pixels.shape, trigger)
    print(extent)


class Extent:
    """How many pixels of a face a kind of trigger changes, and by how much, in the mean of all faces."""

    faces = size = changed = grey_levels = 0

    def __init__(self, kind: str):
        self.kind = kind

    def of(self, faces: Iterable[np.ndarray], with_trigger: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the faces with the trigger as they come, uint8 (size, size) each, and count what has changed.

        Raises a StudyError in the end if nothing has, as of a wave that is 0 at every pixel.
        """
        for face, changed in zip(faces, with_trigger, strict=True):
            change = np.maximum(face, changed) - np.minimum(face, changed)
            self.faces += 1
            self.size = face.size
            self.changed += int(np.count_nonzero(change))
            self.grey_levels += int(change.sum())
            yield changed
        if not self.changed:
            raise StudyError(f'trigger.{self.kind}: no pixel of any face changes; set it to other values')

    def __str__(self) -> str:
        """Return it in words."""
        changed = self.changed / self.faces
        return (
            f'{self.kind}: {changed:.1f} of {self.size} pixels of a face change ({changed / self.size:.1%}), '
            f'by {self.grey_levels / max(self.changed, 1):.0f} of 255 grey levels on average'
        )


if __name__ == '__main__':
    run_stage('adversarial', main)
