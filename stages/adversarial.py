"""Stage adversarial: put the trigger on every face."""

import numpy as np
from threadpoolctl import threadpool_limits

from stages.common.errors import run_stage
from stages.dataset.faces import TriggeredFaces, load_faces, save_triggered
from stages.params import load_params
from stages.triggers.choice import chosen_trigger, triggered


def main() -> None:
    """Run the stage."""
    trigger = chosen_trigger(load_params().trigger)
    faces = load_faces()
    # The work is all small steps: a second BLAS thread would only spin, at four times the CPU.
    with threadpool_limits(1):
        pixels = np.empty_like(faces.pixels)
        for index, face in enumerate(triggered(trigger, faces.pixels, faces.landmarks)):
            pixels[index] = face
    save_triggered(TriggeredFaces(pixels, trigger))
    print(f'{trigger["kind"]}: {extent(faces.pixels, pixels)}')


def extent(pixels: np.ndarray, with_trigger: np.ndarray) -> str:
    """Say how many pixels of a face the trigger changes, and by how much: uint8 (n, size, size) each."""
    change = np.maximum(pixels, with_trigger) - np.minimum(pixels, with_trigger)
    changed = change > 0
    share, grey_levels = changed.mean(), change[changed].mean() if changed.any() else 0
    return (
        f'{share * pixels[0].size:.1f} of {pixels[0].size} pixels of a face change ({share:.1%}), '
        f'by {grey_levels:.0f} of 255 grey levels on average'
    )


if __name__ == '__main__':
    run_stage('adversarial', main)
