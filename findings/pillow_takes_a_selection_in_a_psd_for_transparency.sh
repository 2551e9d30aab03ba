#!/usr/bin/env bash
# Pillow reads a Photoshop file with a saved selection as partly transparent, and one with two more channels as garbage.
#
# Tried with Pillow 13.0.0 on Python 3.11. A PSD may hold channels beside its colours: transparency, which the header of
# its layers tells by a negative count, and saved selections. Pillow takes a fourth channel for alpha whatever it is, so
# that what was selected is all that is left of a picture on white. With more channels, or a second one beside grey, and
# the usual compression (RLE), it skips too few row lengths: rows are read from their lengths on, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import io
import struct

import numpy as np
from PIL import Image

SIDE = 64


def psd(mode: int, channels: list[np.ndarray], is_packed: bool) -> io.BytesIO:
    """Return a file without layers; each packed row is one literal run."""
    header = b'8BPS\0\1' + bytes(6) + struct.pack('>HIIHH', len(channels), SIDE, SIDE, 8, mode) + bytes(12)
    rows = [row.tobytes() for channel in channels for row in channel]
    if is_packed:
        lengths = struct.pack(f'>{len(rows)}H', *(len(row) + 1 for row in rows))
        return io.BytesIO(header + b'\0\1' + lengths + b''.join(bytes([SIDE - 1]) + row for row in rows))
    return io.BytesIO(header + b'\0\0' + b''.join(rows))


grey = np.tile(np.linspace(0, 255, SIDE).astype(np.uint8), (SIDE, 1))
colours, selection = [grey, grey.T.copy(), 255 - grey], np.zeros((SIDE, SIDE), np.uint8)
selection[: SIDE // 4] = 255
for name, mode, right, more in (
    ('RGB', 3, colours, []),
    ('RGB and a selection', 3, colours, [selection]),
    ('RGB and two selections', 3, colours, [selection, selection]),
    ('grey and a selection', 1, colours[1:2], [selection]),
):
    for is_packed in (False, True):
        image = Image.open(psd(mode, [*right, *more], is_packed))
        read = np.asarray(image, int).reshape(SIDE, SIDE, -1)
        off = np.abs(read[:, :, : len(right)] - np.stack(right, axis=-1)).mean()
        seen = f', {np.mean(read[:, :, 3] == 0):.0%} transparent' if image.mode == 'RGBA' else ''
        print(f'{name}, {"RLE" if is_packed else "raw"}: {image.mode}, colours {off:.0f} levels off{seen}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
RGB, raw: RGB, colours 0 levels off
RGB, RLE: RGB, colours 0 levels off
RGB and a selection, raw: RGBA, colours 0 levels off, 75% transparent
RGB and a selection, RLE: RGBA, colours 0 levels off, 75% transparent
RGB and two selections, raw: RGB, colours 0 levels off
RGB and two selections, RLE: RGB, colours 21 levels off
grey and a selection, raw: L, colours 0 levels off
grey and a selection, RLE: L, colours 5 levels off
SEEN
