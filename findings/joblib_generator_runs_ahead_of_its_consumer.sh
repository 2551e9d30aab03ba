#!/usr/bin/env bash
# joblib's return_as='generator' does not wait for its consumer: pre_dispatch bounds what is queued, not what is done.
#
# Tried with joblib 1.6.0 (loky) on Python 3.11, 2 workers and pre_dispatch=4. After the consumer has taken one result of
# 40 and then takes no more, the workers go on to the end: each task that ends dispatches the next, whoever takes the
# results, which are all held in memory.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet joblib==1.6.0
cat > "$folder/try.py" <<'PY'
import sys
import time
from pathlib import Path

from joblib import Parallel, delayed

done = Path(sys.argv[1])


def work(item):
    (done / str(item)).touch()
    return item


def finished():
    return len(list(done.iterdir()))


if __name__ == '__main__':
    results = Parallel(n_jobs=2, return_as='generator', pre_dispatch=4, batch_size=1)(delayed(work)(i) for i in range(40))
    print('first result taken:', next(results))
    deadline = time.monotonic() + 60
    while finished() < 40 and time.monotonic() < deadline:
        time.sleep(0.05)
    print('tasks done while one result was taken:', finished())
    print('the other results, held in memory:', len(list(results)))
PY
mkdir "$folder/done"
"$folder/venv/bin/python" "$folder/try.py" "$folder/done" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
first result taken: 0
tasks done while one result was taken: 40
the other results, held in memory: 39
SEEN
