"""Whatever else is composed beside it, a poem is what it is alone."""

import dataclasses
from collections import Counter

import pytest
from test_decoding import VOCABULARY
from test_generator import random_model

from poetry.base.errors import PoetryError
from poetry.composing.generator import ROWS, Generator
from poetry.composing.plan import make_couplet_plan, make_plan
from poetry.composing.sampling import Sampling
from poetry.composing.workshop import Order, Workshop
from poetry.learning.network import Architecture
from poetry.verse.form import FORMS
from poetry.verse.lines import LineSet

KINDS = {
    "lstm": Architecture(len(VOCABULARY), 8, 12, 2),
    "gru": Architecture(len(VOCABULARY), 8, 12, 2, "gru"),
    "rnn": Architecture(len(VOCABULARY), 0, 12, 1, "rnn"),
    "gpt": Architecture(len(VOCABULARY), 0, 12, 2, "gpt", 2, 18),  # shorter than what is composed
}
PLANS = [
    make_plan(VOCABULARY, 30),
    make_plan(VOCABULARY, 30, form=FORMS[1]),
    make_plan(VOCABULARY, 30, form=FORMS[2], start="月水花云"),
    make_plan(VOCABULARY, 40, "春风花，", "山水。", mood_strength=1.0),
    make_plan(VOCABULARY, 30, acrostic="春江花月"),
    make_couplet_plan(VOCABULARY, "月月花秋路"),
]


@pytest.fixture(scope="module", params=KINDS)
def generator(request):
    model = random_model(KINDS[request.param], VOCABULARY, 3, 1.5)
    return Generator(model, VOCABULARY, Sampling(0.9, 12, 0.9))


def alone(generator, order):
    """The poem of an order, composed by itself."""
    brief = order.brief
    own = dataclasses.replace(generator, sampling=brief.sampling)
    poems = own.compose(brief.plan, order.number + 1, order.seed, order.candidates)
    return list(poems)[-1]


def orders(generator):
    """Poems of many plans, of several ways of sampling, some of one brief."""
    found = []
    for number, plan in enumerate(PLANS):
        for sampling in (generator.sampling, Sampling(1.5)):
            brief = dataclasses.replace(generator, sampling=sampling).brief(plan)
            found += [Order(brief, seed, number % 3, 1 + number % 4) for seed in (number, number + 7)]
    return found


def poem(order, drafts):
    """The poem of an order, from its drafts."""
    return drafts if isinstance(drafts, PoetryError) else order.brief.best(drafts)


def done(workshop, asked, dropped=()):
    """What becomes of orders, of which three more come with every step: a poem or a fault each."""
    found, waiting = {}, list(asked)
    while waiting or len(workshop):
        for order in waiting[:3]:
            workshop.add(order)
        waiting = waiting[3:]
        found |= workshop.step()
        for order in dropped:
            workshop.drop(order)
    return {order: poem(order, drafts) for order, drafts in found.items()}


def test_same_seed_same_poem_whatever_is_composed_beside_it(generator):
    asked = orders(generator)
    dropped = asked[4::9]
    found = done(Workshop(generator.model, VOCABULARY), asked, dropped)
    assert set(found) == set(asked) - set(dropped)
    for order, composed in found.items():
        expected = alone(generator, order)
        assert composed.text == expected.text
        assert composed.logprob == pytest.approx(expected.logprob, rel=1e-4)
        assert {name: part.value for name, part in composed.parts.items()} == pytest.approx(
            {name: part.value for name, part in expected.parts.items()}, rel=1e-3, abs=1e-4
        )
    assert len({composed.text for composed in found.values()}) > len(found) / 2


def test_new_orders_of_one_brief_go_together(generator, monkeypatch):
    brief = generator.brief(PLANS[1])
    asked = [Order(brief, seed, 0, 2) for seed in range(5)]
    calls = Counter()
    choose = type(brief.rules).choose

    def counted(self, history, scores, *others):
        calls[len(history)] += 1
        return choose(self, history, scores, *others)

    monkeypatch.setattr(type(brief.rules), "choose", counted)
    workshop = Workshop(generator.model, VOCABULARY)
    for order in asked:
        workshop.add(order)
    found = {}
    while len(workshop):
        found |= workshop.step()
    assert set(found) == set(asked) and set(calls.values()) == {1}


def test_lines_are_counted_as_they_end(generator):
    order = Order(generator.brief(PLANS[1]), 3, 0, 2)
    workshop = Workshop(generator.model, VOCABULARY)
    workshop.add(order)
    counts, found = [workshop.lines(order)], []
    while not found:
        found = workshop.step()
        counts.append(workshop.lines(order))
    assert counts == [0] * 8 + [1] * 8 + [2] * 8 + [3] * 8 + [4, 0]


def test_one_that_fails_fails_alone(generator, monkeypatch):
    brief = generator.brief(PLANS[1])
    asked = [Order(brief, seed, 0, 2) for seed in range(4)]
    rules = type(brief.rules)
    choose = rules.choose

    def failing(self, history, scores, totals, sampling, seeds, numbers):
        if (seeds == 2).any() and len(history) == 9:
            raise PoetryError("the rule of tones leaves no character; try another start")
        return choose(self, history, scores, totals, sampling, seeds, numbers)

    expected = {order: alone(generator, order).text for order in asked}
    monkeypatch.setattr(rules, "choose", failing)
    found = done(Workshop(generator.model, VOCABULARY), [asked[1], asked[2], asked[0], asked[3]])
    assert isinstance(found.pop(asked[2]), PoetryError)
    assert {order: composed.text for order, composed in found.items()} == {
        order: text for order, text in expected.items() if order is not asked[2]
    }


def test_there_is_room_for_so_many_drafts(generator):
    brief = generator.brief(PLANS[1])
    workshop = Workshop(generator.model, VOCABULARY)
    large = Order(brief, 0, 0, ROWS + 1)
    assert workshop.has_room(large)
    workshop.add(Order(brief, 0, 0, ROWS - 3))
    assert workshop.has_room(Order(brief, 0, 0, 3)) and not workshop.has_room(Order(brief, 0, 0, 4))


def test_a_whole_start_leaves_nothing_to_compose(generator):
    text = "月水花云雨，山春海月江。秋人夜酒落，玉竹石木风。"
    plan = make_plan(VOCABULARY, 30, start=text, form=FORMS[0])
    order = Order(generator.brief(plan), 0, 0, 3)
    found = done(Workshop(generator.model, VOCABULARY), [order])
    assert found[order].unbroken == text and found[order].logprob is None


def test_known_lines_and_dropped_orders_leave_no_drafts(generator):
    lines = [line for poem in generator.compose(PLANS[1], 3, 1) for line in poem.lines]
    careful = dataclasses.replace(generator, known=LineSet.of(lines))
    order = Order(careful.brief(PLANS[1]), 1, 0, 2)
    workshop = Workshop(careful.model, VOCABULARY)
    workshop.add(order)
    workshop.step()
    assert len(workshop) == 2
    workshop.drop(order)
    assert len(workshop) == 0 and workshop.step() == []
    found = done(workshop, [order])
    assert not set(found[order].lines) & set(lines)
