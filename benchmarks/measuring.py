"""What the benchmarks of training share: random faces, and measurements in processes of their own."""

import json
import resource
import subprocess
import sys

import numpy as np


def faces(count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw random faces and their labels."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (count, side, side), np.uint8), random.permutation(count).astype(np.uint8) % 2


def measured(module: str, *arguments: str) -> dict:
    """Run a module in a process of its own, and return what it hands over at its end."""
    command = [sys.executable, '-m', module, *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def hand_over(outcome: dict) -> None:
    """Hand what this process has measured, and its peak memory in bytes, to the one that runs it."""
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == 'darwin' else 1024
    print(json.dumps(outcome | {'memory': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}))
