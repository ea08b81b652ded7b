"""Runs one case: a server on one store, killed again and again, looked at from outside after each kill."""

import sys
import threading
import time
from collections import Counter
from functools import partial

from harness.waiting import pause, wait_until

from .client import CREATE, DESCRIBE, LIST, NOT_ENOUGH, READ, SUCCESS, Appender, Churner
from .destination import Posted, Printed
from .judge import Found, StreamJudge

# Long, since a night has other work; none of them says anything about the server.
START_S = ANSWER_S = 120.0
LOAD_S = 120.0
JOIN_S = 60.0
STALL_S = 60.0
ANSWERS_PER_REQUEST = 30


class CaseRun:
    """See the module.

    Attributes:
        problems: sentences, each with the kill that it was found after.
        counts: what happened, for the record.
    """

    def __init__(self, case, server, destination):
        self.case = case
        self.server = server
        self.destination = destination
        self.judges = {plan.name: StreamJudge(plan) for plan in case.streams}
        self.problems = []
        self.counts = Counter()
        self._batches_judged = 0
        self._start_s = 1.0
        self._conversations = []
        self._churned = {}

    def run(self):
        """All kills, then let the exporters finish."""
        self.kill_all()
        self._drain()
        self.server.kill()
        self.counts["repeated"] = sum(each.repeated for each in self.judges.values())
        self.counts["overwritten"] = sum(each.oldest for each in self.judges.values())
        self.counts["churned"] = len(self._churned)

    def kill_all(self):
        """All kills, and a look at what is left after the last."""
        self.server.start(START_S)
        self._create()
        for number, kill in enumerate(self.case.kills):
            if kill.at_start is None:
                self._under_load(number, kill)
            else:
                self.server.launch()
                pause(kill.at_start * self._start_s)
                self.counts["kills_at_a_start"] += 1
            self._kill()
        self._look_again()

    # -- killing ---------------------------------------------------------------------------------

    def _create(self):
        with self.server.raw(ANSWER_S) as raw:
            raw.connect()
            for plan in self.case.streams:
                values = {
                    "requestId": "c",
                    "definition": plan.definition(self.destination.exporters),
                }
                _, answer = raw.ask(CREATE, values)
                assert answer["status"] == SUCCESS, answer

    def _under_load(self, number, kill):
        if number:
            self._look_again()
        enough = threading.Event()
        # One request at a time takes long on a busy machine.
        answers = min(kill.answers, ANSWERS_PER_REQUEST * sum(c.window for c in self.case.clients))
        threads = [
            *self._appenders(number, _Countdown(answers, enough)),
            self._churner(number),
        ]
        for each in threads:
            each.start()
        wait_until(
            lambda: enough.is_set() or any(each.problem for each in threads),
            seconds=LOAD_S,
            what=f"{answers} answers",
            poll_s=1e-3,
        )
        pause(kill.delay_s)
        self.server.kill()
        for each in threads:
            each.join(JOIN_S)
            assert not each.is_alive(), "a client waits though its server is gone"
        self.problems += [repr(each.problem) for each in threads if each.problem is not None]

    def _appenders(self, number, answered):
        names = [plan.name for plan in self.case.streams]
        for plan in self.case.clients:
            label = f"{self.case.seed}/{number}/{plan.number}"
            appender = Appender(
                self.server.raw(ANSWER_S), plan, names, label=label, answered=answered
            )
            self._conversations.append(appender.conversation)
            yield appender

    def _churner(self, number):
        return Churner(self.server.raw(ANSWER_S), self._churned, label=f"churn-{number}")

    def _kill(self):
        self.server.kill()
        self.counts["kills"] += 1
        self.destination.settle()
        self._judge_exports(restarted=self.counts["kills"] > 1)

    # -- looking ---------------------------------------------------------------------------------

    def _look_again(self):
        """Start the server and see what it kept."""
        began = time.monotonic()
        self.server.start(START_S)
        self._start_s = time.monotonic() - began
        with self.server.raw(ANSWER_S) as raw:
            raw.connect()
            self._judge_names(raw)
            for name, judge in self.judges.items():
                found = holds(raw, name)
                self.counts["read"] += len(found.messages)
                self._blame(name, judge.after_a_kill(found, self._conversations))
        self._count(self._conversations)
        self._conversations = []

    def _count(self, conversations):
        for each in conversations:
            refused = each.numbers.count(None)
            self.counts["refused"] += refused
            self.counts["acknowledged"] += len(each.numbers) - refused
            self.counts["unanswered"] += len(each.sent) - len(each.numbers)

    def _judge_names(self, raw):
        _, answer = raw.ask(LIST, {"requestId": "l"})
        unclear = {name for name, is_there in self._churned.items() if is_there is None}
        expected = {name for name, is_there in self._churned.items() if is_there}
        wrong = (set(answer["streams"]) - unclear) ^ (expected | set(self.judges))
        if wrong:
            self._blame("streams", [f"there though deleted, or gone: {sorted(wrong)[:5]}"])

    def _judge_exports(self, *, restarted):
        new = self.destination.batches[self._batches_judged :]
        self._batches_judged += len(new)
        self.counts["exported"] += sum(len(messages) for _, messages in new)
        for name, judge in self.judges.items():
            batches = [messages for stream, messages in new if stream == name]
            self._blame(name, judge.take_batches(batches, restarted=restarted))

    def _blame(self, name, problems):
        self.problems += [f"{name}, kill {self.counts['kills']}: {each}" for each in problems]

    # -- the end ---------------------------------------------------------------------------------

    def _drain(self):
        """Everything that is stored and fills a batch arrives."""
        judges = [each for each in self.judges.values() if each.plan.batch_size]

        def all_arrived():
            self.destination.look()
            last = {stream: messages[-1][0] for stream, messages in self.destination.batches}
            return all(each.owed_after(last.get(each.plan.name, -1)) == 0 for each in judges)

        while not all_arrived():
            wait_until(
                partial(self._goes_on, len(self.destination.batches)),
                seconds=STALL_S,
                what="more exports",
            )
        self._judge_exports(restarted=True)
        for name, judge in self.judges.items():
            self._blame(name, judge.gaps())

    def _goes_on(self, so_far):
        self.destination.look()
        return len(self.destination.batches) > so_far


class _Countdown:
    """Sets an event once it was called often enough, by whatever thread."""

    def __init__(self, count, event):
        self._left = iter(range(count - 1))
        self._event = event

    def __call__(self):
        if next(self._left, None) is None:
            self._event.set()


def standing(make_server, program=("-m", "system.stream_manager"), *, over_http, seed):
    """A server that is not started yet, and where it exports to."""
    soon = {"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": "100"}
    if over_http:
        return make_server(command=[sys.executable, *program], **soon), Posted(seed)
    server = make_server(command=[sys.executable, *program, "--destination", "print"], **soon)
    return server, Printed(server)


def holds(raw, name):
    """What a stream holds, as a client reads it."""
    _, answer = raw.ask(DESCRIBE, {"requestId": "d", "name": name})
    status = answer["messageStreamInfo"]["storageStatus"]
    oldest, newest = status["oldestSequenceNumber"], status["newestSequenceNumber"]
    messages = {}
    while True:
        options = {"desiredStartSequenceNumber": oldest + len(messages), "maxMessageCount": 1000}
        values = {"requestId": "r", "streamName": name, "readMessagesOptions": options}
        _, answer = raw.ask(READ, values)
        if answer["status"] != SUCCESS:
            assert answer["status"] == NOT_ENOUGH, answer
            return Found(oldest, newest, messages)
        for each in answer["messages"]:
            messages[each["sequenceNumber"]] = each["payload"]
