"""Stage clean: write the photos, or tables of labels, without what was decided to leave, and say what it changed."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.audit.judged import TRIGGERS_FILE, TRIGGERS_VERSION, triggers_of
from stages.audit.power import AuditParams
from stages.clean.effect import Cleaning, UnlearntError, effects
from stages.clean.photos import Photo, write_photos
from stages.clean.summary import CleanSummary, metrics
from stages.clean.tables import write_tables
from stages.common.arrays import read_arrays, regenerate
from stages.common.errors import advising, run_stage
from stages.common.files import CLEAN, METRICS, RAW, beside, read_csv, write_csv, write_json, write_summary
from stages.common.outdated import keep_current_metrics
from stages.common.params import DataParams, StageParams, load_params
from stages.dataset.decisions import DROP, KEEP, RELABEL, labelled_photos, match, read_decisions
from stages.dataset.faces import Faces, fingerprint, load_all_faces
from stages.dataset.split import TooFewFacesError
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.report.clean import clean_sentence
from stages.sources.source import Source, chosen_source
from stages.sources.table import Table
from stages.sources.words import Vocabulary
from stages.trainings.fit import Fits, fits
from stages.trainings.store import finished

# Named so that no one reads it as a table of labels, among those that stay.
REMOVED = ('removed', 'sha256', 'was', 'decision', 'why', 'now')


class Params(StageParams):
    """What this stage reads of params.yaml."""

    data: DataParams
    train: Recipe
    audit: AuditParams


class Fate(NamedTuple):
    """What becomes of a photo: keep, drop or relabel, and why."""

    choice: str
    why: str


def made_from(params: Params, faces: Faces) -> str:
    """Return the fingerprint of what decides the results, beside the audit."""
    made = [astuple(decision)[1:-1] for decision in read_decisions()]
    return fingerprint(faces, None, params.train, params.audit.decide, made)


def decided(photos: Sequence[Photo], audited: Sequence[dict[str, str]], rule: str) -> dict[str, Fate]:
    """Return the fate of photos by origin: what data/decisions.csv says or, for suspects without any, the rule."""
    of = match(read_decisions(), photos).of
    fates = {origin: Fate(decision.choice, decision.why) for origin, decision in of.items()}
    content = {photo['origin']: (photo['sha256'], photo['label']) for photo in photos}
    accused = [row for row in audited if rule != 'none' and row[rule] == '1' and row['file'] not in fates]
    why = {content[row['file']]: f'{rule} by the audit: {row["reason"]}' for row in accused}
    return {origin: Fate(DROP, why[of_it]) for origin, of_it in content.items() if of_it in why} | fates


def write_set(
    folder: Path, source: Source, raw: Path, photos: Sequence[Photo], choices: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Write what stays: tables of labels, and return their names, or photos, and return their places."""
    if isinstance(source, Table):
        return write_tables(folder, source.labels(), choices), {}
    return [], write_photos(folder, raw, photos, choices, Vocabulary(source.reading.words))


def removed(photos: Sequence[Photo], fates: Mapping[str, Fate], now: Mapping[str, str]) -> list[list[str]]:
    """Return a row for each photo that left or changed sides, with where it is `now`."""
    return [
        [photo['origin'], photo['sha256'], photo['label'], *fates[origin], now.get(origin, '')]
        for photo in photos
        if (origin := photo['origin']) in fates and fates[origin].choice in (DROP, RELABEL)
    ]


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    source, photos, faces = chosen_source(params.data.model_dump()), labelled_photos(), load_all_faces()
    audited = read_csv(METRICS / 'audit.csv')
    fates = decided(photos, audited, params.audit.decide)
    choices = {origin: fate.choice for origin, fate in fates.items()}
    origins = faces.origin.tolist()
    choice = np.array([choices.get(origin, '') for origin in origins])
    suspects = {row['file'] for row in audited if row['reason'] and row['decision'] != KEEP}
    trusted = np.array([origin not in suspects for origin in origins]) & ~np.isin(choice, (DROP, RELABEL))
    triggers = triggers_of(read_arrays(TRIGGERS_FILE, TRIGGERS_VERSION, regenerate('audit')))
    train = partial(finished, fits(Fits, faces.pixels, params.train), workers=params.workers)
    untested = ''
    try:
        with advising(TRAINING_ADVICE):
            changed = effects(Cleaning(faces, choice, trusted, triggers), params.train.seed, train)
    except (TooFewFacesError, UnlearntError) as error:
        changed, untested = [], str(error)
    with beside(CLEAN) as draft:
        draft.mkdir(parents=True)
        tables, now = write_set(draft, source, RAW, photos, choices)
        write_csv(draft / 'removed.csv', REMOVED, removed(photos, fates, now))
    of_all = [choices.get(photo['origin'], '') for photo in photos]
    summary = CleanSummary(
        made_from=made_from(params, faces),
        photos=len(photos),
        dropped=of_all.count(DROP),
        relabelled=of_all.count(RELABEL),
        tables=tables,
        unseen=len({photo['origin'] for photo in photos} - set(origins) - set(choices)),
        effects=changed,
        untested=untested,
    )
    write_json(METRICS / 'clean.json', metrics(summary))
    write_summary(METRICS / 'clean' / 'summary.json', summary)
    keep_current_metrics('clean')
    print(clean_sentence(summary))


if __name__ == '__main__':
    run_stage('clean', main)
