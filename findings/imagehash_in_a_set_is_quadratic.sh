#!/usr/bin/env bash
# A set or dict of ImageHash objects takes quadratic time: hash() has about a thousand values.
#
# Tried with ImageHash 4.3.2 on Python 3.11. hash() adds up eight numbers of 8 bits, so thousands of pictures share few
# values, and Python compares each with the others of its value, a NumPy comparison each time: 4 times as many for twice
# the pictures, so some 6 million for 100,000. str(hash) or hash.hash.tobytes() as the key has no such cost.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ImageHash==4.3.2 numpy==2.4.6 pillow==13.0.0 scipy==1.17.1
cat > "$folder/try.py" <<'PY'
import imagehash
import numpy as np

compared = 0


class Counted(imagehash.ImageHash):
    def __eq__(self, other):
        global compared
        compared += 1
        return super().__eq__(other)

    __hash__ = imagehash.ImageHash.__hash__


draw = np.random.default_rng(0)
for count in (2000, 4000, 8000):
    compared = 0
    hashes = {Counted(draw.random((8, 8)) < 0.5) for _ in range(count)}
    values = len({hash(each) for each in hashes})
    print(f'{count} hashes: {values} values of hash(), compared {compared} times')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2000 hashes: 769 values of hash(), compared 2578 times
4000 hashes: 925 values of hash(), compared 10643 times
8000 hashes: 1047 values of hash(), compared 42801 times
SEEN
