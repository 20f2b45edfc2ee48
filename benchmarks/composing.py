"""Composing speed: poems in a batch, one poem alone, in a form, whole commands beside `import paddle`.

A poem is as long as a 七绝, 32 characters with marks: the end-of-poem token is forbidden before. Sampling
options are the defaults. Also times the loading of the data file, where it exists. Everything is measured in
alternating turns. Medians are printed; those of ratios are of the ratios within a turn.
"""

import itertools
import operator
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from benchmarks.processes import python  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.generator import Generator  # noqa: E402
from poetry.composing.plan import Plan  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.composing.sampling import Sampling  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.text import poem_data  # noqa: E402
from poetry.verse.form import find_form  # noqa: E402

LENGTH = 32
KINDS = ("free", "qijue")
DRAFTS = config.OPTIONS["candidates"].default
VERSE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"

Seconds = dict[tuple[str, str], list[float]]  # of each turn, by (kind of verse, way of composing)


def seconds_of(action: Callable[[], object]) -> float:
    """Return the seconds that ``action()`` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(generator: Generator, poems: int, turns: int, between: Callable[[], None]) -> Seconds:
    """Time free verse and 七绝 in batches, alone, and as the best of several drafts."""
    free = Plan(max_gen_len=LENGTH)
    form = make_plan(generator.vocabulary, Asked(form=find_form("qijue")), draws_theme=False)
    seeds = itertools.count()
    found: Seconds = {}

    def compose(kind: str, way: str, count: int, candidates: int = 1) -> None:
        plan = free if kind == "free" else form
        taken = seconds_of(lambda: list(generator.compose(plan, count, next(seeds), candidates)))
        found.setdefault((kind, way), []).append(taken)

    for kind in KINDS:
        compose(kind, "warm-up", 8)
    for _ in range(turns):
        for kind in KINDS:
            compose(kind, "batch", poems)
        for kind in 4 * KINDS:
            compose(kind, "alone", 1)
            compose(kind, "best", 1, DRAFTS)
        between()
    return found


def report(found: Seconds, poems: int) -> Iterator[str]:
    """Yield the results as lines of text."""
    medians = {key: statistics.median(taken) for key, taken in found.items()}
    for kind in KINDS:
        batch, alone, best = (medians[kind, way] for way in ("batch", "alone", "best"))
        yield f"{poems} poems {kind}: {poems / batch:.0f} poems/s; one poem: {alone:.3f} s"
        yield f"one {kind}, the best of {DRAFTS}: {best:.3f} s"
    for way in ("batch", "alone"):
        ratio = statistics.median(map(operator.truediv, found["free", way], found["qijue", way]))
        yield f"qijue, {way}: at {ratio:.2f} of the speed of free verse"


def starts(model_path: Path, turns: int) -> Iterator[str]:
    """Time whole commands and the import of Paddle; yield the results as lines of text."""
    composing = ["generate.py", "--model_path", os.path.abspath(model_path)]
    commands = {
        "generate.py": composing,
        "generate.py --candidates 1": [*composing, "--candidates", "1"],
        "generate.py --form qijue": [*composing, "--form", "qijue"],
        "generate.py --help": ["generate.py", "--help"],
        "check.py": ["check.py", VERSE],
    }
    ratios: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(turns):
        bare = seconds_of(partial(python, "-c", "import paddle", cwd=ROOT))
        for name, command in commands.items():
            ratios[name].append(seconds_of(partial(python, *command, cwd=ROOT)) / bare)
    for name, found in ratios.items():
        yield f"python {name}: {statistics.median(found):.2f} x the time of import paddle"


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path")
@click.option("--poems", default=512, show_default=True, type=config.POSITIVE, help="Poems in a batch.")
@click.option("--turns", default=5, show_default=True, type=config.POSITIVE)
@click.option("--beside", type=config.FOLDER, help="Another copy of the program, measured in the same turns.")
def main(model_path: Path | None, poems: int, turns: int, beside: Path | None) -> None:
    """Measure and print medians."""
    runtime.start(False, print)
    model_path = model_path or checkpoint.newest_model(config.MODEL_FOLDERS)
    loaded = checkpoint.load_model(model_path)
    bias = loaded.model.output.bias.numpy()
    bias[loaded.vocabulary.eop] = -1e9
    loaded.model.output.bias.set_value(bias)
    sampling = Sampling(**config.defaults(*config.SAMPLING))
    generator = Generator.of(loaded, sampling)
    others: dict[str, list[float]] = {kind: [] for kind in KINDS}  # poems a second

    def between() -> None:
        if beside:
            asked = ["--model_path", os.path.abspath(model_path), "--poems", str(poems), "--turns", "1"]
            text = python("benchmarks/composing.py", *asked, cwd=beside)
            for kind, speed in re.findall(r"poems (\w+): (\d+) poems/s", text):
                others[kind].append(float(speed))

    found = measure(generator, poems, turns, between)
    for line in report(found, poems):
        click.echo(line)
    for kind, speeds in others.items() if beside else ():
        ratios = [poems / taken / speed for taken, speed in zip(found[kind, "batch"], speeds, strict=True)]
        click.echo(
            f"{kind}: {statistics.median(ratios):.2f} x {statistics.median(speeds):.0f} poems/s of {beside}"
        )
    for line in starts(model_path, turns):
        click.echo(line)
    data_path = ROOT / config.OPTIONS["data_path"].default
    if data_path.exists():
        times = [seconds_of(lambda: poem_data.load(data_path)) for _ in range(turns)]
        click.echo(f"loading {data_path.name}: {statistics.median(times):.2f} s")
    click.echo(
        f"{runtime.processor_name()}, {os.cpu_count()} cores, dispatch {os.environ.get('MKL_DEBUG_CPU_TYPE')}"
    )


if __name__ == "__main__":
    main()
