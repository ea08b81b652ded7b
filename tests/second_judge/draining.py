"""The wait at the end of a run: what it proves of what did not come."""

from functools import cached_property
from math import ceil

if __package__:
    from .story import NEVER
else:
    from story import NEVER

READ_TIMEOUT_MS = 15_000.0
GRACE_MS = 5_000.0
SLOW_ANSWER_MS = 10_000.0


class Drain:
    """What was waited for, and whether anything disturbed that."""

    def __init__(self, story):
        self.story = story
        self.begun, self.ended = next(iter(story.operations("harness", "drain")), (None, None))
        self.doubts = [] if self.begun else ["nobody waited"]
        # A wait whose end is not told did not fail; it lasted to the end at the most.
        self.ended = self.ended or {"at": story.lines[-1]["at"], "type": "unknown"}

    def sound(self, service):
        """Whether the link was sound and nothing stood still while it was waited."""
        since, until = self.begun["at"], self.ended["at"]
        failed = any(
            name == service and end == "failed" and since <= at <= until
            for name, _, at, end in self.story.requests
        )
        return not (
            failed
            or self.story.disturbed([service], since, until)
            or self.story.stalled(since, until)
            or self.story.restarted(since, until)
            or self.unanswered(service)
            or not self.carried
        )

    def unanswered(self, service):
        """Whether the cloud let an exporter wait for a long time while it was waited."""
        since, until = self.begun["at"], self.ended["at"]
        return any(
            each.service == service
            and since <= each.at <= until
            and min(each.ended, until) - each.at >= SLOW_ANSWER_MS
            for each in self.story.puts
        )

    @cached_property
    def carried(self):
        """Whether the threads had the time for all batches that waited or came, at the latency of the links."""
        exporters = [each for each in self.story.exporters if each.stream.until == NEVER]
        time, latency = self.ended["at"] - self.begun["at"], self.story.site["latency_ms"]
        pool = self.story.site["stream_manager"].get("STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE", 5)
        needed = 0
        for each in exporters:
            told = sum(m.done <= self.ended["at"] for m in each.stream.acknowledged)
            sent = {
                hash_
                for p in each.puts
                if p.at < self.begun["at"]
                for place, hash_ in enumerate(p.hashes)
                if p.kept(place)
            }
            needed += ceil((told - len(sent)) / each.batch)
            needed += 0 if each.interval is None else ceil(time / each.interval)
        return needed * latency <= min(int(pool), len(exporters)) * time

    @property
    def deadline(self):
        """When what is owed has to be there; all of it was in time if the drain did not fail."""
        return self.ended["at"] if self.ended["type"] == "failed" else NEVER

    def owes(self, exporter, message):
        """Whether it was waited for and had made a batch in time."""
        newest = (self.begun or {}).get("owed", {}).get(exporter.key)
        if self.doubts or (
            message.done > self.begun["at"] if newest is None else message.number > newest
        ):
            return False
        latest = self.ended["at"] - self.story.backoff - READ_TIMEOUT_MS - GRACE_MS
        return exporter.ready(message) <= max(self.begun["at"], latest)

    def late(self):
        """What was waited for and came behind the deadline."""
        return [
            f"late: {each.key} {message.number}"
            for each in self.story.exporters
            if self.sound(each.service)
            for message, at in each.arrived.items()
            if message.outcome == "ok" and at > self.deadline and self.owes(each, message)
        ]
