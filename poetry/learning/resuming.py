"""Going on with a run: its newest training state, the options stored there, and its data."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poetry.base.errors import PoetryError
from poetry.learning import checkpoint
from poetry.learning.training_state import position_of


@dataclass(frozen=True)
class Resumed:
    """The newest undamaged training state of a run: its ``tensors`` and plain ``data``.

    ``states``: all training states that the folder held, newest first.
    """

    tensors: dict[str, np.ndarray]
    data: dict[str, Any]
    states: list[Path]

    @property
    def options(self) -> dict[str, Any]:
        """The stored options of the run, by name; not checked."""
        return self.data["options"]

    @property
    def run_id(self) -> str:
        """The id of the run; "" for a run of an early version."""
        return self.data.get("run", "")


def newest_state(folder: Path, warn: Callable[[str], None]) -> Resumed:
    """Return the newest undamaged training state in ``folder``.

    ``warn`` is called for every damaged one before it. Raises PoetryError when all are damaged or there is
    none.
    """
    paths = checkpoint.list_states(folder)
    for path in paths:
        try:
            tensors, data = checkpoint.load_state(path)
            _check_plain(path, data)
            return Resumed(tensors, data, paths)
        except PoetryError as error:
            warn(f"{error}; the state before it is taken" if path != paths[-1] else str(error))
    if paths:
        raise PoetryError(
            f"every training state in {folder} is damaged; start anew with another --checkpoint_dir"
        )
    raise PoetryError(f"{folder} holds no training state to resume; start without --resume")


def _check_plain(path: Path, data: dict[str, Any]) -> None:
    """Raise PoetryError where the plain data of a state has no valid position, options or identity."""
    try:
        position_of(data)
        if not isinstance(data.get("options"), dict):
            raise PoetryError("it has no options")
        if data.get("by_document", True) is not True:
            raise PoetryError("it does not say how documents were read")
        if not isinstance(data.get("fingerprint"), str) or not isinstance(data.get("run", ""), str):
            raise PoetryError("it does not name its data and itself")
    except PoetryError as error:
        raise PoetryError(
            f"{path} is a training state of another version of this program, or is damaged: {error}"
        ) from None


def resumed_options(
    stored: dict[str, Any],
    given: dict[str, Any],
    preset: dict[str, Any],
    kept: Collection[str],
    fixed: Collection[str],
    convert: Callable[[str, Any], Any],
) -> dict[str, Any]:
    """Return the options ``kept`` of a run that goes on: the ``stored`` ones, replaced by those ``given``.

    ``given``: the options on the command line; ``preset``: those of its --recipe; ``fixed``: names of the
    options that a run keeps to its end. ``convert`` takes a name and a stored value and returns the value as
    the command line gives it, or raises ValueError. Raises PoetryError where ``given`` or ``preset``
    contradicts a fixed option, or where an option is missing from ``stored``, unknown or not valid.
    """
    strange = min(stored.keys() - set(kept), default=None)
    if strange is not None:
        raise PoetryError(f"the run has an option --{strange}, which this version of the program lacks")
    resumed = {}
    for name in kept:
        value = _stored_value(name, stored, convert)
        asked = (preset | given).get(name, value)
        if name in fixed and asked != value and str(asked) != str(value):
            whose = "" if name in given else "--recipe: "
            has = "none" if value is None else value
            raise PoetryError(
                f"{whose}--{name} {asked} contradicts the run, which has {has}; leave it out to resume"
            )
        resumed[name] = given.get(name, value)
    if resumed["final_batch_chars"] and str(resumed["epoch"]) != str(stored["epoch"]):
        raise PoetryError(
            f"--epoch {resumed['epoch']} contradicts the run, whose steps grow over {stored['epoch']} epochs"
        )
    return resumed


def _stored_value(name: str, stored: dict[str, Any], convert: Callable[[str, Any], Any]) -> Any:
    """Return a stored option, converted. Raises PoetryError where it is missing or not valid."""
    if name not in stored:
        raise PoetryError(f"the training state lacks the run's --{name}; start anew, in other folders")
    try:
        return convert(name, stored[name])
    except ValueError:
        raise PoetryError(
            f"the training state has the --{name} {ascii(stored[name])[:50]}, which cannot be; "
            "start anew, in other folders"
        ) from None


def check_data(
    state: Resumed, fingerprint: str, by_document: bool, data_path: Path, checkpoint_dir: Path
) -> None:
    """Raise PoetryError where a run would go on with other data, or with documents read in another way.

    ``fingerprint``: of the data at ``data_path``; ``by_document``: as in Provenance.
    """
    if state.data["fingerprint"] != fingerprint:
        raise PoetryError(
            f"{data_path} is not the data of the run in {checkpoint_dir}; give that with --data_path"
        )
    if by_document and "by_document" not in state.data:
        raise PoetryError(
            f"the run in {checkpoint_dir} was begun by an earlier version, which read documents otherwise; "
            "begin anew, in other folders"
        )
