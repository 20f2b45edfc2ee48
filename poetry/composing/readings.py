"""The dominant readings of a vocabulary's words."""

import numpy as np

from poetry.text.vocabulary import Vocabulary
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, OBLIQUE, dominant_group, dominant_tone


class Readings:
    """Tones and rhyme groups over a vocabulary, each word in its commonest reading.

    ``level`` and ``oblique`` are bool (V,); ``group`` (V,) is the number of a word's rhyme group, -1 where it
    is unknown; the level groups come first, in the order of LEVEL_GROUPS.
    """

    def __init__(self, vocabulary: Vocabulary):
        tones = np.array([dominant_tone(word) or "" for word in vocabulary.words])
        groups = [dominant_group(word) for word in vocabulary.words]
        numbers = {group: number for number, group in enumerate(dict.fromkeys([*LEVEL_GROUPS, *groups]))}
        numbers[""] = -1
        self.level, self.oblique = tones == LEVEL, tones == OBLIQUE
        self.group = np.array([numbers[group] for group in groups])

    def of_group(self, number: int) -> np.ndarray:
        """The words of a rhyme group: bool (V,); none where it is unknown."""
        return (self.group == number) & (self.group >= 0)
