#!/usr/bin/env bash
# scikit-learn's NearestNeighbors has copies of a row at distance 0 for up to 15 columns, and from 16 on often not.
#
# Tried with scikit-learn 1.9.1 and NumPy 2.4.6 on Python 3.11: 300 rows and their copies. algorithm='auto' takes a tree
# up to 15 columns, which subtracts, and brute force above, which expands the square: 450 of 600 rows had a neighbour at
# distance 0 with 16 columns, 352 with 64, the others one at 1e-8 to 1e-7. A search for duplicates by distance == 0 that
# is right on a small example misses a quarter to a half in photos.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cat > "$folder/try.py" <<'PY'
import numpy as np
from sklearn.neighbors import NearestNeighbors

for columns in (15, 16, 64):
    rows = np.random.default_rng(0).integers(0, 256, (300, columns)) / 255
    rows = np.concatenate([rows, rows])
    distances, _ = NearestNeighbors(n_neighbors=2).fit(rows).kneighbors(rows)
    print(f'{columns} columns: all copies are at distance 0: {bool((distances[:, 1] == 0).all())}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
15 columns: all copies are at distance 0: True
16 columns: all copies are at distance 0: False
64 columns: all copies are at distance 0: False
SEEN
