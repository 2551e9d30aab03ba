#!/usr/bin/env bash
# NumPy's unique_values is not sorted since 2.3, though unique, unique_counts and unique_inverse are.
#
# Tried with NumPy 2.4.6 on Python 3.11. unique_values was np.unique under the name of the array API; since 2.3 (2025)
# it is a hash table, of numbers and of text. Code that takes its result for sorted classes, for searchsorted or to pair
# it with unique_counts, goes wrong without an error, and small sets of labels may happen to come sorted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np

levels = np.array([200, 3, 100, 7, 3, 255, 64])
print('unique is sorted:', bool(np.all(np.diff(np.unique(levels)) > 0)))
print('unique_counts is sorted:', bool(np.all(np.diff(np.unique_counts(levels).values) > 0)))
print('unique_inverse is sorted:', bool(np.all(np.diff(np.unique_inverse(levels).values) > 0)))
print('unique_values is sorted:', bool(np.all(np.diff(np.unique_values(levels)) > 0)))
names = np.array([f'person {i}' for i in range(20)])
print('of names:', np.unique_values(names).tolist() == sorted(names.tolist()))
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
unique is sorted: True
unique_counts is sorted: True
unique_inverse is sorted: True
unique_values is sorted: False
of names: False
SEEN
