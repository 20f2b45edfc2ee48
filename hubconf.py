"""What ``paddle.hub.load`` finds here: the composer with the bundled model.

import paddle
composer = paddle.hub.load("OWNER/REPOSITORY", "composer", source="github")
print(composer.compose(form="七绝", seed=3).text)
"""

from poetry import Composer as _Composer

dependencies = ["paddle", "numpy", "opencc", "safetensors"]


def composer(model_path: str | None = None, use_gpu: bool = False) -> _Composer:
    """A composer of classical Chinese verse, as ``poetry.Composer.load`` gives it.

    ``model_path``: a checkpoint, or a folder that export.py wrote; without it the newest in work/checkpoints,
    else the bundled one. ``compose`` writes a poem, ``check`` names the faults of one (docs/python.md).
    """
    return _Composer.load(model_path, use_gpu)
