#!/usr/bin/env bash
# dlib's 68 landmarks move as far for a box one pixel off, or one grey level of noise, as for one 16 pixels off.
#
# Tried with dlib-bin 20.0.1.post1, face_recognition_models 0.3.0 and scikit-image 0.26.0 (its portrait of an astronaut,
# enlarged to a box of 372 pixels) on Python 3.11. The trees of the predictor compare pairs of pixels, so any small
# change flips some comparison: the mean landmark moves by 0.9 to 1.3 pixels for a shift of 1 to 16, and by 0.8 for
# noise of one grey level.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dlib-bin==20.0.1.post1 face_recognition_models==0.3.0 "setuptools<81" \
    scikit-image==0.26.0 numpy==2.4.6 pillow==13.0.0
cat > "$folder/try.py" <<'PY'
import dlib
import face_recognition_models
import numpy as np
from PIL import Image
from skimage import data

picture = np.array(Image.fromarray(data.astronaut()).crop((100, 0, 360, 260)))
picture = np.array(Image.fromarray(picture).resize((1040, 1040), Image.Resampling.BICUBIC))
predictor = dlib.shape_predictor(face_recognition_models.pose_predictor_model_location())
face = dlib.get_frontal_face_detector()(picture)[0]


def landmarks(pixels, right=0, down=0):
    box = dlib.rectangle(face.left() + right, face.top() + down, face.right() + right, face.bottom() + down)
    return np.array([(point.x, point.y) for point in predictor(pixels, box).parts()], float)


def moved(points):
    return np.linalg.norm(points - still, axis=1).mean()


still = landmarks(picture)
print('width of the box:', face.width())
for shift in (1, 2, 4, 8, 16, 32):
    ways = ((shift, 0), (-shift, 0), (0, shift), (0, -shift))
    mean = np.mean([moved(landmarks(picture, *way)) for way in ways])
    print(f'box moved by {shift} pixels: landmarks move by {mean:.2f}')
noise = np.random.default_rng(0).integers(-1, 2, picture.shape)
noisy = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
print(f'noise of one grey level: {moved(landmarks(noisy)):.2f}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
width of the box: 372
box moved by 1 pixels: landmarks move by 0.91
box moved by 2 pixels: landmarks move by 1.32
box moved by 4 pixels: landmarks move by 1.03
box moved by 8 pixels: landmarks move by 1.09
box moved by 16 pixels: landmarks move by 1.28
box moved by 32 pixels: landmarks move by 1.41
noise of one grey level: 0.81
SEEN
