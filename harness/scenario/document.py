"""YAML as plain values that know where they stand.

The dialect is that of YAML 1.2: only `true` and `false` are booleans (so that the key `on` is a word), no number has
colons, no text becomes a date. Keys are always texts. A key that comes twice is an error, since only one would count.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import yaml

from harness.scenario.problems import Path

NODES_MAX = 20_000
"""More than any scenario has; a few aliases of aliases could make billions."""

_SIZE_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with the text itself."""

    mark: Mark | None
    path: Path
    text: str


@dataclass(slots=True)
class Document:
    """A parsed file.

    Attributes:
        data: mappings, lists, texts, numbers, booleans, None.
        keys, values: where the key and the value of a path stand.
        faults: what is wrong with the text; without a cure `data` is what could be read.
    """

    data: object = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def mark_of_key(self, path: Path) -> Mark:
        """Where the key of `path` stands; its nearest surrounding when there is none."""
        return self._nearest(path, self.keys)

    def mark_of_value(self, path: Path) -> Mark:
        """Where the value of `path` stands; its nearest surrounding when there is none."""
        return self.values[path] if path in self.values else self._nearest(path, self.keys)

    def _nearest(self, path: Path, marks: dict[Path, Mark]) -> Mark:
        for length in range(len(path), 0, -1):
            found = marks.get(path[:length]) or self.values.get(path[:length])
            if found:
                return found
        return Mark(1, 1)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_SCALARS = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+)$",
        "-+.0123456789",
    ),
)
for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def read(content: bytes) -> Document:
    """Parse the content of a file; whatever is wrong with it is among the document's faults."""
    document = Document()
    text = _decoded(content, document)
    if text is not None and (node := _composed(text, document)) is not None:
        document.data = _Reading(document).value(node, ())
    return document


def _decoded(content: bytes, document: Document) -> str | None:
    if len(content) > _SIZE_BYTES_MAX:
        document.faults.append(Fault(None, (), "the file is larger than 1 MB; this is no scenario"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        fault = f"byte 0x{content[error.start]:02x} is no UTF-8; save the file as UTF-8"
        document.faults.append(Fault(Mark(line, column), (), fault))
        return None


def _composed(text: str, document: Document) -> yaml.Node | None:
    loader = None
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(place.line + 1, place.column + 1) if place else None
        document.faults.append(Fault(mark, (), _explained(error, text)))
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deeply"
        document.faults.append(Fault(None, (), f"this is no YAML: {reason}"))
    finally:
        if loader is not None:
            loader.dispose()
    return None


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    problem = " ".join(filter(None, [error.context, error.problem]))
    if "'\\t'" in problem or _tab_at(error, text):
        return "a tab stands where YAML wants spaces; indent with spaces"
    if "single document" in problem:
        return "a second document begins here; keep one scenario in a file"
    return f"this is no YAML ({problem}); look at indentation, colons and brackets here and on the line before"


def _tab_at(error: yaml.MarkedYAMLError, text: str) -> bool:
    lines = text.splitlines()
    place = error.problem_mark
    if place is None or place.line >= len(lines):
        return False
    line = lines[place.line]
    return "\t" in line[: len(line) - len(line.lstrip())]


class _Reading:
    """Turns nodes into values and notes where each stands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._constructor = yaml.constructor.SafeConstructor()
        self._nodes = 0
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> object:
        self._document.values[path] = _mark(node)
        self._nodes += 1
        if any(node is outer for outer in self._open) or self._nodes > NODES_MAX:
            self._fault(node, path, "an alias makes this endless; write it out")
            return None
        self._open.append(node)
        try:
            return self._plain(node, path)
        finally:
            self._open.pop()

    def _plain(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]
        try:
            value: object = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._fault(node, path, f"the tag {node.tag} has no place here; remove it")
            return None
        return value if isinstance(value, str | int | float | bool | None) else str(node.value)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        first: dict[Hashable, Mark] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, path, "a key has to be a word; this is a mapping or a list")
                continue
            key = str(key_node.value)
            inner = (*path, key)
            if key in first:
                line = first[key].line
                self._fault(key_node, inner, f"stands twice, first in line {line}; keep one")
                continue
            first[key] = self._document.keys[inner] = _mark(key_node)
            yield key, self.value(value_node, inner)

    def _fault(self, node: yaml.Node, path: Path, text: str) -> None:
        self._document.faults.append(Fault(_mark(node), path, text))


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
