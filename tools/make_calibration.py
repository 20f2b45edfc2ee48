"""Make poetry/composing/tables/calibration.tsv: corrections for characters and pairs that the bundled model
uses too often, or too rarely, compared with poems.

Poems of every form are composed at TEMPERATURE, otherwise with default options. All their drafts are counted,
and each amount is moved against the log of the shrunk odds (count + s) / (expected + s). This is done ROUNDS
times. Expected counts follow from the poems of the same form in DATA, a data file of prepare.py (its training
side): the share of a character, and, of a pair, how often its second character follows the first. Amounts of
pairs are never positive.
"""

import itertools
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.base.folders import BUNDLED  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.calibration import MODEL, TEMPERATURE, Calibration  # noqa: E402
from poetry.composing.decoding import Decoder  # noqa: E402
from poetry.composing.generator import ROWS, Generator  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.composing.sampling import Sampling  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.verse.form import find_form, recognise, verse_lines  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "composing" / "tables" / "calibration.tsv"
POEMS = {"qijue": 90, "wujue": 60, "wulu": 36, "qilu": 24}  # composed per round
SEED = 70000
ROUNDS = 5
STEP = TEMPERATURE  # nats of amount per nat of odds: sampling divides amounts by the temperature
SHRINKAGE = 10.0
LIMITS = (-3.0, 0.5)  # of the amount of a character
PAIR_SHRINKAGE = 5.0
MIN_PAIRS = 20  # minimum count of a pair in the drafts of a round, for it to get an amount
MIN_ODDS = 1.5  # minimum odds of a pair, beyond those of its second character


def counted(texts: Iterable[str]) -> Counter[str]:
    """Count each character and each pair within the lines of ``texts``."""
    counts: Counter[str] = Counter()
    for text in texts:
        for line in verse_lines(text):
            counts.update(line)
            counts.update(map("".join, zip(line, line[1:], strict=False)))
    return counts


def expected(composed: Counter[str], real: Counter[str]) -> Counter[str]:
    """Return the counts that ``composed`` would have with the shares of ``real``.

    For a pair: the count of its first character, times how often that is followed by the second in ``real``.
    """
    size, real_size = (
        sum(count for word, count in one.items() if len(word) == 1) for one in (composed, real)
    )
    return Counter(
        {
            word: count * (size / real_size if len(word) == 1 else composed[word[0]] / real[word[0]])
            for word, count in real.items()
        }
    )


def corrected(amounts: dict[str, float], composed: Counter[str], wanted: Counter[str]) -> dict[str, float]:
    """Return the new ``amounts`` of characters and pairs after a round with the counts ``composed``."""
    found = dict(amounts)
    odds = {}
    for word in sorted(composed.keys() | wanted.keys()):
        if len(word) == 1:
            odds[word] = _odds(composed, wanted, word, SHRINKAGE)
            found[word] = float(np.clip(amounts.get(word, 0.0) - STEP * odds[word], *LIMITS))
    for word in sorted(composed):
        if len(word) == 2:
            own = _odds(composed, wanted, word, PAIR_SHRINKAGE) - max(0.0, odds[word[1]])
            if word in amounts or (composed[word] >= MIN_PAIRS and own > np.log(MIN_ODDS)):
                found[word] = float(np.clip(amounts.get(word, 0.0) - STEP * own, LIMITS[0], 0.0))
    return found


def apart(composed: Counter[str], wanted: Counter[str]) -> float:
    """Return the mean absolute log odds of the composed characters."""
    single = {word: count for word, count in composed.items() if len(word) == 1}
    return sum(abs(_odds(composed, wanted, word, SHRINKAGE)) * single[word] for word in single) / sum(
        single.values()
    )


def _odds(composed: Counter[str], wanted: Counter[str], word: str, shrinkage: float) -> float:
    """Return the log of the shrunk odds of a word: positive where it is used too often."""
    return float(np.log((composed[word] + shrinkage) / (wanted[word] + shrinkage)))


def drafts(generator: Generator, form: str, poems: int, seed: int) -> list[str]:
    """Return all drafts of ``poems`` poems of a form."""
    plan = make_plan(generator.vocabulary, Asked(form=find_form(form)))
    prepared, candidates = generator.prepare(plan), config.OPTIONS["candidates"].default
    decoder, texts = Decoder(generator.model, generator.vocabulary), []
    for numbers in np.array_split(np.arange(poems), -(-poems * candidates // ROWS)):
        job = prepared.job(np.full(len(numbers), seed), numbers, candidates)
        composed = itertools.chain.from_iterable(decoder.decode(job))
        texts += [generator.vocabulary.decode(draft.history) for draft in composed]
    return texts


def rows(amounts: dict[str, float]) -> dict[str, list[str]]:
    """Return the rows of the table: each character's own amount, then the amounts of characters after it."""
    found = {word: [f"{amount:.2f}"] for word, amount in sorted(amounts.items()) if len(word) == 1}
    for word, amount in sorted(amounts.items()):
        if len(word) == 2 and round(amount, 2):
            found[word[0]].append(f"{word[1]}{amount:.2f}")
    return {word: row for word, row in found.items() if len(row) > 1 or float(row[0])}


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Compose, count, correct, write."""
    runtime.start(False, cli.say)
    loaded = checkpoint.load_model(checkpoint.newest_model([BUNDLED]))
    known, of_form = set(loaded.vocabulary.words), defaultdict(list)
    for poem in training_poems(data):
        of_form[recognise(poem)].append(poem)
    real = {form: counted(of_form[find_form(form)]) for form in POEMS}
    sampling = replace(Sampling(**config.defaults(*config.SAMPLING)), temperature=TEMPERATURE)
    usual, amounts = Generator.of(loaded, sampling), {}
    for number in range(ROUNDS):
        calibrated = Calibration(loaded.vocabulary, amounts, 1.0, 1.0)
        generator = replace(usual, calibration=lambda form, calibrated=calibrated: calibrated)
        composed, wanted = Counter(), Counter()
        for form, poems in POEMS.items():
            counts = counted(drafts(generator, form, poems, SEED + number))
            composed += counts
            wanted += expected(counts, real[form])
        wanted = Counter({word: count for word, count in wanted.items() if known >= set(word)})
        amounts = corrected(amounts, composed, wanted)
        click.echo(f"round {number + 1}: characters {apart(composed, wanted):.3f} nats from their shares")
    comment = "character, tab, amount, amounts of characters after it; made by tools/make_calibration.py"
    write_table(TABLE, comment, {MODEL: [loaded.sha256]} | rows(amounts))


if __name__ == "__main__":
    main()
