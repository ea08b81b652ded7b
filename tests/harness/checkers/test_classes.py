import pytest

from harness.checkers.classes import Ending, counts, fates

from .golden import CLOUD, E, Golden, plan, site
from .telling import ExporterSpec


def classes(golden: Golden, key: str = "S/E") -> dict[str, int]:
    """The classes of an exporter that are not empty."""
    found = counts(golden.history(), plan())[key]
    assert found["appended"] == sum(found[str(ending)] for ending in Ending)
    return {name: count for name, count in found.items() if count}


def delivered() -> Golden:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=100)
    return golden


def test_every_class_is_named_also_where_it_is_empty() -> None:
    assert counts(site().history(), plan()) == {
        "S/E": {
            "published": 0,
            "never_appended": 0,
            "appended": 0,
            "delivered": 0,
            "overwritten": 0,
            "rejected": 0,
            "expired": 0,
            "unsynced": 0,
            "recovered": 0,
            "in_flight": 0,
            "lost": 0,
            "duplicates": 0,
            "unanswered": 0,
        }
    }


def test_acknowledged_and_held_by_the_destination_is_delivered() -> None:
    assert classes(delivered()) == {"published": 5, "appended": 5, "delivered": 5}


def test_what_the_cloud_tap_did_not_see_is_delivered_if_the_destination_holds_it() -> None:
    golden = site()
    golden.appends("S", range(2), at=0)
    golden.held = [(*CLOUD, "S/0"), (*CLOUD, "S/1")]
    assert classes(golden)["delivered"] == 2


def test_what_the_cloud_said_it_kept_counts_as_long_as_it_was_not_read() -> None:
    golden = delivered()
    golden.read, golden.forgets = False, {"S/3"}
    assert classes(golden)["delivered"] == 5
    golden.read = True
    assert classes(golden)["delivered"] == 4


def test_told_that_it_is_not_stored_is_rejected() -> None:
    golden = delivered()
    golden.refused("S", "S/refused", at=50)
    assert classes(golden) == {"published": 6, "appended": 6, "delivered": 5, "rejected": 1}


def test_without_an_answer_and_held_by_the_destination_is_recovered() -> None:
    golden = delivered()
    golden.append("S", 5, at=60, outcome="unknown")
    golden.put("S/E", [5], at=200)
    assert classes(golden)["recovered"] == 1


def test_without_an_answer_and_never_seen_again_may_never_have_been_appended() -> None:
    golden = delivered()
    golden.append("S", None, at=60, outcome="unknown", hash_="S/hole")
    assert classes(golden) == {"published": 5, "appended": 5, "delivered": 5, "unanswered": 1}


def test_appended_during_the_drain_is_in_flight() -> None:
    golden = delivered()
    golden.append("S", 5, at=92_000)
    assert classes(golden)["in_flight"] == 1


def test_waited_for_to_the_deadline_is_never_in_flight() -> None:
    golden = delivered()
    golden.appends("S", range(5, 10), at=200)
    golden.drain(10_000, 90_000, False)
    assert classes(golden) == {"published": 10, "appended": 10, "delivered": 5, "lost": 5}


def test_late_is_delivered() -> None:
    golden = delivered()
    golden.appends("S", range(5, 10), at=200)
    golden.drain(10_000, 90_000, False)
    golden.put("S/E", range(5, 10), at=90_100)
    assert classes(golden)["delivered"] == 10


def test_evicted_before_the_exporter_went_on_is_overwritten() -> None:
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(20), at=0, every=1_000)
    golden.put("S/E", range(10, 20), at=30_000)
    assert classes(golden) == {
        "published": 20,
        "appended": 20,
        "delivered": 10,
        "overwritten": 10,
    }


def test_one_record_overhead_explains_what_another_does_not() -> None:
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(20), at=0, every=1_000)
    # A record takes 24 bytes besides its payload: segments of four, two of them at most.
    golden.put("S/E", range(12, 20), at=30_000)
    assert classes(golden)["overwritten"] == 12


def test_too_old_before_the_exporter_went_on_is_expired() -> None:
    golden = site(timeToLiveMillis=60_000)
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5, 10), at=70_000)
    assert classes(golden)["expired"] == 5


def test_passed_over_is_lost() -> None:
    golden = delivered()
    golden.appends("S", range(5, 15), at=200)
    golden.put("S/E", range(10, 15), at=500)
    assert classes(golden)["lost"] == 5


def test_copies_beyond_the_first_are_counted_beside() -> None:
    golden = delivered()
    golden.put("S/E", range(2), at=300)
    golden.put("S/E", range(1), at=400)
    assert classes(golden) == {"published": 5, "appended": 5, "delivered": 5, "duplicates": 3}


def test_messages_of_equal_payload_need_a_copy_each() -> None:
    golden = site()
    for number in range(3):
        golden.append("S", number, at=number, hash_="S/same")
    golden.held = [(*CLOUD, "S/same")] * 2
    assert classes(golden) == {"published": 3, "appended": 3, "delivered": 2, "in_flight": 1}


def test_a_copy_counts_for_whom_it_was_promised() -> None:
    golden = site()
    golden.append("S", None, at=0, outcome="unknown", hash_="S/0")
    golden.append("S", 0, at=3_000, hash_="S/0")
    golden.held = [(*CLOUD, "S/0")]
    assert classes(golden) == {"published": 1, "appended": 1, "delivered": 1, "unanswered": 1}
    golden.held *= 2
    assert classes(golden) == {"published": 2, "appended": 2, "delivered": 1, "recovered": 1}


