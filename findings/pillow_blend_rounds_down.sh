#!/usr/bin/env bash
# Pillow's Image.blend cuts off fractions, so what is blended gets darker; composite with an even mask rounds.
#
# Tried with Pillow 13.0.0 on Python 3.11. The mean of a picture that is blended with another at 0.1 is 0.45 grey levels
# too low, and 20 blends of 100 with 101 at a half stay at 100. A weak pattern that is blended into photos thereby
# leaves a mark that is not in the pattern: all of the picture is darker by up to half a level.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import numpy as np
from PIL import Image

first, second = np.random.default_rng(0).integers(0, 256, (2, 500, 500), dtype=np.uint8)
for alpha in (0.1, 0.2, 0.5):
    exact = first + alpha * (second.astype(float) - first)
    blended = np.asarray(Image.blend(Image.fromarray(first), Image.fromarray(second), alpha))
    mask = Image.new('L', (500, 500), round(255 * alpha))
    composed = np.asarray(Image.composite(Image.fromarray(second), Image.fromarray(first), mask))
    through_mask = first + round(255 * alpha) / 255 * (second.astype(float) - first)
    print(f'{alpha}: blend {(blended - exact).mean():+.2f}, composite {(composed - through_mask).mean():+.2f}')
picture = Image.new('L', (1, 1), 100)
for _ in range(20):
    picture = Image.blend(picture, Image.new('L', (1, 1), 101), 0.5)
print('100 blended 20 times with 101:', picture.getpixel((0, 0)))
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
0.1: blend -0.45, composite -0.00
0.2: blend -0.40, composite +0.00
0.5: blend -0.25, composite +0.00
100 blended 20 times with 101: 100
SEEN
