import pytest

from system.wire.fields import Fields, InvalidFields


def problems(read, values):
    fields = Fields(values)
    read(fields)
    return fields.problems


def test_without_a_problem_nothing_is_raised():
    Fields({}).raise_problems()


def test_all_problems_are_told_at_once_with_their_places():
    fields = Fields({"a": "x", "inner": {"b": 7}, "list": [{}, {"c": 1}]})
    fields.optional_integer("a", 0, 1)
    fields.map("inner").flag("b")
    for each in fields.maps("list"):
        each.text("c")
    fields.required("d")

    with pytest.raises(InvalidFields) as raised:
        fields.raise_problems()

    assert raised.value.problems == (
        "a has to be an integer, not str",
        "inner.b has to be true or false, not int",
        "list[1].c has to be text, not int",
        "d is missing",
    )
    assert str(raised.value) == "; ".join(raised.value.problems)


@pytest.mark.parametrize("absent", [{}, {"k": None}], ids=["absent", "null"])
def test_what_is_absent_has_its_default(absent):
    fields = Fields(absent)

    assert fields.text("k") == "" and fields.text("k", default="d") == "d"
    assert fields.optional_integer("k", 0, 1) is None
    assert fields.integer("k", 5, 6, default=5) == 5
    assert fields.flag("k") is False and fields.flag("k", default=True) is True
    assert fields.maps("k") == [] and fields.map("k") is None
    assert fields.problems == []
    assert not fields.required("k")
    assert fields.problems == ["k is missing"]


@pytest.mark.parametrize(
    ("value", "kind"), [(1.0, "float"), ("1", "str"), (True, "bool"), ([], "list"), (b"1", "bytes")]
)
def test_an_integer_is_nothing_else(value, kind):
    assert problems(lambda f: f.optional_integer("k", 0, 9), {"k": value}) == [
        f"k has to be an integer, not {kind}"
    ]


@pytest.mark.parametrize(("value", "fits"), [(2, False), (3, True), (5, True), (6, False)])
def test_an_integer_is_within_its_bounds(value, fits):
    found = problems(lambda f: f.optional_integer("k", 3, 5), {"k": value})

    assert found == ([] if fits else [f"k has to be between 3 and 5, not {value}"])


def test_an_integer_out_of_bounds_has_its_default_beside_the_problem():
    assert Fields({"k": 9}).integer("k", 0, 1, default=1) == 1


@pytest.mark.parametrize("value", [b"x", 1, ["x"]])
def test_text_is_nothing_else(value):
    assert len(problems(lambda f: f.text("k"), {"k": value})) == 1


@pytest.mark.parametrize("value", [0, 1, "true"])
def test_a_flag_is_nothing_else(value):
    assert len(problems(lambda f: f.flag("k"), {"k": value})) == 1


@pytest.mark.parametrize("value", ["x", {}, [1], [{}, 1], 1])
def test_a_list_of_maps_is_nothing_else(value):
    assert problems(lambda f: f.maps("k"), {"k": value}) == ["k has to be a list of maps"]


@pytest.mark.parametrize("value", [[], "x", 1])
def test_a_map_is_nothing_else(value):
    assert len(problems(lambda f: f.map("k"), {"k": value})) == 1


@pytest.mark.parametrize("name", ["a", ".", "..", "   ", "A_b-c.d,e 9", "x" * 255])
def test_names_the_protocol_allows(name):
    fields = Fields({"k": name})

    assert fields.name("k") == name and fields.problems == []


@pytest.mark.parametrize(
    "name", ["", "x" * 256, "a/b", "a\n", "\n", "é", "日", "a\x00", "a:b", "٣"], ids=ascii
)
def test_names_the_protocol_forbids(name):
    (problem,) = problems(lambda f: f.name("k"), {"k": name})

    assert problem.startswith("k has to ")


def test_a_name_that_is_not_even_text_is_one_problem():
    assert problems(lambda f: f.name("k"), {"k": 7}) == ["k has to be text, not int"]
    assert problems(lambda f: f.name("k"), {}) == ["k is missing"]
