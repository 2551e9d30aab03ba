#!/usr/bin/env bash
# dvc exp run --run-all exits with 0 where a queued experiment fails, unlike dvc exp run of the same experiment.
#
# Tried with DVC 3.67.1 on Python 3.11. The experiment with n=6 fails; --run-all says so on standard error, goes on with
# the next and succeeds as a whole, so a job on a cluster or in CI that queues a grid is green with results missing.
# dvc queue status tells: a line with Failed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dvc==3.67.1
export PATH="$folder/venv/bin:$PATH" DVC_NO_ANALYTICS=1
mkdir "$folder/project"
cd "$folder/project"
git init --quiet
git config user.name name
git config user.email name@example.org
dvc init --quiet
echo 'n: 5' > params.yaml
printf '%s\n' 'stages:' '  count:' '    cmd: test ${n} != 6 && echo ${n} > out.txt' '    outs: [out.txt]' > dvc.yaml
git add .
git commit --quiet --message start
{
    code=0; dvc exp run -S n=6 > /dev/null 2>&1 || code=$?
    echo "exp run: exit code $code"
    git checkout --quiet .
    dvc exp run --queue -S n=6,7 > /dev/null 2>&1
    code=0; dvc exp run --run-all > "$folder/log" 2>&1 || code=$?
    echo "exp run --run-all: exit code $code"
    dvc queue status | grep -oE 'Failed|Success' | sort
    dvc queue stop > /dev/null 2>&1
    for _ in $(seq 20); do dvc queue status | grep -q '0 active, 0 idle' && break || sleep 1; done
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
exp run: exit code 255
exp run --run-all: exit code 0
Failed
Success
SEEN
