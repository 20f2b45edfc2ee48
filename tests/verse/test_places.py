import pytest

from poetry.verse.form import FORMS, SENTENCE_ENDS
from poetry.verse.places import Place, places_of
from poetry.verse.scheme import fitting_schemes


def test_lines_of_any_length_are_told_place_by_place():
    found = places_of(["PZ.", "Z"], [0, 2], ["、", "。？"])
    assert found == (
        Place(0, 0, tone="P"),
        Place(0, 1, tone="Z"),
        Place(0, 2),
        Place(0, 3, marks="、"),
        Place(1, 0, tone="Z", rhyme=2),
        Place(1, 1, marks="。？"),
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_places_of_a_form_are_those_of_its_scheme(form):
    for scheme in fitting_schemes(form, [""] * form.count, "东"):
        places = scheme.places
        assert scheme.groups == ("东",) and len(places) == form.count * (form.size + 1)
        for line in range(form.count):
            *characters, mark = (place for place in places if place.line == line)
            assert mark.marks == (SENTENCE_ENDS if line % 2 else "，") and mark.column == form.size
            assert [place.column for place in characters] == list(range(form.size))
            assert "".join(place.tone for place in characters) == scheme.tones[line]
            assert [place.rhyme for place in characters] == [0] * (form.size - 1) + [scheme.rhymed[line]]
            above = [scheme.form.size * (line - 1) + line - 1 + ix for ix in range(scheme.form.size)]
            is_answer = form.count == 8 and line in (3, 5)
            assert [place.answers for place in characters] == (above if is_answer else [None] * form.size)
            assert not any(place.marks for place in characters) and (mark.tone, mark.rhyme) == (".", 0)
