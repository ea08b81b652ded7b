"""A device's connection: how it ends."""

from system.greengrass.mqtt.connection import close_once


class Writer:
    """Counts how often it is closed."""

    closed = 0

    def is_closing(self) -> bool:
        return self.closed > 0

    def close(self) -> None:
        self.closed += 1


def test_a_connection_that_ends_already_is_not_closed_again():
    writer = Writer()
    close_once(writer)
    close_once(writer)
    assert writer.closed == 1
