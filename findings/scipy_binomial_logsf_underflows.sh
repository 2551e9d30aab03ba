#!/usr/bin/env bash
# SciPy's binom.logsf is the logarithm of sf, and -inf where that underflows; norm.logsf and hypergeom.logsf go on.
#
# Tried with SciPy 1.17.1 and NumPy 2.4.6 on Python 3.11: the chance of at least k hits among 400 at 1 in 500 each. Where
# it is below the smallest double, some 1e-323, logsf is -inf, although logpmf of its first term is finite. A table of
# evidence, -log10 of such a tail, then has "inf" for all strong cases, and an argmax over them takes the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np
from scipy.stats import binom, hypergeom, norm

for k in (150, 200, 300):
    tail, first_term = binom.logsf(k - 1, 400, 0.002) / np.log(10), binom.logpmf(k, 400, 0.002) / np.log(10)
    print(f'binomial, at least {k}: logsf {tail:.1f}, logpmf of its first term {first_term:.1f}')
print(f'normal, beyond 60: logsf {norm.logsf(60) / np.log(10):.1f}')
print(f'hypergeometric, at least 300: logsf {hypergeom.logsf(299, 200_000, 400, 400) / np.log(10):.1f}')
PY
"$folder/venv/bin/python" "$folder/try.py" 2>&1 | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
binomial, at least 150: logsf -291.5, logpmf of its first term -291.5
binomial, at least 200: logsf -inf, logpmf of its first term -421.0
binomial, at least 300: logsf -inf, logpmf of its first term -713.4
normal, beyond 60: logsf -783.9
hypergeometric, at least 300: logsf -783.0
SEEN
