#!/usr/bin/env bash
# Dask's 95th percentile of sorted values is three times the true one, and of the same values shuffled 23 % above.
#
# Tried with Dask 2026.8.0 and NumPy 2.4.6 on Python 3.11: 10,000 skewed values in 10 chunks. da.percentile takes the
# percentile of each chunk and interpolates between these, which knows nothing of what is above or below them. The docs
# say approximate; but its error has no bound and depends on the order, so a threshold found on rows that are sorted by
# score or grouped by class is another one than on shuffled rows. One chunk is exact, and so is da.quantile.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dask==2026.8.0 numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import dask.array as da
import numpy as np

values = np.random.default_rng(0).lognormal(0, 2, 10_000)
print(f'NumPy: {np.percentile(values, 95):.1f}')
for order, ordered in (('as drawn', values), ('sorted', np.sort(values))):
    for chunk in (1000, 10_000):
        array = da.from_array(ordered, chunks=chunk)
        percentile = np.ravel(da.percentile(array, 95).compute())[0]
        print(f'Dask, {order}, in {array.npartitions} chunks: {percentile:.1f}')
    print(f'Dask, {order}, quantile: {da.quantile(da.from_array(ordered, chunks=1000), 0.95, axis=0).compute():.1f}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
NumPy: 26.6
Dask, as drawn, in 10 chunks: 32.7
Dask, as drawn, in 1 chunks: 26.6
Dask, as drawn, quantile: 26.6
Dask, sorted, in 10 chunks: 85.5
Dask, sorted, in 1 chunks: 26.6
Dask, sorted, quantile: 26.6
SEEN
