import json

from hypothesis import given
from hypothesis import strategies as st

from harness.history.lines import Line, merge, parse, render

LINES = st.lists(
    st.fixed_dictionaries({"at": st.integers(0, 20).map(float), "kind": st.text(max_size=3)}),
    max_size=8,
)


@given(LINES)
def test_what_is_rendered_is_read_back(lines: list[Line]) -> None:
    assert list(parse(render(lines))) == lines


def test_a_line_that_a_kill_tore_is_left_out() -> None:
    whole = render([{"at": 1.0}, {"at": 2.0}])
    assert list(parse(whole + '{"at": 3.0, "kind')) == [{"at": 1.0}, {"at": 2.0}]


def test_what_is_no_object_is_left_out() -> None:
    assert list(parse('7\n[]\nnull\n"at"\n\n{"at": 1}\n')) == [{"at": 1}]


@given(st.lists(LINES, max_size=4))
def test_merging_loses_nothing_and_orders_by_time(witnesses: list[list[Line]]) -> None:
    merged = merge(witnesses)
    assert [line["at"] for line in merged] == sorted(line["at"] for line in merged)
    every = [json.dumps(line) for lines in witnesses for line in lines]
    assert sorted(json.dumps(line) for line in merged) == sorted(every)


def test_lines_of_one_witness_at_one_time_keep_their_order() -> None:
    one = [{"at": 5.0, "kind": name} for name in "abc"]
    other = [{"at": 5.0, "kind": name} for name in "xyz"]
    merged = merge([one, other])
    assert [line for line in merged if line in one] == one
    assert [line for line in merged if line in other] == other


def test_a_witness_that_wrote_out_of_order_is_put_in_order() -> None:
    merged = merge([[{"at": 2.0}, {"at": 1.0}], [{"at": 1.5}]])
    assert [line["at"] for line in merged] == [1.0, 1.5, 2.0]
