"""How tests are spread over several workers: what one of them runs in one go, and what begins first.

The workers share the servers, and each test has its own place in them. A file's tests go to one worker, which makes
once what they share; so do all rows of the mission. Of the long forms (`-m slow`) each test goes to whoever is free.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

ROWS = "tests/mission"
LONGEST = (
    "tests/story/test_truth.py::test_ten_thousand_admissions",
    "tests/consumers/test_all_samples.py",
    "tests/test_naive.py",
    "tests/consumers/test_http_intake.py",
    "tests/domain/test_conclude_laws.py",
    "tests/story/test_truth.py",
    "tests/consumers/test_crashes.py",
    "tests/consumers/test_mllp_crash.py",
    "tests/story/test_tour.py",
    "tests/domain/test_measure_laws.py",
    "tests/consumers/test_inbound.py",
    "tests/consumers/test_folder.py",
    "tests/consumers/test_mllp.py",
    "tests/consumers/test_fuzz_parsers.py",
    "tests/consumers/test_silence.py",
    "tests/consumers/test_dead_letter_acts.py",
    "tests/cli/test_dead_letters_cli.py",
    "tests/consumers/test_dead_letters.py",
    "tests/consumers/test_dead_letter_view.py",
    "tests/consumers/test_quality.py",
    "tests/consumers/test_linked_journeys.py",
    "tests/infra/test_servers_killed.py",
    "tests/infra/test_servers_start_stop.py",
    "tests/consumers/test_relay.py",
    "tests/cli/test_replay_terminal.py",
    "tests/consumers/test_relay_crash.py",
    ROWS,
    "tests/domain/test_payment.py",
    "tests/consumers/test_projector.py",
    "tests/consumers/test_settlements.py",
)
"""What takes long, the longest first, by the beginning of its name. What is missing here only ends a run later."""


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker one unit after the other, in the order in which the tests were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        self._long = config.option.markexpr == "slow"
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid, self._long)


def unit(nodeid: str, long: bool) -> str:
    """The name of what one worker runs in one go, this test among it: a file, or one test of all parameters."""
    name = nodeid.partition("[")[0] if long else nodeid.partition("::")[0]
    return ROWS if name.startswith(f"{ROWS}/") else name


def longest_first(items: list[pytest.Item]) -> None:
    """Put long units first, so that none is left over in the end; otherwise the order stays."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((at for at, name in enumerate(LONGEST) if nodeid.startswith(name)), len(LONGEST))
