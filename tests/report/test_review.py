"""The page on which people decide about suspects: what it is given, and how it is used in a real browser."""

import base64
import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

from stages.audit.judged import TRIGGERS_FILE, TRIGGERS_VERSION
from stages.audit.proof import AuditSummary
from stages.common.arrays import write_arrays
from stages.common.errors import StudyError
from stages.common.files import write_csv, write_remarks, write_summary
from stages.common.params import LABELS
from stages.dataset.decisions import COLUMNS as COLUMNS_OF_DECISIONS
from stages.report import page
from stages.report.audit import audit_part
from stages.report.review import MOST, SCRIPT, SIDES, Pictures, script_hash
from tests.audit.made_up import faces_of, triggers
from tests.report.browser import AXE, BROWSER, SCHEMES

HOSTILE = '</script><img src=http://127.0.0.1:9/x onerror=alert(1)>.jpg'
COLUMNS = ('rank', 'file', 'label', 'reason', 'pair', 'flagged', 'proven', 'predicted', 'confidence', 'decision')
REASONS = ('contradictory', 'pair', 'trigger', 'label')


def audited(folder: Path, count: int, decisions: tuple = (), pictures: int = MOST, less: tuple[int, ...] = ()) -> dict:
    """Make up an audit of `count` suspects in a folder, and return what the page is given; it is written there, too.

    Suspects of even rank are male, of odd rank female; reasons alternate; the first one has a hostile name.
    """
    names = [HOSTILE, *(f'a, "{number}".jpg' for number in range(2, count + 1))]
    label = np.arange(1, count + 1) % 2 == 0
    faces = faces_of(
        np.arange(count * 64).reshape(count, 8, 8).astype(np.uint8), (~label).astype(np.uint8), names, [''] * count
    )
    raw = folder / 'data' / 'raw'
    raw.mkdir(parents=True)
    Image.effect_noise((60, 80), 90).convert('RGB').save(raw / 'photo.jpg')
    for file in faces.file:
        os.link(raw / 'photo.jpg', raw / file)
    digests = [f'{number:064x}' for number in range(1, count + 1)]
    labels = [LABELS[number] for number in faces.label]
    photos = zip(faces.file.tolist(), labels, digests, names, [''] * count, strict=True)
    write_csv(raw / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], photos)
    write_remarks(raw / 'remarks.csv', [])
    write_csv(folder / 'data' / 'decisions.csv', COLUMNS_OF_DECISIONS, decisions)
    earlier = {file: choice for file, digest, _, choice, _ in decisions if digest in digests}
    rows = []
    for rank, name in enumerate(names, start=1):
        reason = REASONS[(rank - 1) % 4]
        pair = names[rank % count] if reason in ('contradictory', 'pair') else ''
        said = [
            labels[rank - 1],
            reason,
            pair,
            str(int(rank not in less)),
            str(rank % 2),
            LABELS[rank % 2],
            f'{0.5 + rank / count / 2:.6f}',
        ]
        rows.append(dict(zip(COLUMNS, [str(rank), name, *said, earlier.get(name, '')], strict=True)))
    write_csv(folder / 'metrics' / 'audit.csv', list(rows[0]), [list(row.values()) for row in rows])
    recovered = triggers((1, list(range(0, count, 3))), (0, [1]), count=count)
    write_arrays(folder / TRIGGERS_FILE, recovered, TRIGGERS_VERSION)
    summary = AuditSummary(f'{count}', count, count, True, count, count // 2, count, 0, 0, {}, [], [], [], [])
    write_summary(folder / 'metrics' / 'audit' / 'summary.json', summary)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr('stages.report.review.MOST', pictures)
        assert audit_part(folder, 'other faces', faces, 0, '/photos/') is None
        part = audit_part(folder, f'{count}', faces, 0, '/photos/')
    part['sentence'] = HOSTILE
    html = page.render(
        'audit.html', {'study': {}, 'audit': part, 'script': Markup(SCRIPT), 'script_hash': script_hash()}
    )
    (folder / 'metrics' / 'audit.html').write_text(html, encoding='utf-8')
    return part['review']


@pytest.fixture(scope='module')
def hundred(tmp_path_factory):
    """The folder of an audit of a hundred suspects, and what its page is given."""
    earlier = [
        ('a, "3".jpg', f'{3:064x}', '', 'keep', 'a friend, "really"'),
        ('gone.jpg', 'f' * 64, '', 'drop', ''),
        ('a, "4".jpg', 'e' * 64, '', 'drop', 'it had other content'),
    ]
    folder = tmp_path_factory.mktemp('hundred')
    return folder, audited(folder, 100, earlier)


def test_page_is_given_the_suspects_with_their_photos_pairs_triggers_and_earlier_decisions(hundred):
    _, given = hundred
    first, second, third, fourth = given['suspects'][:4]
    assert (first['file'], first['label'], first['photo'], first['pair_photo']) == (HOSTILE, 'male', '0.png', '1.png')
    assert first['text'].startswith('contradictory: a near-duplicate is labelled female')
    assert (second['pair_label'], second['proven'], first['proven']) == ('male', False, True)
    assert first['difference']
    assert not third['difference']
    # The reason of the third is a trigger; the fourth carries one, too, but is suspect for its label.
    assert (third['trigger'], fourth['trigger'], given['suspects'][6]['trigger']) == (-1, -1, 0)
    assert (third['decision'], third['why'], first['decision']) == ('keep', 'a friend, "really"', '')
    # Those that the suspects do not replace.
    assert given['others'] == [
        ('gone.jpg', 'f' * 64, '', 'drop', ''),
        ('a, "4".jpg', 'e' * 64, '', 'drop', 'it had other content'),
    ]
    assert len(given['pictures']) == 100
    assert len(given['triggers']) == 2


def test_pictures_are_turned_reduced_and_bounded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data' / 'raw').mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    Image.effect_noise((900, 600), 50).convert('RGB').save('data/raw/a.jpg', exif=exif)
    assert size(Pictures(1)) == (SIDES[1] * 2 // 3, SIDES[1])
    assert max(size(Pictures(2000))) in range(SIDES[0] + 1, SIDES[1])
    assert max(size(Pictures(100_000))) == SIDES[0]
    monkeypatch.setattr('stages.report.review.MOST', 100)
    few = Pictures(1)
    few.add('a.jpg')
    few.add('missing.jpg')  # after the first that is too much, none is read
    assert few.of_photos == {}
    assert few.fitting(np.zeros((8, 8), np.uint8)) == ''
    with pytest.raises(StudyError, match=r'data/raw/missing.jpg: not found; .*download'):
        Pictures(1).add('missing.jpg')


def size(pictures: Pictures) -> tuple[int, int]:
    pictures.add('a.jpg')
    return Image.open(io.BytesIO(base64.b64decode(pictures.of_photos['a.jpg']))).size


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.skipif(not BROWSER, reason='no Chromium or Chrome on the path')
class TestInABrowser:
    """The page as people use it, from the disk."""

    @pytest.fixture
    def opened(self, tab, hundred):
        """The page of a hundred suspects in a tab that remembers nothing."""
        folder, _ = hundred
        tab.open(folder / 'metrics' / 'audit.html')
        tab.run('localStorage.clear()')
        tab.reload()
        return tab

    def test_decisions_are_downloaded_with_those_of_the_table(self, opened):
        assert opened.text('#done') == '1 of 100 decided: 1 keep, 0 drop, 0 relabel'
        for key in ('d', 'k', 'ArrowDown', 'r', 'r', 'ArrowUp', 'u'):
            opened.press(key)
        assert opened.text('#done') == '4 of 100 decided: 2 keep, 1 drop, 1 relabel'
        assert opened.text('#unsaved') == '3 not in data/decisions.csv yet'
        assert opened.text('.card[data-choice=relabel] .state') == 'relabel'
        assert rows_of(opened.downloaded('#download')) == [
            list(COLUMNS_OF_DECISIONS),
            ['gone.jpg', 'f' * 64, '', 'drop', ''],
            ['a, "4".jpg', 'e' * 64, '', 'drop', 'it had other content'],
            [HOSTILE, f'{1:064x}', 'male', 'drop', 'contradictory'],
            ['a, "2".jpg', f'{2:064x}', 'female', 'keep', 'pair'],
            ['a, "3".jpg', f'{3:064x}', 'male', 'keep', 'a friend, "really"'],
            ['a, "4".jpg', f'{4:064x}', 'female', 'relabel', 'label'],
        ]

    def test_decisions_and_what_can_be_undone_survive_a_reload(self, opened):
        for key in ('d', 'd', 'r'):
            opened.press(key)
        opened.reload()
        assert opened.text('#done') == '3 of 100 decided: 0 keep, 2 drop, 1 relabel'
        opened.press('u')
        # What the table says comes back.
        assert opened.text('#done') == '3 of 100 decided: 1 keep, 2 drop, 0 relabel'
        assert opened.text('.current h3').startswith('3. labelled male, predicted male')
        for _ in range(3):
            opened.press('u')
        assert opened.text('#said') == 'Nothing to undo.'
        opened.reload()
        assert opened.text('#done') == '1 of 100 decided: 1 keep, 0 drop, 0 relabel'

    def test_another_audit_has_other_decisions_and_only_what_is_flagged_is_meant(self, opened, tmp_path):
        opened.press('d')
        audited(tmp_path / 'other', 8, less=(5,))
        opened.open(tmp_path / 'other' / 'metrics' / 'audit.html')
        assert opened.text('#done').startswith('0 of 7 decided')
        # The less suspect one of a pair is dropped only by who asks for it.
        opened.click('#all-drop')
        assert opened.text('#done').startswith('7 of 7 decided')
        opened.click('#less')
        assert opened.text('#shown') == '1 to 8 of 8'
        opened.choose('#state', 'undecided')
        assert 'this is the less suspect of the two' in opened.text('.card')
        opened.press('k')
        assert opened.text('#done') == '8 of 8 decided: 1 keep, 7 drop, 0 relabel'

    def test_list_can_be_filtered_sorted_paged_and_decided_at_once(self, opened):
        assert opened.text('#shown') == '1 to 50 of 100'
        opened.click('#next')
        assert opened.text('#shown') == '51 to 100 of 100'
        assert opened.text('.current h3').startswith('51. ')
        opened.press('ArrowUp')
        assert opened.text('#shown') == '1 to 50 of 100'
        opened.choose('#order', 'confidence')
        assert opened.text('.card h3').startswith('100. labelled female, predicted female (1.00)')
        opened.choose('#reason', 'pair')
        opened.choose('#label', 'female')
        assert opened.text('#shown') == '1 to 25 of 25'
        opened.click('#all-drop')
        assert opened.text('#done') == '26 of 100 decided: 1 keep, 25 drop, 0 relabel'
        opened.choose('#state', 'undecided')
        assert opened.text('#shown') == 'None.'
        opened.press('d')
        opened.choose('#state', 'drop')
        opened.click('.card button[value=drop]')
        assert opened.text('#done') == '25 of 100 decided: 1 keep, 24 drop, 0 relabel'
        opened.press('u')
        opened.press('u')
        assert opened.text('#done') == '1 of 100 decided: 1 keep, 0 drop, 0 relabel'

    def test_path_is_copied_and_a_browser_that_keeps_nothing_is_named(self, opened):
        opened.click('.path button')
        assert opened.run('getSelection().toString()') == f'/photos/{HOSTILE}'
        assert not opened.run("document.getElementById('kept').checkVisibility()")
        opened.run('Storage.prototype.setItem = () => { throw new Error() }')
        opened.press('k')
        assert opened.text('#kept').startswith('This browser does not let the page store anything')

    def test_keys_do_nothing_in_a_form_element_with_a_modifier_or_switched_off(self, opened):
        opened.run("document.getElementById('reason').focus()")
        opened.press('d')
        opened.run("document.getElementById('reason').blur()")
        opened.do('Input.dispatchKeyEvent', type='keyDown', key='d', modifiers=2)
        opened.click('#keys')
        opened.run('document.activeElement.blur()')
        opened.press('d')
        assert opened.text('#done').startswith('1 of 100')

    def test_after_a_choice_with_the_mouse_keys_are_for_the_suspects_again(self, opened):
        opened.run("document.getElementById('reason').focus()")
        opened.choose('#reason', '')
        opened.press('d')
        assert opened.text('#done').startswith('1 of 100')
        opened.run("document.getElementById('reason').dispatchEvent(new PointerEvent('pointerdown'))")
        opened.choose('#reason', '')
        opened.press('d')
        assert opened.text('#done').startswith('2 of 100')

    def test_names_cannot_become_markup_and_nothing_comes_from_a_network(self, opened):
        opened.run('document.body.innerHTML += \'<img src="http://127.0.0.1:9/a">\'')
        assert 'Content Security Policy' in opened.messages.pop()['entry']['text']
        opened.reload()
        assert opened.text('.card code') == f'/photos/{HOSTILE}'
        assert opened.run("document.querySelectorAll('script').length") == 2
        assert opened.run('[...document.images].every(image => image.src.startsWith("data:"))')
        assert len(opened.requests) == 1
        assert opened.messages == []

    @pytest.mark.parametrize(('width', 'scheme'), [*zip((390, 1280), SCHEMES, strict=True)])
    def test_page_fits_and_axe_finds_nothing(self, opened, hundred, width, scheme):
        opened.open(hundred[0] / 'metrics' / 'audit.html', width, scheme)
        opened.press('d')
        assert opened.beyond() == 0
        assert opened.text('#done').startswith('2 of 100')
        if AXE:
            assert opened.violations() == []

    def test_ten_thousand_suspects_are_paged_and_later_photos_come_from_the_disk(self, tab, tmp_path):
        given = audited(tmp_path, 10_000, pictures=200_000)
        assert 20 < len(given['pictures']) < 200
        (tmp_path / 'data' / 'raw' / '9998.png').unlink()
        tab.open(tmp_path / 'metrics' / 'audit.html')
        assert tab.run("document.querySelectorAll('.card').length") == 50
        tab.choose('#order', 'confidence')
        assert tab.text('.card h3').startswith('10000. ')
        assert tab.text('#shown') == '1 to 50 of 10,000'
        assert all(address.endswith('9998.png') for address in tab.missing())
        tab.run(
            'new Promise(done => (function look() {'
            "document.querySelector('.missing') ? done() : requestAnimationFrame(look) })())"
        )
        assert tab.text('.missing').startswith('no picture: not in data/raw')
        assert len([request for request in tab.requests if '/data/raw/' in request]) >= 50
        assert tab.run("document.querySelectorAll('.missing').length") <= 2
        assert f'those of the other {10_000 - len(given["pictures"]):,} are read from data/raw' in ' '.join(
            tab.text('main').split()
        )
        tab.click('#all-drop')
        tab.press('u')
        assert tab.text('#done').startswith('0 of 10,000 decided')
