"""The master key from a program: a key service's answer, its troubles told as sentences, nothing of its words shown."""

import base64
import shlex
import sys
import time
from pathlib import Path

import pytest

from infra.errors import OperatingError
from infra.key_service import ask
from infra.keys import MasterKey, create, has_master_key, master_key
from infra.settings import Settings, load_settings

ONE, TWO = bytes(range(32)), bytes(range(1, 33))


def program(text: str, *words: str) -> str:
    """A command line that runs this Python text."""
    return shlex.join([sys.executable, "-c", text, *words])


def prints(*keys: bytes) -> str:
    lines = "\n".join(base64.b64encode(key).decode() for key in keys)
    return program("import sys; print(sys.argv[1])", lines)


def test_a_program_prints_the_key() -> None:
    key = master_key(Settings(master_key_command=prints(ONE)))
    assert (key.identity, key.previous) == (MasterKey.derive(ONE).identity, None)


def test_a_second_line_is_the_key_before() -> None:
    key = master_key(Settings(master_key_command=prints(TWO, ONE)))
    assert key.content == MasterKey.derive(TWO).content
    assert key.previous is not None
    assert key.previous.content == MasterKey.derive(ONE).content


def test_the_program_may_be_a_list_in_a_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    encoded = base64.b64encode(ONE).decode()
    Path("carechain.toml").write_text(
        f'master_key_command = ["{sys.executable}", "-c", "print(\'{encoded}\')"]\n', encoding="utf-8"
    )
    assert master_key(load_settings()).content == MasterKey.derive(ONE).content


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    encoded = base64.b64encode(ONE).decode()
    command = program("import sys; print(sys.argv[1])", encoded, ";", "touch", str(tmp_path / "made"))
    assert ask(command) == [ONE]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "cannot be understood"),
        ("'unfinished", "cannot be understood"),
        ("/there/is/no/such/program", "cannot be run"),
        (program("import sys; sys.exit(7)"), r"failed \(exit code 7\)"),
        (program("print('hello')"), "something other than a master key"),
        (program(""), "something other than a master key"),
        (prints(ONE, TWO, ONE), "something other than a master key"),
        (prints(ONE[:31]), "something other than a master key"),
    ],
)
def test_what_goes_wrong_is_one_sentence(command: str, said: str) -> None:
    with pytest.raises(OperatingError, match=said) as caught:
        ask(command)
    assert caught.value.exit_code == 2
    assert "CARECHAIN_MASTER_KEY_COMMAND" in str(caught.value.hint)


def test_nothing_of_what_it_writes_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OperatingError) as caught:
        ask(program("import sys; print('s3cret'); print('s3cret', file=sys.stderr); sys.exit(1)"))
    told = f"{caught.value} {caught.value.hint}"
    out, err = capfd.readouterr()
    assert "s3cret" not in told + out + err


def test_one_that_does_not_answer_is_ended_with_what_it_started() -> None:
    # Its child holds the output open; both are ended.
    text = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    begun = time.monotonic()
    with pytest.raises(OperatingError, match=r"no answer within 0\.5 seconds"):
        ask(program(text), time_limit_s=0.5)
    assert time.monotonic() - begun < 30


def test_without_a_program_it_is_the_file(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert not has_master_key(settings)
    made = master_key(settings)
    assert has_master_key(settings)
    assert master_key(settings).content == made.content


def test_the_previous_key_comes_from_its_file(tmp_path: Path) -> None:
    before = create(tmp_path / "old")
    new = create(tmp_path / "new")
    settings = Settings(master_key_file=tmp_path / "new", master_key_previous_file=tmp_path / "old")
    key = master_key(settings)
    assert [one.name for one in key.all()] == [new.name, before.name]


def test_beside_a_previous_key_none_is_made(tmp_path: Path) -> None:
    create(tmp_path / "old")
    settings = Settings(master_key_file=tmp_path / "new", master_key_previous_file=tmp_path / "old")
    with pytest.raises(OperatingError, match="cannot be used"):
        master_key(settings)
    assert not (tmp_path / "new").exists()


def test_a_new_key_is_never_written_over_another(tmp_path: Path) -> None:
    create(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(OperatingError, match="There is a file"):
        create(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


def test_a_key_that_comes_twice_has_none_before_it() -> None:
    key = MasterKey.derive(ONE)
    assert key.after(MasterKey.derive(ONE)).previous is None
    assert repr(key.after(MasterKey.derive(TWO))) == "MasterKey()"


def test_a_name_tells_keys_apart_and_nothing_else() -> None:
    names = {MasterKey.derive(one).name for one in (ONE, TWO)}
    assert len(names) == 2
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
