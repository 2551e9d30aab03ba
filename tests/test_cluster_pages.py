"""The examples of docs/cluster.md against the tools that they are for, where these are installed."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.clone import ROOT

PAGE = (ROOT / 'docs' / 'cluster.md').read_text(encoding='utf-8')
OWN = 'python://dask_kubernetes/operator/customresources/templates.yaml#/definitions/'


def example(language: str, first_word: str) -> str:
    """Return the example in a language that begins with a word."""
    found = re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)
    return next(text for text in found if text.startswith(first_word))


def check(schema: dict, content: object, definitions: dict) -> None:
    """Assert that content has what a schema of the operator asks for, and no more; Kubernetes' parts by its client."""
    reference = schema.get('$ref', '')
    if reference.startswith(OWN):
        check(definitions[reference.removeprefix(OWN)], content, definitions)
    elif reference:
        check_kubernetes(f'V1{reference.rsplit(".", 1)[1]}', content)
    elif schema.get('type') == 'object' and 'properties' in schema:
        assert set(schema.get('required', ())) <= set(content) <= set(schema['properties'])
        for name, value in content.items():
            check(schema['properties'][name], value, definitions)
    else:
        assert isinstance(content, {'integer': int, 'string': str}.get(schema.get('type'), object))


def check_kubernetes(kind: str, content: object) -> None:
    """Assert that the client of Kubernetes knows every name in what is of a kind."""
    from kubernetes import client

    inner = re.fullmatch(r'[Ll]ist\[(\w+)\]', kind)
    if inner:
        for one in content:
            check_kubernetes(inner[1], one)
    elif hasattr(client, kind) and isinstance(content, dict):
        model = getattr(client, kind)
        types = {outer: model.openapi_types[name] for name, outer in model.attribute_map.items()}
        assert set(content) <= set(types), kind
        for name, value in content.items():
            check_kubernetes(types[name], value)


def test_the_manifest_is_one_that_the_operator_takes():
    pytest.importorskip('kubernetes', reason='not installed: pip install dask-kubernetes')
    found = find_spec('dask_kubernetes')
    if found is None:
        pytest.skip('not installed: pip install dask-kubernetes')
    templates = Path(found.submodule_search_locations[0]) / 'operator' / 'customresources' / 'templates.yaml'
    definitions = yaml.safe_load(templates.read_text())['definitions']
    manifest = yaml.safe_load(example('yaml', 'apiVersion'))
    assert (manifest.pop('apiVersion'), manifest.pop('kind')) == ('kubernetes.dask.org/v1', 'DaskCluster')
    assert set(manifest.pop('metadata')) == {'name'}
    check(definitions['dask.k8s.api.v1.DaskCluster'], manifest, definitions)


def test_the_job_script_is_what_dask_jobqueue_makes_of_the_program_above_it(tmp_path, monkeypatch):
    jobqueue = pytest.importorskip('dask_jobqueue', reason='not installed: pip install dask-jobqueue')
    monkeypatch.chdir(tmp_path)
    call = re.search(r'SLURMCluster\((.*?)\)\n', example('python', 'from dask_jobqueue'))[1]
    with jobqueue.SLURMCluster(**eval(f'dict({call})')) as cluster:
        made = cluster.job_script()
    made = re.sub(r'\S+ -m distributed', 'python -m distributed', re.sub(r' --name \S+', '', made))
    shown = example('sh', '#!/usr/bin/env bash')
    address = re.compile(r'tcp://\S+')
    assert address.sub('', made).split() == address.sub('', shown).split()
