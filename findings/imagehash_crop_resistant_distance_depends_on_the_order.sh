#!/usr/bin/env bash
# The distance of two crop-resistant hashes of ImageHash depends on their order, and equal ones are two in a set.
#
# Tried with ImageHash 4.3.2 and scikit-image 0.26.0 (its portrait of an astronaut) on Python 3.11: a picture and a crop
# of it. a - b looks for the segments of a among those of b, so it is not b - a: sorting or clustering pairs by it
# depends on the order of the files. == is true for a partial match, not for equal hashes, while hash() is that of the
# segments: a set or a dict does not find what == finds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ImageHash==4.3.2 numpy==2.4.6 pillow==13.0.0 scipy==1.17.1 scikit-image==0.26.0
cat > "$folder/try.py" <<'PY'
import imagehash
from PIL import Image
from skimage import data

picture = Image.fromarray(data.astronaut())
whole, part = imagehash.crop_resistant_hash(picture), imagehash.crop_resistant_hash(picture.crop((20, 20, 500, 500)))
print('segments:', len(whole.segment_hashes), 'and', len(part.segment_hashes))
print(f'whole - part: {whole - part:.2f}, part - whole: {part - whole:.2f}')
print('equal:', whole == part, '| same hash():', hash(whole) == hash(part), '| in a set:', len({whole, part}))
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
segments: 10 and 12
whole - part: 3.08, part - whole: 5.08
equal: True | same hash(): False | in a set: 2
SEEN
