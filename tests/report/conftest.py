import pytest

from tests.report.browser import Tab


@pytest.fixture(scope='session')
def tab(tmp_path_factory):
    """One tab for all pages; tests that need it are skipped without a browser."""
    tab = Tab(tmp_path_factory.mktemp('browser'))
    yield tab
    tab.close()
