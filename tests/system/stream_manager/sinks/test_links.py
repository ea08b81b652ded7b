"""What a link can do to a request, shown with Kinesis: whose fault it was, and what it costs."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from harness.waiting import pause, wait_until
from system.stream_manager.export.batch import Delivered
from system.stream_manager.sinks.service import Timeouts

from .conftest import (
    CONFIG,
    READ_S,
    STORED,
    answer,
    batch,
    hang_up,
    records,
    reset,
    silence,
    taking_all,
)


@pytest.mark.parametrize("act", [reset, hang_up])
def test_a_connection_that_breaks_is_the_links_fault(sinks, destination, act):
    destination.script = [act]

    result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (True, False)
    assert len(destination.bodies) == 1, "botocore tried again by itself"


def test_nobody_listening_is_the_links_fault(sinks_at, destination):
    sinks = sinks_at("http://127.0.0.1:9")

    result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (True, False)


def test_a_host_that_does_not_take_connections_is_the_links_fault(sinks_at):
    with socket.socket() as listening, ExitStack() as callers:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            # What nobody accepts fills the queue; from then on nothing is answered, as behind a firewall.
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listening.getsockname())
        bounds = Timeouts(connect_s=0.2, send_s=5.0, read_s=5.0)
        sinks = sinks_at(f"http://127.0.0.1:{listening.getsockname()[1]}", timeouts=bounds)

        result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (True, False)
    assert "Connect timeout" in result.reason


def test_a_line_that_garbles_tls_is_the_links_fault(sinks_at, destination):
    destination.script = [taking_all]
    sinks = sinks_at(destination.url.replace("http:", "https:"))

    result = sinks.send(batch(CONFIG, b"a"))

    assert result.transport and "SSL" in result.reason


def test_a_reason_has_a_bounded_length(sinks, destination):
    destination.script = [answer(b"<html>" + b"x" * 100_000, 502)]

    assert len(sinks.send(batch(CONFIG, b"a")).reason) <= 500


def test_a_name_that_nobody_knows_is_the_links_fault(sinks_at):
    sinks = sinks_at("http://no-such-host.invalid")

    result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (True, False)


def test_silence_ends_after_the_read_time_out_and_leaves_a_doubt(impatient, destination):
    destination.script = [silence]

    result = impatient.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (True, True)
    assert "timeout" in result.reason.lower()
    assert len(destination.bodies) == 1


def test_a_large_batch_gets_over_a_link_that_takes_longer_for_it_than_for_connecting(
    sinks_at, destination
):
    connect_s = 0.5

    def slowly(request, _):
        left = int(request.headers["Content-Length"])
        while left:
            pause(0.03)
            left -= len(request.rfile.read(min(left, 128 * 1024)))
        records(*[STORED] * 5)(request, b"")

    slowly.before_the_body = True
    destination.script = [slowly]
    sinks = sinks_at(
        destination.url, timeouts=Timeouts(connect_s=connect_s, send_s=10.0, read_s=10.0)
    )

    assert sinks.send(batch(CONFIG, *[b"x" * 1_000_000] * 5)) == Delivered()


def test_a_link_that_takes_nothing_any_more_leaves_a_doubt(sinks_at, destination):
    silence_before = lambda request, body: silence(request, body)  # noqa: E731
    silence_before.before_the_body = True
    destination.script = [silence_before]
    sinks = sinks_at(
        destination.url, timeouts=Timeouts(connect_s=READ_S, send_s=READ_S, read_s=READ_S)
    )

    result = sinks.send(batch(CONFIG, *[b"x" * 1_000_000] * 5))

    assert (result.transport, result.doubtful) == (True, True)


def test_connections_that_went_stale_together_cost_one_attempt(impatient, destination):
    stale, all_here = set(), threading.Barrier(3)

    def gathering(request, body):
        all_here.wait(5)
        stale.add(request.client_address)
        taking_all(request, body)

    together = threading.Barrier(3)

    def deaf_on_stale_ones(request, body):
        if request.client_address in stale:
            silence(request, body)
        together.wait(5)
        taking_all(request, body)

    destination.script = [gathering]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(impatient.send, [batch(CONFIG, b"a")] * 3)) == [Delivered()] * 3
    assert len(stale) == 3
    destination.script = [deaf_on_stale_ones]

    assert impatient.send(batch(CONFIG, b"b")).transport

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(impatient.send, [batch(CONFIG, b"a")] * 3)) == [Delivered()] * 3


def test_a_connection_that_was_closed_while_idle_costs_nothing(sinks, destination):
    def and_close(request, body):
        taking_all(request, body)
        request.close_connection = True

    destination.script = [and_close]

    for done in (1, 2, 3):
        assert sinks.send(batch(CONFIG, b"a")) == Delivered()
        wait_until(lambda done=done: destination.closed == done, seconds=5, what="the close")


def test_a_connection_is_used_again(sinks, destination):
    addresses = set()

    def noting(request, body):
        addresses.add(request.client_address)
        taking_all(request, body)

    destination.script = [noting]

    for _ in range(3):
        sinks.send(batch(CONFIG, b"a"))

    assert len(addresses) == 1
