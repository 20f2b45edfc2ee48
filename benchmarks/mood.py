"""Does a prefix or a theme set the mood? A naive Bayes classifier guesses which of ten a poem had.

It sees the set of characters of a poem and is trained on the first half of the poems of each prefix or theme.
Printed is the share of the other half that it classifies correctly (chance: 10 %), a line for each strength.
"""

import sys
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.composer import Composer  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.verse.form import Form, characters, is_well_formed  # noqa: E402
from poetry.verse.tunes import Tune  # noqa: E402

MOODS = {
    "frontier": "秦时明月汉时关，万里长征人未还。",
    "farewell": "劝君更尽一杯酒，西出阳关无故人。",
    "spring boudoir": "闺中少妇不知愁，春日凝妆上翠楼。",
    "mountain temple": "曲径通幽处，禅房花木深。",
    "homesickness": "独在异乡为异客，每逢佳节倍思亲。",
    "old ruins": "旧时王谢堂前燕，飞入寻常百姓家。",
    "farm life": "开轩面场圃，把酒话桑麻。",
    "river and boat": "孤舟蓑笠翁，独钓寒江雪。",
    "palace": "九天阊阖开宫殿，万国衣冠拜冕旒。",
    "immortals": "霓为衣兮风为马，云之君兮纷纷而来下。",
}

THEMES = ("秋 思乡", "边塞", "送别", "闺怨", "山寺", "怀古", "田家", "渔父", "宫怨", "游仙")

STRENGTHS = config.Numbers(config.OPTIONS["mood_strength"].type)


def naive_bayes_accuracy(texts: list[list[str]]) -> float:
    """Train on the first half of each class's texts; return the share of the second halves that is right."""
    alphabet = {character: ix for ix, character in enumerate(sorted({*"".join(sum(texts, []))}))}

    def sets(group: list[str]) -> np.ndarray:
        present = np.zeros((len(group), len(alphabet)))
        for row, text in zip(present, group, strict=True):
            row[[alphabet[character] for character in text]] = 1
        return present

    halves = [(sets(group[: len(group) // 2]), sets(group[len(group) // 2 :])) for group in texts]
    shares = np.array([(first.sum(axis=0) + 1) / (len(first) + 2) for first, _ in halves])
    right = total = 0
    for ix, (_, second) in enumerate(halves):
        scores = second @ np.log(shares).T + (1 - second) @ np.log(1 - shares).T
        right += int((scores.argmax(axis=1) == ix).sum())
        total += len(second)
    return right / total


@click.command(cls=cli.Command, help=__doc__)
@click.option("--strengths", default="0 0.25 0.5 1 2", show_default=True, type=STRENGTHS)
@click.option("--poems", default=120, show_default=True, type=config.Count(2), help="Poems of a prefix.")
@click.option("--themes", is_flag=True, help="Ten themes instead of ten prefixes.")
@config.options("model_path", "form", "candidates", "seed", candidates=1, seed=1)
def main(
    model_path: Path | None,
    strengths: list[float],
    poems: int,
    themes: bool,
    form: Form | Tune,
    candidates: int,
    seed: int,
) -> None:
    """Measure and print."""
    generator = Composer.load(model_path).generator(Asked())
    told = (
        {theme: {"theme": theme} for theme in THEMES}
        if themes
        else {mood: {"prefix": verse} for mood, verse in MOODS.items()}
    )
    for strength in strengths:
        texts, logprobs = [], []
        for number, told_of in enumerate(told.values()):
            plan = make_plan(generator.vocabulary, Asked(form=form, mood_strength=strength, **told_of))
            composed = list(generator.compose(plan, poems, seed + number, candidates))
            texts.append([poem.unbroken for poem in composed])
            logprobs += [poem.logprob for poem in composed]
        well_formed = np.array([100 * np.mean([is_well_formed(text) for text in group]) for group in texts])
        least = int(well_formed.argmin())
        right = 100 * naive_bayes_accuracy([[characters(text) for text in group] for group in texts])
        click.echo(
            f"strength {strength:g}: right mood {right:.1f} %, well-formed {well_formed.mean():.1f} % "
            f"(least after {list(told)[least]}: {well_formed[least]:.1f} %), "
            f"log-probability {np.mean(logprobs):.2f}"
        )


if __name__ == "__main__":
    main()
