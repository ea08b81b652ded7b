import logging

import pytest

from system.greengrass.router.router import NoRoom, NoRoute, Publication, Router, Subscription


class Inbox:
    def __init__(self, room=10):
        self.room = room
        self.got = []

    def has_room(self):
        return len(self.got) < self.room

    def deliver(self, publication):
        taken = self.has_room()
        if taken:
            self.got.append(publication.topic)
        return taken


def subscription(source, subject, target):
    return Subscription(source=source, subject=subject, target=target)


def message(topic="t", source="s"):
    return Publication(source=source, topic=topic, payload=b"")


def test_a_target_that_several_subscriptions_name_gets_a_message_once():
    inbox = Inbox()
    router = Router([subscription("s", "#", "a"), subscription("s", "t", "a")], {"a": inbox})
    assert router.publish(message()) == 1
    assert inbox.got == ["t"]


def test_a_subscription_of_another_source_lets_nothing_pass(caplog):
    router = Router([subscription("other", "#", "a")], {"a": Inbox()})
    for _ in range(1500):
        with pytest.raises(NoRoute, match="No subscription lets a message of s pass"):
            router.publish(message())
    discards = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(discards) == 2, "a thousand discards are one line"


def test_a_target_that_is_not_in_the_deployment_is_no_target():
    with pytest.raises(NoRoute):
        Router([subscription("s", "t", "gone")], {}).publish(message())


def test_a_full_target_is_left_out_unless_it_is_all_or_nothing():
    full, free = Inbox(room=0), Inbox()
    router = Router(
        [subscription("s", "t", "full"), subscription("s", "t", "free")],
        {"full": full, "free": free},
    )
    with pytest.raises(NoRoom, match="full"):
        router.publish(message(), all_or_nothing=True)
    assert free.got == []
    assert router.publish(message()) == 1
    assert free.got == ["t"]


def test_routes_to_many_topics_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("system.greengrass.router.router.ROUTES_REMEMBERED_MAX", 3)
    router = Router([subscription("s", "#", "a")], {"a": Inbox(room=99)})
    for number in range(20):
        router.publish(message(f"t/{number}"))
    assert len(router._routes) <= 3
