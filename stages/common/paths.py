"""Where the stages find what they hand to each other."""

from pathlib import Path

RAW = Path('data/raw')
FACES = Path('data/faces')
FOUND = Path('data/found')
ADVERSARIAL = Path('data/adversarial')
MODEL = Path('data/model')
METRICS = Path('metrics')
