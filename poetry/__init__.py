"""Learning and composing classical Chinese verse with PaddlePaddle.

from poetry import Composer, check

print(Composer.load().compose(form="七绝", acrostic="春江花月", seed=3).text)
print(check("春江水暖柳丝长，两岸人家半夕阳。小艇不知归去晚，一声渔笛满横塘。").faults)
"""

from poetry.base import runtime

runtime.prepare()  # before anything imports Paddle

TYPE_CHECKING = False  # type checkers take it as True; importing typing is slow
if TYPE_CHECKING:
    from typing import Any

    from poetry.composing.checking import check
    from poetry.composing.composer import Composer

__all__ = ["Composer", "check"]


def __getattr__(name: str) -> "Any":
    """Import ``Composer`` or ``check`` on first use, because importing Paddle takes two seconds."""
    if name == "Composer":
        from poetry.composing.composer import Composer

        return Composer
    if name == "check":
        from poetry.composing.checking import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
