"""The chain that a client's connection goes over."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .chain import SEEN_S, Chain


@pytest.fixture(scope="module")
def whole_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with ExitStack() as ending:
        yield Chain(tmp_path_factory.mktemp("chain"), ending)


@pytest.fixture
def chain(whole_chain: Chain) -> Chain:
    """The chain, clean, with one connection that is open and idle."""
    assert whole_chain.links.unclean() == []
    whole_chain.connect(read_timeout=SEEN_S)
    return whole_chain
