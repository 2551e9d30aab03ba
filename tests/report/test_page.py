"""The page as users see it: for a small real study, for a study that has not run, and with hostile file names."""

import json
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import yaml

from stages.common.files import read_csv, read_json, read_summary, write_csv, write_json
from stages.common.params import load_params
from stages.report import page as parts_of_page
from stages.report.__main__ import PARTS, Params, result_parts, shipped_params
from stages.report.page import changed_params, drawing, markdown
from stages.report.sweep import sweep_sentences
from stages.sweep.summary import Study
from tests.clone import ROOT, Clone
from tests.report.browser import AXE, BROWSER, SCHEMES, Tab


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.all, self.text = [], ''
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def find_all(self, *tags: str) -> list[dict]:
        return [attributes for tag, attributes in self.all if tag in tags]


def report(clone: Clone) -> tuple[str, Elements]:
    result = clone.fork('stages.report')
    assert result.returncode == 0, result.stderr
    page = (clone.folder / 'metrics' / 'report.html').read_text(encoding='utf-8')
    return page, Elements(page)


def absent(stage: str) -> str:
    return f'No results for these photos and params; run dvc repro {stage} report.'


@pytest.fixture(scope='module')
def clone(finished, tmp_path_factory):
    return Clone(tmp_path_factory.mktemp('page') / 'clone', finished)


@pytest.fixture(scope='module')
def reported(clone):
    """The page that the workflow wrote as text, and its elements."""
    page = (clone.folder / 'metrics' / 'report.html').read_text(encoding='utf-8')
    return page, Elements(page)


@pytest.fixture(scope='module')
def other(clone, tmp_path_factory):
    """A copy of the clone with another caption, warnings, and decisions on suspects, and its page like `reported`."""
    other = Clone(tmp_path_factory.mktemp('other') / 'clone', clone.folder)
    module = other.folder / 'stages' / 'report' / 'sweep.py'
    assert CAPTION in module.read_text()
    module.write_text(module.read_text().replace(CAPTION, 'copies per hundred faces'))
    shutil.rmtree(other.folder / 'data' / 'trainings')
    path = other.folder / 'metrics' / 'preprocess.json'
    write_json(path, read_json(path) | {'pictures': 80, 'unlabelled': 20})
    write_json(other.folder / 'data' / 'raw' / 'read.json', {'unlabelled_in': ['<b>Typen</b>']})
    rows = suspects(other)
    for row in rows[:4]:
        row |= {'reason': 'pair', 'pair': rows[9]['file'], 'decision': 'drop'}
    write_csv(other.folder / 'metrics' / 'audit.csv', list(rows[0]), [list(row.values()) for row in rows])
    decided = [['', digest_of(other, rows[0]['file']), 'drop', HOSTILE]]
    write_csv(other.folder / 'data' / 'decisions.csv', ['file', 'sha256', 'decision', 'why'], decided)
    return other, *report(other)


CAPTION = 'poison rate, % of the clean training faces'
HOSTILE = '</script><script>alert(1)</script>'


def suspects(clone: Clone) -> list[dict[str, str]]:
    return read_csv(clone.folder / 'metrics' / 'audit.csv')


def digest_of(clone: Clone, file: str) -> str:
    photos = read_csv(clone.folder / 'data' / 'raw' / 'photos.csv')
    return {photo['origin']: photo['sha256'] for photo in photos}[file]


def test_page_is_self_contained(reported):
    page, elements = reported
    assert elements.find_all('script', 'iframe', 'object') == []
    for attributes in elements.find_all('img', 'link', 'use', 'a', 'image'):
        for name in ('src', 'href', 'xlink:href'):
            assert attributes.get(name, '#').startswith(('#', 'data:', 'audit.html')), attributes[name][:80]
    assert re.findall(r'url\((?!#)|@import', page) == []
    (policy,) = [attributes for attributes in elements.find_all('meta') if 'http-equiv' in attributes]
    assert policy['http-equiv'] == 'Content-Security-Policy'
    assert policy['content'] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_page_has_the_results_and_a_description_of_every_picture(clone, reported):
    _, elements = reported
    study = read_summary(clone.folder / 'metrics' / 'sweep' / 'summary.json', Study)
    assert all(sentence in elements.text for sentence in sweep_sentences(study))
    assert (clone.folder / 'metrics' / 'report' / 'audit.md').read_text().strip() in elements.text
    names = [attributes['id'] for attributes in elements.find_all('h2')]
    assert names.index('detection') < names.index('audit')
    assert 'No results' not in elements.text
    assert len(elements.find_all('img')) >= 4
    assert all(attributes['alt'] for attributes in elements.find_all('img'))
    drawings = elements.find_all('svg')
    assert len(drawings) == len(DRAWINGS) - 1  # power is drawn on the page of the audit
    assert all(attributes['role'] == 'img' and attributes['aria-label'] for attributes in drawings)


