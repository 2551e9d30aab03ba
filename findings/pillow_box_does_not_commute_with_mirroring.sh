#!/usr/bin/env bash
# Pillow's BOX filter gives a mirrored picture other pixels at some ratios, by over 100 grey levels.
#
# Tried with Pillow 13.0.0 on Python 3.11: noise of 100 columns to 64. A source pixel counts whole or not at all, by
# where its centre lies, so where a centre is on the border of two output pixels it counts on one side only, and on the
# other side in a mirror image. BILINEAR, BICUBIC and LANCZOS have weights of 0 there, and commute. BOX is the mean of
# all pixels only at whole ratios; elsewhere a photo and its mirror image do not have mirrored crops.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import numpy as np
from PIL import Image, ImageOps

picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (100, 100), dtype=np.uint8))
for width in (50, 64):
    for name in ('BOX', 'BILINEAR', 'BICUBIC', 'LANCZOS'):
        method = Image.Resampling[name]
        straight = np.asarray(picture.resize((width, 100), method)).astype(int)
        turned = np.asarray(ImageOps.mirror(ImageOps.mirror(picture).resize((width, 100), method)))
        difference = np.abs(straight - turned)
        differ = (difference > 0).mean()
        print(f'100 to {width} columns, {name}: {differ:.1%} of pixels differ, by up to {difference.max()}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
100 to 50 columns, BOX: 0.0% of pixels differ, by up to 0
100 to 50 columns, BILINEAR: 0.0% of pixels differ, by up to 0
100 to 50 columns, BICUBIC: 0.0% of pixels differ, by up to 0
100 to 50 columns, LANCZOS: 0.0% of pixels differ, by up to 0
100 to 64 columns, BOX: 12.4% of pixels differ, by up to 120
100 to 64 columns, BILINEAR: 0.0% of pixels differ, by up to 0
100 to 64 columns, BICUBIC: 0.0% of pixels differ, by up to 0
100 to 64 columns, LANCZOS: 0.0% of pixels differ, by up to 0
SEEN
