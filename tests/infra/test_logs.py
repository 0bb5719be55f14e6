"""Log lines: JSON where nobody watches, with one correlation id over all lines of one piece of work."""

import io
import json
import logging

import pytest
import structlog

from infra.logs import configure_logs, correlation, get_logger


@pytest.fixture
def lines():
    root = logging.getLogger()
    before = (root.handlers, root.level)
    stream = io.StringIO()
    configure_logs(stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers, root.level = before


def test_a_line_is_json_with_its_time_and_correlation(lines):
    with correlation("c-1") as given:
        get_logger("relay").info("published", facts=3)

    (line,) = lines()
    assert given == "c-1"
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "published",
        "facts": 3,
        "level": "info",
        "logger": "relay",
        "correlation_id": "c-1",
    }


def test_libraries_speak_the_same_form_and_only_of_trouble(lines):
    logging.getLogger("kafka.net").info("noise")
    logging.getLogger("kafka.net").warning("lost %s", "node")

    assert [(line["event"], line["logger"]) for line in lines()] == [("lost node", "kafka.net")]


def test_correlation_ends_with_the_work_and_the_processs_own_remains(lines):
    with correlation() as first, correlation() as second:
        assert first != second
    get_logger("x").warning("after")
    logging.getLogger("kafka.net").warning("from a thread that knows no work")

    own, library = (line["correlation_id"] for line in lines())
    assert own not in (first, second)
    assert library == own
