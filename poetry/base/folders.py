"""Default places of files: models, the corpus, files made from it."""

from pathlib import Path

CHECKPOINTS = Path("work/checkpoints")
PRETRAINED = Path("work/pretrained")
BUNDLED = Path(__file__).resolve().parents[2] / PRETRAINED  # in the clone that contains the package
MODEL_FOLDERS = (CHECKPOINTS, PRETRAINED, BUNDLED)  # the user's own models first
DOWNLOADS = Path("work/chinese-poetry")  # the corpus
LINE_INDEX = Path("work/lines.npz")  # all lines of the 全唐诗, made from the corpus
