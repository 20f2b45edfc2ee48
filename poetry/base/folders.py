"""Where files lie unless another place is given: models, the corpus, what is made of it."""

from pathlib import Path

CHECKPOINTS = Path("work/checkpoints")
MODEL_FOLDERS = (CHECKPOINTS, Path("work/pretrained"))  # one's own first
BUNDLED = Path(__file__).resolve().parents[2] / MODEL_FOLDERS[-1]  # in the clone that the package lies in
DOWNLOADS = Path("work/chinese-poetry")  # the corpus
LINE_INDEX = Path("work/lines.npz")  # all lines of the 全唐诗, made of it
