"""What was done to the site: which faults are slow or refuse, and what power cuts may have taken."""

from dataclasses import dataclass

NEVER = float("inf")
WRITTEN_BACK_MS = 40_000.0
SLOW = {
    *("latency", "bandwidth", "slicer", "shared_bandwidth"),
    *("packet_loss", "packet_reorder", "cloud_slow"),
}
HOLDING = SLOW | {"half_open", "cloud_pause"}
REFUSING = {"cloud_throttle", "cloud_partial_failure", "cloud_error", "clock_jump"}
OF_THE_DISK = {"disk_full", "slow_disk", "disk_errors"}
STANDING_STILL = {"stream_manager", "core"}


@dataclass(eq=False)
class Fault:
    """When it may have been in force, and when it certainly was."""

    kind: str
    services: list
    may: list
    sure: list
    healed: float | None = None
    target: str | None = None
    by: float = 0.0
    begun: bool = True
    written: float = 0.0

    @classmethod
    def of(cls, line):
        """The one that this line begins to inject."""
        told = line["fault"]
        return cls(
            told["kind"],
            line["services"],
            [line["at"], NEVER],
            [NEVER, NEVER],
            target=told.get("target"),
            by=abs(float(told.get("by_ms") or 0)),
        )

    def is_one_of(self, *, slow, broken):
        """Whether it is only slow, or one that loses answers; a cloud that refuses is neither, and counts with both.

        So does a disk.
        """
        if self.kind in REFUSING | OF_THE_DISK:
            return slow and broken
        return slow if self.kind in SLOW else broken

    def concerns(self, services):
        """Whether it was on one of these links, or stopped who uses them all."""
        everywhere = self.kind in {"power_cut"} | OF_THE_DISK or self.target in STANDING_STILL
        return everywhere or bool(set(self.services) & set(services))

    def may_touch(self, since, until):
        """Whether it may have been in force within this time."""
        return self.may[0] <= until and self.may[1] >= since


def cuts_among(faults):
    """Those that did not fail to begin, in their order, each with the moment before which all is on the disk."""
    done = [each for each in faults if each.kind == "power_cut" and each.begun]
    for cut in done:
        cut.written = cut.may[0] - WRITTEN_BACK_MS
        for each in sorted(disk_among(faults), key=lambda each: -each.may[1]):
            if each.may[0] <= cut.may[0] and each.may[1] >= cut.written:
                cut.written = min(cut.written, each.may[0] - WRITTEN_BACK_MS)
    return sorted(done, key=lambda each: each.may[0])


def disk_among(faults):
    """Those in which the disk did not do what it was asked, or not in time."""
    return [each for each in faults if each.kind in OF_THE_DISK and each.begun]


def may_forget(cut, at):
    """Whether what was only in memory at a moment may be gone after a cut."""
    return cut.written < at <= cut.may[1]


def lose_power(stream, cuts):
    """Mark the appends of a stream that may be gone, and count its numbers on."""
    told = [each for each in stream.appends if each.number is not None]
    for each in told:
        each.unsynced = not stream.defined_at(each.done).get("flushOnWrite") and any(
            each.asked <= cut.may[0] and may_forget(cut, each.done) for cut in cuts
        )
    for cut in cuts:
        before = [each for each in told if each.asked <= cut.may[0]]
        after = [each for each in told if each.asked > cut.may[0]]
        gone = [each.number for each in before if each.unsynced]
        if not gone or not after:
            continue
        first = min(after, key=lambda each: each.done).number
        newest = max(each.number for each in before)
        if min(gone) <= first <= newest:
            for each in after:
                each.number += newest + 1 - first
