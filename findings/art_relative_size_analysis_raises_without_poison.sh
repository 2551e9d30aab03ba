#!/usr/bin/env bash
# ART's relative-size analysis works on a class with poison, and raises on one without, since NumPy 2.2.
#
# Tried with adversarial-robustness-toolbox 1.20.1, NumPy 2.4.6 and scikit-learn 1.9.1 on Python 3.11. The report asks
# whether a cluster is `in` a tuple that holds an array. Where no cluster is small that array is empty, and its truth
# value, formerly False with a warning, is an error since NumPy 2.2. Where both classes have a small cluster nothing is
# raised, so a trial on poisoned data passes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet adversarial-robustness-toolbox==1.20.1 numpy==2.4.6 scikit-learn==1.9.1 packaging
cat > "$folder/try.py" <<'PY'
import numpy as np
from art.defences.detector.poison.clustering_analyzer import ClusteringAnalyzer

for name, sizes in (('50 and 50 rows', [50, 50]), ('90 and 10 rows', [90, 10])):
    clusters = [np.repeat([0, 1], sizes)] * 2
    try:
        _, suspicious, _ = ClusteringAnalyzer().analyze_by_relative_size(clusters)
        print(name, 'suspicious clusters', int(suspicious.sum()))
    except ValueError as error:
        print(name, error)
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
50 and 50 rows The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.
90 and 10 rows suspicious clusters 2
SEEN
