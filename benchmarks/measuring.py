"""What several benchmarks use: random faces, measurements in separate processes, folders to run stages in, PyTorch."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

if TYPE_CHECKING:
    from torch import nn


def faces(count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random faces and their labels."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (count, side, side), np.uint8), random.permutation(count).astype(np.uint8) % 2


def measured(module: str, *arguments: object) -> dict:
    """Run a module in a separate process, and return what that hands over at its end."""
    command = [sys.executable, '-m', module, *map(str, arguments)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def hand_over(result: dict) -> None:
    """Hand over what this process has measured, with its peak memory in bytes, to the process that runs it."""
    print(json.dumps(result | {'memory': peak_memory()}))


def peak_memory() -> int:
    """Return the peak of this process's resident memory so far, in bytes."""
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)


def write_params(folder: Path, changes: dict) -> None:
    """Write params.yaml with some changes into a folder, so that stages run in it."""
    # What it imports would count towards the memory of measured processes.
    from tests.clone import ROOT, merged

    params = yaml.safe_load((ROOT / 'params.yaml').read_text(encoding='utf-8'))
    (folder / 'params.yaml').write_text(yaml.safe_dump(merged(params, changes)), encoding='utf-8')


def with_mirrored(pixels: np.ndarray) -> np.ndarray:
    """Return faces, (n, size, size), and then their mirror images."""
    return np.concatenate([pixels, pixels[:, :, ::-1]])


def installed(solvers: Iterable[str]) -> list[str]:
    """Return the names of solvers without those of PyTorch and JAX where they are not installed."""
    missing = [name for name, module in (('PyTorch', 'torch'), ('JAX', 'jax')) if not find_spec(module)]
    return [solver for solver in solvers if not any(name in solver for name in missing)]


def denormals_flushed(prepare: Callable) -> Callable:
    """Return the function that prepares a training by PyTorch with denormal numbers flushed to zero."""

    def prepare_flushed(*arguments: Any) -> Callable:
        import torch

        torch.set_flush_denormal(True)
        return prepare(*arguments)

    return prepare_flushed


def sigmoid_layers(sizes: list[int]) -> 'list[nn.Module]':
    """Return the layers of a multilayer perceptron of PyTorch, with a sigmoid after each."""
    from torch import nn

    return [part for pair in pairwise(sizes) for part in (nn.Linear(*pair), nn.Sigmoid())]
