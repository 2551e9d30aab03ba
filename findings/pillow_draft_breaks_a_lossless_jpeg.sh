#!/usr/bin/env bash
# Pillow reads a lossless JPEG exactly, but not after draft(), nor by thumbnail(), which calls it.
#
# Tried with Pillow 13.0.0 (libjpeg-turbo 3) on Python 3.11. Scanners of film and of medicine write such files. draft()
# promises the nearest size and mode that the decoder can give, and says that it will: the mode of an RGB file becomes
# L, and its size an eighth. But a lossless file has no coefficients to scale, nor can its colours be changed on the
# way: loading raises OSError, unless a grey file keeps its size. Such a file can be told by the marker FFC3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet imagecodecs==2026.3.6 numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import io

import imagecodecs
import numpy as np
from PIL import Image

pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
for name, array in (('RGB', pixels), ('grey', pixels[:, :, 0].copy())):
    content = imagecodecs.jpeg8_encode(array, lossless=True, predictor=1)
    whole = np.asarray(Image.open(io.BytesIO(content)))
    print(f'{name}: largest difference {np.abs(whole.astype(int) - array).max()}')
    for mode, size in (('L', (256, 256)), (None, (32, 32)), ('L', (32, 32))):
        image = Image.open(io.BytesIO(content))
        image.draft(mode, size)
        promised = f'{image.mode} {image.size}'
        try:
            image.load()
            said = f'{image.mode} {image.size}'
        except OSError as error:
            said = f'OSError: {error}'
        print(f'{name}, draft to {mode} {size}: {promised} promised, {said}')
    try:
        image = Image.open(io.BytesIO(content))
        image.thumbnail((32, 32))
        print(f'{name}, thumbnail: {image.size}')
    except OSError as error:
        print(f'{name}, thumbnail: OSError: {error}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
RGB: largest difference 0
RGB, draft to L (256, 256): L (256, 256) promised, OSError: broken data stream when reading image file
RGB, draft to None (32, 32): RGB (32, 32) promised, OSError: broken data stream when reading image file
RGB, draft to L (32, 32): L (32, 32) promised, OSError: broken data stream when reading image file
RGB, thumbnail: OSError: broken data stream when reading image file
grey: largest difference 0
grey, draft to L (256, 256): L (256, 256) promised, L (256, 256)
grey, draft to None (32, 32): L (32, 32) promised, OSError: broken data stream when reading image file
grey, draft to L (32, 32): L (32, 32) promised, OSError: broken data stream when reading image file
grey, thumbnail: OSError: broken data stream when reading image file
SEEN
