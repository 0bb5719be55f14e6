"""Waiting for a fact to become true, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], timeout: float, what: str) -> T:
    """Ask again until the answer is true and return it; fail after `timeout` seconds, saying for what."""
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} seconds still not so: {what} (last answer: {answer!r})")
        time.sleep(0.02)
