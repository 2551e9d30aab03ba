"""The workflow in places other than a plain clone."""

import os

from tests.clone import Clone, succeeded


def evaluate(clone: Clone, **environment: str) -> None:
    """Run one stage with another param by DVC."""
    clone.set_params({'evaluate': {'confidence': 0.9}})
    said = clone.dvc('repro', '--single-item', 'evaluate', **environment)
    assert "Running stage 'evaluate'" in said
    assert 'Updating lock file' in said


def test_a_worktree_of_a_detached_head(finished, tmp_path):
    clone = Clone(tmp_path / 'clone', finished)
    clone.output('git', 'worktree', 'add', '--detach', str(tmp_path / 'tree'))
    (tmp_path / 'rest' / '.dvc').mkdir(parents=True)
    for name in ('data', '.dvc/cache'):
        (clone.folder / name).rename(tmp_path / 'rest' / name)
    evaluate(Clone(tmp_path / 'tree', tmp_path / 'rest'))


def test_a_folder_of_a_larger_repository(finished, tmp_path):
    clone = Clone(tmp_path / 'study', finished)
    (clone.folder / '.git').rename(tmp_path / 'git')
    clone.output('git', 'init', '--quiet', '..')
    clone.commit()
    assert 'HEAD and workspace did not learn' in succeeded(clone.fork('stages.compare', 'HEAD'))
    evaluate(clone)


def test_without_a_home_in_the_c_locale_with_a_strict_umask(finished, tmp_path):
    clone, before = Clone(tmp_path / 'clone', finished), os.umask(0o077)
    try:
        evaluate(clone, HOME='/nowhere', LC_ALL='C', PYTHONUTF8='0')
    finally:
        os.umask(before)
