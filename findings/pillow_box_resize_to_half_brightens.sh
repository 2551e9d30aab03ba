#!/usr/bin/env bash
# Pillow's BOX resize to half the size brightens a picture by half a grey level; reduce and INTER_AREA hardly do.
#
# Tried with Pillow 13.0.0 and OpenCV 5.0.0 on Python 3.11. resize works on columns, rounds to whole grey levels, works
# on rows and rounds again; a half is rounded up both times. reduce(2), for the same mean of 4 pixels, rounds once, and
# differs from it in 38 % of the pixels. Pictures that were halved thus differ in their mean grey from those that were
# not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0 opencv-python-headless==5.0.0.93
cat > "$folder/try.py" <<'PY'
import cv2
import numpy as np
from PIL import Image

pixels = np.random.default_rng(0).integers(0, 256, (400, 400), dtype=np.uint8)
picture = Image.fromarray(pixels)
for factor in (2, 5):
    size = (400 // factor,) * 2
    exact = pixels.reshape(size[0], factor, size[1], factor).mean(axis=(1, 3))
    for name, small in (
        ('resize, BOX', picture.resize(size, Image.Resampling.BOX)),
        ('reduce', picture.reduce(factor)),
        ('OpenCV, INTER_AREA', cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)),
    ):
        error = np.asarray(small) - exact
        print(f'by {factor}, {name}: mean error {error.mean():+.2f}, at most {np.abs(error).max():.2f}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
by 2, resize, BOX: mean error +0.50, at most 1.00
by 2, reduce: mean error +0.13, at most 0.50
by 2, OpenCV, INTER_AREA: mean error +0.13, at most 0.50
by 5, resize, BOX: mean error +0.01, at most 0.80
by 5, reduce: mean error -0.04, at most 0.52
by 5, OpenCV, INTER_AREA: mean error -0.00, at most 0.48
SEEN
