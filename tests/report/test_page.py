"""The page as people get it: of a real small study, of one that has not run, and with hostile names of files."""

import re
import shutil
import sys
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import yaml

from stages.common.files import read_csv, write_csv
from stages.params import load_params
from stages.report.facts import DEFAULTS, changed_params, data_facts
from stages.report.outdated import outdated
from stages.report.parts import drawing, markdown
from stages.report.verdict import sentences
from tests.clone import ROOT, Clone
from tests.report.browser import AXE, BROWSER, SCHEMES, console, judged, printed


class Elements(HTMLParser):
    """All elements of a page with their attributes, and all of its text."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.text = [], ''
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def of(self, *tags: str) -> list[dict]:
        return [attributes for tag, attributes in self.found if tag in tags]


def report(clone: Clone) -> tuple[str, Elements]:
    clone.output(sys.executable, '-m', 'stages.report')
    page = (clone.folder / 'metrics' / 'report.html').read_text(encoding='utf-8')
    return page, Elements(page)


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp('page') / 'clone')
    clone.output('dvc', 'repro')
    return clone


def test_nothing_on_the_page_is_outside_of_it(clone):
    page, elements = report(clone)
    assert elements.of('script', 'iframe', 'object') == []
    for attributes in elements.of('img', 'link', 'use', 'a', 'image'):
        for name in ('src', 'href', 'xlink:href'):
            assert attributes.get(name, '#').startswith(('#', 'data:')), attributes[name][:80]
    assert re.findall(r'url\((?!#)|@import', page) == []


def test_it_says_what_was_found_with_every_picture_described(clone):
    _, elements = report(clone)
    arms = read_csv(clone.folder / 'metrics' / 'sweep' / 'arms.csv')
    assert all(sentence in elements.text for sentence in sentences(arms))
    assert (clone.folder / 'metrics' / 'audit.md').read_text().strip() in elements.text
    assert elements.text.index('Finding the poison') < elements.text.index('What was found in the photos themselves')
    assert elements.text.count('What was found in the photos themselves') == 1
    assert len(elements.of('img')) >= 7
    assert all(attributes['alt'] for attributes in elements.of('img'))
    drawings = elements.of('svg')
    assert len(drawings) == 5
    assert all(attributes['role'] == 'img' and attributes['aria-label'] for attributes in drawings)


def test_names_within_drawings_are_those_of_one_drawing_only(clone):
    _, elements = report(clone)
    names = [attributes['id'] for _, attributes in elements.found if 'id' in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'url\(#(.+?)\)', report(clone)[0])
    assert set(used) <= set(names)


def test_headings_are_in_order_and_header_cells_say_what_they_head(clone):
    _, elements = report(clone)
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch('h[1-6]', tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get('scope') == 'col' for attributes in elements.of('th'))


def test_the_same_results_give_the_same_page(clone):
    assert report(clone)[0] == report(clone)[0]


def test_params_that_are_not_as_shipped_are_listed(clone):
    _, elements = report(clone)
    assert 'data.drawn.count' in elements.text
    assert 'preprocess.asymmetry' not in elements.text
    assert changed_params(load_params(ROOT / 'params.yaml').model_dump(exclude={'workers'})) == []
    shipped = yaml.safe_load((ROOT / 'params.yaml').read_text(encoding='utf-8'))
    assert yaml.safe_load(DEFAULTS.read_text(encoding='utf-8')) == shipped


def test_names_of_files_cannot_become_part_of_the_page(clone, tmp_path):
    other = Clone(tmp_path / 'clone')
    shutil.copytree(clone.folder / 'metrics', other.folder / 'metrics')
    rows = read_csv(other.folder / 'metrics' / 'audit.csv')
    hostile = '<img src=http://example.org/x onerror=alert(1)>.jpg'
    for row in rows[:60]:
        row |= {'file': hostile, 'reason': 'label: <script>x</script>', 'pair': '"><script>'}
    write_csv(other.folder / 'metrics' / 'audit.csv', list(rows[0]), [list(row.values()) for row in rows])
    _, elements = report(other)
    assert elements.of('script') == []
    assert hostile in elements.text
    assert elements.text.count(hostile) == 50
    assert '10 more are in metrics/audit.csv' in elements.text


def test_what_has_not_run_is_said_in_a_line(tmp_path):
    empty = Clone(tmp_path / 'clone')
    _, elements = report(empty)
    for stage in ('sweep', 'detect', 'audit', 'evaluate', 'replicate', 'preprocess'):
        assert f'; run dvc repro {stage}.' in ' '.join(elements.text.split())
    assert elements.of('img', 'svg') == []


def test_results_of_other_photos_are_not_shown_beside_those_of_these(clone, tmp_path):
    other = Clone(tmp_path / 'clone')
    for name in ('data', 'metrics'):
        shutil.copytree(clone.folder / name, other.folder / name, dirs_exist_ok=True)
    shutil.copy(clone.folder / 'dvc.lock', other.folder / 'dvc.lock')
    assert report(other)[0] == report(clone)[0]
    other.set_params({'data': {'drawn': {'seed': 2}}})
    other.output('dvc', 'repro', 'audit')
    _, elements = report(other)
    text = ' '.join(elements.text.split())
    for stage in ('sweep', 'detect', 'evaluate', 'replicate'):
        assert f'The results here belong to other photos or params; dvc repro {stage} makes new ones' in text
    assert (other.folder / 'metrics' / 'audit.md').read_text().strip() in text
    assert 'dvc repro audit' not in text
    assert 'dvc repro preprocess' not in text
    # What was found comes before what was not.
    assert text.index('What was found in the photos themselves') < text.index('The attack, by poison rate')
    assert text.count('What was found in the photos themselves') == 1


LOCK = """
stages:
  first:
    params: {params.yaml: {a.b: 1}}
    deps: [{path: code, md5: x}]
    outs: [{path: data/first, md5: p}, {path: data/other, md5: o}]
  second:
    deps: [{path: data/first, md5: p}]
    outs: [{path: data/second, md5: q}]
  third:
    params: {params.yaml: {c: [1, 2]}}
    deps: [{path: data/second, md5: q}]
    outs: []
