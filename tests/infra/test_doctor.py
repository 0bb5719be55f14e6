"""What `doctor` finds wrong, and what it says to do."""

import sys
from datetime import UTC, datetime

import pytest

from infra import doctor
from infra.settings import Settings


def states(findings):
    return [(finding.check, finding.state) for finding in findings]


def test_this_installation_is_well():
    for look in (
        doctor.installed_versions,
        doctor.package_names,
        doctor.checksum,
        doctor.time_zone,
        doctor.clock,
    ):
        assert {finding.state for finding in look()} == {"well"}


def test_a_library_too_old_or_missing_is_found(monkeypatch):
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["psycopg>=99", "no-such-library>=1", 'x; python_version<"3"']
    )

    said = [finding.message for finding in doctor.installed_versions()]

    assert said[0].startswith("The library psycopg is version 3.")
    assert said[1:] == ["The library no-such-library is missing."]


def test_another_projects_package_of_the_same_name_is_found(tmp_path, monkeypatch):
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").write_text("")
    for name in [name for name in sys.modules if name.partition(".")[0] == "domain"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)

    (finding,) = doctor.package_names()

    assert finding.state == "wrong"
    assert str(tmp_path) in finding.message


def test_a_missing_c_library_is_found(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "crc32c" else object())

    assert states(doctor.checksum()) == [("checksum", "wrong")]


def test_missing_time_zone_data_is_found(monkeypatch):
    def nowhere(name):
        raise doctor.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(doctor, "ZoneInfo", nowhere)

    assert states(doctor.time_zone()) == [("time zone", "wrong")]


def test_a_clock_that_was_never_set_is_found(monkeypatch):
    monkeypatch.setattr(doctor, "CLOCK_MIN", datetime(9000, 1, 1, tzinfo=UTC))

    assert states(doctor.clock()) == [("clock", "wrong")]


def test_a_nearly_full_disk_is_found_even_before_the_home_exists(tmp_path, monkeypatch):
    assert states(doctor.disk(tmp_path / "no" / "home")) == [("disk", "well")]
    monkeypatch.setattr(doctor, "FREE_BYTES_MIN", 2**62)
    assert states(doctor.disk(tmp_path / "no" / "home")) == [("disk", "wrong")]


def test_secrets_that_others_may_read_are_found(tmp_path):
    settings = Settings(home=tmp_path)
    (tmp_path / "master.key").write_text("x")
    (tmp_path / "master.key").chmod(0o600)
    assert list(doctor.secrets(settings)) == []

    (tmp_path / "master.key").chmod(0o640)
    (finding,) = doctor.secrets(settings)

    assert finding.hint == f"Run `chmod 600 {tmp_path / 'master.key'}`."


def test_servers_that_do_not_run_are_found(tmp_path):
    *_, last = doctor.examine(Settings(home=tmp_path))

    assert (last.check, last.state, last.hint) == ("servers", "wrong", "Start them with `carechain up`.")


@pytest.mark.broker
def test_missing_topics_and_lone_brokers_are_found(place):
    found = list(doctor.broker(place.settings, place.connections))
    said = {finding.message for finding in found if finding.state == "wrong"}

    assert f"The topic {place.topic('inbound')} is missing." in said
    assert f"The topic {place.topic('facts')} has 1 replicas, and needs 3." in said
    assert f"The topic {place.topic('facts')} has min.insync.replicas=1, and needs 2." in said
    assert [f.message for f in found if f.state == "note"] == [
        f"The connection to Kafka at {place.connections.kafka.bootstrap} is not encrypted."
    ]


@pytest.mark.broker
def test_a_database_without_our_schemas_is_found(place, monkeypatch):
    assert states(doctor.postgres(place.connections)) == [("PostgreSQL", "well")]
    monkeypatch.setattr(doctor, "pending", lambda _: ["9001_new.sql"])
    (finding,) = doctor.postgres(place.connections)

    assert finding.message == f"The database {place.settings.topic_prefix[:-1]} lacks 9001_new.sql."
