#!/usr/bin/env bash
# scikit-learn's IsolationForest flags 84 % of clean uniform rows of 1,000 columns, and none of normal ones.
#
# Tried with scikit-learn 1.9.1 and NumPy 2.4.6 on Python 3.11: 500 rows without any outlier. contamination='auto' flags
# scores above a fixed 0.5, that of a row that takes as many splits as the mean search in a random tree. All scores of a
# set lie close together, on one side of that or the other, so its shape decides: the flags say nothing about how many
# rows are poisoned.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cat > "$folder/try.py" <<'PY'
import numpy as np
from sklearn.ensemble import IsolationForest

draw = np.random.default_rng(0)
for columns in (2, 1000):
    for name, rows in (('normal', draw.normal(size=(500, columns))), ('uniform', draw.random((500, columns)))):
        flagged = np.mean(IsolationForest(random_state=0).fit_predict(rows) < 0)
        print(f'{columns} columns, {name}: flagged {flagged:.1%}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2 columns, normal: flagged 18.6%
2 columns, uniform: flagged 60.8%
1000 columns, normal: flagged 0.0%
1000 columns, uniform: flagged 83.8%
SEEN