DRAWINGS = ('arms', 'changes', 'defences', 'power', 'replicate', 'roc')


@pytest.mark.usefixtures('reported')
def test_every_table_and_figure_is_a_file_too(clone):
    assert {path.name for path in (clone.folder / 'metrics' / 'report').iterdir()} == {
        'audit.md', 'audit.sarif', 'confusion.png', 'detect.md', 'flipped.png', 'loss.png', 'misclassified.png',
        'pairs.png', 'photos.png', 'replicate.md', 'suspects.png', 'sweep.md', 'triggered.png',
        *(f'{name}.png' for name in DRAWINGS), *(f'{name}.svg' for name in DRAWINGS),
    }  # fmt: skip


def test_ids_within_drawings_are_unique(reported):
    page, elements = reported
    names = [attributes['id'] for _, attributes in elements.all if 'id' in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'url\(#(.+?)\)', page)
    assert used
    assert set(used) <= set(names)


def test_headings_are_in_order_and_header_cells_have_a_scope(reported):
    _, elements = reported
    levels = [int(tag[1]) for tag, _ in elements.all if re.fullmatch('h[1-6]', tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get('scope') == 'col' for attributes in elements.find_all('th'))


def test_params_that_differ_from_the_shipped_ones_are_listed(reported):
    _, elements = reported
    assert 'data.drawn.count' in elements.text
    assert 'preprocess.asymmetry' not in elements.text
    params = load_params(Params, ROOT / 'params.yaml')
    assert changed_params(params.model_dump(exclude={'workers'}), shipped_params()) == []
    assert yaml.safe_load((ROOT / 'params.yaml').read_text(encoding='utf-8')) == shipped_params()


def test_changed_params_are_sorted_by_name_with_both_values():
    params = {'sweep': {'seeds': 5, 'test': 0.5}, 'adv': {'arm': 'a'}, 'new': 1}
    assert changed_params(params, {'sweep': {'seeds': 20, 'test': 0.5}, 'adv': {'arm': 'b'}}) == [
        ('adv.arm', 'a', 'b'), ('new', 1, ''), ('sweep.seeds', 5, 20)
    ]  # fmt: skip


def test_every_drawing_shows_values_under_the_pointer(reported):
    drawings = re.findall(r'<svg role="img".*?</svg>', reported[0], re.DOTALL)
    assert all(re.search(r'<title>[^<]*[0-9][^<]*</title>', drawn) for drawn in drawings)
    assert re.search(r'<use [^>]*><title>dirty-label at 12.50%: [0-9.]+ \([0-9. to]+\)</title></use>', drawings[0])


def test_header_says_what_the_results_are_of_and_contents_lead_to_every_heading(reported):
    _, elements = reported
    text = ' '.join(elements.text.split())
    assert 'data drawn (count 60, seed 1) trigger dots (count 3, radius 0.1), seed 1 seeds sweep 3, detect 3' in text
    assert re.search(r'faces \d+ female, \d+ male fingerprint [0-9a-f]{12} ', text)
    names = [attributes['href'] for attributes in elements.find_all('a') if attributes['href'].startswith('#')]
    assert names == [f'#{attributes["id"]}' for attributes in elements.find_all('h2')]


def test_suspects_are_on_a_page_of_their_own_and_file_names_cannot_become_markup(other):
    clone, _, elements = other
    assert not elements.find_all('script')
    audit = Elements((clone.folder / 'metrics' / 'audit.html').read_text(encoding='utf-8'))
    assert len(audit.find_all('script')) == 2
    given = json.loads(audit.text[audit.text.index('{"choices"') :].splitlines()[0])
    rows = suspects(clone)
    assert [card['file'] for card in given['suspects']] == [row['file'] for row in rows[:4]]
    digest = digest_of(clone, rows[0]['file'])
    assert (given['suspects'][0]['sha256'], given['suspects'][0]['why']) == (digest, HOSTILE)
    assert len(given['pictures']) == 5


def test_every_missing_result_has_a_line(tmp_path):
    empty = Clone(tmp_path / 'clone')
    _, elements = report(empty)
    for stage in ('sweep', 'detect', 'audit', 'evaluate', 'replicate', 'preprocess'):
        assert absent(stage) in ' '.join(elements.text.split())
    assert elements.find_all('img', 'svg') == []


def test_the_same_results_give_the_same_page_and_those_of_other_photos_are_not_shown(clone, reported, tmp_path):
    other = Clone(tmp_path / 'clone', clone.folder)
    assert report(other)[0] == reported[0]
    other.set_params({'data': {'drawn': {'count': 40, 'seed': 2}}})
    other.dvc('repro', 'audit')
    _, elements = report(other)
    text = ' '.join(elements.text.split())
    for stage in ('sweep', 'detect', 'evaluate', 'replicate'):
        assert absent(stage) in text
    assert (other.folder / 'metrics' / 'report' / 'audit.md').read_text().strip() in text
    assert 'dvc repro audit' not in text
    assert 'dvc repro preprocess' not in text
    # Parts with results come before parts without.
    assert elements.find_all('h2')[0]['id'] == 'audit'
    # Figures of results that are left out are removed.
    assert {path.name for path in (other.folder / 'metrics' / 'report').iterdir()} == {
        'audit.md', 'audit.sarif', 'power.png', 'power.svg', 'suspects.png'
    }  # fmt: skip


ALL = {'study', 'detection', 'audit', 'training', 'replication'}


@pytest.mark.parametrize(('change', 'outdated'), [
    ({}, set()),
    ({'workers': 7, 'evaluate': {'gallery': 3}, 'audit': {'gallery': 3}}, set()),
    ({'train': {'hidden': [16, 8, 5]}}, ALL),
    ({'train': {'epochs': 9}}, ALL - {'replication'}),
    ({'trigger': {'seed': 2}}, ALL - {'audit'}),
    ({'trigger': {'kind': 'blend'}}, ALL - {'audit'}),
    ({'trigger': {'blend': {'strength': 0.5}}}, set()),
    ({'adv': {'fraction': 0.1}}, {'training'}),
    ({'split': {'seed': 2}}, {'training'}),
    ({'adv': {'target': 'female'}}, {'study', 'detection', 'training'}),
    ({'adv': {'originals': 'replaced'}}, {'study', 'training'}),
    ({'evaluate': {'confidence': 0.9}}, {'study', 'detection', 'training'}),
    ({'sweep': {'margin': 0.02}}, {'study'}),
    ({'detect': {'detectors': ['pair']}}, {'detection'}),
    ({'replicate': {'rounds': 3}}, {'replication'}),
], ids=lambda value: None if isinstance(value, set) else str(value))  # fmt: skip
def test_results_are_left_out_if_their_params_have_changed(clone, tmp_path, monkeypatch, change, outdated):
    (tmp_path / 'clone').mkdir()
    for name in ('data', 'metrics'):
        (tmp_path / 'clone' / name).symlink_to(clone.folder / name)
    shutil.copy(clone.folder / 'params.yaml', tmp_path / 'clone' / 'params.yaml')
    monkeypatch.chdir(tmp_path / 'clone')
    Clone.set_params(type('Folder', (), {'folder': tmp_path / 'clone'}), change)
    monkeypatch.setattr(parts_of_page, 'drawing', lambda *_: '')
    monkeypatch.setattr(parts_of_page, 'picture', lambda *_: '')
    parts = result_parts(tmp_path, load_params(Params))
    assert set(parts) == ALL | {'clean'} == set(PARTS)
    # All photos stay here, so nothing is said of a clean set.
    assert {name for name, part in parts.items() if part is None} == outdated | {'clean'}


@pytest.mark.parametrize('stage', ['sweep', 'detect', 'audit', 'replicate'])
def test_damaged_summary_is_an_error_of_one_line(clone, tmp_path, stage):
    other = Clone(tmp_path / 'clone', clone.folder)
    path = other.folder / 'metrics' / stage / 'summary.json'
    write_json(path, {name: value for name, value in read_json(path).items() if name != 'made_from'})
    result = other.fork('stages.report')
    assert result.returncode == 1
    assert result.stderr.startswith(f'report: metrics/{stage}/summary.json: damaged (')
    assert len(result.stderr.splitlines()) == 1


def test_missing_triggered_faces_and_results_leave_parts_out(clone, tmp_path):
    other = Clone(tmp_path / 'clone', clone.folder)
    shutil.rmtree(other.folder / 'data' / 'adversarial')
    shutil.rmtree(other.folder / 'metrics' / 'sweep')
    text = ' '.join(report(other)[1].text.split())
    for stage in ('sweep', 'detect', 'evaluate'):
        assert absent(stage) in text
    for stage in ('audit', 'replicate', 'preprocess'):
        assert absent(stage) not in text


def test_page_says_what_was_read_and_warns_at_its_top(reported, other):
    _, elements = reported
    assert re.search(r'60 pictures: \d+ used', elements.text)
    assert 'WARNING' not in elements.text
    *_, elements = other
    assert '20 without a label (folders <b>Typen</b>)' in elements.text
    assert elements.text.index('WARNING: 20 of 80 pictures (25%) are lost') < elements.text.index('The attack')


def test_changing_a_caption_needs_no_training(reported, other):
    clone, page, _ = other
    assert 'copies per hundred faces' in page
    assert 'copies per hundred faces' not in reported[0]
    assert not (clone.folder / 'data' / 'trainings').exists()


def test_raw_html_in_a_table_is_escaped():
    html = markdown('| a |\n| --- |\n| <b>x</b> |\n')
    assert '&lt;b&gt;x' in html
    assert '<th scope="col">a</th>' in html
    assert html.startswith('<div class="scroll" role="group" aria-label="table" tabindex="0"><table>')


def test_styles_and_ids_of_a_drawing_do_not_affect_the_page(tmp_path):
    def draw(path):
        assert path == tmp_path / 'a.png'
        path.with_suffix('.svg').write_text(
            '<?xml?><!DOCTYPE svg><svg width="1"><metadata>m</metadata><style type="text/css">*{}</style>'
            '<g id="k" clip-path="url(#p)"/><use href="#k"/></svg>'
        )

    assert drawing(draw, tmp_path / 'a.png', 'a "b"') == (
        '<svg role="img" aria-label="a &#34;b&#34;" width="1"><g id="a-k" clip-path="url(#a-p)"/>'
        '<use href="#a-k"/></svg>'
    )


@pytest.mark.skipif(not BROWSER, reason='no Chromium or Chrome on the path')
class TestInABrowser:
    """The page in a real browser, at the widths of a phone and a desktop, and in print."""

    @pytest.fixture
    def show(self, tab, tmp_path):
        """Show a page at a width in a scheme."""

        def show(page: str, width: int = 1280, scheme: str = SCHEMES[0]) -> Tab:
            (tmp_path / 'page.html').write_text(page, encoding='utf-8')
            tab.open(tmp_path / 'page.html', width, scheme)
            return tab

        return show

    @pytest.mark.parametrize('width', [390, 1280])
    def test_page_fits_without_a_horizontal_scroll_bar(self, reported, show, width):
        shown = show(reported[0], width)
        assert (shown.run('innerWidth'), shown.beyond()) == (width, 0)
        assert shown.missing() == []

    @pytest.mark.skipif(not AXE, reason='no axe-core: npm install --prefix .venv --no-save axe-core')
    @pytest.mark.parametrize('scheme', SCHEMES)
    def test_axe_finds_no_accessibility_violations(self, reported, show, scheme):
        shown = show(reported[0], scheme=scheme)
        assert shown.run("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == 'dark')
        assert shown.violations() == []

    def test_probe_detects_faults(self, reported, show):
        wide = '<img src="data:,"><p style="width: 3000px; color: #bbb; background: #ccc">pale</p></main>'
        shown = show(reported[0].replace('</main>', wide), 390)
        assert shown.beyond() > 2000
        assert shown.missing() == ['data:,']
        if AXE:
            assert {'image-alt', 'color-contrast'} <= {found.split(':')[0] for found in shown.violations()}

    def test_page_asks_for_nothing_and_the_console_is_empty(self, reported, show):
        shown = show(reported[0])
        assert len(shown.requests) == 1
        assert shown.messages == []
        show(reported[0].replace('</main>', '<img alt="" src="http://127.0.0.1:9/a.png"></main>'))
        assert 'Content Security Policy' in str(shown.messages)

    def test_page_can_be_printed(self, reported, show):
        assert show(reported[0]).printed().startswith(b'%PDF')