"""


@pytest.mark.parametrize(('lock', 'params', 'expected'), [
    (LOCK, {'a': {'b': 1}, 'c': [1, 2], 'd': 5}, set()),
    (LOCK, {'a': {'b': 2}, 'c': [1, 2]}, {'first', 'second', 'third'}),
    (LOCK, {'a': 1, 'c': [1, 2]}, {'first', 'second', 'third'}),
    (LOCK, {'a': {'b': 1}, 'c': [1]}, {'third'}),
    (LOCK.replace('data/first, md5: p}]', 'data/first, md5: z}]'), {'a': {'b': 1}, 'c': [1, 2]}, {'second', 'third'}),
    (LOCK.replace('code, md5: x', 'code, md5: y'), {'a': {'b': 1}, 'c': [1, 2]}, set()),
], ids=['fresh', 'param', 'no param', 'own param', 'data', 'code'])  # fmt: skip
def test_results_are_outdated_by_data_and_params_also_of_the_stages_before(tmp_path, lock, params, expected):
    (tmp_path / 'dvc.lock').write_text(lock)
    (tmp_path / 'params.yaml').write_text(yaml.safe_dump(params))
    assert outdated(tmp_path / 'dvc.lock', tmp_path / 'params.yaml') == expected
    assert outdated(tmp_path / 'none', tmp_path / 'params.yaml') == set()


def test_data_facts_name_what_was_left_out_and_why():
    counts = {'photos': 9, 'faceless': 2, 'unreadable': 0, 'kept': {'female': 3, 'male': 4}}
    assert data_facts(counts) == [
        ('photos', 9), ('left out: no face was found', 2),
        ('faces kept, labelled female', 3), ('faces kept, labelled male', 4),
    ]  # fmt: skip


def test_the_verdict_is_made_of_the_numbers_at_the_highest_rate():
    def row(arm: str, rate: float, score: str, mean: float, change: float, verdict: str) -> dict[str, str]:
        return {
            'arm': arm, 'fraction': rate, 'score': score, 'mean': mean, 'change': change,
            'change_low': change - 0.01, 'change_high': change + 0.01, 'verdict': verdict,
        }  # fmt: skip

    first, second = sentences([
        row('dirty-label', 0.0, 'ASR', 0.04, 0, ''),
        row('dirty-label', 0.02, 'ASR', 0.3, 0.2, 'rises'),
        row('dirty-label', 0.05, 'ASR', 0.72, 0.68, 'rises'),
        row('dirty-label', 0.05, 'clean accuracy', 0.95, -0.006, 'falls'),
        row('clean-label', 0.05, 'ASR', 0.05, 0.011, 'rises'),
        row('clean-label', 0.05, 'clean accuracy', 0.96, -0.001, 'no effect larger than 1 point'),
    ])  # fmt: skip
    assert 'copies of 5.00%' in first
    assert 'is 72.0%, and 4.0% without poison' in first
    assert 'changes by -0.6 points (-1.6 to +0.4, a fall)' in first
    assert 'changes by +1.1 points (+0.1 to +2.1, a rise)' in second
    assert 'clean accuracy by -0.1 points (-1.1 to +0.9, no effect larger than 1 point)' in second


def test_a_study_without_poison_has_a_verdict_too():
    row = {'arm': 'dirty-label', 'fraction': '0.0', 'score': 'ASR', 'mean': '0.04', 'change': '', 'verdict': ''}
    assert sentences([row]) == ['No poison rate above 0 was studied.']


def test_raw_html_in_a_table_is_shown_as_it_stands():
    html = markdown('| a |\n| --- |\n| <b>x</b> |\n')
    assert '&lt;b&gt;x' in html
    assert '<th scope="col">a</th>' in html


def test_a_drawing_loses_what_would_hold_for_the_whole_page(tmp_path):
    path = tmp_path / 'a.svg'
    path.write_text('<?xml?><!DOCTYPE svg><svg width="1"><metadata>m</metadata><style type="text/css">*{}</style>'
                    '<g id="k" clip-path="url(#p)"/></svg>')  # fmt: skip
    html = drawing(path, 'a "b"')
    name = f'{tmp_path.name}-a-'
    assert html == (
        f'<svg role="img" aria-label="a &#34;b&#34;" width="1"><g id="{name}k" clip-path="url(#{name}p)"/></svg>'
    )


@pytest.mark.skipif(not BROWSER, reason='no Chromium or Chrome on the path')
class TestInABrowser:
    """The page in a real browser, as wide as a phone and as a desk has it, and on paper."""

    @pytest.mark.parametrize('width', [390, 1280])
    def test_all_of_it_is_shown_without_a_scroll_bar(self, clone, tmp_path, width):
        shown = judged(report(clone)[0], tmp_path, width, SCHEMES[0])
        assert shown['width'] == width
        assert shown['beyond'] == 0
        assert shown['pictures'] >= 7
        assert (shown['missing'], shown['requests']) == (0, [])

    @pytest.mark.skipif(not AXE, reason='no axe-core: npm install --prefix .venv --no-save axe-core')
    @pytest.mark.parametrize('scheme', SCHEMES)
    def test_axe_finds_nothing_that_keeps_people_from_reading_it(self, clone, tmp_path, scheme):
        shown = judged(report(clone)[0], tmp_path, 1280, scheme)
        assert shown['scheme'] == scheme
        assert shown['passes'] > 10
        assert shown['violations'] == []

    def test_the_judge_sees_what_is_wrong(self, clone, tmp_path):
        page, _ = report(clone)
        wide = '<img src="data:,"><p style="width: 3000px; color: #bbb; background: #ccc">pale</p></main>'
        shown = judged(page.replace('</main>', wide), tmp_path, 390, SCHEMES[0])
        assert shown['beyond'] > 2000
        assert shown['missing'] == 1
        if AXE:
            assert {'image-alt', 'color-contrast'} <= set(shown['violations'])

    def test_the_browser_has_nothing_to_complain_about(self, clone, tmp_path):
        page, _ = report(clone)
        assert console(page, tmp_path) == []
        outside = '<img alt="" src="http://127.0.0.1:9/a.png"></main>'
        assert 'Content Security Policy' in ' '.join(console(page.replace('</main>', outside), tmp_path))

    def test_all_of_it_is_printed(self, clone, tmp_path):
        assert printed(report(clone)[0], tmp_path).startswith(b'%PDF')
