"""Every parser is fed what is almost well formed, and nonsense: it reads it or says no, and tells no value in clear."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parser_seeds import SEEDS, TOKENS
from parser_targets import TARGETS

DEADLINE = timedelta(seconds=5)
"""A parser that hangs is slower; one on a busy machine is not."""


@st.composite
def almost(draw: st.DrawFn, name: str) -> bytes:
    """A well-formed input with some of its bytes left out, told twice, changed, or tokens put in."""
    data = bytearray(draw(st.sampled_from(SEEDS[name])))
    token = st.sampled_from(TOKENS[name])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(("drop", "repeat", "token", "instead", "bytes"))):
            case "drop":
                del data[at:to]
            case "repeat":
                data[at:at] = data[at:to] * draw(st.integers(1, 4))
            case "token":
                data[at:at] = draw(token)
            case "instead":
                data[at:to] = draw(token)
            case _:
                data[at:to] = draw(st.binary(max_size=8))
    return bytes(data)


def nonsense(name: str) -> st.SearchStrategy[bytes]:
    token = st.sampled_from(TOKENS[name])
    return st.binary(max_size=300) | st.lists(token | st.binary(max_size=4), max_size=60).map(b"".join)


def check(name: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=DEADLINE, suppress_health_check=list(HealthCheck))
    @given(almost(name) | nonsense(name))
    def run(data: bytes) -> None:
        TARGETS[name](data)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_well_formed_input_is_read(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
def test_it_reads_or_says_no(name: str) -> None:
    check(name, 50)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_it_reads_or_says_no_for_long(name: str) -> None:
    check(name, 3000)
