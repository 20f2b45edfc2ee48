"""The network, its training and its checkpoints, in Paddle. Works on ids and tensors only, not on verse.

Other wings import Paddle from here, so that it is always loaded in the same way (see ``load_paddle``).
"""

from poetry.base import runtime

runtime.load_paddle()

import paddle  # noqa: E402

__all__ = ["paddle"]
