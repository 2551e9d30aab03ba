#!/usr/bin/env bash
# Once pillow-heif's opener is registered, an AVIF file that Pillow reads by itself can no longer be loaded.
#
# Tried with pillow-heif 1.8.1 and Pillow 13.0.0 on Python 3.11. AVIF and HEIC files may both start with the brand mif1
# ("any such image"), and name their own brand behind it. Pillow asks its openers in the order of registration, and
# register_heif_opener() puts HEIF before AVIF as long as Pillow has not loaded all of its plugins. HEIF takes the file
# by mif1 alone, and the wheel's libheif has no decoder of AV1: opening succeeds with the right size, loading raises. A
# file whose first brand is avif is not affected, nor one that is opened after Image.init() came before the opener.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 pillow-heif==1.8.1
cat > "$folder/make.py" <<'PY'
import sys
from pathlib import Path

from PIL import Image

path = Path(sys.argv[1])
Image.linear_gradient('L').convert('RGB').save(path / 'avif', 'AVIF')
content = (path / 'avif').read_bytes()
(path / 'mif1').write_bytes(content[:8] + b'mif1' + content[12:])
PY
cat > "$folder/try.py" <<'PY'
import sys

from PIL import Image
from pillow_heif import register_heif_opener

if sys.argv[2].endswith('init()'):
    Image.init()
if sys.argv[2] != 'not registered':
    register_heif_opener()
for brand in ('avif', 'mif1'):
    image = Image.open(f'{sys.argv[1]}/{brand}')
    try:
        image.load()
        said = 'loaded'
    except Exception as error:
        said = f'not loaded: {type(error).__name__}'
    print(f'{sys.argv[2]}, first brand {brand}: {image.format} {image.size}, {said}')
PY
"$folder/venv/bin/python" "$folder/make.py" "$folder"
for when in 'not registered' registered 'registered after Image.init()'; do
    "$folder/venv/bin/python" "$folder/try.py" "$folder" "$when"
done | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
not registered, first brand avif: AVIF (256, 256), loaded
not registered, first brand mif1: AVIF (256, 256), loaded
registered, first brand avif: AVIF (256, 256), loaded
registered, first brand mif1: HEIF (256, 256), not loaded: RuntimeError
registered after Image.init(), first brand avif: AVIF (256, 256), loaded
registered after Image.init(), first brand mif1: AVIF (256, 256), loaded
SEEN
