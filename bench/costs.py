"""What one append costs a server, whatever else the machine does meanwhile."""

from bench.rounds import Subject
from bench.workbench import Server, Workbench

DEPTH = 64
US_PER_S = 1e6


def cost_per_append(bench: Workbench, name: str, server: Server, *, streams: int = 0) -> Subject:
    """Processor time of a server for one append.

    Args:
        streams: appended to in turn, S0, S1, and so on; none: to S.
    """

    def cost() -> float:
        before = server.cpu_s()
        told = bench.client_told(server.port, depth=DEPTH, streams=streams)
        return (server.cpu_s() - before) / float(told["sent"]) * US_PER_S

    return Subject(name, "µs of processor time", cost)
