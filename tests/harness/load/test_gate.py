from pathlib import Path

from harness.load.gate import Gate


def test_nothing_is_said_through_a_fresh_gate(tmp_path: Path) -> None:
    gate = Gate(tmp_path)

    assert not gate.ready()
    assert gate.started() is None
    assert not gate.stopped()
    assert gate.told() == {}


def test_what_one_side_says_the_other_hears(tmp_path: Path) -> None:
    run, load = Gate(tmp_path), Gate(tmp_path)

    load.say_ready()
    run.start(1_700_000_000.25)
    load.tell({"enabled": True, "published": 3})
    run.stop()

    assert run.ready()
    assert load.started() == 1_700_000_000.25
    assert run.told() == {"enabled": True, "published": 3}
    assert load.stopped()
