#!/usr/bin/env bash
# NumPy's Generator.choice without replacement draws unrelated rows for another size, from the same seed.
#
# Tried with NumPy 2.4.6 on Python 3.11: 50 and 100 of 1,000, 200 seeds. The larger draw has 5.4 of the smaller one in
# the mean, hardly more than the 5 that are shared by chance. A series of poison rates that is drawn with one seed to
# have nested sets has unrelated ones, and each step compares other rows, too. The start of a permutation is nested.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/try.py" <<'PY'
import numpy as np


def shared(draw, seed):
    few, many = (set(draw(np.random.default_rng(seed), count).tolist()) for count in (50, 100))
    return len(few & many)


ways = {
    'choice': lambda rng, count: rng.choice(1000, count, replace=False),
    'permutation, cut': lambda rng, count: rng.permutation(1000)[:count],
}
for name, draw in ways.items():
    again = np.mean([shared(draw, seed) for seed in range(200)])
    print(f'{name}: of 50 drawn, {again:.1f} are among 100 drawn with the same seed')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
choice: of 50 drawn, 5.4 are among 100 drawn with the same seed
permutation, cut: of 50 drawn, 50.0 are among 100 drawn with the same seed
SEEN
