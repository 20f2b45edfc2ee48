"""Composing told plainly, one draft and one character at a time: what the batched loop is held to."""

from collections import Counter

import numpy as np
import paddle

from poetry.composing.asked import Asked
from poetry.composing.constraints import (
    DOUBLING_COST,
    LEAST_LINES,
    REPETITION_COST,
    RHYME_GAIN,
    LineLength,
)
from poetry.composing.generator import MIDDLE_GAIN
from poetry.composing.planning import make_plan
from poetry.composing.sampling import gumbel
from poetry.composing.scheduler import Scheduler
from poetry.verse.doublings import doublings
from poetry.verse.form import MARKS, SENTENCE_ENDS
from poetry.verse.parallelism import score
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, dominant_group, dominant_tone


def plan_of(vocabulary, max_gen_len=128, start=None, prefix=None, acrostic=None, mood_strength=0.0, **asked):
    """The plan of a poem in which prefix and theme are not strengthened."""
    asked |= {"start": start, "prefix": prefix, "acrostic": acrostic, "mood_strength": mood_strength}
    return make_plan(vocabulary, Asked(max_gen_len=max_gen_len, **asked))


def scheduled(request, composer):
    """The poems of a request whose orders are composed by a scheduler, as they come."""
    scheduler = Scheduler(composer.model.model, composer.model.vocabulary)
    for order in request.orders:
        scheduler.add(order)
    found = []
    while len(scheduler):
        for order, drafts in scheduler.step():
            found += request.take(order.number, drafts)
    return found


class Plain:
    """A poem's rules over a vocabulary; ``scheme`` is None for free verse."""

    def __init__(self, vocabulary, plan, scheme, known):
        self.words, self.plan, self.scheme, self.known = vocabulary.words, plan, scheme, known
        self.groups = {word: dominant_group(word) for word in self.words}
        self.sizes = Counter(self.groups.values())

    def forced(self, text):
        """The character that must come next, None where there is a choice."""
        lines, column = self.lines(text)
        if self.scheme:
            place = self.scheme.places[len(text)]
            heads = self.plan.heads if place.column == 0 else ""
            return place.marks if len(place.marks) == 1 else heads and heads[place.line] or None
        if not self.plan.heads:
            return None
        if column == 0:
            return self.plan.heads[len(lines)]
        if column < (len(lines[0]) if lines else 7):
            return None
        return "。" if len(lines) % 2 or len(lines) == len(self.plan.heads) - 1 else "，"

    def whole(self, text):
        """Whether a text is all that was asked."""
        if self.scheme:
            return len(text) == len(self.scheme.places)
        if self.plan.heads:
            return len(self.lines(text)[0]) == len(self.plan.heads)
        return len(text) >= self.plan.max_gen_len

    def constrain(self, text, scores):
        """The scores of the words, by word, as the rules leave them; what may not come is left out."""
        scores = self.masked(text, scores) if self.scheme else self._in_free_verse(text, scores)
        if self.scheme and self.scheme.places[len(text)].rhyme:
            for word in [*self._rhymes(text), *(line[-1] for line in self.lines(text)[0][:1])]:
                scores.pop(word, None)
        spoken = [character for character in text[-4:] if character not in MARKS][-2:]
        if len(spoken) == 2 and spoken[0] == spoken[1]:
            scores.pop(spoken[0], None)
        for word in scores.keys() & set(text) - set(MARKS):
            scores[word] -= np.float32(REPETITION_COST)
            if word == text[-1] and word in doublings() and not self._foot_begins(text):
                scores[word] += np.float32(REPETITION_COST - DOUBLING_COST)
        if not self.scheme:
            return self._drawn_to_rhyme(text, scores)
        above = self.scheme.places[len(text)].answers
        if above is not None:
            for word in scores:
                scores[word] += np.float32(MIDDLE_GAIN * score(text[above], word))
        return self._with_new_lines(text, scores)

    def lines(self, text):
        """(the lines that have ended, characters in the open one)."""
        lines, open_line = [], ""
        for character in text:
            open_line += character
            if character in MARKS:
                lines.append(open_line[:-1])
                open_line = ""
        return lines, len(open_line)

    def _foot_begins(self, text):
        lines, column = self.lines(text)
        size = self.scheme.form.size if self.scheme else len(lines[0]) if lines else 0
        return column == 2 or (column == 4 and size == 7)

    def _rhymes(self, text):
        """The rhymes that a text has."""
        ends = [line[-1] for line in self.lines(text)[0]]
        return [end for end, rhymed in zip(ends, self.scheme.rhymed, strict=False) if rhymed]

    def masked(self, text, scores):
        """The scores of the words that the form's shape, tones and rhyme group leave."""
        place = self.scheme.places[len(text)]
        if place.marks:
            return {word: score for word, score in scores.items() if word in place.marks}
        scores = {word: score for word, score in scores.items() if len(word) == 1 and word not in MARKS}
        if place.tone != ".":
            scores = {word: score for word, score in scores.items() if dominant_tone(word) == place.tone}
        if place.rhyme:
            groups = [self.scheme.group, *(self.groups[rhyme] for rhyme in self._rhymes(text))]
            group = next((group for group in groups if group and group in LEVEL_GROUPS), None)
            enough = {name for name in LEVEL_GROUPS if self.sizes[name] >= self.scheme.form.rhymes}
            may = {group} if group else enough
            scores = {word: score for word, score in scores.items() if self.groups[word] in may}
        return scores

    def _with_new_lines(self, text, scores):
        column = self.lines(text)[1]
        if column != self.scheme.form.size - 1:
            return scores
        new = {word: score for word, score in scores.items() if text[-column:] + word not in self.known}
        return new or scores

    def _in_free_verse(self, text, scores):
        lines, column = self.lines(text)
        never = {"<START>", "</s>"}
        if column == 0:
            never |= set(MARKS)
        ended = text[-1:] in SENTENCE_ENDS and text != "" and len(lines) >= LEAST_LINES
        if not ended or len(text) == len(self.plan.start):
            never.add("<EOP>")
        if self.plan.heads:
            comma = {"，"} if not lines and column in (5, 7) else set()
            never |= (set(MARKS) | {"<EOP>"}) - comma
        elif lines and len(lines[0]) in LineLength.LENGTHS:
            never |= scores.keys() - set(MARKS) if column == len(lines[0]) else set(MARKS)
        return {word: score for word, score in scores.items() if word not in never}

    def _drawn_to_rhyme(self, text, scores):
        lines, column = self.lines(text)
        if len(lines) % 2 and column == len(lines[0]) - 1:
            rhymes = [line[-1] for line in lines[1::2]]
            for word in scores:
                group = self.groups[word]
                alike = group and group == self.groups[rhymes[0]] if rhymes else dominant_tone(word) == LEVEL
                if alike:
                    scores[word] += np.float32(RHYME_GAIN)
                if word in rhymes:
                    scores[word] -= np.float32(RHYME_GAIN)
        return scores


