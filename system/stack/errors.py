"""What can go wrong with a stack, told without a traceback."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(eq=False)
class BadInput(Exception):
    """Something that was given cannot be used.

    Attributes:
        where: file or option.
        problems: everything that is wrong with it.
    """

    where: str
    problems: Sequence[str]

    def __str__(self) -> str:
        return f"{self.where}: " + "; ".join(self.problems)


@dataclass(eq=False)
class BundleUnavailable(Exception):
    """A function cannot be packed.

    Attributes:
        function: its name.
        reason: what is wrong, and how to mend it.
    """

    function: str
    reason: str

    def __str__(self) -> str:
        return f"The function {self.function} cannot be packed: {self.reason}"


@dataclass(eq=False)
class StackFailed(Exception):
    """The cloud did not do what was asked.

    Attributes:
        what: the resource, as `kind name`.
        reason: what the cloud said, and how to mend it.
        undone: resources that were created before and are gone again.
        restored: resources that were updated before and are again as they were.
        left: resources that are neither, with the reason.
    """

    what: str
    reason: str
    undone: Sequence[str] = field(default_factory=tuple)
    restored: Sequence[str] = field(default_factory=tuple)
    left: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        sentences = [f"{self.what}: {self.reason}"]
        if self.undone:
            sentences.append(f"What was created is gone again: {', '.join(self.undone)}")
        if self.restored:
            sentences.append(f"What was updated is as it was: {', '.join(self.restored)}")
        if self.left:
            sentences.append(f"Left behind: {', '.join(self.left)}")
        return ". ".join(sentence.rstrip(".") for sentence in sentences)
