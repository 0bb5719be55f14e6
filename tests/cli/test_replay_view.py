"""The replay's view, gone through by key, as a 100 x 30 terminal shows it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from given import WARD
from replays import replay
from textual.pilot import Pilot

from cli import replay_view
from cli.replay_view import Pane, ReplayApp

App = Pilot[None]


def play(
    script: Callable[[App], Awaitable[None]],
    size: tuple[int, int] = (100, 30),
    speed: float | None = None,
    **given: Any,
) -> None:
    """Run a script of keys against the view."""

    async def run() -> None:
        async with ReplayApp(replay(**given), speed).run_test(size=size) as pilot:
            await pilot.pause()
            await script(pilot)

    asyncio.run(asyncio.wait_for(run(), 60))


def screen(pilot: App) -> list[str]:
    """The screen's lines as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def header(pilot: App) -> str:
    return screen(pilot)[0]


def pane(pilot: App, name: str) -> list[str]:
    """The lines seen in a pane, without those that are empty."""
    found = pilot.app.query_one(f"#{name}", Pane)
    top, height = found.content_region.y, found.content_region.height
    return [line for line in screen(pilot)[top : top + height] if line]


async def until(pilot: App, true: Callable[[], bool]) -> None:
    """Wait for something to become true; the script's own limit ends a wait in vain."""
    while not true():
        await pilot.pause(0.01)


def test_the_first_step_fills_the_screen_and_names_the_keys() -> None:
    async def script(pilot: App) -> None:
        lines = screen(pilot)
        assert len(lines) == 30
        assert lines[0] == "Journey 00000000   step 1 of 5   Mon 2026-03-02 10:00 +01:00"
        assert lines[1] == f"Stay: + inpatient at {WARD}"
        assert pane(pilot, "facts") == [
            f"+ 2026-03-02 10:00  patient admitted  Region Gävleborg, inpatient, {WARD}"
        ]
        assert pane(pilot, "responsibility") == [
            "Region Gävleborg, inpatient",
            f"+ care  {WARD}, since 2026-03-02 10:00",
        ]
        assert pane(pilot, "clocks") == ["  none"]
        assert lines[-1] == "n/p →/← step   Home End   Tab pane   j/k scroll   space step   ? help   q quit"

    play(script)


@pytest.mark.parametrize("key", ["right", "n", "space"])
def test_forward(key: str) -> None:
    async def script(pilot: App) -> None:
        await pilot.press(key)
        assert "step 2 of 5   Mon 2026-03-02 12:00 +01:00" in header(pilot)
        assert "+ 22 h left   Admission notice within 24 hours (MH-01), by 2026-03-03 10:00" in pane(
            pilot, "clocks"
        )

    play(script)


@pytest.mark.parametrize("key", ["left", "p"])
def test_back_and_not_before_the_beginning(key: str) -> None:
    async def script(pilot: App) -> None:
        await pilot.press("n", "n", key)
        assert "step 2 of 5" in header(pilot)
        await pilot.press(key, key, key)
        assert "step 1 of 5" in header(pilot)

    play(script)


def test_end_home_and_not_beyond_the_end() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("end")
        assert header(pilot).endswith("step 5 of 5   Wed 2026-03-04 13:00:05 +01:00   the end")
        assert "+ payment       since 2026-03-04 13:00" in pane(pilot, "responsibility")
        await pilot.press("n")
        assert "step 5 of 5" in header(pilot)
        await pilot.press("home")
        assert "step 1 of 5" in header(pilot)

    play(script)


def test_tab_goes_round_the_panes_and_j_and_k_scroll_the_one_in_focus() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("end")
        first = pane(pilot, "facts")
        assert "Facts, lines 4–5 of 5" in "\n".join(screen(pilot))
        await pilot.press("k", "k")
        assert pane(pilot, "facts")[0].startswith("  2026-03-02 12:00")
        await pilot.press("j", "j", "j")
        assert pane(pilot, "facts") == first
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.query_one("#responsibility")
        before = pane(pilot, "responsibility")
        await pilot.press("j")
        assert pane(pilot, "responsibility")[0] == before[1]
        await pilot.press("tab", "tab")
        assert pilot.app.focused is pilot.app.query_one("#facts")

    play(script, size=(100, 14))


