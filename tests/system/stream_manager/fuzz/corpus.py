"""The frames that mutations begin with."""

from pathlib import Path

CORPUS = Path(__file__).parents[2] / "wire" / "corpus"
VERSION = b"\x01"


def frames():
    """Each frame of the corpus: its operation and its payload."""
    found = []
    for path in sorted(CORPUS.glob("*.bin")):
        data = path.read_bytes()
        found += cut(data[1:] if path.stem.endswith("connect") else data)
    return found


def cut(data):
    """The frames in bytes that are whole frames."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append((data[4], data[5 : 4 + length]))
        data = data[4 + length :]
    return found


def framed(operation, payload):
    """The bytes of a frame; an operation beyond a byte is cut."""
    return (len(payload) + 1).to_bytes(4, "big") + bytes([operation & 0xFF]) + payload
