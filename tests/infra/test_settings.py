"""Where a setting comes from, which one wins, and what is shown of it."""

from pathlib import Path

import pytest

from infra.errors import OperatingError
from infra.settings import Settings, connections, explain, load_settings, mask, user_file, uses_embedded


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder and an empty settings folder, and no flags."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CARECHAIN_HOME")
    monkeypatch.setattr(Settings, "flags", {})
    return tmp_path


def write_user_file(text):
    user_file().parent.mkdir(parents=True)
    user_file().write_text(text)


def test_flags_win_over_environment_over_project_over_user(folder, monkeypatch):
    write_user_file(
        'topic_prefix = "user."\nmaven_base = "https://user"\nkafka_username = "user"\nfacts_partitions = 4'
    )
    Path("carechain.toml").write_text(
        'topic_prefix = "project."\nmaven_base = "https://project"\nkafka_username = "project"'
    )
    monkeypatch.setenv("CARECHAIN_TOPIC_PREFIX", "environment.")
    monkeypatch.setenv("CARECHAIN_MAVEN_BASE", "https://environment")
    monkeypatch.setitem(Settings.flags, "topic_prefix", "flag.")

    settings = load_settings()
    origins = {line.name: line.origin for line in explain(settings)}

    assert (settings.topic_prefix, origins["topic_prefix"]) == ("flag.", "flag")
    assert (settings.maven_base, origins["maven_base"]) == ("https://environment", "CARECHAIN_MAVEN_BASE")
    assert (settings.kafka_username, origins["kafka_username"]) == ("project", "carechain.toml")
    assert (settings.facts_partitions, origins["facts_partitions"]) == (4, str(user_file()))
    assert origins["kafka_bootstrap"] == "default"


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://me:s3cret@db:5433/x", "user=me password=*** dbname=x host=db port=5433"),
        ("host=db password=s3cret", "host=db password=***"),
        ("host=db password='s3cret", "***"),
        ("host=db", "host=db"),
    ],
)
def test_a_password_in_a_dsn_is_never_shown(dsn, expected):
    assert sorted(mask(dsn).split()) == sorted(expected.split())


def test_settings_never_show_a_password(folder, monkeypatch):
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "postgresql://me:s3cret@db/x")
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "kafka:9092")
    (folder / "password").write_text("s3cret\n")
    monkeypatch.setenv("CARECHAIN_KAFKA_PASSWORD_FILE", str(folder / "password"))

    settings = load_settings()
    reached = connections(settings)

    assert reached.kafka.password == "s3cret"
    assert reached.vault_dsn == "postgresql://me:s3cret@db/x"
    for shown in (repr(settings), repr(reached), repr(explain(settings))):
        assert "s3cret" not in shown


def test_the_master_key_lies_in_the_home_unless_told_otherwise(folder):
    assert load_settings(home=folder).master_key_file == folder / "master.key"
    assert load_settings(home=folder, master_key_file="/k").master_key_file == Path("/k")


@pytest.mark.parametrize(
    ("text", "named"),
    [("facts_partitions = 0", "facts_partitions"), ("colour = 1", "colour"), ("not toml", "carechain.toml")],
)
def test_a_wrong_settings_file_is_told_with_the_place(folder, text, named):
    Path("carechain.toml").write_text(text)

    with pytest.raises(OperatingError) as caught:
        load_settings()

    assert caught.value.exit_code == 2
    assert named in caught.value.message + (caught.value.hint or "")


def test_one_external_server_alone_is_a_mistake(folder):
    with pytest.raises(OperatingError) as caught:
        uses_embedded(load_settings(kafka_bootstrap="kafka:9092"))

    assert (caught.value.exit_code, "CARECHAIN_POSTGRES_DSN" in caught.value.hint) == (2, True)
    with pytest.raises(OperatingError):
        uses_embedded(load_settings(postgres_dsn="host=db"))


def test_local_servers_that_never_ran_are_not_running(folder):
    with pytest.raises(OperatingError) as caught:
        connections(load_settings(home=folder / "home"))

    assert (caught.value.message, caught.value.hint) == (
        "The servers are not running.",
        "Start them with `carechain up`.",
    )
