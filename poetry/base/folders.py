"""Where models are looked for."""

from pathlib import Path

CHECKPOINTS = Path("work/checkpoints")
MODEL_FOLDERS = (CHECKPOINTS, Path("work/pretrained"))  # one's own first
BUNDLED = Path(__file__).resolve().parents[2] / MODEL_FOLDERS[-1]  # in the clone that the package lies in
