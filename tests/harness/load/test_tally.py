from harness.load.tally import Result, Tally


def result(scheduled: int, **counts: int) -> Result:
    return Result("StreamAppender", "readings", scheduled, Tally(**counts))


def test_what_was_never_sent_counts_against_the_load() -> None:
    """Of ten thousand readings nobody may leave out eleven, whatever share of those that were sent was acknowledged."""
    assert result(10_000, acknowledged=9_990).enough
    assert not result(10_000, acknowledged=9_989).enough


def test_a_load_of_nothing_proves_nothing() -> None:
    assert not result(0).enough


def test_the_result_names_everything_that_was_not_acknowledged() -> None:
    told = result(100, acknowledged=90, failed=3, dropped=5, late=7).told()

    assert told == (
        "StreamAppender: of 100 readings scheduled 90 were acknowledged (90.000%, 99.9% needed); "
        "3 failed, 5 dropped, 2 never sent, 7 sent more than 100 ms late."
    )


def test_a_load_that_went_well_says_so_in_few_words() -> None:
    told = result(100, acknowledged=100).told()

    assert told == "StreamAppender: of 100 readings scheduled 100 were acknowledged (100.000%)."


def test_tallies_of_several_workers_add_up() -> None:
    whole = Tally(acknowledged=1, late=1)
    whole.add(Tally.from_json(Tally(acknowledged=2, failed=3, dropped=4).to_json()))

    assert whole == Tally(acknowledged=3, failed=3, dropped=4, late=1)
    assert whole.handled == 10
