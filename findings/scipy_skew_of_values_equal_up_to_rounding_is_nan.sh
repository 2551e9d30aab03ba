#!/usr/bin/env bash
# SciPy's skew and kurtosis are nan for values that differ by rounding only, where ttest_1samp gives p = 6e-33.
#
# Tried with SciPy 1.17.1 and NumPy 2.4.6 on Python 3.11. A check for columns without spread, as np.ptp(x) > 0, lets
# 0.6, 0.6, 0.6000000000000001 pass; skew takes a variance below the rounding of the mean for 0 and returns nan, with a
# RuntimeWarning (silenced here), and a table that shares its statistics has nan in all rows. ttest_1samp warns, too,
# but takes the rounding for the spread of the data.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import warnings

import numpy as np
from scipy.stats import kurtosis, skew, ttest_1samp

warnings.simplefilter('ignore')
for name, changes in (('a ten-thousandth', [0.6, 0.6, 0.6001]), ('rounding', [0.6, 0.6, 0.6000000000000001])):
    p, spread = ttest_1samp(changes, 0).pvalue, np.ptp(changes) > 0
    print(f'by {name}: spread {spread}, skew {skew(changes):.2f}, kurtosis {kurtosis(changes):.2f}, t-test p {p:.0e}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
by a ten-thousandth: spread True, skew 0.71, kurtosis -1.50, t-test p 3e-09
by rounding: spread True, skew nan, kurtosis nan, t-test p 6e-33
SEEN