def compose(generator, plan, scheme, number, seed):
    """(the text of the draft of a number, before it is laid out; whether the model ended it)."""
    vocabulary, sampling = generator.vocabulary, generator.sampling
    rules = Plain(vocabulary, plan, scheme, generator.known)
    text = plan.start
    while not rules.whole(text):
        character = rules.forced(text)
        if character is None:
            ids = [vocabulary.start, *vocabulary.encode(plan.prefix + text)]
            logits = generator.model(paddle.to_tensor([ids]))[0][0, -1].numpy()
            scores = rules.constrain(text, dict(zip(vocabulary.words, logits, strict=True)))
            column = rules.lines(text)[1]
            character = choose(vocabulary, scores, sampling, seed, number, len(text), column)
        if character == "<EOP>":
            return text, True
        text += character
    return text, False


def choose(vocabulary, scores, sampling, seed, number, step, column):
    """The word taken at a ``column`` of the line: of the best ones, with noise."""
    ranked = sorted(scores, key=lambda word: (-scores[word], vocabulary.word2ix[word]))
    if sampling.temperature == 0:
        return ranked[0]
    ranked = ranked[: sampling.top_k or None]
    temperature = sampling.temperature ** (0.25 if column < 2 and sampling.temperature < 1 else 1)
    tempered = (
        np.array([scores[word] for word in ranked], dtype=np.float64) - scores[ranked[0]]
    ) / temperature
    shares = np.exp(tempered) / np.exp(tempered).sum()
    kept = [ix for ix in range(len(ranked)) if ix == 0 or shares[:ix].sum() < sampling.top_p]
    ids = np.array([[vocabulary.word2ix[ranked[ix]] for ix in kept]])
    noise = gumbel(seed, np.array([number]), np.array([step]), ids)[0]
    return ranked[kept[int((tempered[kept] + noise).argmax())]]
