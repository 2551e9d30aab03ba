"""The instructions of docs/cluster.md for Kubernetes and Slurm, checked against the Dask operator and dask-jobqueue."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.clone import ROOT
from tests.dask_cluster import Cluster, check_command_of_dask, wait_until

distributed = pytest.importorskip('distributed', reason="Dask is not installed: pip install '.[cluster]'")


def block(language: str) -> str:
    """Return the first code block of docs/cluster.md in a language."""
    return (ROOT / 'docs' / 'cluster.md').read_text().split(f'```{language}\n')[1].split('```')[0]


def closed(schema: object) -> object:
    """Return a JSON schema whose objects may only have the fields that it names, as kubectl requires."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    no_others = {'additionalProperties': False} if isinstance(schema.get('properties'), dict) else {}
    return no_others | {name: closed(part) for name, part in schema.items()}


def test_manifest_is_accepted_by_the_operator():
    reason = "the operator is not installed: pip install '.[oracle]'"
    package = pytest.importorskip('dask_kubernetes', reason=reason)
    jsonschema = pytest.importorskip('jsonschema', reason=reason)
    charts = Path(package.__file__).parent / 'operator' / 'deployment' / 'helm' / 'dask-kubernetes-operator'
    definition = yaml.safe_load((charts / 'crds' / 'daskcluster.yaml').read_text())['spec']
    version = definition['versions'][0]
    manifest = yaml.safe_load(block('yaml'))
    assert manifest.pop('apiVersion') == f'{definition["group"]}/{version["name"]}'
    assert manifest.pop('kind') == definition['names']['kind']
    name = manifest.pop('metadata')['name']
    jsonschema.validate(manifest, closed(version['schema']['openAPIV3Schema']))
    assert f'tcp://{name}-scheduler:8786' in (ROOT / 'docs' / 'cluster.md').read_text()
    assert manifest['spec']['scheduler']['service']['selector']['dask.org/cluster-name'] == name


@pytest.mark.parametrize('component', ['worker', 'scheduler'])
def test_dask_accepts_the_command_of_the_manifest(component):
    (container,) = yaml.safe_load(block('yaml'))['spec'][component]['spec']['containers']
    check_command_of_dask(container['args'])


def test_worker_started_by_the_operator_finds_its_scheduler(tmp_path):
    reason = "the operator is not installed: pip install '.[oracle]'"
    controller = pytest.importorskip('dask_kubernetes.operator.controller.controller', reason=reason)
    pod = yaml.safe_load(block('yaml'))['spec']['worker']['spec']
    made = controller.build_worker_deployment_spec('faces-default', 'ours', 'faces', '1', pod, {}, {})
    container = made['spec']['template']['spec']['containers'][0]
    values = {variable['name']: variable['value'] for variable in container['env']}
    assert values['DASK_SCHEDULER_ADDRESS'].startswith('tcp://faces-scheduler.')
    cluster = Cluster(tmp_path)
    try:
        values['DASK_SCHEDULER_ADDRESS'] = cluster.address
        arguments = [re.sub(r'\$\((\w+)\)', lambda match: values[match[1]], argument) for argument in container['args']]
        cluster.start('worker', *arguments[1:], **values)
        wait_until(lambda: 'Registered to' in cluster.log('worker'))
        with distributed.Client(cluster.address, set_as_default=False) as client:
            (worker,) = client.scheduler_info()['workers'].values()
        assert (worker['id'], worker['nthreads']) == (values['DASK_WORKER_NAME'], 1)
    finally:
        cluster.end()


def test_job_matches_the_one_that_dask_jobqueue_submits():
    jobs = pytest.importorskip('dask_jobqueue.slurm', reason="dask-jobqueue is not installed: pip install '.[oracle]'")
    calls = [node for node in ast.walk(ast.parse(block('python'))) if isinstance(node, ast.Call)]
    given = next(call.keywords for call in calls if getattr(call.func, 'id', '') == 'SLURMCluster')
    options = {option.arg: ast.literal_eval(option.value) for option in given}
    job = jobs.SLURMJob('tcp://first:8786', 'dummy-name', **options)
    assert job.job_script().replace(sys.executable, 'python').replace(' --name dummy-name', '') == block('sh')
