import pytest
import yaml

from stages.common.errors import StudyError
from stages.common.params import subclasses_in, validated
from stages.download import Params
from stages.sources.drawn import Drawn
from stages.sources.folder import Folder
from stages.sources.kaggle import Kaggle
from stages.sources.source import Source, chosen_source
from stages.sources.table import Table
from tests.clone import ROOT

HANDLE = 'a-b/c_d/versions/12'
SOURCES = {'drawn': Drawn, 'folder': Folder, 'kaggle': Kaggle, 'table': Table}
SHIPPED = yaml.safe_load((ROOT / 'params.yaml').read_text())['data']


def section(**changes: object) -> dict:
    own = {'source': 'drawn', 'folder': 'my/photos', 'drawn': {'count': 60, 'seed': 3}, 'kaggle': {'handle': HANDLE}}
    own['table'] = {'file': 'my/labels.csv', 'values': {0: 'female', True: 'male'}}
    return SHIPPED | own | changes


def refused(data: dict) -> str:
    with pytest.raises(StudyError) as error:
        chosen_source(data)
    return str(error.value)


def test_sources_are_the_files_that_define_one():
    assert SOURCES.items() <= subclasses_in('stages.sources', Source).items()


@pytest.mark.parametrize('name', SOURCES)
def test_any_source_can_be_chosen_in_the_shipped_params(name):
    assert SHIPPED['source'] == 'drawn'
    source = chosen_source(SHIPPED | {'source': name})
    assert type(source) is SOURCES[name]


def test_a_source_gets_its_own_params():
    drawn, folder, kaggle, table = (chosen_source(section(source=name)) for name in SOURCES)
    assert (drawn.params.count, drawn.params.seed) == (60, 3)
    assert folder.params == 'my/photos'
    assert kaggle.params.handle == HANDLE
    assert (table.params.file, table.params.root) == ('my/labels.csv', 'data/photos')
    assert table.params.values == {'0': 'female', 'true': 'male', 'yes': 'male'}


@pytest.mark.parametrize('name', SOURCES)
def test_every_source_is_told_how_to_read_files(name):
    reading = chosen_source(section(source=name, words={0: 'female', 'M': 'male'}, links='anywhere')).reading
    assert (reading.words, reading.links) == ({'0': 'female', 'M': 'male'}, 'anywhere')


@pytest.mark.parametrize(('source', 'shown'), [('web', "'web'"), ('source', "'source'"), (3, '3'), (None, 'None')])
def test_unknown_source_is_refused_with_the_known_ones(source, shown):
    known = ' or '.join(', '.join(map(repr, subclasses_in('stages.sources', Source))).rsplit(', ', 1))
    assert refused(section(source=source)) == f'data.source: must be {known}, got {shown}'


def test_missing_source_is_named():
    data = section()
    del data['source']
    with pytest.raises(StudyError, match=r'^data\.source: missing; `git diff params\.yaml` shows what was removed$'):
        validated(Params, {'data': data})


@pytest.mark.parametrize('source', SOURCES)
@pytest.mark.parametrize('missing', ['drawn', 'kaggle', 'table'])
def test_entry_of_every_source_is_required_whichever_is_chosen(source, missing):
    data = section(source=source)
    del data[missing]
    assert refused(data) == f'data.{missing}: missing; `git diff params.yaml` shows what was removed'


def test_missing_params_have_their_shipped_defaults():
    data = section(source='folder', drawn={'count': 60}, kaggle={})
    del data['folder']
    assert chosen_source(data).params == SHIPPED['folder']
    assert chosen_source(data | {'source': 'kaggle'}).params.model_dump() == SHIPPED['kaggle']
    drawn = chosen_source(data | {'source': 'drawn'}).params
    assert (drawn.count, drawn.seed) == (60, SHIPPED['drawn']['seed'])


@pytest.mark.parametrize(('entry', 'line'), [
    # The params of another source
    ({'drawn': {'count': 60, 'seed': 3, 'handle': HANDLE}},
     'data.drawn.handle: no such param; check its spelling'),
    ({'kaggle': {'handle': HANDLE, 'count': 60}},
     'data.kaggle.count: no such param; check its spelling'),
    ({'count': 60}, 'data.count: no such param; check its spelling'),
    ({'web': {'address': 'x'}}, 'data.web: no such param; check its spelling'),
    ({'drawn': {'count': 39, 'seed': 3}}, 'data.drawn.count: must be between 40 and 10000000, got 39'),
    ({'drawn': {'count': 60, 'seed': -1}}, 'data.drawn.seed: must be between 0 and 9223372036854775807, got -1'),
    # Wrong types
    ({'drawn': {'count': '60', 'seed': 3}}, "data.drawn.count: must be a valid integer, got '60'"),
    ({'words': 3}, 'data.words: must be a valid dictionary, got 3'),
    ({'words': {'x': 'man'}}, "data.words.x: must be 'female' or 'male', got 'man'"),
    ({'links': 'none'}, "data.links: must be 'inside' or 'anywhere', got 'none'"),
    ({'table': {'values': {0: 'm'}}}, "data.table.values.0: must be 'female' or 'male', got 'm'"),
    ({'folder': 3}, 'data.folder: must be a valid string, got 3'),
    ({'folder': None}, 'data.folder: must be a valid string, got None'),
    ({'kaggle': {'handle': 3}}, 'data.kaggle.handle: must be a valid string, got 3'),
    ({'kaggle': HANDLE}, f'data.kaggle: must be a valid dictionary or instance of Params, got {HANDLE!r}'),
])  # fmt: skip
@pytest.mark.parametrize('source', ['drawn', 'kaggle'])
def test_wrong_entry_is_refused_in_one_line_whichever_source_is_chosen(source, entry, line):
    assert refused(section(source=source) | entry) == line


@pytest.mark.parametrize(('handle', 'reason'), [
    ('a/b', 'must end in a version, as in a/b/versions/1'),
    ('../b/versions/1', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
    ('a/b/versions/0', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
    ('a/b/versions/1/../2', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
    ('a/b/versions/1\n', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
    ('ä/b/versions/1', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
    ('', 'must be owner/name/versions/number, as in the address of its Kaggle page'),
])  # fmt: skip
def test_a_handle_that_does_not_name_one_version_is_refused(handle, reason):
    line = f'data.kaggle.handle: {reason}, got {handle!r}'
    assert refused(section(source='kaggle', kaggle={'handle': handle})) == line


@pytest.mark.parametrize('handle', [HANDLE, 'a/b/versions/1', '3/4/versions/100'])
def test_handle_that_names_one_version_is_accepted(handle):
    assert chosen_source(section(source='kaggle', kaggle={'handle': handle})).params.handle == handle


def test_every_mistake_has_its_own_line():
    lines = refused(section(source='web', folder=3, drawn={'count': 1, 'seed': 3})).splitlines()
    assert sorted(line.split(':')[0] for line in lines) == ['data.drawn.count', 'data.folder', 'data.source']
