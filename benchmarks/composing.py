"""Composing speed: poems in a batch, one poem alone, in a form, the whole command beside `import paddle`.

A poem is as long as a 七绝: 32 characters with marks; the end of a poem is forbidden before. Sampling options
are the defaults. Also times the loading of the data file, where it is there.
"""

import itertools
import os
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from benchmarks.processes import python  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.composing.generator import Generator  # noqa: E402
from poetry.composing.known import known_lines  # noqa: E402
from poetry.composing.plan import Plan, make_plan  # noqa: E402
from poetry.composing.sampling import Sampling  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.text import poem_data  # noqa: E402
from poetry.verse.form import find_form  # noqa: E402

LENGTH = 32


def seconds_of(action) -> float:
    """Seconds that ``action()`` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path")
@click.option("--poems", default=512, show_default=True, type=config.POSITIVE, help="Poems in a batch.")
@click.option("--turns", default=5, show_default=True, type=config.POSITIVE)
def main(model_path: Path | None, poems: int, turns: int) -> None:
    """Measure and print medians."""
    runtime.start(False, print)
    model_path = model_path or checkpoint.newest_model(config.MODEL_FOLDERS)
    loaded = checkpoint.load_model(model_path)
    bias = loaded.model.output.bias.numpy()
    bias[loaded.vocabulary.eop] = -1e9
    loaded.model.output.bias.set_value(bias)
    sampling = Sampling(**config.defaults(*config.SAMPLING))
    generator = Generator(loaded.model, loaded.vocabulary, sampling, known_lines(loaded))
    seeds = itertools.count()
    free, form = Plan(max_gen_len=LENGTH), make_plan(loaded.vocabulary, LENGTH, form=find_form("qijue"))
    drafts = config.OPTIONS["candidates"].default

    def compose(plan: Plan, count: int, candidates: int = 1) -> float:
        return seconds_of(lambda: list(generator.compose(plan, count, next(seeds), candidates)))

    compose(free, 8), compose(form, 8)
    pairs = [(compose(free, poems), compose(form, poems)) for _ in range(turns)]
    ones = [[compose(free, 1), compose(form, 1), compose(form, 1, drafts)] for _ in range(4 * turns)]
    for name, ix in (("free", 0), ("qijue", 1)):
        batch = statistics.median(pair[ix] for pair in pairs)
        one = statistics.median(times[ix] for times in ones)
        click.echo(f"{poems} poems {name}: {poems / batch:.0f} poems/s; one poem: {one:.3f} s")
    click.echo(f"qijue at {statistics.median(a / b for a, b in pairs):.2f} of the speed of free verse")
    click.echo(f"one qijue, the best of {drafts}: {statistics.median(times[2] for times in ones):.3f} s")
    command = ["generate.py", "--model_path", os.path.abspath(model_path)]
    ratios = []
    for _ in range(turns):
        commands = (["-c", "import paddle"], command, [*command, "--form", "qijue"])
        bare, *ours = [seconds_of(partial(python, *each, cwd=ROOT)) for each in commands]
        ratios.append([seconds / bare for seconds in ours])
    for name, column in zip(("", " --form qijue"), zip(*ratios, strict=True), strict=True):
        click.echo(f"python generate.py{name}: {statistics.median(column):.2f} x the time of import paddle")
    data_path = ROOT / config.OPTIONS["data_path"].default
    if data_path.exists():
        times = [seconds_of(lambda: poem_data.load(data_path)) for _ in range(turns)]
        click.echo(f"loading {data_path.name}: {statistics.median(times):.2f} s")
    click.echo(
        f"{runtime.processor_name()}, {os.cpu_count()} cores, dispatch {os.environ.get('MKL_DEBUG_CPU_TYPE')}"
    )


if __name__ == "__main__":
    main()
