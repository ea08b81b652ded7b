"""The producer over connections that break: what was not acknowledged is told, and the next message gets through."""

import pytest

ENVIRONMENT = {"STREAM_MANAGER_CHANNEL": "readings"}


class BrokenClient:
    """A client whose server has died: it cannot even say goodbye."""

    def create_message_stream(self, definition):
        pass

    def append_message(self, stream, payload):
        raise ConnectionResetError("in the middle of the append")

    def close(self):
        raise ConnectionRefusedError("while saying goodbye")


class SoundClient(BrokenClient):
    """A client whose server is there."""

    def append_message(self, stream, payload):
        return 7

    def close(self):
        pass


@pytest.fixture
def producer_over(load):
    module = load("stream_producer", "stream_producer")

    def made(*clients):
        left = list(clients)
        return module.Producer(ENVIRONMENT, lambda: left.pop(0))

    return made


def test_the_error_of_the_append_is_told_not_that_of_the_goodbye(producer_over) -> None:
    with pytest.raises(ConnectionResetError, match="in the middle of the append"):
        producer_over(BrokenClient()).append(b"reading")


def test_after_a_broken_connection_another_one_is_opened(producer_over) -> None:
    producer = producer_over(BrokenClient(), SoundClient())
    with pytest.raises(ConnectionResetError):
        producer.append(b"reading")
    assert producer.append(b"reading") == 7


def test_the_aggregator_opens_another_connection_where_the_old_one_cannot_say_goodbye(
    load, monkeypatch
) -> None:
    streams = load("stream_aggregator", "streams")
    clients = [BrokenClient(), SoundClient()]
    monkeypatch.setattr(streams, "connect", lambda: clients.pop(0))
    monkeypatch.setattr(streams, "pause", lambda: None)
    made = streams.Streams(source="S", target="T", kinesis_stream="K")
    assert made._insist(lambda client: client.append_message("T", b"aggregate")) == 7


FUNCTIONS = [("stream_producer", "stream_producer"), ("stream_aggregator", "streams")]


@pytest.mark.parametrize(("function", "module"), FUNCTIONS)
def test_whether_streams_flush_on_write_is_true_or_false_and_nothing_else(
    load, function, module
) -> None:
    asked = load(function, module).flush_on_write
    given = [{}, {"FLUSH_ON_WRITE": ""}, {"FLUSH_ON_WRITE": "false"}, {"FLUSH_ON_WRITE": "true"}]
    assert [asked(each) for each in given] == [False, False, False, True]
    for wrong in ("True", "1", "yes"):
        with pytest.raises(
            ValueError, match=f"FLUSH_ON_WRITE has to be true or false, not '{wrong}'"
        ):
            asked({"FLUSH_ON_WRITE": wrong})


def test_a_producer_takes_it_into_the_definition_of_its_stream(load) -> None:
    module = load("stream_producer", "stream_producer")
    assert module.definition({**ENVIRONMENT, "FLUSH_ON_WRITE": "true"}).flush_on_write is True
    assert module.definition(ENVIRONMENT).flush_on_write is False
    with pytest.raises(ValueError, match="FLUSH_ON_WRITE"):
        module.definition({**ENVIRONMENT, "FLUSH_ON_WRITE": "on"})