def test_what_changed_comes_into_sight() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("end")
        assert pane(pilot, "responsibility")[:2] == [
            "Gävle, social-services",
            "+ payment       since 2026-03-04 13:00",
        ]
        await pilot.press("home", "n")
        assert "+ next step  Admission notice within 24 hours (MH-01)" in pane(pilot, "responsibility")

    play(script, size=(100, 13))


def test_help_lies_over_the_view_until_a_key() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("question_mark")
        assert "a clock started" in "\n".join(screen(pilot))
        await pilot.press("n")
        assert "step 1 of 5" in header(pilot)
        assert "a clock started" not in "\n".join(screen(pilot))

    play(script)


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+d"])
def test_quit(key: str) -> None:
    async def script(pilot: App) -> None:
        await pilot.press(key)
        await until(pilot, lambda: not pilot.app.is_running)

    play(script)


def test_by_itself_to_the_end() -> None:
    async def script(pilot: App) -> None:
        await until(pilot, lambda: header(pilot).endswith("the end"))
        assert "step 5 of 5" in header(pilot)

    play(script, speed=0.01)


def test_space_pauses_and_goes_on_and_a_step_by_key_pauses() -> None:
    async def script(pilot: App) -> None:
        assert header(pilot).endswith("plays, 3600 s a step")
        assert "space pause" in screen(pilot)[-1]
        await pilot.press("space")
        assert header(pilot).endswith("paused")
        await pilot.press("space")
        assert header(pilot).endswith("plays, 3600 s a step")
        await pilot.press("n")
        assert "step 2 of 5" in header(pilot)
        assert header(pilot).endswith("paused")

    play(script, speed=3600)


def test_until_is_where_it_ends() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("end")
        assert "step 2 of 2   Mon 2026-03-02 12:00" in header(pilot)

    play(script, until="2026-03-02T12:00")


def test_what_is_incomplete_stands_in_the_header_whole() -> None:
    because = "Version 3 of the journey is missing."

    async def script(pilot: App) -> None:
        assert screen(pilot)[2] == f"Incomplete: {because}"

    play(script, incomplete=because)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12), (20, 5), (5, 2), (1, 1)])
def test_smaller_terminals_show_less_and_do_not_break(size: tuple[int, int]) -> None:
    async def script(pilot: App) -> None:
        for key in ("n", "n", "tab", "j", "pagedown", "k", "question_mark", "x", "end", "p"):
            await pilot.press(key)
            lines = screen(pilot)
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)
        if size[0] >= 60:
            assert "step 4 of 5" in header(pilot)

    play(script, size=size)


def test_in_80_by_24_nothing_is_cut_off() -> None:
    async def script(pilot: App) -> None:
        for _ in range(5):
            lines = screen(pilot)
            assert not [line for line in lines if "…" in line]
            assert lines[-1].endswith("q quit")
            await pilot.press("n")

    play(script, size=(80, 24))


def test_another_size_is_filled_anew() -> None:
    async def script(pilot: App) -> None:
        await pilot.press("n", "n")
        await pilot.resize_terminal(60, 40)
        await pilot.pause()
        lines = screen(pilot)
        assert len(lines) == 40
        assert "! missed now   Admission notice within 24 hours (MH-01), was" in lines

    play(script)


def test_what_goes_wrong_is_told_by_the_command_line_without_a_patients_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        secret = "Qvintilia"
        raise ValueError(len(secret))

    monkeypatch.setattr(replay_view, "panes", broken)
    with pytest.raises(ValueError, match="9"):
        play(lambda pilot: pilot.press("n"))
    out, err = capsys.readouterr()
    assert "Qvintilia" not in out + err
