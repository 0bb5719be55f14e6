"""What a dry run shows: the first messages as facts, without an identity, and what will not become one, by column."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from cli.output import STOCKHOLM, Output, print_rows

if TYPE_CHECKING:
    from consumers.intake.dead_letters import PutAside
    from consumers.intake.message import Message
    from domain.submission import Patient, Submission

_COLUMNS = ("from", "patient", "fact", "time", "unit", "data")


class Preview:
    """Sees the messages go by, and keeps of the first what they say. Patients are told apart by number only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen = 0
        self._patients: dict[tuple[str, str], int] = {}
        self._rows: list[dict[str, object]] = []
        self._unmapped: Counter[tuple[str, str | None]] = Counter()

    def watch(self, messages: Iterable["Message"]) -> Iterator["Message"]:
        """The same messages; the first are looked into."""
        for message in messages:
            if self._seen < self._most:
                self._look(message)
            self._seen += 1
            yield message

    def put_aside(self, letter: "PutAside") -> None:
        """Count what will not become a fact."""
        self._unmapped[letter.reason, letter.field] += 1

    def _look(self, message: "Message") -> None:
        from consumers.intake.ingest import read
        from domain.errors import Unreadable

        said = read(message)
        place = message.place or "standard input"
        if isinstance(said, Unreadable):
            self._rows.append({"from": place, "fact": f"put aside: {said.reason}"})
            return
        for submission in said.submissions:
            self._rows.append({"from": place, **self._fact(submission)})
        if said.trouble is not None:
            what = ", ".join(filter(None, (said.trouble.reason, said.trouble.field)))
            self._rows.append({"from": place, "fact": f"put aside: {what}"})
        elif not said.submissions:
            self._rows.append({"from": place, "fact": f"not of use: {said.kind}"})

    def _fact(self, said: "Submission") -> Mapping[str, object]:
        from domain.fact import CATALOGUE

        kind = CATALOGUE.get(said.type)
        return {
            "patient": self._number(said.patient),
            "fact": kind.NAME if kind is not None else said.type,
            "time": said.time.astimezone(STOCKHOLM).date() if said.precision == "day" else said.time,
            "unit": said.unit,
            "data": list(said.data),
        }

    def _number(self, patient: "Patient | None") -> str | None:
        if patient is None:
            return None
        number = self._patients.setdefault((patient.system, patient.value), len(self._patients) + 1)
        return f"patient {number}"

    def show(self) -> None:
        """The first messages as facts."""
        if self._rows:
            print_rows(self._rows, _COLUMNS, output=Output.TABLE)
            typer.echo()

    def show_unmapped(self) -> None:
        """What will not become a fact, by reason and column."""
        if self._unmapped:
            typer.echo()
            rows = list(self._counted("put aside because", "where"))
            print_rows(rows, list(rows[0]), output=Output.TABLE)

    def as_json(self) -> Mapping[str, object]:
        """The same for programs."""
        return {"first": self._rows, "unmapped": list(self._counted("reason", "field"))}

    def _counted(self, reason: str, field: str) -> Iterator[Mapping[str, object]]:
        for (why, where), number in self._unmapped.most_common():
            yield {reason: why, field: where, "messages": number}
