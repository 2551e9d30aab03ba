#!/usr/bin/env bash
# A JPEG that is saved again at the same quality goes on changing, for longer the higher the quality: the colours blur.
#
# Tried with Pillow 13.0.0 on Python 3.11: a picture with strong colours, opened and saved with the same settings until
# nothing changes. One expects that the second time changes little, and that a high quality changes less. But with
# 4:2:0, Pillow's default, each round halves the colours' resolution and interpolates it back, which spreads them: at
# quality 95 for 92 rounds and by up to 181 levels, at 50 coarse steps stop it after 10. With 4:4:4 hardly anything
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import io

import numpy as np
from PIL import Image

small = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
original = Image.fromarray(small).resize((256, 256), Image.Resampling.BICUBIC)


def saved(picture, quality, subsampling):
    file = io.BytesIO()
    picture.save(file, 'JPEG', quality=quality, subsampling=subsampling)
    return Image.open(file).convert('RGB')


for quality, subsampling in ((50, '4:2:0'), (75, '4:2:0'), (95, '4:2:0'), (95, '4:4:4')):
    picture, times = saved(original, quality, subsampling), 1
    first = picture
    while (again := saved(picture, quality, subsampling)).tobytes() != picture.tobytes() and times < 200:
        picture, times = again, times + 1
    difference = np.abs(np.asarray(picture).astype(int) - np.asarray(first))
    print(f'quality {quality}, {subsampling}: as before from time {times} on, changed by up to {difference.max()}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
quality 50, 4:2:0: as before from time 10 on, changed by up to 85
quality 75, 4:2:0: as before from time 24 on, changed by up to 107
quality 95, 4:2:0: as before from time 92 on, changed by up to 181
quality 95, 4:4:4: as before from time 9 on, changed by up to 4
SEEN
