"""Which results are of other data or params than those that are here now."""

from functools import cache
from pathlib import Path

import yaml


def outdated(lock: Path, params: Path) -> set[str]:
    """Return the stages whose last run, as the file `lock` of DVC has it, was on other data or params than the present.

    `params` is params.yaml. A change of code is left to DVC. Without a lock nothing is known, and no stage is named.
    """
    if not lock.is_file():
        return set()
    stages = yaml.safe_load(lock.read_text(encoding='utf-8'))['stages']
    values = yaml.safe_load(params.read_text(encoding='utf-8'))
    made = {out['path']: (name, out['md5']) for name, stage in stages.items() for out in stage.get('outs', ())}

    @cache
    def is_outdated(name: str) -> bool:
        """Return whether a stage ran on other params, or on what another stage made that has run since or should."""
        then = stages[name].get('params', {}).get('params.yaml', {})
        if any(_value(values, param) != value for param, value in then.items()):
            return True
        read = [(dep['md5'], *made[dep['path']]) for dep in stages[name]['deps'] if dep['path'] in made]
        return any(then != now or is_outdated(maker) for then, maker, now in read)

    return {name for name in stages if is_outdated(name)}


def _value(content: dict, name: str) -> object:
    """Return the value of a param by its name, such as data.source, None if it is not there."""
    for part in name.split('.'):
        content = content.get(part) if isinstance(content, dict) else None
    return content
