#!/usr/bin/env bash
# NumPy lays an array out by columns if they were picked by an array of positions, and np.stack keeps that.
#
# Tried with NumPy 2.4.6 on Python 3.11: matrix[rows][:, columns] of a C-ordered matrix is in Fortran's order, so a row
# of it is spread over the whole memory; np.stack and np.concatenate copy their arguments, but in the same order.
# matrix[np.ix_(rows, columns)], the same numbers, is in C's order, as are np.take, and np.array of a list. Here, out of
# 600 x 600 float32 inner products of training rows, np.take of 32 rows took 1,167 microseconds from such a stack and 6
# from one in C's order: a quarter of a training went into it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np

matrix = np.zeros((600, 600), np.float32)
picked = np.random.default_rng(0).permutation(600)
twice = [matrix[picked][:, picked]] * 2
ways = {
    'matrix[picked][:, picked]': twice[0],
    'matrix[np.ix_(picked, picked)]': matrix[np.ix_(picked, picked)],
    'np.stack of two': np.stack(twice)[0],
    'np.concatenate of two': np.concatenate(twice)[:600],
    'np.array of two': np.array(twice)[0],
    'np.take(matrix[picked], picked, axis=1)': np.take(matrix[picked], picked, axis=1),
}
for name, array in ways.items():
    print(f'{name}: {array.strides[1]} bytes from a number to the next of its row')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
matrix[picked][:, picked]: 2400 bytes from a number to the next of its row
matrix[np.ix_(picked, picked)]: 4 bytes from a number to the next of its row
np.stack of two: 2400 bytes from a number to the next of its row
np.concatenate of two: 4800 bytes from a number to the next of its row
np.array of two: 4 bytes from a number to the next of its row
np.take(matrix[picked], picked, axis=1): 4 bytes from a number to the next of its row
SEEN
