#!/usr/bin/env bash
# Dask tasks that are given one NumPy Generator all draw the same numbers; with map it depends on where they run.
#
# Tried with distributed 2026.8.0 and NumPy 2.4.6 on Python 3.11. submit copies the generator for each task, also to a
# worker that is a thread of the same process, so three tasks with different arguments draw one number three times and
# the generator itself stays where it was. map hands its keyword arguments to all tasks at once: in a thread they share
# one generator, in processes each has a copy. A trial with processes=False thus looks right, and on a cluster all seeds
# are one. rng.spawn gives each task its own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet distributed==2026.8.0 dask==2026.8.0 numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np
from dask.distributed import Client


def draw(_, rng):
    return rng.random()


if __name__ == '__main__':
    for processes in (False, True):
        worker = 'a process' if processes else 'a thread'
        with Client(n_workers=1, threads_per_worker=1, processes=processes, dashboard_address=None) as client:
            rng = np.random.default_rng(0)
            submitted = {client.submit(draw, i, rng).result() for i in range(3)}
            mapped = set(client.gather(client.map(draw, range(3), rng=np.random.default_rng(0))))
            print(f'worker in {worker}: of 3 draws, submit has {len(submitted)} different, map {len(mapped)}')
            print('the generator that was passed has moved on:', rng.random() != np.random.default_rng(0).random())
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
worker in a thread: of 3 draws, submit has 1 different, map 3
the generator that was passed has moved on: False
worker in a process: of 3 draws, submit has 1 different, map 1
the generator that was passed has moved on: False
SEEN
