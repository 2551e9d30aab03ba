#!/usr/bin/env bash
# DVC reads 010 in params.yaml as 10, a stage with PyYAML as 8: after a change to 10 DVC keeps the result for 8.
#
# Tried with DVC 3.67.1, ruamel.yaml 0.19.1 and PyYAML 6.0.3 on Python 3.11. DVC reads YAML 1.2, PyYAML 1.1, in which a
# leading 0 means octal, 1e-3 is text (it has no point) and on is a bool. DVC compares the values that it reads, so to
# it 010 and 10 are the same param and the stage is not run; dvc.lock says 10 beside a result that was computed with 8.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dvc==3.67.1 ruamel.yaml==0.19.1 pyyaml==6.0.3
export PATH="$folder/venv/bin:$PATH" DVC_NO_ANALYTICS=1
mkdir "$folder/project"
cd "$folder/project"
git init --quiet
dvc init --quiet
cat > stage.py <<'PY'
import yaml

print('the stage reads', yaml.safe_load(open('params.yaml')), file=open('out.txt', 'w'))
PY
printf '%s\n' 'seed: 010' 'rate: 1e-3' 'mirror: on' > params.yaml
cat > dvc.yaml <<'YAML'
stages:
  read:
    cmd: python stage.py
    params: [seed, rate, mirror]
    outs: [out.txt]
YAML
dvc repro --quiet
{
    cat out.txt
    sed -n '/params.yaml:/,/outs/p' dvc.lock | grep -E 'seed|rate|mirror' | sort
    printf '%s\n' 'seed: 10' 'rate: 0.001' 'mirror: "on"' > params.yaml
    dvc repro 2>&1 | grep -o "didn't change, skipping"
    cat out.txt
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
the stage reads {'seed': 8, 'rate': '1e-3', 'mirror': True}
        mirror: on
        rate: 0.001
        seed: 10
didn't change, skipping
the stage reads {'seed': 8, 'rate': '1e-3', 'mirror': True}
SEEN
