#!/usr/bin/env bash
# NumPy's Generator draws other uint8 numbers in two calls than in one; int64, float64 and float32 are the same.
#
# Tried with NumPy 2.4.6 on Python 3.11: 9 numbers at once, and 3 and then 6. uint8 (and uint16) numbers are cut out of
# 32 random bits, and what is left of these at the end of a call is dropped. Noise for photos that is drawn in batches
# depends on the size of the batch, also with one seed and one generator.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np

for kind in (np.int64, np.uint8, np.uint16, np.float64, np.float32):
    whole, parts = np.random.default_rng(0), np.random.default_rng(0)
    if np.issubdtype(kind, np.integer):
        at_once = whole.integers(0, 256, 9, dtype=kind)
        in_two = np.concatenate([parts.integers(0, 256, count, dtype=kind) for count in (3, 6)])
    else:
        at_once = whole.random(9, dtype=kind)
        in_two = np.concatenate([parts.random(count, dtype=kind) for count in (3, 6)])
    print(f'{kind.__name__}: {(at_once == in_two).sum()} of 9 numbers are the same')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
int64: 9 of 9 numbers are the same
uint8: 3 of 9 numbers are the same
uint16: 3 of 9 numbers are the same
float64: 9 of 9 numbers are the same
float32: 9 of 9 numbers are the same
SEEN
