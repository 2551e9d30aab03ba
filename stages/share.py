"""Exchange finished trainings with a team: copy those that DVC's default remote lacks to it, and the others here."""

import argparse
import re
from pathlib import Path

from stages.common.errors import StudyError, run_stage
from stages.common.files import TRAININGS


def main() -> None:
    """Copy finished trainings both ways; a StudyError says what is wrong with the remote."""
    argparse.ArgumentParser(prog='python -m stages.share', description=__doc__).parse_args()
    # Not imported above: DVC takes a second, and --help does not need it.
    from dvc.config import NoRemoteError
    from dvc.exceptions import DvcException
    from dvc.fs import FileSystem, generic, localfs
    from dvc.repo import Repo

    def names(fs: FileSystem, folder: str) -> set[str]:
        """Return the names of the finished trainings in a folder, and of nothing else that may be there."""
        found = [fs.relpath(path, folder) for path in fs.find(folder)] if fs.exists(folder) else []
        return {name for name in found if re.fullmatch(r'[0-9a-f]{2}/[0-9a-f]+\.npz', Path(name).as_posix())}

    try:
        with Repo() as repo:
            remote = repo.cloud.get_remote()
        here, there = (localfs, str(TRAININGS.absolute())), (remote.fs, remote.fs.join(remote.path, 'trainings'))
        ours, theirs = names(*here), names(*there)
        for (from_fs, source), (to_fs, target), missing in ((here, there, ours - theirs), (there, here, theirs - ours)):
            if missing:
                pairs = [(from_fs.join(source, name), to_fs.join(target, name)) for name in sorted(missing)]
                generic.copy(from_fs, [pair[0] for pair in pairs], to_fs, [pair[1] for pair in pairs])
    except NoRemoteError:
        raise StudyError('DVC has no default remote; `dvc remote add --default team FOLDER` names one') from None
    except (DvcException, OSError) as error:
        raise StudyError(f'the DVC remote: {error}') from None
    print(f'Finished trainings: {len(ours - theirs)} sent, {len(theirs - ours)} received, {len(ours | theirs)} in all')


if __name__ == '__main__':
    run_stage('share', main)
