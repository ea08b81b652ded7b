"""The file for what cannot be read back from the cloud."""

import json
import stat

import pytest

from system.stack.errors import BadInput
from system.stack.state import Begun, Keys, State


@pytest.fixture
def state(tmp_path):
    return State(tmp_path / "below" / "state.json")


def test_a_key_is_kept_for_its_owner_alone(state):
    Keys(state).keep("c1", "secret", "core")
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o600
    again = Keys(State(state.path))
    assert (again.private_key("c1"), again.private_key("c2")) == ("secret", None)


def test_a_thing_s_certificates_are_told_from_another_one_s(state):
    keys = Keys(state)
    keys.keep("c1", "secret", "core")
    keys.keep("c2", "secret", "device")
    assert (keys.certificates("core"), keys.certificates("device")) == (["c1"], ["c2"])
    keys.forget("c1")
    assert keys.certificates("core") == []


def test_the_file_goes_with_the_last_thing_in_it(state):
    keys, begun = Keys(state), Begun(state)
    keys.keep("c1", "secret", "core")
    begun.note("a stream")
    keys.forget("c1")
    assert "a stream" in begun
    begun.clear("a stream")
    assert not state.path.exists()
    assert list(state.path.parent.iterdir()) == []


def test_reading_makes_no_file(state):
    assert Keys(state).certificates("core") == []
    assert not state.path.parent.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "it is not JSON"), ("[]", "no state of a stack"), ('{"format": 2}', "no state")],
)
def test_another_file_is_neither_read_nor_overwritten(state, content, told):
    state.path.parent.mkdir()
    state.path.write_text(content)
    with pytest.raises(BadInput, match=told):
        Keys(state).keep("c1", "secret", "core")
    assert state.path.read_text() == content


def test_its_form_is_as_documented(state):
    Keys(state).keep("c1", "secret", "core")
    Begun(state).note("a stream")
    assert json.loads(state.path.read_text()) == {
        "format": 1,
        "private_keys": {"c1": "secret"},
        "key_owners": {"c1": "core"},
        "begun": ["a stream"],
    }
