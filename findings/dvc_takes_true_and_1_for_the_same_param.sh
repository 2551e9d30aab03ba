#!/usr/bin/env bash
# DVC does not rerun a stage whose param changes from 1 to true or 1.0, though the stage does something else with it.
#
# Tried with DVC 3.67.1 on Python 3.11. DVC compares params as Python does, where 1 == 1.0 == True and 0 == False, also
# within lists. A depth of 1 and a depth of true, or a crop of 1 pixel and one of 1.0 times the picture, are the same
# param, and the old result stands for the new value. From 1 to '1' the stage is run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dvc==3.67.1
export PATH="$folder/venv/bin:$PATH" DVC_NO_ANALYTICS=1
mkdir "$folder/project"
cd "$folder/project"
git init --quiet
dvc init --quiet
cat > dvc.yaml <<'YAML'
stages:
  copy:
    cmd: cp params.yaml out.txt
    params: [crop]
    outs: [out.txt]
YAML
for value in 1 true 1.0 "'1'" '[0, 1]' '[false, 1.0]'; do
    echo "crop: $value" > params.yaml
    dvc repro --quiet
    echo "params.yaml $(cat params.yaml) | result of $(cat out.txt)"
done | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
params.yaml crop: 1 | result of crop: 1
params.yaml crop: true | result of crop: 1
params.yaml crop: 1.0 | result of crop: 1
params.yaml crop: '1' | result of crop: '1'
params.yaml crop: [0, 1] | result of crop: [0, 1]
params.yaml crop: [false, 1.0] | result of crop: [0, 1]
SEEN
