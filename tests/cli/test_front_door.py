"""The command line as a whole: quick help, suggestions, errors as sentences, exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from domain.errors import Refused
from infra.errors import OperatingError
from infra.settings import Settings

CARECHAIN = Path(sys.executable).parent / "carechain"
SLOW = ("psycopg", "kafka", "structlog", "pydantic", "rich", "eventsourcing", "infra")


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch):
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "")


def test_help_lists_every_command_and_imports_nothing_slow():
    code = f"import sys; from cli.main import run; run(['--help']); print([m for m in {SLOW} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    for name, entry in main.COMMANDS.items():
        assert any(line.split()[:1] == [name] and entry.help in line for line in done.stdout.splitlines())


def test_without_a_command_the_help_is_shown_and_usage_is_wrong(capsys):
    assert main.run([]) == 2

    out, err = capsys.readouterr()
    assert (out, err.startswith("Usage: carechain"), "error:" in err) == ("", True, False)


def test_a_typo_gets_a_suggestion(capsys):
    assert main.run(["statsu"]) == 2

    assert capsys.readouterr().err.splitlines() == [
        "error: No such command 'statsu'. Did you mean 'status', 'stay'?",
        "hint: See `carechain --help`.",
    ]


def test_a_wrong_option_names_the_commands_help(capsys):
    assert main.run(["status", "--jsno"]) == 2

    err = capsys.readouterr().err
    assert "--json" in err
    assert "hint: See `carechain status --help`." in err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            Refused("The patient is not admitted.", "Admit first."),
            1,
            "error: The patient is not admitted.\nhint: Admit first.\n",
        ),
        (Refused("No."), 1, "error: No.\n"),
        (OperatingError("No disk.", hint="Buy one."), 3, "error: No disk.\nhint: Buy one.\n"),
        (OperatingError("Not you.", exit_code=4), 4, "error: Not you.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_become_sentences_and_exit_codes(monkeypatch, capsys, error, code, said):
    def fail(**_):
        raise error

    monkeypatch.setattr(main, "app_command", lambda: fail)

    assert main.run(["status"]) == code
    assert capsys.readouterr().err == said


def test_what_a_bug_says_is_not_shown_since_it_may_hold_an_identity(monkeypatch, capsys):
    def fail(**_):
        raise ValueError("19121212-1212")

    monkeypatch.setattr(main, "app_command", lambda: fail)

    assert main.run(["status"]) == 70
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "1212" not in err
    assert "--debug" in err


def test_a_lost_server_is_exit_3(monkeypatch, capsys):
    import psycopg

    def fail(**_):
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(main, "app_command", lambda: fail)

    assert main.run(["status"]) == 3


@pytest.mark.parametrize(
    "number", ["191212121212", "19121212-1212", "1212121212", "121212-1212", "121212+1212", "999999-9999"]
)
@pytest.mark.parametrize(
    "words",
    [["{}"], ["status", "{}"], ["journey", "show", "{}"], ["ingest", " {}"], ["waits", "--journey={}"]],
)
def test_a_number_like_a_patients_is_refused_at_any_command_and_not_repeated(capsys, words, number):
    assert main.run([word.format(number) for word in words]) == 2

    out, err = capsys.readouterr()
    assert "--patient -" in err
    assert number not in out + err


def test_what_only_holds_such_digits_goes_on(tmp_path, capsys):
    assert main.run(["--home", str(tmp_path / "191212121212"), "status", "--json"]) == 0
    assert '"home"' in capsys.readouterr().out


def test_debug_shows_the_traceback(monkeypatch):
    def fail(_):
        raise OperatingError("No.")

    monkeypatch.setattr(main, "load_command", fail)

    with pytest.raises(OperatingError):
        main.run(["--debug", "status"])
    assert main.run(["status"]) == 3


def test_every_command_of_the_servers_has_an_example_in_its_help(capsys):
    for words in (
        ["up"],
        ["down"],
        ["status"],
        ["doctor"],
        ["config"],
        ["topics", "list"],
        ["topics", "create"],
    ):
        assert main.run([*words, "--help"]) == 0
        assert f"\n  carechain {' '.join(words)}" in capsys.readouterr().out


def test_the_version_is_told(capsys):
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == "carechain 0.1.0\n"


def test_the_home_can_be_a_flag(tmp_path, capsys):
    assert main.run(["--home", str(tmp_path), "status", "--json"]) == 0
    assert f'"home": "{tmp_path}"' in capsys.readouterr().out


def test_config_shows_names_values_and_origins_but_no_password(monkeypatch, capsys):
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "postgresql://me:s3cret@db/x")

    assert main.run(["config", "--output", "csv"]) == 0

    out = capsys.readouterr().out
    assert out.splitlines()[0] == "name,value,origin"
    assert "topic_prefix,carechain.,default" in out
    assert "CARECHAIN_POSTGRES_DSN" in out
    assert "s3cret" not in out


def test_status_and_down_without_servers_are_well(tmp_path, capsys):
    assert main.run(["--home", str(tmp_path), "status"]) == 0
    assert main.run(["--home", str(tmp_path), "down"]) == 0
    assert "Nothing was running." in capsys.readouterr().err


def test_up_that_fails_is_exit_3(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")

    assert main.run(["--home", str(tmp_path), "up"]) == 3
    assert "error: PostgreSQL at 127.0.0.1:1 does not answer." in capsys.readouterr().err


def test_doctor_that_finds_something_is_exit_1(tmp_path, capsys):
    assert main.run(["--home", str(tmp_path), "doctor"]) == 1
    assert "carechain up" in capsys.readouterr().out
