"""What a run goes on with: the newest sound state, and the options that it stores."""

from pathlib import Path

import pytest

from poetry.base.errors import PoetryError
from poetry.learning import checkpoint
from poetry.learning.resuming import Resumed, check_data, newest_state, resumed_options

KEPT = ("epoch", "seed", "keep", "final_batch_chars")
STORED = {"epoch": 3, "seed": 1, "keep": 2, "final_batch_chars": None}
DATA = {
    "position": {"epoch": 0, "batch": 0, "step": 5},
    "options": STORED,
    "fingerprint": "f",
    "run": "abc",
}


def resumed(stored=STORED, given=None, preset=None, convert=lambda name, value: value):
    return resumed_options(stored, given or {}, preset or {}, KEPT, ("seed",), convert)


def test_what_is_stored_holds_but_what_is_given_anew():
    assert resumed() == STORED
    assert resumed(given={"epoch": 9, "seed": 1, "host": "x"}) == STORED | {"epoch": 9}
    assert resumed(preset={"epoch": 9, "seed": 1}) == STORED  # of a recipe, what is fixed is compared alone


def test_what_a_path_or_number_is_written_as_makes_no_difference():
    assert resumed(STORED | {"seed": "a/b"}, {"seed": Path("a/b")})["seed"] == Path("a/b")


@pytest.mark.parametrize(
    ("stored", "given", "preset", "says"),
    [
        (STORED, {"seed": 2}, {}, "^--seed 2 contradicts the run, which has 1; leave it out to resume"),
        (STORED, {}, {"seed": 2}, "^--recipe: --seed 2 contradicts the run, which has 1"),
        (STORED | {"momentum": 1}, {}, {}, "the run has an option --momentum, which this version"),
        ({"seed": 1}, {}, {}, "the training state lacks the run's --epoch; start anew, in other folders"),
        (STORED | {"final_batch_chars": 9}, {"epoch": 4}, {}, "--epoch 4 contradicts .* grow over 3 epochs"),
    ],
)
def test_options_that_do_not_fit(stored, given, preset, says):
    with pytest.raises(PoetryError, match=says):
        resumed(stored, given, preset)


def test_a_value_that_is_not_accepted_is_shown():
    def convert(name, value):
        if name == "keep":
            raise ValueError
        return value

    with pytest.raises(PoetryError, match=r"the --keep '\\u6625x+, which cannot be; start anew"):
        resumed(STORED | {"keep": "春" + "x" * 99}, convert=convert)


def put(folder, step, **changes):
    path = checkpoint.state_path(folder, step)
    checkpoint.save_state(path, {}, DATA | changes)
    return path


def test_the_newest_sound_state_is_taken(tmp_path):
    put(tmp_path, 3)
    put(tmp_path, 9, run="newest")
    told = []
    state = newest_state(tmp_path, told.append)
    assert (state.run_id, state.options, state.states) == (
        "newest",
        STORED,
        checkpoint.list_states(tmp_path),
    )
    put(tmp_path, 9, fingerprint=3)
    state = newest_state(tmp_path, told.append)
    assert state.run_id == "abc" and len(state.states) == 2
    assert len(told) == 1 and told[0].endswith(
        "does not name its data and itself; the state before it is taken"
    )


def test_without_a_sound_state_nothing_goes_on(tmp_path):
    with pytest.raises(PoetryError, match="holds no training state to resume; start without --resume"):
        newest_state(tmp_path, pytest.fail)
    put(tmp_path, 3, position=None)
    told = []
    with pytest.raises(PoetryError, match="every training state in .* is damaged"):
        newest_state(tmp_path, told.append)
    assert len(told) == 1


def test_other_data_is_refused():
    where = (Path("data"), Path("folder"))
    state = Resumed({}, DATA, [])
    check_data(state, "f", False, *where)
    check_data(Resumed({}, DATA | {"by_document": True}, []), "f", True, *where)
    with pytest.raises(PoetryError, match="data is not the data of the run in folder"):
        check_data(state, "g", False, *where)
    with pytest.raises(PoetryError, match="the run in folder was begun by an earlier version"):
        check_data(state, "f", True, *where)
