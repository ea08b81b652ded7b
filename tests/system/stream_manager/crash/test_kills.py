"""The server as a process, killed at moments that a seed decides while clients append."""

from collections import Counter
from contextlib import closing

from .plan import KILLS_PER_CASE, planned
from .running import CaseRun, standing

REPEAT = "repeat: pytest tests/system/stream_manager/crash --first-seed {} --kills {}"


def pytest_generate_tests(metafunc):
    """One case for each seed, until there are as many kills as were asked for."""
    option = metafunc.config.getoption
    first, kills = option("--first-seed"), option("--kills")
    cases = [
        (first + index, min(KILLS_PER_CASE, kills - index * KILLS_PER_CASE))
        for index in range(-(-kills // KILLS_PER_CASE))
    ]
    metafunc.parametrize(("seed", "kills"), cases, ids=[f"seed {seed}" for seed, _ in cases])


def test_nothing_acknowledged_is_lost_by_kills(seed, kills, make_server, tally):
    # First, for whatever ends this test.
    print(REPEAT.format(seed, kills))
    case = planned(seed, kills)
    run = CaseRun(case, *standing(make_server, over_http=case.over_http, seed=seed))
    with closing(run.destination):
        run.run()
    tally("kills", Counter(cases=1, **run.counts))
    assert run.problems == []
