"""Make poetry/composing/tables/ratings.tsv: how the bundled model predicts readers' ratings of drafts.

tools/rated_drafts.tsv holds poems of this program and the means of the ratings, from 1 to 10, that readers
gave them without knowing where they came from. Ratings are taken as distances from the mean of their sheet.
A ridge regression predicts them from what the model makes of a poem (``poetry.composing.ratings``). Prints
the correlations of ratings and predictions, each sheet predicted by the others; then those of ci, to which
nothing is fitted, among the drafts of one ci: tools/rated_ci.tsv holds ratings of such drafts.
"""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli, runtime  # noqa: E402
from poetry.base.folders import BUNDLED  # noqa: E402
from poetry.base.tables import table_rows  # noqa: E402
from poetry.composing.ratings import MODEL, NAMES  # noqa: E402
from poetry.composing.sampling import log_probabilities  # noqa: E402
from poetry.learning import checkpoint, paddle  # noqa: E402
from poetry.learning.network import Network  # noqa: E402
from poetry.text.headings import prompt  # noqa: E402
from poetry.verse.form import recognise  # noqa: E402
from poetry.verse.tunes import find_tune  # noqa: E402
from tools.word_tables import write_table  # noqa: E402

RATED = ROOT / "tools" / "rated_drafts.tsv"  # rows: sheet, text, ratings by NAMES
RATED_CI = ROOT / "tools" / "rated_ci.tsv"  # rows: poem, tune, text, ratings by NAMES
TABLE = ROOT / "poetry" / "composing" / "tables" / "ratings.tsv"
PENALTY = 3000.0  # of the squares of the weights, of standardised descriptions
LOG_PROBABILITY = 5.0  # the standard deviation that the log-probability gets instead of 1: it tells more


def descriptions(loaded: checkpoint.Checkpoint, texts: list[str]) -> np.ndarray:
    """Return what the model makes of poems of any form: (N, H + 1)."""
    vocabulary, by_form = loaded.vocabulary, defaultdict(list)
    for ix, text in enumerate(texts):
        by_form[recognise(text)].append(ix)
    found = {}
    for form, places in by_form.items():
        ids = np.array([vocabulary.encode(texts[ix]) for ix in places])
        told = prompt(vocabulary, form.chinese)
        found |= zip(places, described(loaded.model, told, ids, vocabulary.mark_ids()), strict=True)
    return np.array([found[ix] for ix in range(len(texts))])


@paddle.no_grad()
def described(model: Network, told: list[int], ids: np.ndarray, unspoken: Collection[int]) -> np.ndarray:
    """Return the mean features (H) and the mean log-probability of a character (1) of poems: (N, H + 1).

    ``told``: the ids before a poem; ``ids`` (N, T): poems of one form.
    """
    read = np.column_stack([np.tile(told, (len(ids), 1)), ids[:, :-1]])
    features = model.features(paddle.to_tensor(read, dtype="int64"))[0][:, len(told) - 1 :]
    places = [place for place, word in enumerate(ids[0].tolist()) if word not in unspoken]
    found = [log_probabilities(model.output(features[:, place]).numpy(), ids[:, place]) for place in places]
    return np.column_stack([features.numpy().mean(axis=1), np.mean(found, axis=0)])


def fitted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (weights (H + 1, 3), the means (H + 1,) of ``x``): ridge regression of ``y`` (N, 3), mean 0."""
    usual, scale = x.mean(axis=0), x.std(axis=0)
    scale[-1] /= LOG_PROBABILITY
    z = (x - usual) / scale
    return np.linalg.solve(z.T @ z + PENALTY * np.eye(z.shape[1]), z.T @ y) / scale[:, None], usual


def correlations(x: np.ndarray, y: np.ndarray, sheets: np.ndarray, texts: np.ndarray) -> list[float]:
    """Return the correlation of each rating with its prediction from the other texts of the other sheets."""
    predicted = np.zeros_like(y)
    for sheet in set(sheets):
        own = sheets == sheet
        others = ~own & ~np.isin(texts, texts[own])
        weights, usual = fitted(x[others], y[others])
        predicted[own] = (x[own] - usual) @ weights
    return [float(np.corrcoef(*pair)[0, 1]) for pair in zip(predicted.T, y.T, strict=True)]


def centred(values: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return the distances (N, K) of ``values`` from the mean of their group."""
    _, numbers = np.unique(groups, return_inverse=True)
    sums = np.zeros((numbers.max() + 1, values.shape[1]))
    np.add.at(sums, numbers, values)
    return values - (sums / np.bincount(numbers)[:, None])[numbers]


def correlations_of_ci(loaded: checkpoint.Checkpoint, weights: np.ndarray) -> list[float]:
    """Return the correlation of each rating with its prediction by ``weights`` among drafts of one ci."""
    poems, tunes, texts, *ratings = zip(*table_rows(RATED_CI), strict=True)
    vocabulary, found = loaded.vocabulary, []
    for tune, text in zip(tunes, texts, strict=True):
        told = prompt(vocabulary, find_tune(tune).corpus_name)
        found.append(
            described(loaded.model, told, np.array([vocabulary.encode(text)]), vocabulary.mark_ids())[0]
        )
    predicted = centred(np.array(found) @ weights, poems)
    wanted = centred(np.array(ratings, dtype=float).T, poems)
    return [float(np.corrcoef(*pair)[0, 1]) for pair in zip(predicted.T, wanted.T, strict=True)]


def line_of(correlated: Iterable[float]) -> str:
    """Return a line that tells the correlation of each rating."""
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(NAMES, correlated, strict=True))


@click.command(cls=cli.Command, help=__doc__)
def main() -> None:
    """Read, describe, fit, write."""
    runtime.start(False, cli.say)
    loaded = checkpoint.load_model(checkpoint.newest_model([BUNDLED]))
    loaded.model.eval()
    sheets, texts, *ratings = zip(*table_rows(RATED), strict=True)
    x, y = descriptions(loaded, list(texts)), np.array(ratings, dtype=float).T
    y = centred(y, sheets)
    click.echo(line_of(correlations(x, y, np.array(sheets), np.array(texts))))
    weights, usual = fitted(x, y)
    click.echo(f"ci: {line_of(correlations_of_ci(loaded, weights))}")
    keys = ["usual", "likelihood", *map(str, range(len(weights) - 1))]
    numbers = zip(keys, [usual @ weights, weights[-1], *weights[:-1]], strict=True)
    rows = {key: [f"{number:.5g}" for number in row] for key, row in numbers}
    comment = f"what is subtracted, and weights, for {', '.join(NAMES)}; made by tools/make_ratings.py"
    write_table(TABLE, comment, {MODEL: [loaded.sha256]} | rows)


if __name__ == "__main__":
    main()
