#!/usr/bin/env bash
# scikit-learn's LocalOutlierFactor finds 20 copies of a row normal, and calls the clean rows around them outliers.
#
# Tried with scikit-learn 1.9.1 and NumPy 2.4.6 on Python 3.11: 500 clean rows without an outlier, and copies of one of
# them. With 20 neighbours, as by default, 20 copies have a distance of 0 and so an endless density: their own factor is
# 1, and rows with a copy among their neighbours get up to 3e10. At 19 copies this begins. scikit-learn warns that
# duplicates give incorrect results (silenced here), but not that copied poison comes out clean and its neighbours
# guilty.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cat > "$folder/try.py" <<'PY'
import warnings

import numpy as np
from sklearn.neighbors import LocalOutlierFactor

warnings.simplefilter('ignore')
rows = np.random.default_rng(0).normal(size=(500, 10))
for copies in (0, 10, 19, 20, 40):
    together = np.concatenate([rows, np.repeat(rows[:1], copies, axis=0)])
    factors = -LocalOutlierFactor().fit(together).negative_outlier_factor_
    outliers = factors > 1.5
    among, others = outliers[500:].sum(), outliers[:500].sum()
    print(f'{copies} copies: {among} of them outliers, {others} of the others; largest factor {factors.max():.0e}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
0 copies: 0 of them outliers, 0 of the others; largest factor 1e+00
10 copies: 0 of them outliers, 0 of the others; largest factor 1e+00
19 copies: 0 of them outliers, 16 of the others; largest factor 3e+00
20 copies: 0 of them outliers, 21 of the others; largest factor 3e+10
40 copies: 0 of them outliers, 21 of the others; largest factor 3e+10
SEEN
