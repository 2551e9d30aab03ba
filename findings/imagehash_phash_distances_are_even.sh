#!/usr/bin/env bash
# Distances between ImageHash's phashes are always even, and so are whash's: a limit of 11 is one of 10.
#
# Tried with ImageHash 4.3.2 on Python 3.11. Each coefficient is compared with the median of all, so half of the bits
# are set in every hash, and two hashes with as many set bits differ in an even number. A limit tuned in steps of 1 does
# nothing at each second step, and 64 bits hold fewer hashes than they seem to. average_hash and dhash compare with a
# mean or with a neighbour, and have odd distances, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ImageHash==4.3.2 numpy==2.4.6 pillow==13.0.0 scipy==1.17.1
cat > "$folder/try.py" <<'PY'
import imagehash
import numpy as np
from PIL import Image

draw = np.random.default_rng(0)
pictures = [Image.fromarray(draw.integers(0, 256, (64, 64), dtype=np.uint8)) for _ in range(60)]
for name in ('phash', 'whash', 'average_hash', 'dhash'):
    hashes = [getattr(imagehash, name)(picture) for picture in pictures]
    distances = np.array([a - b for i, a in enumerate(hashes) for b in hashes[:i]])
    odd, set_bits = (distances % 2 == 1).mean(), {int(h.hash.sum()) for h in hashes}
    print(f'{name}: {odd:.0%} of distances are odd; numbers of set bits: {len(set_bits)}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
phash: 0% of distances are odd; numbers of set bits: 1
whash: 0% of distances are odd; numbers of set bits: 1
average_hash: 51% of distances are odd; numbers of set bits: 14
dhash: 49% of distances are odd; numbers of set bits: 12
SEEN
