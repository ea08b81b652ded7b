"""Links through the real Toxiproxy: what a client feels of each fault, and that nothing is left of it."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import requests

from harness.environments.errors import EnvironmentUnavailable, InjectionFailed
from harness.environments.site import links as module
from harness.environments.site.links import (
    DOWNSTREAM,
    UPSTREAM,
    Links,
    Toxic,
    bandwidth,
    hold,
    latency,
    limit,
    one_way,
    reset,
    silence,
    slices,
)
from harness.environments.site.ports import Ports
from harness.fault.direction import Lost
from harness.waiting import wait_until

pytestmark = pytest.mark.localstack

SEEN_S = 10.0
SILENT_S = 0.3


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that gives back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))
    threads = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(SEEN_S)
            while data := connection.recv(1 << 16):
                connection.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    threads.append(threading.Thread(target=accept))
    threads[0].start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for thread in threads:
        thread.join(SEEN_S)


@pytest.fixture
def free() -> Callable[[], int]:
    """Ports that are free."""
    ports = Ports()
    held = [ports.free() for _ in range(4)]
    ports.release()
    return held.pop


@pytest.fixture
def ways(links: Links, echo: int, free: Callable[[], int]) -> dict[str, int]:
    """The ports of two links to the echo."""
    made = {"kinesis": free(), "s3": free()}
    for service, listen in made.items():
        links.create(service, listen=listen, upstream=echo)
    return made


def call(port: int, data: bytes = b"hello") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=SEEN_S) as client:
        return exchange(client, data)


def exchange(client: socket.socket, data: bytes = b"hello") -> bytes:
    client.sendall(data)
    received = b""
    while len(received) < len(data) and (part := client.recv(1 << 16)):
        received += part
    return received


def gone(client: socket.socket) -> bool:
    """Whether the other end closed, in whatever way."""
    client.settimeout(SEEN_S)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def refuses(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.settimeout(SEEN_S)
        return attempt.connect_ex(("127.0.0.1", port)) != 0


def test_a_link_passes_everything_while_nothing_is_done_to_it(
    links: Links, ways: dict[str, int]
) -> None:
    data = bytes(range(256)) * 4096
    assert call(ways["kinesis"], data) == data
    assert links.services() == ["kinesis", "s3"]
    assert links.state() == {each: {"up": True, "toxics": []} for each in ("kinesis", "s3")}
    assert links.unclean() == []


def test_a_port_that_is_taken_is_one_sentence(
    links: Links, echo: int, free: Callable[[], int]
) -> None:
    with pytest.raises(EnvironmentUnavailable) as refused:
        links.create("kinesis", listen=echo, upstream=free())
    assert str(refused.value).startswith(f"Toxiproxy cannot listen on port {echo} for kinesis: ")
    assert "address already in use" in str(refused.value)


def test_nobody_listens_where_there_is_no_server(free: Callable[[], int]) -> None:
    assert not Links(free()).running()


def test_somebody_else_on_its_port_is_not_taken_for_the_server(echo: int) -> None:
    assert not Links(echo).running()


# -- down ------------------------------------------------------------------------------------------


def test_a_link_that_is_down_closes_what_is_open_and_refuses_the_rest(
    links: Links, ways: dict[str, int]
) -> None:
    with socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as client:
        assert exchange(client) == b"hello"
        with links.down(["kinesis"]):
            assert gone(client)
            assert refuses(ways["kinesis"])
            assert links.state()["kinesis"]["up"] is False
            assert call(ways["s3"]) == b"hello", "the other link is left alone"
    assert call(ways["kinesis"]) == b"hello"
    assert links.unclean() == []


def test_a_link_comes_back_when_the_block_is_left_by_an_exception(
    links: Links, ways: dict[str, int]
) -> None:
    with pytest.raises(RuntimeError), links.down(["kinesis", "s3"]):
        assert refuses(ways["kinesis"]) and refuses(ways["s3"])
        raise RuntimeError
    assert (call(ways["kinesis"]), call(ways["s3"])) == (b"hello", b"hello")


def test_a_link_whose_port_was_taken_meanwhile_does_not_come_back_silently(
    links: Links, ways: dict[str, int]
) -> None:
    with (
        ExitStack() as closing,
        pytest.raises(InjectionFailed, match="address already in use"),
        links.down(["kinesis"]),
    ):
        closing.enter_context(socket.create_server(("127.0.0.1", ways["kinesis"])))
    assert links.unclean() == ["kinesis: down, toxics []"]
    links.heal_all()
    assert call(ways["kinesis"]) == b"hello"


# -- toxics ----------------------------------------------------------------------------------------


def test_a_silent_link_accepts_and_says_nothing_until_it_is_healed(
    links: Links, ways: dict[str, int]
) -> None:
    with socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as open_before:
        assert exchange(open_before) == b"hello"
        with links.poisoned(["kinesis"], silence()):
            with socket.create_connection(("127.0.0.1", ways["kinesis"])) as opened_meanwhile:
                for client in (open_before, opened_meanwhile):
                    client.sendall(b"anybody?")
                    client.settimeout(SILENT_S)
                    with pytest.raises(TimeoutError):
                        client.recv(1)
            assert call(ways["s3"]) == b"hello"
        assert gone(open_before), "its end is told when the silence ends"
    assert call(ways["kinesis"]) == b"hello"
    assert links.unclean() == []


def test_a_held_link_says_nothing_and_lets_go_of_everything_when_it_is_healed(
    links: Links, ways: dict[str, int]
) -> None:
    with socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as client:
        assert exchange(client) == b"hello"
        with links.poisoned(["kinesis"], [*hold(), *latency(100)]):
            client.sendall(b"later")
            client.settimeout(SILENT_S)
            with pytest.raises(TimeoutError):
                client.recv(1)
        client.settimeout(SEEN_S)
        assert client.recv(100) == b"later"
        assert exchange(client) == b"hello", "the connection is as it was"
    assert links.unclean() == []


@pytest.mark.parametrize("lost", Lost)
def test_a_connection_that_is_opened_on_a_resetting_link_is_reset(
    links: Links, ways: dict[str, int], lost: Lost
) -> None:
    with (
        links.poisoned(["kinesis"], reset(lost)),
        socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as client,
    ):
        client.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert call(ways["kinesis"]) == b"hello"


@pytest.mark.parametrize("lost", Lost)
def test_a_one_way_link_says_nothing_and_closes_when_it_is_healed(
    links: Links, ways: dict[str, int], lost: Lost
) -> None:
    with socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as client:
        with links.poisoned(["kinesis"], one_way(lost)):
            client.sendall(b"anybody?")
            client.settimeout(SILENT_S)
            with pytest.raises(TimeoutError):
                client.recv(1)
        assert gone(client)


def test_an_answer_breaks_off_after_so_many_bytes_of_a_connection(
    links: Links, ways: dict[str, int]
) -> None:
    with links.poisoned(["kinesis"], limit(3)):
        assert call(ways["kinesis"]) == b"hel"
        assert call(ways["kinesis"]) == b"hel"


def test_slices_come_one_after_the_other(links: Links, ways: dict[str, int]) -> None:
    data = b"x" * 1024
    with links.poisoned(["kinesis"], slices(256, 50)):
        begun = time.monotonic()
        assert call(ways["kinesis"], data) == data
        took = time.monotonic() - begun
    assert took >= 0.15, "three gaps between four slices"


def test_latency_is_that_of_a_round_trip(links: Links, ways: dict[str, int]) -> None:
    with socket.create_connection(("127.0.0.1", ways["kinesis"]), timeout=SEEN_S) as client:
        with links.poisoned(["kinesis"], latency(201)):
            begun = time.monotonic()
            assert exchange(client) == b"hello"
            slow = time.monotonic() - begun
        begun = time.monotonic()
        assert exchange(client) == b"hello"
        quick = time.monotonic() - begun
    assert slow >= 0.2
    assert quick < 0.2


@pytest.mark.parametrize(
    ("milliseconds", "halves"),
    [(0, {}), (1, {DOWNSTREAM: 1}), (50, {UPSTREAM: 25, DOWNSTREAM: 25}), (51, {UPSTREAM: 25, DOWNSTREAM: 26})],
)  # fmt: skip
def test_latency_is_shared_by_both_directions(milliseconds: int, halves: dict[str, int]) -> None:
    assert {toxic.stream: toxic.attributes["latency"] for toxic in latency(milliseconds)} == halves


def test_bandwidth_makes_data_take_its_time(links: Links, ways: dict[str, int]) -> None:
    with links.poisoned(["kinesis"], bandwidth(100)):
        begun = time.monotonic()
        assert call(ways["kinesis"], b"x" * 50_000) == b"x" * 50_000
        took = time.monotonic() - begun
    assert took > 0.4, "50 KB at 100 KB/s take half a second"


def test_a_fault_leaves_what_the_scenario_holds_on_the_link(
    links: Links, ways: dict[str, int]
) -> None:
    held = latency(50, owner="scenario")
    links.hold(["kinesis", "s3"], held)
    with links.poisoned(["kinesis"], latency(100)):
        assert len(links.state()["kinesis"]["toxics"]) == 4
        assert links.unclean(held) == [
            f"kinesis: up, toxics {sorted(toxic.name for toxic in [*held, *latency(100)])}"
        ]
    assert links.unclean(held) == []
    assert len(links.unclean()) == 2
    links.hold(["kinesis"], held)
    assert links.unclean(held) == [], "what is held twice is held once"


def test_a_fault_that_follows_one_like_it_outlasts_it(links: Links, ways: dict[str, int]) -> None:
    with ExitStack() as later:
        with links.poisoned(["kinesis"], latency(20)):
            later.enter_context(links.poisoned(["kinesis"], latency(300)))
        begun = time.monotonic()
        assert call(ways["kinesis"]) == b"hello"
        assert time.monotonic() - begun >= 0.3
    assert links.unclean() == []


def test_a_fault_that_cannot_be_injected_whole_leaves_nothing_of_itself(
    links: Links, ways: dict[str, int]
) -> None:
    wrong = Toxic(kind="nonsense", stream=UPSTREAM, attributes={})
    with (
        pytest.raises(InjectionFailed, match="invalid toxic type"),
        links.poisoned(["kinesis", "s3"], [*silence(), wrong]),
    ):
        pytest.fail("the block is not entered")
    assert links.unclean() == []


def test_what_is_sent_to_toxiproxy_leaves_nothing_to_chance(
    links: Links, toxiproxy: Any, ways: dict[str, int]
) -> None:
    toxics = [*silence(), *latency(10), *bandwidth(10), *hold(), *limit(9), *slices(9, 1)]
    toxics += reset(Lost.REQUESTS)
    with links.poisoned(["kinesis"], toxics):
        told = requests.get(f"http://127.0.0.1:{toxiproxy.port}/proxies/kinesis/toxics", timeout=5)
    assert len(told.json()) == len(toxics)
    for toxic in told.json():
        assert toxic["toxicity"] == 1
        assert toxic["attributes"].get("jitter", 0) == 0
        assert toxic["attributes"].get("size_variation", 0) == 0


# -- without a lease -------------------------------------------------------------------------------


def test_a_cut_without_a_lease_holds_until_all_is_healed(
    links: Links, toxiproxy: Any, ways: dict[str, int]
) -> None:
    held = latency(20, owner="scenario")
    links.hold(["kinesis", "s3"], held)
    links.cut(["kinesis"])
    links.cut(["s3"], silence())
    links.cut(["s3"], silence())
    another = Links(toxiproxy.port)
    assert refuses(ways["kinesis"])
    assert [line.partition(", ")[0] for line in another.unclean(held)] == [
        "kinesis: down",
        "s3: up",
    ]
    another.heal_all(held)
    assert another.unclean(held) == []
    assert (call(ways["kinesis"]), call(ways["s3"])) == (b"hello", b"hello")
    another.heal_all()
    assert another.unclean() == []


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(
    links: Links, toxiproxy: Any, ways: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.3)
    os.kill(toxiproxy.part.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(requests.Timeout):
            links.services()
    finally:
        os.kill(toxiproxy.part.process.pid, signal.SIGCONT)
    wait_until(lambda: links.services() == ["kinesis", "s3"], seconds=SEEN_S, what="the links")
