#!/usr/bin/env bash
# dvc exp run -S with one param takes the quotes off all others: PyYAML then reads 'no' as False and '1:30' as 90.
#
# Tried with DVC 3.67.1, hydra-core 1.3.8, ruamel.yaml 0.19.1 and PyYAML 6.0.3 on Python 3.11. -S n=7 passes the whole
# params file through OmegaConf and writes it again. DVC's YAML is 1.2, in which no and 1:30 are text without quotes, so
# DVC sees no change and reruns nothing that depends on them; a stage that loads the file with PyYAML, YAML 1.1, gets a
# bool and a number. '010' keeps its quotes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dvc==3.67.1 hydra-core==1.3.8 ruamel.yaml==0.19.1 pyyaml==6.0.3
export PATH="$folder/venv/bin:$PATH" DVC_NO_ANALYTICS=1
mkdir "$folder/project"
cd "$folder/project"
git init --quiet
git config user.name name
git config user.email name@example.org
dvc init --quiet
printf "%s\n" "country: 'no'" "time: '1:30'" "code: '010'" 'n: 5' > params.yaml
printf '%s\n' 'stages:' '  count:' '    cmd: echo done > out.txt' '    params: [n]' '    outs: [out.txt]' > dvc.yaml
git add .
git commit --quiet --message start
loaded() { python -c 'import yaml; print("PyYAML:", yaml.safe_load(open("params.yaml")))'; }
{
    loaded
    dvc exp run --quiet -S n=7
    cat params.yaml
    loaded
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
PyYAML: {'country': 'no', 'time': '1:30', 'code': '010', 'n': 5}
country: no
time: 1:30
code: '010'
n: 7
PyYAML: {'country': False, 'time': 90, 'code': '010', 'n': 7}
SEEN
