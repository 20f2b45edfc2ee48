"""The entry point of ``paddle.hub.load``: a composer of verse.

import paddle
composer = paddle.hub.load("OWNER/REPOSITORY", "composer", source="github")
print(composer.compose(form="七绝", seed=3).text)
"""

from poetry import Composer as _Composer

dependencies = ["paddle", "numpy", "opencc", "safetensors"]


def composer(model_path: str | None = None, use_gpu: bool = False) -> _Composer:
    """Return a composer of classical Chinese verse, as ``poetry.Composer.load`` does.

    ``model_path``: a checkpoint, or a folder that export.py wrote; default: the newest in work/checkpoints,
    else the bundled one. Its ``compose`` writes a poem, ``check`` finds faults in one (docs/python.md).
    """
    return _Composer.load(model_path, use_gpu)
