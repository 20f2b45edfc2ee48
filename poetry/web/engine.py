"""The composer as the dispatcher uses it: with a scheduler that composes many poems side by side."""

import contextlib
from pathlib import Path
from typing import Any

from poetry.base.folders import LINE_INDEX
from poetry.composing.asked import LIMITS, Asked
from poetry.composing.composer import Composer
from poetry.composing.scheduler import Scheduler
from poetry.text.nearest import LineIndex
from poetry.verse.form import FORMS
from poetry.verse.groups import BOOK, full_name
from poetry.verse.tunes import tunes
from poetry.web.chinese import traditional_pairs


class Engine:
    """A composer and the scheduler that composes its requests."""

    def __init__(self, composer: Composer):
        self.composer = composer
        self._lines: LineIndex | None = None
        self.renew()

    @classmethod
    def load(cls, model_path: Path | None, use_gpu: bool) -> "Engine":
        """Load the model of a checkpoint as ``Composer.load`` does; raises PoetryError as it does."""
        return cls(Composer.load(model_path, use_gpu))

    def renew(self) -> None:
        """Replace the scheduler with an empty one."""
        self.scheduler = Scheduler(self.composer.model.model, self.composer.model.vocabulary)

    @property
    def lines(self) -> LineIndex | None:
        """The index of the corpus's lines; None until ``check.py --nearest`` has written its file.

        Raises PoetryError if the file is damaged.
        """
        if self._lines is None:
            with contextlib.suppress(FileNotFoundError):
                self._lines = LineIndex.load(LINE_INDEX)
        return self._lines

    def info(self, most: dict[str, int]) -> dict[str, Any]:
        """The data for /v1/info: model, forms, tunes, rhyme groups, limits of options, traditional forms.

        ``most``: the limits of this server that are lower than those in ``LIMITS``.
        """
        model = self.composer.model
        limits = {
            name: {
                "default": getattr(Asked, name, None),
                "least": limit.least,
                "most": most.get(name, limit.most),
            }
            for name, limit in LIMITS.items()
        }
        return {
            "model": {
                "name": model.path.name,
                "sha256": self.composer.model_hash,
                "perplexity": model.provenance.heldout_perplexity.get("all"),
            },
            "forms": [
                {"name": form.name, "chinese": form.chinese, "lines": form.count, "characters": form.size}
                for form in FORMS
            ],
            "tunes": [
                {
                    "name": tune.name,
                    "sizes": sorted({len(variant) for variant in tune.variants}),
                    "lines": sorted({len(variant.lines()) for variant in tune.variants}),
                    "variants": len(tune.variants),
                }
                for tune in tunes().values()
            ],
            "rhymes": [
                {"group": group, "name": full_name(group).removeprefix(volume), "volume": volume}
                for volume, groups in BOOK.items()
                for group in groups
            ],
            "options": limits,
            "traditional": traditional_pairs(),
            "nearest": LINE_INDEX.is_file(),
            "takes_theme": model.vocabulary.title is not None,
        }
