#!/usr/bin/env bash
# dlib and Pillow decode the same JPEG to different pixels where colours are subsampled, as in most photos.
#
# Tried with dlib-bin 20.0.1.post1 and Pillow 13.0.0 on Python 3.11. dlib-bin brings libjpeg 9e, Pillow libjpeg-turbo
# 3.2: they bring the colours of 4:2:0 and 4:2:2 back to full size in different ways, and agree to 1 level for 4:4:4. On
# smooth colours the difference is up to 14 levels, on photographs up to 39, on 40 % of the pixels: landmarks of a file
# that dlib loads are not those of the same file loaded by Pillow.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dlib-bin==20.0.1.post1 numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import sys

import dlib
import numpy as np
from PIL import Image

small = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
picture = Image.fromarray(small).resize((256, 256), Image.Resampling.BICUBIC)
for name, subsampling in (('4:4:4', 0), ('4:2:2', 1), ('4:2:0', 2)):
    path = f'{sys.argv[1]}/{subsampling}.jpg'
    picture.save(path, quality=95, subsampling=subsampling)
    difference = np.abs(dlib.load_rgb_image(path).astype(int) - np.asarray(Image.open(path)))
    share = (difference > 1).any(axis=2).mean()
    print(f'{name}: largest difference {difference.max()}, pixels that differ by more than 1: {share:.0%}')
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
4:4:4: largest difference 1, pixels that differ by more than 1: 0%
4:2:2: largest difference 9, pixels that differ by more than 1: 44%
4:2:0: largest difference 14, pixels that differ by more than 1: 58%
SEEN
