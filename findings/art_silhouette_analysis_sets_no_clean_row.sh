#!/usr/bin/env bash
# ART's silhouette analysis leaves the clean rows of a class with poison unset: they hold what memory held before.
#
# Tried with adversarial-robustness-toolbox 1.20.1, NumPy 2.4.6 and scikit-learn 1.9.1 on Python 3.11: 90 rows around 0
# and 10 around 8, well apart. The report says suspicious, but the cluster is called both clean and poison: no row of
# the large cluster is written to the array, which numpy.empty made (here filled with NaN, to see this), and the summary
# counts no suspicious cluster. detect_poison then takes every row for poison that does not happen to be 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet adversarial-robustness-toolbox==1.20.1 numpy==2.4.6 scikit-learn==1.9.1 packaging
cat > "$folder/try.py" <<'PY'
from unittest.mock import patch

import numpy as np
from art.defences.detector.poison.clustering_analyzer import ClusteringAnalyzer

draw = np.random.default_rng(0)
clean, poison = draw.normal(size=(90, 5)), draw.normal(size=(10, 5)) + 8
clusters = np.repeat([0, 1], [90, 10])
numpy_empty = np.empty


def marked(shape, dtype=float, **options):
    made = numpy_empty(shape, dtype, **options)
    if dtype is float:
        made.fill(np.nan)
    return made


with patch('numpy.empty', marked):
    assigned, suspicious, report = ClusteringAnalyzer().analyze_by_silhouette_score(
        [clusters, clusters], [np.concatenate([clean, poison])] * 2
    )
print('silhouette:', report['class_0']['avg_silhouette_score'], '| suspicious:', report['class_0']['suspicious'])
print('suspicious clusters in the summary:', int(suspicious.sum()))
rows = np.asarray(assigned[0], float)
print('rows of the large cluster that were set:', int(np.isfinite(rows[:90]).sum()), 'of 90')
print('rows of the small cluster called poison:', int((rows[90:] == 0).sum()), 'of 10')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
silhouette: 0.829 | suspicious: True
suspicious clusters in the summary: 0
rows of the large cluster that were set: 0 of 90
rows of the small cluster called poison: 10 of 10
SEEN