def test_exporters_are_counted_apart() -> None:
    golden = site(E, ExporterSpec(name="F", service="iotanalytics", target="C", batch_size=5))
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=100)
    assert classes(golden, "S/E")["delivered"] == 5
    assert classes(golden, "S/F") == {"published": 5, "appended": 5, "in_flight": 5}


def test_what_was_there_before_an_exporter_is_none_of_its_messages() -> None:
    golden = Golden()
    golden.stream("S")
    golden.appends("S", range(3), at=0)
    golden.stream("S", E, at=100, update=True)
    golden.appends("S", range(3, 5), at=200)
    golden.put("S/E", range(3, 5), at=300)
    assert classes(golden) == {"published": 2, "appended": 2, "delivered": 2}


def test_the_lives_of_a_stream_are_added_up() -> None:
    golden = delivered()
    golden.delete("S", at=500)
    golden.stream("S", E, at=600)
    golden.append("S", 0, at=700, hash_="S/again")
    golden.put("S/E", [], at=800, hashes=["S/again"])
    assert classes(golden) == {"published": 6, "appended": 6, "delivered": 6}


# -- published ---------------------------------------------------------------------------------


def readings(*ordinals: int) -> Golden:
    golden = site()
    for number, ordinal in enumerate(ordinals):
        golden.append("S", number, at=number * 50, reading=f"sensor-0/{ordinal}")
    golden.put("S/E", range(len(ordinals)), at=5_000)
    return golden


def test_a_reading_that_was_published_and_never_appended_is_a_class_of_its_own() -> None:
    golden = readings(0, 1, 3)
    golden.source(6_000, published=4, next_ordinal=4)
    assert classes(golden) == {
        "published": 4,
        "never_appended": 1,
        "appended": 3,
        "delivered": 3,
    }


def test_a_source_that_was_started_again_counts_from_nothing() -> None:
    golden = readings(0, 1, 2, 3)
    golden.source(6_000, published=3, next_ordinal=3)
    golden.source(7_000, published=2, next_ordinal=5)
    assert classes(golden)["published"] == 5


def test_more_readings_were_published_than_a_dead_source_could_tell() -> None:
    golden = readings(0, 1, 2, 3)
    golden.source(6_000, published=1, next_ordinal=1)
    assert classes(golden)["published"] == 4
    assert "never_appended" not in classes(golden)


def test_a_reading_that_was_appended_twice_was_published_once() -> None:
    golden = readings(0, 1, 1)
    golden.source(6_000, published=2, next_ordinal=2)
    assert classes(golden)["published"] == 2
    assert "never_appended" not in classes(golden)


def test_the_fate_of_a_lost_message_says_how_it_was_found() -> None:
    golden = delivered()
    golden.appends("S", range(5, 15), at=200)
    golden.put("S/E", range(10, 15), at=500)
    found = fates(golden.history(), plan())[0]
    assert [each.append.number for each in found.accused] == [5, 6, 7, 8, 9]
    assert {each.finding.clause for each in found.accused if each.finding} == {"passed"}


# -- IoT SiteWise ----------------------------------------------------------------------------------

SITEWISE = ExporterSpec(name="E", service="iotsitewise", target="*", batch_size=5)


def of_values(count: int) -> Golden:
    """A stream to SiteWise with so many entries."""
    golden = site(SITEWISE)
    golden.appends("S", range(count), at=0)
    for line in golden.lines:
        if line["kind"] == "append" and "hash" in line:
            line["entry"] = True
    return golden


def test_values_that_sitewise_holds_are_delivered_once_however_often_they_came() -> None:
    golden = of_values(5)
    golden.doubtful("S/E", range(5), at=100, stored=True)
    assert classes(golden)["delivered"] == 5
    assert classes(golden).get("duplicates") is None


def test_what_sitewise_said_it_kept_is_delivered_though_it_holds_it_no_more() -> None:
    golden = of_values(5)
    golden.put("S/E", range(5), at=100)
    golden.forgets = {"S/3"}
    assert classes(golden)["delivered"] == 5


def test_values_that_never_came_to_sitewise_are_lost() -> None:
    golden = of_values(10)
    golden.put("S/E", range(5, 10), at=100)
    assert classes(golden) == {"published": 10, "appended": 10, "delivered": 5, "lost": 5}


def test_what_is_no_entry_is_not_owed_to_sitewise() -> None:
    golden = of_values(6)
    golden.put("S/E", range(1, 6), at=100)
    golden.lines = [
        {key: value for key, value in line.items() if key != "entry"}
        if line.get("hash") == "S/0"
        else line
        for line in golden.lines
    ]
    assert classes(golden).get("lost") is None


@pytest.mark.parametrize(("final", "lost"), [([2], None), ([], 1)])
def test_what_sitewise_refused_for_good_is_not_owed(final: list[int], lost: int | None) -> None:
    golden = of_values(5)
    golden.put("S/E", range(5), at=100, rejected=[2], final=final)
    golden.appends("S", range(5, 10), at=400_000)
    for line in golden.lines:
        if line["kind"] == "append" and "hash" in line:
            line["entry"] = True
    golden.put("S/E", range(5, 10), at=400_100)
    assert classes(golden).get("lost") == lost


def test_what_kinesis_refused_is_owed_whatever_it_said() -> None:
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=100, rejected=[2], final=[2])
    golden.put("S/E", range(5, 10), at=400_100)
    assert classes(golden)["lost"] == 1
