"""What of a stack cannot be read back from the cloud, in one file that only its owner may read.

    {"format": 1,
     "private_keys": {certificate id: PEM},
     "key_owners": {certificate id: name of its thing},
     "begun": [resource that was about to be created, "kind name"]}

The cloud gives a private key once. And where a resource carries the stack's mark only after it was made, a stack that
was killed in between would not know it again: so what is begun is written down before. The file goes with the last
thing in it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from system.real.filesystem import RealFileSystem
from system.stack.errors import BadInput

FORMAT = 1


@dataclass(frozen=True, slots=True)
class State:
    """The file; shared by threads, not by processes.

    Attributes:
        path: of the file; its folder is made when there is something to write.
    """

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def read(self) -> dict[str, Any]:
        """What it holds; nothing where no file is.

        Raises:
            BadInput: it cannot be read, or is not such a file.
        """
        try:
            document = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise BadInput(str(self.path), [f"it cannot be read ({error.strerror})"]) from error
        except ValueError as error:
            raise BadInput(str(self.path), [f"it is not JSON ({error})"]) from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadInput(str(self.path), ["it is no state of a stack"])
        return document

    @contextmanager
    def changing(self, *, durable: bool = True) -> Iterator[dict[str, Any]]:
        """Change what it holds: the block gets it, and what it leaves is written.

        Args:
            durable: whether it has to survive a power cut.
        """
        with self._lock:
            document = self.read()
            yield document
            self._write({key: value for key, value in document.items() if value}, durable)

    def _write(self, document: dict[str, Any], durable: bool) -> None:
        if not document.keys() - {"format"}:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"format": FORMAT, **document}, indent=1, sort_keys=True)
        folder = RealFileSystem(self.path.parent)
        folder.replace(self.path.name, content.encode(), durable=durable)


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys."""

    state: State

    def keep(self, certificate: str, private_key: str, owner: str) -> None:
        """Keep the key of a certificate of a thing."""
        with self.state.changing() as document:
            document.setdefault("private_keys", {})[certificate] = private_key
            document.setdefault("key_owners", {})[certificate] = owner

    def private_key(self, certificate: str) -> str | None:
        """The key of a certificate, as PEM; None: it is not known here."""
        found: str | None = self.state.read().get("private_keys", {}).get(certificate)
        return found

    def certificates(self, owner: str) -> list[str]:
        """The certificates of a thing whose keys are known."""
        owners = self.state.read().get("key_owners", {})
        return sorted(certificate for certificate, thing in owners.items() if thing == owner)

    def forget(self, certificate: str) -> None:
        """Forget the key of a certificate that is no more."""
        with self.state.changing() as document:
            document.get("private_keys", {}).pop(certificate, None)
            document.get("key_owners", {}).pop(certificate, None)


@dataclass(frozen=True, slots=True)
class Begun:
    """The resources that were about to be created when something may have ended us."""

    state: State

    def note(self, resource: str) -> None:
        """Write a resource down before it is created."""
        with self.state.changing(durable=False) as document:
            document["begun"] = sorted({*document.get("begun", []), resource})

    def clear(self, resource: str) -> None:
        """It is there, or gone."""
        with self.state.changing(durable=False) as document:
            document["begun"] = [each for each in document.get("begun", []) if each != resource]

    def __contains__(self, resource: str) -> bool:
        return resource in self.state.read().get("begun", [])
