"""Do the parts ``theme`` and ``register`` choose drafts that bear their theme and are no hymns or doctrine?

Composes poems on twelve themes and chooses among their drafts with both parts at several factors of their
weights. "has a word": the share of poems that have one of the words that belong to the theme, picked from
knowledge of the subject. Then, for poems with drawn themes: "bears nothing", the share whose ``theme`` is 0,
and "register", the share whose ``register`` is above 0.05. "AUC": how well ``theme`` tells the drafts of one
poem that have a word from those that do not.
"""

import sys
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from benchmarks.ranking import compared_drafts, used_weights  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.composer import Composer  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.verse.form import Form  # noqa: E402
from poetry.verse.tunes import Tune  # noqa: E402

WORDS = {
    "重阳": "重阳 重九 九日 菊 茱 黄花 落帽 龙山 东篱 登高 白衣",
    "元宵": "元宵 元夜 上元 元夕 灯 火树 银花 星桥 鳌 金吾",
    "项羽": "项羽 项王 霸 乌江 虞 垓 楚 重瞳 八千 拔山 骓 鸿门 亭长 彭城 汉家 汉王 刘",
    "悼亡": "亡 遗 空房 空床 鳏 泉下 黄泉 九原 坟 死 泪 潘 安仁 断弦 鼓盆 孤 哭 魂 伤 悲 寡 空闺 梦",
    "中秋": "中秋 月 桂 蟾 嫦娥 姮娥 婵娟 玉盘 兔 冰轮",
    "端午": "端午 屈 龙舟 竞渡 蒲 艾 角黍 粽 汨 湘 五日 楚 沅 五月",
    "昭君": "昭君 明妃 琵琶 胡 汉 青冢 毡 单于 画 塞 沙 虏 蛾眉",
    "边塞": "边 塞 胡 戍 羌 笛 烽 玉门 将军 沙 征 旌 戎 虏 关 战 单于 汉 兵 弓 剑",
    "田家": "田 桑 麻 稻 麦 耕 牛 鸡 犬 农 村 黍 禾 社 蚕 野",
    "除夕": "除夕 守岁 岁 爆竹 屠苏 椒 腊 年 明朝",
    "咏雪": "雪 六出 琼 絮 玉 寒 冻 冰 白",
    "闺怨": "闺 妾 郎 妆 夫 镜 眉 红 楼 泪 帘 罗 香 绣 鸳 征 君",
}
FACTORS = (0.0, 0.5, 1.0, 2.0)


def choose(form: Form | Tune, parts: dict[str, np.ndarray], factor: float) -> int:
    """The draft chosen where ``theme`` and ``register`` have ``factor`` times their weights."""
    factors, weights = {"theme": factor, "register": factor}, used_weights(form, parts)
    return int(np.argmax(sum(factors.get(name, 1.0) * weights[name] * parts[name] for name in weights)))


def area(values: np.ndarray, has: np.ndarray) -> float:
    """The area under the ROC curve; NaN where all drafts are alike."""
    higher = values[has][:, None] - values[~has]
    return float(np.mean((higher > 0) + (higher == 0) / 2)) if higher.size else float("nan")


@click.command(cls=cli.Command, help=__doc__)
@click.option("--poems", default=6, show_default=True, type=config.Count(1), help="Poems of a theme.")
@config.options("model_path", "form", "num", "candidates", "seed", form="qijue", num=150, seed=1)
def main(
    model_path: Path | None, poems: int, form: Form | Tune, num: int, candidates: int, seed: int
) -> None:
    """Measure and print."""
    generator = Composer.load(model_path).generator(Asked())
    told = []
    for theme, words in WORDS.items():
        plan = make_plan(generator.vocabulary, Asked(form=form, theme=theme))
        for drafts, parts in compared_drafts(generator, plan, poems, seed, candidates):
            texts = [generator.vocabulary.decode(draft.history) for draft in drafts]
            has = np.array([any(word in text for word in words.split()) for text in texts])
            told.append((has, parts))
    areas = [area(parts["theme"], has) for has, parts in told]
    click.echo(f"AUC {np.nanmean(areas) if np.isfinite(areas).any() else float('nan'):.2f}")
    plan = make_plan(generator.vocabulary, Asked(form=form))
    drawn = [parts for _, parts in compared_drafts(generator, plan, num, seed, candidates)]
    click.echo("| factor | has a word | bears nothing | register |\n|---:|---:|---:|---:|")
    for factor in FACTORS:
        having = np.mean([has[choose(form, parts, factor)] for has, parts in told])
        chosen = [(choose(form, parts, factor), parts) for parts in drawn]
        nothing = np.mean([parts["theme"][ix] < 0.01 for ix, parts in chosen])
        register = np.mean([parts["register"][ix] > 0.05 for ix, parts in chosen])
        click.echo(f"| {factor:g} | {100 * having:.0f} % | {100 * nothing:.0f} % | {100 * register:.1f} % |")


if __name__ == "__main__":
    main()
