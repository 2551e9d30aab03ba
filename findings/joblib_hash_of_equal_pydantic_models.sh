#!/usr/bin/env bash
# joblib.hash tells equal Pydantic models apart: a model also pickles which of its fields were given.
#
# Tried with joblib 1.6.0 and pydantic 2.14.3 on Python 3.11. `Model()` and `Model(rate=0.1)` are equal where 0.1 is the
# default, and so are a model and `model_copy(update=...)` back to the same value, but the pickled state of each holds
# __pydantic_fields_set__, and joblib.hash hashes the pickle. A cache keyed by the model misses for equal params, say
# once a default is written out in a file. model_dump() hashes alike.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet joblib==1.6.0 pydantic==2.14.3
cat > "$folder/try.py" <<'PY'
import joblib
from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    model_config = ConfigDict(frozen=True)
    rate: float = 0.1


implied, given = Model(), Model(rate=0.1)
copied = Model().model_copy(update={'rate': 0.1})
print('equal:', implied == given == copied, '| same hash():', hash(implied) == hash(given))
print('joblib.hash, default implied or given:', joblib.hash(implied) == joblib.hash(given))
print('joblib.hash, default implied or copied:', joblib.hash(implied) == joblib.hash(copied))
print('joblib.hash of model_dump():', joblib.hash(implied.model_dump()) == joblib.hash(given.model_dump()))
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
equal: True | same hash(): True
joblib.hash, default implied or given: False
joblib.hash, default implied or copied: False
joblib.hash of model_dump(): True
SEEN
