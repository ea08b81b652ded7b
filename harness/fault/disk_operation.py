"""What a disk does."""

from enum import StrEnum


class DiskOperation(StrEnum):
    """One sort of operations."""

    READ = "read"
    WRITE = "write"
    SYNC = "sync"
