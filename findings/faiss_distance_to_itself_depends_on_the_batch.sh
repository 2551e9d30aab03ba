#!/usr/bin/env bash
# faiss has a vector at distance 0 from itself in a small batch of queries, and often not in a large one.
#
# Tried with faiss-cpu 1.15.1 on Python 3.11: IndexFlatL2, photos of 4,096 grey levels as float32. Small batches are
# computed by differences; above a number of queries, which depends on the columns (here 32), by the product of
# matrices, in which squares of 1e8 cancel: up to 32 instead of 0. With 1 or 16 queries, as in a test, a limit of 0
# finds all copies; with 200 it misses some. (faiss gives squared distances.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet faiss-cpu==1.15.1 numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import faiss
import numpy as np

faiss.omp_set_num_threads(1)
photos = np.random.default_rng(0).integers(0, 256, (200, 4096)).astype(np.float32)
index = faiss.IndexFlatL2(4096)
index.add(photos)
for queries in (1, 16, 64, 200):
    distances, found = index.search(photos[:queries], 1)
    itself = bool((found[:, 0] == np.arange(queries)).all())
    print(f'{queries} queries: each finds itself {itself}, always at distance 0 {bool((distances == 0).all())}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
1 queries: each finds itself True, always at distance 0 True
16 queries: each finds itself True, always at distance 0 True
64 queries: each finds itself True, always at distance 0 False
200 queries: each finds itself True, always at distance 0 False
SEEN
