"""Print the poems that MODEL.md shows: seeds 1 to 10 of each mode, and one ci of each of ten tunes."""

import sys
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry import Composer  # noqa: E402
from poetry.base import cli  # noqa: E402

SEEDS = range(1, 11)
MODES: dict[str, dict[str, Any]] = {
    "Free verse": {},
    "A first line": {"start": "床前明月光"},
    "A first line and a mood": {"start": "老夫聊发少年狂,", "prefix": "欲穷千里目,更上一层楼"},
    "An acrostic": {"acrostic": "春风十里柔情"},
    "五绝": {"form": "wujue"},
    "七绝": {"form": "qijue"},
    "五律": {"form": "wulu"},
    "七律": {"form": "qilu"},
    "七绝, an acrostic, a mood and a rhyme": {
        "form": "qijue",
        "acrostic": "春江花月",
        "rhyme": "东",
        "prefix": "劝君更尽一杯酒,西出阳关无故人",
    },
    "七绝 with a theme": {"form": "qijue", "theme": "秋 思乡"},
}
TUNES = "浣溪沙 水调歌头 鹧鸪天 菩萨蛮 满江红 念奴娇 西江月 临江仙 减字木兰花 如梦令".split()


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path")
def main(model_path: Path | None) -> None:
    """Compose and print."""
    composer = Composer.load(model_path)
    for name, asked in MODES.items():
        given = "".join(f" --{option} {_quoted(value)}" for option, value in asked.items())
        shown = (f"{seed}\n{composer.compose(seed, **asked).text}" for seed in SEEDS)
        _show(name, f"python generate.py{given} --seed N", "\n\n".join(shown))
    ci = (composer.compose(1, form=tune, title=True) for tune in TUNES)
    poems = "\n\n".join(f"{poem.title}\n{poem.text}" for poem in ci)
    _show("词, the first of each of ten tunes", "python generate.py --form TUNE --title --seed 1", poems)


def _quoted(value: str) -> str:
    return value if value.isalnum() else f'"{value}"'


def _show(name: str, command: str, poems: str) -> None:
    click.echo(f"### {name}\n\n`{command}`\n\n```\n{poems}\n```\n")


if __name__ == "__main__":
    main()
