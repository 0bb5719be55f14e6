"""The replay as a view in the terminal: three panes, gone through by key or by itself, in the terminal's own colours."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from cli.replay import Replay
from cli.replay_lines import Laid, Line, Tone, lay_out
from cli.replay_panes import panes
from cli.words import short_id

STYLES: dict[Tone, str] = {
    "heading": "bold",
    "new": "green",
    "alarm": "bold red",
    "late": "red",
    "gone": "dim",
}
UNITS_FROM = 96
"""Columns from which on a fact's unit stands beside whoever acted there."""
FASTEST = 0.02
"""Seconds; sooner than that nobody sees a step, and no key comes through."""
KEYS = "n/p →/← step   Home End   Tab pane   j/k scroll   space {space}   ? help   q quit"
HELP = """\
Keys
  → n space     the next moment
  ← p           the moment before
  Home End      the first moment, the last
  Tab           the next pane
  j k ↓ ↑       scroll it by a line; PgDn PgUp by a page
  space         with --speed: pause, and go on
  q Ctrl-C      quit

Signs: what changed in this step
  +  it came, or is owed      -  it went, or is done
  >  a clock started          <  a clock ended
  !  missed, or done late

Any key closes this."""


class Pane(Static, can_focus=True):
    """A titled part of the screen; the title says which lines are seen where they are not all seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(self, title: str, empty: str, *, follow_end: bool = False) -> None:
        super().__init__(id=title.split()[-1].lower())
        self._title, self._empty, self._follow_end = title, empty, follow_end
        self._lines: Sequence[Line] = ()
        self._laid: Sequence[Laid] = ()
        self._top = 0

    def tell(self, lines: Sequence[Line]) -> None:
        """Show the lines of another step."""
        self._lines = lines
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def action_scroll(self, by: int) -> None:
        self._top += by
        self._show()

    def action_page(self, by: int) -> None:
        self.action_scroll(by * max(1, self.size.height - 1))

    def _fit(self) -> None:
        """Lay the lines out for the width there is, with what changed in sight."""
        self._laid = lay_out(self._lines, self.size.width)
        changed = [place for place, one in enumerate(self._laid) if one.changed]
        if self._follow_end:
            self._top = len(self._laid)
        elif changed and changed[-1] >= self.size.height:
            # One line above, which may say whose it is.
            self._top = changed[0] - 1
        else:
            self._top = 0
        self._show()

    def _show(self) -> None:
        height, count = self.size.height, len(self._laid)
        self._top = max(0, min(self._top, count - height))
        seen = self._laid[self._top : self._top + height]
        told = Text("\n").join(Text(one.text, STYLES.get(one.tone, "")) for one in seen)
        self.update(told if self._laid else Text(f"  {self._empty}", "dim"))
        which = f", lines {self._top + 1}–{self._top + len(seen)} of {count}" if 0 < len(seen) < count else ""
        self.border_title = f" {self._title}{which} "


class Help(ModalScreen[None]):
    """The keys and the signs, over the view, until any key."""

    def compose(self) -> ComposeResult:
        yield Static(Text(HELP), id="help")

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss()


class ReplayApp(App[None]):
    """One journey, moment by moment. With ``speed`` (seconds a step) it plays by itself."""

    TITLE = "carechain"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: ansi_default; color: ansi_default; overflow: hidden; }
    #header { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    #incomplete { height: auto; }
    #footer { height: 1; text-wrap: nowrap; text-overflow: ellipsis; text-style: dim; }
    Pane { height: 4fr; text-wrap: nowrap; border-top: solid ansi_default; border-title-color: ansi_default; }
    Pane:focus { border-top: heavy ansi_default; border-title-style: bold reverse; }
    #facts { height: 3fr; }
    Help { align: center middle; background: ansi_default; }
    #help { width: auto; height: auto; padding: 0 1; border: solid ansi_default; background: ansi_default; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,n", "step(1)", show=False),
        Binding("left,p", "step(-1)", show=False),
        Binding("space", "space", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("question_mark,h", "help", show=False),
        Binding("q,ctrl+d", "quit", show=False),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, replay: Replay, speed: float | None = None) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self._replay, self._speed = replay, speed
        self._number = 0
        self._playing = speed is not None

    def compose(self) -> ComposeResult:
        yield Static(id="header")
        if self._replay.incomplete is not None:
            yield Static(Text(f"Incomplete: {self._replay.incomplete}", "bold red"), id="incomplete")
        yield Pane("Facts", "nothing yet", follow_end=True)
        yield Pane("Responsibility", "nobody")
        yield Pane("Running clocks", "none")
        yield Static(id="footer")

    def on_mount(self) -> None:
        self._show()
        if self._speed is not None:
            self.set_interval(max(self._speed, FASTEST), self._play)

    def on_resize(self) -> None:
        self._show()

    # -- keys ------------------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        self._go(self._number + by)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self._replay.steps) - 1)

    def action_space(self) -> None:
        """A step on; where it plays by itself, a pause."""
        if self._speed is None:
            self.action_step(1)
            return
        self._playing = not self._playing and not self._at_end
        self._show()

    def action_help(self) -> None:
        self.push_screen(Help())

    # -- steps -----------------------------------------------------------------------------------------------------

    @property
    def _at_end(self) -> bool:
        return self._number == len(self._replay.steps) - 1

    def _play(self) -> None:
        """The next step by itself; not while somebody reads the help."""
        if self._playing and not isinstance(self.screen, Help):
            self._go(self._number + 1, playing=True)

    def _go(self, number: int, *, playing: bool = False) -> None:
        """To a step; whoever goes by key has taken over from the clock."""
        self._number = max(0, min(number, len(self._replay.steps) - 1))
        self._playing = playing and not self._at_end
        self._show()

    def _show(self) -> None:
        base = self.screen_stack[0]
        seen = panes(self._replay, self._number, units=self.size.width >= UNITS_FROM)
        journey = short_id(self._replay.journey)
        header = Text()
        header.append(f"Journey {journey}   step {seen.number} of {seen.of}   {seen.moment}", "bold")
        header.append(f"   {self._pace()}".rstrip())
        header.append(f"\nStay: {seen.stays}")
        base.query_one("#header", Static).update(header)
        for name in ("facts", "responsibility", "clocks"):
            base.query_one(f"#{name}", Pane).tell(getattr(seen, name))
        space = "pause" if self._playing else "plays" if self._speed is not None else "step"
        base.query_one("#footer", Static).update(Text(KEYS.format(space=space)))

    def _pace(self) -> str:
        if self._playing:
            return f"plays, {self._speed:g} s a step"
        if self._at_end:
            return "the end"
        return "paused" if self._speed is not None else ""

    # -- what goes wrong -------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """No traceback with the values of a patient on the terminal: the command line tells of the error."""
        self._close_messages_no_wait()


def show(replay: Replay, speed: float | None = None) -> None:
    """Show the view until somebody quits. Raises whatever went wrong in it."""
    app = ReplayApp(replay, speed)
    # Without the mouse the terminal's own marking and copying work, over SSH too.
    app.run(mouse=False)
    if app._exception is not None:
        raise app._exception
