"""Whatever else is composed beside it, a poem is what it is alone."""

import dataclasses
from collections import Counter

import pytest
from plain import plan_of
from test_decoding import VOCABULARY
from test_generator import random_model

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.generator import ROWS, Generator
from poetry.composing.planning import make_couplet_plan
from poetry.composing.sampling import Sampling
from poetry.composing.scheduler import PoemOrder, Scheduler
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
    plan_of(VOCABULARY, 30),
    plan_of(VOCABULARY, 30, form=FORMS[1]),
    plan_of(VOCABULARY, 30, form=FORMS[2], start="月水花云"),
    plan_of(VOCABULARY, 40, "春风花，", "山水。", mood_strength=1.0),
    plan_of(VOCABULARY, 30, acrostic="春江花月"),
    make_couplet_plan(VOCABULARY, Asked(couplet="月月花秋路")),
]


@pytest.fixture(scope="module", params=KINDS)
def generator(request):
    model = random_model(KINDS[request.param], VOCABULARY, 3, 1.5)
    return Generator(model, VOCABULARY, Sampling(0.9, 12, 0.9))


def alone(generator, order):
    """The poem of an order, composed by itself."""
    prepared = order.prepared
    own = dataclasses.replace(generator, sampling=prepared.sampling)
    poems = own.compose(prepared.plan, order.number + 1, order.seed, order.candidates)
    return list(poems)[-1]


def orders(generator):
    """Poems of many plans, of several ways of sampling, some of one plan."""
    found = []
    for number, plan in enumerate(PLANS):
        for sampling in (generator.sampling, Sampling(1.5)):
            prepared = dataclasses.replace(generator, sampling=sampling).prepare(plan)
            found += [PoemOrder(prepared, seed, number % 3, 1 + number % 4) for seed in (number, number + 7)]
    return found


def poem(order, drafts):
    """The poem of an order, from its drafts."""
    return drafts if isinstance(drafts, PoetryError) else order.prepared.best(drafts)


def done(scheduler, asked, dropped=()):
    """What becomes of orders, of which three more come with every step: a poem or a fault each."""
    found, waiting = {}, list(asked)
    while waiting or len(scheduler):
        for order in waiting[:3]:
            scheduler.add(order)
        waiting = waiting[3:]
        found |= scheduler.step()
        for order in dropped:
            scheduler.drop(order)
    return {order: poem(order, drafts) for order, drafts in found.items()}


def test_same_seed_same_poem_whatever_is_composed_beside_it(generator):
    asked = orders(generator)
    dropped = asked[4::9]
    found = done(Scheduler(generator.model, VOCABULARY), asked, dropped)
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
    prepared = generator.prepare(PLANS[1])
    asked = [PoemOrder(prepared, seed, 0, 2) for seed in range(5)]
    calls = Counter()
    choose = type(prepared.rules).choose

    def counted(self, history, scores, *others):
        calls[len(history)] += 1
        return choose(self, history, scores, *others)

    monkeypatch.setattr(type(prepared.rules), "choose", counted)
    scheduler = Scheduler(generator.model, VOCABULARY)
    for order in asked:
        scheduler.add(order)
    found = {}
    while len(scheduler):
        found |= scheduler.step()
    assert set(found) == set(asked) and set(calls.values()) == {1}


def test_lines_are_counted_as_they_end(generator):
    order = PoemOrder(generator.prepare(PLANS[1]), 3, 0, 2)
    scheduler = Scheduler(generator.model, VOCABULARY)
    scheduler.add(order)
    counts, found = [scheduler.lines(order)], []
    while not found:
        found = scheduler.step()
        counts.append(scheduler.lines(order))
    assert counts == [0] * 8 + [1] * 8 + [2] * 8 + [3] * 8 + [4, 0]


def test_one_that_fails_fails_alone(generator, monkeypatch):
    prepared = generator.prepare(PLANS[1])
    asked = [PoemOrder(prepared, seed, 0, 2) for seed in range(4)]
    rules = type(prepared.rules)
    choose = rules.choose

    def failing(self, history, scores, totals, sampling, seeds, numbers):
        if (seeds == 2).any() and len(history) == 9:
            raise PoetryError("the rule of tones leaves no character; try another start")
        return choose(self, history, scores, totals, sampling, seeds, numbers)

    expected = {order: alone(generator, order).text for order in asked}
    monkeypatch.setattr(rules, "choose", failing)
    found = done(Scheduler(generator.model, VOCABULARY), [asked[1], asked[2], asked[0], asked[3]])
    assert isinstance(found.pop(asked[2]), PoetryError)
    assert {order: composed.text for order, composed in found.items()} == {
        order: text for order, text in expected.items() if order is not asked[2]
    }


def test_there_is_room_for_so_many_drafts(generator):
    prepared = generator.prepare(PLANS[1])
    scheduler = Scheduler(generator.model, VOCABULARY)
    large = PoemOrder(prepared, 0, 0, ROWS + 1)
    assert scheduler.has_room(large)
    scheduler.add(PoemOrder(prepared, 0, 0, ROWS - 3))
    assert scheduler.has_room(PoemOrder(prepared, 0, 0, 3)) and not scheduler.has_room(
        PoemOrder(prepared, 0, 0, 4)
    )


def test_a_whole_start_leaves_nothing_to_compose(generator):
    text = "月水花云雨，山春海月江。秋人夜酒落，玉竹石木风。"
    plan = plan_of(VOCABULARY, 30, start=text, form=FORMS[0])
    order = PoemOrder(generator.prepare(plan), 0, 0, 3)
    found = done(Scheduler(generator.model, VOCABULARY), [order])
    assert found[order].unbroken == text and found[order].logprob is None


def test_known_lines_and_dropped_orders_leave_no_drafts(generator):
    lines = [line for poem in generator.compose(PLANS[1], 3, 1) for line in poem.lines]
    careful = dataclasses.replace(generator, known=LineSet.of(lines))
    order = PoemOrder(careful.prepare(PLANS[1]), 1, 0, 2)
    scheduler = Scheduler(careful.model, VOCABULARY)
    scheduler.add(order)
    scheduler.step()
    assert len(scheduler) == 2
    scheduler.drop(order)
    assert len(scheduler) == 0 and scheduler.step() == []
    found = done(scheduler, [order])
    assert not set(found[order].lines) & set(lines)
