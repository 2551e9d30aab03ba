#!/usr/bin/env bash
# Pillow reads a 16-bit TIFF whose colours lie apart as other pixels, without an error, unless it is compressed.
#
# Tried with Pillow 13.0.0 and tifffile 2026.3.3 on Python 3.11. Photoshop's "per channel" order, microscopes and NumPy
# arrays that were saved with their channels first give such files (PlanarConfiguration 2). Uncompressed ones go through
# Pillow's own decoder, which takes the rows of each colour for rows of 8 bits: the picture is noise, about as far from
# the right one as another picture. Compressed ones go through libtiff, and are right; so are 8 bits, and colours that
# lie together.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6
cat > "$folder/try.py" <<'PY'
import io

import numpy as np
import tifffile
from PIL import Image

slope = np.linspace(0, 255, 128).astype(np.uint8)
right = np.stack([np.tile(slope, (128, 1)), np.tile(slope[:, None], (1, 128)), np.full((128, 128), 128, np.uint8)])
for bits in (8, 16):
    channels = right if bits == 8 else right.astype(np.uint16) * 257
    for order in ('contig', 'separate'):
        for compression in (None, 'zlib'):
            array = channels if order == 'separate' else np.ascontiguousarray(np.moveaxis(channels, 0, -1))
            file = io.BytesIO()
            tifffile.imwrite(file, array, photometric='rgb', planarconfig=order, compression=compression)
            read = np.asarray(Image.open(file).convert('RGB'), int)
            off = np.abs(read - np.moveaxis(right, 0, -1)).mean()
            print(f'{bits} bits, {order}, compression {compression}: {off:.0f} grey levels off in the mean')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
8 bits, contig, compression None: 0 grey levels off in the mean
8 bits, contig, compression zlib: 0 grey levels off in the mean
8 bits, separate, compression None: 0 grey levels off in the mean
8 bits, separate, compression zlib: 0 grey levels off in the mean
16 bits, contig, compression None: 0 grey levels off in the mean
16 bits, contig, compression zlib: 0 grey levels off in the mean
16 bits, separate, compression None: 43 grey levels off in the mean
16 bits, separate, compression zlib: 0 grey levels off in the mean
SEEN
