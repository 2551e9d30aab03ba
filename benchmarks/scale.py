"""Measure the cost of each stage for rising numbers of photos: python -m benchmarks.scale FOLDER COUNT...

For each count of drawn portraits, the stages up to `evaluate` run in FOLDER/COUNT, one after the other, with the direct
solver and no poison. Measurements are kept there, so a run that was stopped continues, and a later one adds counts. The
first table has CPU and wall seconds, and the largest private and resident memory of any process of the stage. With two
counts or more, a second has the exponents of CPU seconds and private memory between the two largest counts, and what
they predict for a million photos.
"""

import json
import os
import subprocess
import sys
import time
from math import log
from pathlib import Path

import psutil

from benchmarks.measuring import write_params
from stages.common.files import read_json, write_json
from stages.report.page import markdown_table
from tests.clone import ROOT

STAGES = ('download', 'preprocess', 'adversarial', 'train', 'evaluate')
INTERVAL = 0.1  # seconds between two measurements of a stage's processes
MILLION = 1_000_000


def prepared(folder: Path, count: int) -> Path:
    """Return a folder in which stages run on `count` portraits."""
    place = folder / str(count)
    place.mkdir(parents=True, exist_ok=True)
    write_params(place, {'data': {'drawn': {'count': count}}, 'train': {'solver': 'direct'}})
    return place


def measured(place: Path, stage: str) -> dict[str, float]:
    """Run a stage and return what it cost."""
    start = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, '-m', f'stages.{stage}'], cwd=place, env=os.environ | {'PYTHONPATH': str(ROOT)}
    )
    seen = {}
    while running.poll() is None:
        family = [psutil.Process(running.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            note(process, seen)
        time.sleep(INTERVAL)
    if running.returncode:
        sys.exit(f'{stage} failed in {place}')
    return {
        'cpu': sum(cpu for cpu, _, _ in seen.values()),
        'wall': time.monotonic() - start,
        'private': max(private for _, private, _ in seen.values()),
        'resident': max(resident for _, _, resident in seen.values()),
    }


def note(process: psutil.Process, seen: dict) -> None:
    """Note the CPU seconds of a process so far, and its largest private and resident memory in bytes."""
    try:
        spent, memory = process.cpu_times(), process.memory_info()
    except psutil.Error:
        return
    _, private, resident = seen.get(process, (0, 0, 0))
    seen[process] = (
        spent.user + spent.system,
        max(private, memory.rss - memory.shared),
        max(resident, memory.rss),
    )


def costs(folder: Path, count: int) -> dict[str, dict[str, float]]:
    """Return what each stage cost with `count` portraits; measure it if no earlier run has."""
    place = prepared(folder, count)
    found = {}
    for stage in STAGES:
        kept = place / f'{stage}.json'
        if not kept.exists():
            write_json(kept, measured(place, stage))
        found[stage] = read_json(kept)
        print(count, stage, json.dumps(found[stage]), flush=True)
    return found


def table(found: dict[int, dict[str, dict[str, float]]]) -> str:
    """Return the table of costs, by count."""
    counts = sorted(found)
    rows = [
        [f'{count:,}', stage, *(f'{found[count][stage][name]:.1f}' for name in ('cpu', 'wall')),
         *(f'{found[count][stage][name] / 1e6:.0f}' for name in ('private', 'resident'))]
        for count in counts for stage in STAGES
    ]  # fmt: skip
    header = ['photos', 'stage', 'CPU s', 'wall s', 'private MB', 'resident MB']
    text = markdown_table(header, rows)
    if len(counts) < 2:
        return text
    small, large = counts[-2:]
    rows = []
    for stage in STAGES:
        row = [stage]
        for name, unit in (('cpu', 1), ('private', 1e6)):
            few, many = found[small][stage][name], found[large][stage][name]
            exponent = log(many / few) / log(large / small)
            row += [f'{exponent:.2f}', f'{many * (MILLION / large) ** exponent / unit:,.0f}']
        rows.append(row)
    header = ['stage', 'CPU exponent', 'CPU s of a million', 'memory exponent', 'MB of a million']
    return f'{text}\n{markdown_table(header, rows)}'


def main() -> None:
    """Measure, and print the tables."""
    folder = Path(sys.argv[1])
    print(table({count: costs(folder, count) for count in map(int, sys.argv[2:])}))


if __name__ == '__main__':
    main()
