"""Default places of files: models, the corpus, files made from it."""

from pathlib import Path

CHECKPOINTS = Path("work/checkpoints")
MODEL_FOLDERS = (CHECKPOINTS, Path("work/pretrained"))  # the user's own models first
BUNDLED = Path(__file__).resolve().parents[2] / MODEL_FOLDERS[-1]  # in the clone that contains the package
DOWNLOADS = Path("work/chinese-poetry")  # the corpus
LINE_INDEX = Path("work/lines.npz")  # all lines of the 全唐诗, made from the corpus
