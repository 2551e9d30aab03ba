#!/usr/bin/env bash
# dlib's face descriptor with num_jitters=1 does not jitter at all, and with more differs in each call.
#
# Tried with dlib-bin 20.0.1.post1, face_recognition_models 0.3.0 and scikit-image 0.26.0 on Python 3.11. num_jitters is
# the number of jittered copies to average, but 1 is the same as 0. From 2 on, random copies come from a state that goes
# on from call to call and that no argument sets: the same face has another descriptor in the second call, at 0.04,
# where people are told apart at 0.6, and a result depends on which faces came before.
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
from skimage import data

picture = data.astronaut()
shape = dlib.shape_predictor(face_recognition_models.pose_predictor_model_location())(
    picture, dlib.get_frontal_face_detector()(picture)[0]
)
network = dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())


def descriptor(jitters):
    return np.array(network.compute_face_descriptor(picture, shape, jitters))


print('1 jitter is as none:', np.array_equal(descriptor(0), descriptor(1)))
first, second = descriptor(10), descriptor(10)
print(f'10 jitters, called twice: distance {np.linalg.norm(first - second):.2f}')
print(f'10 jitters, from none: distance {np.linalg.norm(first - descriptor(0)):.2f}')
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
1 jitter is as none: True
10 jitters, called twice: distance 0.04
10 jitters, from none: distance 0.11
SEEN
