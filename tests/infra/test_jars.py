"""Fetching Kafka's programs: only whole and right files count, and every trouble is told with a hint."""

import hashlib
import http.server
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from infra.embedded import jars
from infra.embedded.jars import Jar
from infra.errors import OperatingError

CONTENT = {"a-1.jar": b"first", "b-2.jar": b"second"}


@pytest.fixture
def repository(monkeypatch):
    """A Maven repository with two small files, which the list asks for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        asked: ClassVar[list[str]] = []

        def do_GET(self):
            self.asked.append(self.path)
            content = CONTENT.get(self.path.rsplit("/", 1)[-1])
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_): ...

    def sha(name):
        return hashlib.sha256(CONTENT[name]).hexdigest()

    listed = (Jar("org.x", "a", "1", sha("a-1.jar")), Jar("org.y.z", "b", "2", sha("b-2.jar")))
    monkeypatch.setattr(jars, "read_lock", lambda: listed)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.asked = Handler.asked
        server.base = f"http://127.0.0.1:{server.server_port}/maven2"
        yield server
        server.shutdown()
        thread.join()


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_all_are_fetched_and_none_twice(repository, tmp_path):
    told = []
    jars.fetch(tmp_path, repository.base, lambda done, total: told.append((done, total)))
    jars.fetch(tmp_path, repository.base, lambda done, total: told.append("again"))

    assert sorted(repository.asked) == ["/maven2/org/x/a/1/a-1.jar", "/maven2/org/y/z/b/2/b-2.jar"]
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == CONTENT


def test_a_file_that_a_killed_run_left_unfinished_is_fetched_again(repository, tmp_path):
    (tmp_path / "a-1.jar.part").write_bytes(b"fi")

    jars.fetch(tmp_path, repository.base, lambda *_: None)

    assert (tmp_path / "a-1.jar").read_bytes() == b"first"


def test_another_file_than_expected_is_refused(repository, tmp_path, monkeypatch):
    monkeypatch.setitem(CONTENT, "b-2.jar", b"other!")

    with pytest.raises(OperatingError, match=r"b-2\.jar from 127\.0\.0\.1 is not the file we expect"):
        jars.fetch(tmp_path, repository.base, lambda *_: None)

    assert "b-2.jar" not in names(tmp_path)


def test_a_repository_without_the_file_is_told(repository, tmp_path, monkeypatch):
    monkeypatch.delitem(CONTENT, "b-2.jar")

    with pytest.raises(OperatingError) as caught:
        jars.fetch(tmp_path, repository.base, lambda *_: None)

    assert "CARECHAIN_MAVEN_BASE" in caught.value.hint


def test_no_network_is_told(tmp_path):
    with pytest.raises(OperatingError) as caught:
        jars.fetch(tmp_path, "http://127.0.0.1:1", lambda *_: None)

    assert caught.value.message == "Kafka's programs could not be fetched from 127.0.0.1."
    assert (caught.value.exit_code, "network" in caught.value.hint) == (3, True)


@pytest.mark.parametrize("base", ["ftp://x", "file:///etc", "maven"])
def test_only_web_addresses_are_asked(tmp_path, base):
    with pytest.raises(OperatingError, match="not a web address") as caught:
        jars.fetch(tmp_path, base, lambda *_: None)

    assert caught.value.exit_code == 2


def test_the_list_pins_one_kafka():
    listed = jars.read_lock()

    assert len(listed) == 47
    assert len({jar.file_name for jar in listed}) == 47
    assert {jar.version for jar in listed if jar.group == "org.apache.kafka"} == {"4.3.1"}
    assert all(len(jar.sha256) == 64 for jar in listed)
    assert "kafka-tools-4.3.1.jar" not in jars.class_path(Path("x"))
    assert "kafka-tools-4.3.1.jar" in jars.class_path(Path("x"), with_tools=True)
