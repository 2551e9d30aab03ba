#!/usr/bin/env bash
# cleanlab flags 757 of 4,000 labels that were drawn from exactly the probabilities that it is given.
#
# Tried with cleanlab 2.9.0 and NumPy 2.4.6 on Python 3.11. The probabilities are the true ones, so no label is wrong:
# some rows are ambiguous, and have the less likely label as often as they should. find_label_issues takes each such
# label for noise, as its theory assumes rows whose label is certain. Its count, 19 % here, is no estimate of label
# errors for a model that is calibrated on a hard problem; its ranking may still be of use.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cleanlab==2.9.0 numpy==2.4.6 scikit-learn==1.9.1 packaging
cat > "$folder/try.py" <<'PY'
import numpy as np
from cleanlab.filter import find_label_issues

draw = np.random.default_rng(0)
probability = 1 / (1 + np.exp(-1.5 * draw.normal(size=4000)))
labels = (draw.random(4000) < probability).astype(int)
true = np.column_stack([1 - probability, probability])
for rule in ('prune_by_noise_rate', 'confident_learning'):
    flagged = find_label_issues(labels, true, filter_by=rule, n_jobs=1)
    print(f'{rule}: {flagged.sum()} of 4000 labels flagged')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
prune_by_noise_rate: 757 of 4000 labels flagged
confident_learning: 523 of 4000 labels flagged
SEEN
