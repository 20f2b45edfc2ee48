"""Forms, tunes and rhyme groups by the names that people type, simplified or traditional."""

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.verse.couplet import COUPLET
from poetry.verse.form import FORMS, FREE, LONG_FORMS, Form, find_form
from poetry.verse.groups import find_group
from poetry.verse.tunes import Tune, find_tune, nearest_tunes

_LONGEST_GROUP = 9  # characters of a group's name


def find_form_or_tune(name: str) -> Form | Tune | None:
    """The form or tune of this name; None when there is none."""
    return find_form(name) or find_tune(_simplified(name))


def form_or_tune(name: str) -> Form | Tune:
    """The form or tune of this name. Raises PoetryError, naming the nearest tunes, when there is none."""
    found = find_form_or_tune(name)
    if found is None:
        known, long = (", ".join(map(str, forms)) for forms in ((*FORMS, FREE), LONG_FORMS))
        near = ", ".join(nearest_tunes(_simplified(name)))
        raise PoetryError(
            f"{name!r} is no form or tune; take one of: {known}; to check only: {long}; or a tune, "
            f"the nearest are {near}."
        )
    return found


def named_form(form: Form | Tune | str) -> Form | Tune:
    """The form or tune of a --form value given by another program; "couplet" names the couplet.

    Raises PoetryError where there is none of this name.
    """
    if isinstance(form, Form | Tune):
        return form
    if not isinstance(form, str):
        raise PoetryError(f"--form {form!r}: the name of a form or a tune is wanted")
    if form in (COUPLET.name, COUPLET.chinese):
        return COUPLET
    try:
        return form_or_tune(form)
    except PoetryError as error:
        raise PoetryError(f"--form: {error}") from None


def find_rhyme_group(name: str) -> str | None:
    """The group of the 平水韵 of this name, as 东, 十三元 or 四紙; None when there is none."""
    name = name.strip()
    return find_group(_simplified(name)) if len(name) <= _LONGEST_GROUP and name.isprintable() else None


def _simplified(name: str) -> str:
    """``name`` in simplified characters; unchanged where it is not printable (as with bytes not in UTF-8)."""
    return script.to_simplified(script.fold_variants(name)) if name.isprintable() else name
