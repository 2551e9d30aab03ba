"""The source that params.yaml names."""

from typing import Literal

from pydantic import create_model

from stages.common.kinds import kinds
from stages.common.sections import Section, validated
from stages.sources.source import Source


def chosen_source(data: dict) -> Source:
    """Return the source that the section `data` of params.yaml names; a StudyError names every param that is wrong.

    The section has `source` and, for every source, its own entry.
    """
    found = kinds('stages.sources', Source)
    entries = {name: (source.Params, ...) for name, source in found.items()}
    model = create_model('DataParams', __base__=Section, source=(Literal[tuple(found)], ...), **entries)
    params = validated(model, data, 'data.')
    return found[params.source](getattr(params, params.source))
