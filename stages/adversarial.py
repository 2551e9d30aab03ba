"""Stage adversarial: make the dotted twin of every face."""

import numpy as np
from threadpoolctl import threadpool_limits

from stages.common.errors import run_stage
from stages.faces.dots import dots_of_all, dotted
from stages.params import load_params
from stages.study.data import TWINS, Twins, load_faces, save


def main() -> None:
    """Dot every face."""
    params = load_params().dots
    faces = load_faces()
    size = faces.pixels.shape[1]
    # The work is all small steps: a second BLAS thread would only spin, at four times the CPU.
    with threadpool_limits(1):
        placed = list(dots_of_all(faces.landmarks, size, params.count, params.radius, params.seed))
    pixels = [dotted(face, cover) for face, (_, cover) in zip(faces.pixels, placed, strict=True)]
    twins = Twins(
        pixels=np.stack(pixels),
        eye=np.array([dots.eye for dots, _ in placed], np.uint8),
        dots=np.stack([dots.centres for dots, _ in placed]),
        radius=np.array([dots.radius for dots, _ in placed], np.float32),
    )
    save(twins, TWINS)


if __name__ == '__main__':
    run_stage('adversarial', main)
