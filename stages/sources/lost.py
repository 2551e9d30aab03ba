"""Why files of a source give no photo: in kinds that are counted, and what to do about each."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from stages.common.errors import FactError, counted
from stages.common.files import Remark, printable

PICTURE = re.compile(
    r'(?i)(^|/)(?!\._)[^/]*\.(jpe?g?|jfif|pjpeg|png|gif|bmp|webp|tiff?|hei[cf]|avif|jxl|jp2|p[bgnp]m|tga|cr2|nef|arw|dng)$'
)
# Also the parts of one that is split, such as a.z01, a.r00 and a.7z.001
ARCHIVE = re.compile(
    r'(?i)\.(zipx?|tar|t?gz|t?xz|t?bz2?|t?zst|t?lz4?|lzma|rar|7z|cab|iso|dmg|lzh|[zr]\d\d|(7z|zip|rar|tar)\.\d{3})$'
)
FILM = re.compile(
    r'(?i)\.(mp4|m4v|mov|qt|avi|mkv|webm|wmv|asf|flv|f4v|3g[p2]|mpe?g|m[12]v|m?2?ts|vob|ogv|mxf|divx|rmvb?|lrv)$'
)
# Beside photos: notes, tables, settings, sounds, programs and what phones, cameras and systems note about each photo
BESIDE = re.compile(
    r'(?i)\.(aae|xmp|pp3|dop|on1|vrd|nksc|co[ps]|ctg|plist|gpx|kml|(geo)?json[l5]?|ndjson|xml|ya?ml|toml|ini|cfg|conf|txt|'
    r'text|md|rst|rtf|log|nfo|srt|html?|css|js|docx?|odt|pptx?|vcf|ics|eml|[ct]sv|xlsx?|ods|parquet|feather|arrow|'
    r'sqlite3?|db|info|jbf|mat|npy|npz|pkl|pts|mp3|m4a|wav|aac|ogg|opus|amr|flac|url|webloc|lnk|exe|dll|bat|sh|py|ipynb|'
    r'dvc|md5|sha\d+)$|(^|/)(readme|licen[cs]e|copying|icon\r)$'
)
TABLE = re.compile(r'(?i)\.(csv|tsv|jsonl|parquet)$|(?<!readme)(?<!licen[cs]e)\.txt$')


@dataclass(frozen=True)
class Loss:
    """A kind of loss: the reason of its remarks, words after a number of files, and what to do if that is anything."""

    reason: re.Pattern[str]
    words: str
    advice: str
    only_pictures: bool = False  # other files, such as a text beside the photos, are no loss


LOSSES = {
    'unlabelled': Loss(
        re.compile(r'gives a label$|data\.words can|data\.table\.values can|no word in|^no row|^both labels:'),
        'without a label',
        'data.words (for a table, data.table.values) says which other words give one',
        only_pictures=True,
    ),
    'missing': Loss(
        re.compile(r'^row \d.*: '),
        'named in a table but missing',
        'data.table.root is the folder that their names start from',
    ),
    'identical': Loss(re.compile(r'^identical to '), 'identical to another', ''),
    'linked': Loss(
        re.compile(r'^a symlink that points outside'),
        'linked from outside the folder',
        'data.links=anywhere follows the links',
    ),
    'broken': Loss(
        re.compile(r'^a broken symlink|^a placeholder'),
        'with a broken link or a placeholder',
        'fetch the files, as with `dvc pull`, `git lfs pull` or `git annex get`',
    ),
    'hidden': Loss(
        re.compile(r'^hidden: '), 'hidden', 'rename files and folders that start with a dot', only_pictures=True
    ),
    'beside': Loss(re.compile(r'^no picture, by '), 'that are no pictures', 'give pictures', only_pictures=True),
    'film': Loss(re.compile(r'^a film'), 'that are films', 'give pictures', only_pictures=True),
    'large': Loss(re.compile(r'^larger than '), 'too large', 'save them smaller'),
    'packed': Loss(
        re.compile(r'^an archive |^protected by a password|^compressed with '),
        'packed in a way that is not read',
        'unpack them',
    ),
    'damaged': Loss(re.compile(r'^damaged in its archive'), 'damaged in an archive', 'create the archive again'),
    'unopened': Loss(
        re.compile(r'cannot be read|^not a regular file'), 'not readable', 'see what they are, and their permissions'
    ),
    'other': Loss(
        re.compile(r'^(?!a (?:symlink to a folder|file) that is read as |tables of labels|no table of labels)'),
        'left out for another reason',
        'metrics/remarks.csv says which',
    ),
}


def kind_of(remark: Remark) -> str | None:
    """Return the kind of loss that a remark of a source tells of, a name of LOSSES, or None."""
    return next((name for name, loss in LOSSES.items() if loss.reason.search(remark.reason)), None)


def read_counts(photos: int, remarks: Sequence[Remark]) -> dict:
    """Return how many pictures there were, how many were lost by kind, and the folders with most unlabelled ones."""
    kinds = ((kind_of(remark), remark) for remark in remarks)
    losses = [(kind, remark.origin) for kind, remark in kinds if kind and _is_loss(LOSSES[kind], remark)]
    lost = Counter(kind for kind, _ in losses)
    folders = Counter(PurePosixPath(origin).parent for kind, origin in losses if kind == 'unlabelled')
    return {
        'pictures': photos + len(losses),
        'photos': photos,
        **{name: lost[name] for name in LOSSES if lost[name]},
        'unlabelled_in': [printable(str(folder)) for folder, _ in folders.most_common() if folder.name],
    }


def _is_loss(loss: Loss, remark: Remark) -> bool:
    if remark.pair or PICTURE.search(remark.origin):
        return True  # identical to a picture, or named as one
    return not (loss.only_pictures or BESIDE.search(remark.origin) or FILM.search(remark.origin))


class NoPhotoError(FactError):
    """There is no photo; the message says what there is instead, and what to do about it."""


def none_found(remarks: Sequence[Remark]) -> NoPhotoError:
    """Return the error for a source that has nothing but these."""
    if not remarks:
        return NoPhotoError('no photo was found: there is no file at all')
    left = [remark.origin for remark in remarks]
    text = f'no photo was found among {counted(len(left), "file")}'
    unlabelled = {remark.origin for remark in remarks if kind_of(remark) == 'unlabelled'}
    texts = {name for name in unlabelled if not PICTURE.search(name)}
    for kind, loss in LOSSES.items():
        names = [remark.origin for remark in remarks if kind_of(remark) == kind and remark.origin not in texts]
        if names:
            text += f'; {len(names):,} {loss.words} ({first(names)}): {loss.advice}'
    if texts:
        text += f'; {len(texts):,} without the ending of a picture ({first(sorted(texts))})'
    if tables := [name for name in left if TABLE.search(name)]:
        text += f'; data.source=table reads tables of labels, as may be here: {first(tables)}'
    if placeholders := [name for name in left if name.endswith('.dvc')]:
        text += f'; `dvc pull` fetches what is not here yet, as may be: {first(placeholders)}'
    return NoPhotoError(text)


def first(names: Sequence[str], count: int = 3) -> str:
    """Return the first few names as a list on one line."""
    return ', '.join(printable(name) for name in names[:count]) + ', ...' * (len(names) > count)
