#!/usr/bin/env bash
# A stage with a param of .nan is never up to date for DVC, and with an out that is not cached it runs each time.
#
# Tried with DVC 3.67.1 on Python 3.11. DVC compares the value with that in dvc.lock, and nan is not equal to nan:
# status reports a change right after repro. repro restores the result from the run cache, which is keyed by the text of
# the params and thus finds it; without a run cache, as with an out of cache: false, the stage runs each time.
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
echo 'limit: .nan' > params.yaml
cat > dvc.yaml <<'YAML'
stages:
  cached:
    cmd: echo run >> "$LOG" && echo done > cached.txt
    params: [limit]
    outs: [cached.txt]
  tracked:
    cmd: echo run >> "$LOG.tracked" && echo done > tracked.txt
    params: [limit]
    outs:
    - tracked.txt:
        cache: false
YAML
export LOG="$folder/log"
for _ in 1 2 3; do dvc repro --quiet; done
{
    dvc status | grep -E '^[a-z]+:|modified'
    echo "runs of cached: $(wc -l < "$LOG"), of tracked: $(wc -l < "$LOG.tracked")"
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
cached:
			modified:           limit
tracked:
			modified:           limit
runs of cached: 1, of tracked: 3
SEEN
