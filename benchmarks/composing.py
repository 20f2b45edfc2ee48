"""Composing speed: poems in a batch, one poem alone, the whole command beside `import paddle`.

A poem is as long as a 七绝: 32 characters with marks; the end of a poem is forbidden before. Sampling options
are the defaults. Also times the loading of the data file, where it is there.
"""

import itertools
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry import checkpoint, dataset, runtime  # noqa: E402
from poetry.generator import Generator  # noqa: E402
from poetry.plan import Plan  # noqa: E402
from poetry.sampling import Sampling  # noqa: E402

LENGTH = 32


def seconds_of(action) -> float:
    """Seconds that ``action()`` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def command_seconds(*command: str) -> float:
    """Seconds of a Python process of its own."""
    return seconds_of(
        lambda: subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
    )


@click.command(help=__doc__)
@click.option("--model_path", required=True, help="Checkpoint.")
@click.option("--poems", default=512, show_default=True, help="Poems in a batch.")
@click.option("--turns", default=5, show_default=True)
def main(model_path: str, poems: int, turns: int) -> None:
    """Measure and print medians."""
    runtime.start(False, print)
    loaded = checkpoint.load_model(Path(model_path))
    bias = loaded.model.output.bias.numpy()
    bias[loaded.vocabulary.eop] = -1e9
    loaded.model.output.bias.set_value(bias)
    sampling = Sampling(**{name: config.OPTIONS[name].default for name in ("temperature", "top_k", "top_p")})
    generator = Generator(loaded.model, loaded.vocabulary, sampling)
    seeds = itertools.count()

    def compose(count: int) -> None:
        list(generator.compose(Plan(max_gen_len=LENGTH), count, next(seeds)))

    compose(8)
    batch = statistics.median(seconds_of(lambda: compose(poems)) for _ in range(turns))
    one = statistics.median(seconds_of(lambda: compose(1)) for _ in range(4 * turns))
    click.echo(f"{poems} poems: {poems / batch:.0f} poems/s; one poem: {one:.3f} s")
    ratios = []
    for _ in range(turns):
        bare = command_seconds("-c", "import paddle")
        ratios.append(command_seconds("generate.py", "--model_path", os.path.abspath(model_path)) / bare)
    click.echo(
        f"python generate.py: {statistics.median(ratios):.2f} x the time of import paddle ({bare:.2f} s)"
    )
    data_path = ROOT / config.OPTIONS["data_path"].default
    if data_path.exists():
        times = [seconds_of(lambda: dataset.load(data_path)) for _ in range(turns)]
        click.echo(f"loading {data_path.name}: {statistics.median(times):.2f} s")
    click.echo(
        f"{runtime.processor_name()}, {os.cpu_count()} cores, dispatch {os.environ.get('MKL_DEBUG_CPU_TYPE')}"
    )


if __name__ == "__main__":
    main()
