"""`carechain projection`: rebuild what is shown from Kafka, verify it, or see how far it has come."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.output import Output, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from consumers.status import Status
    from infra.settings import Connections, Settings

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Rebuild, verify or watch what is shown.")

JSON = typer.Option(False, "--json", help="The same as --output json.")
OUTPUT = typer.Option(Output.TABLE, "--output", help="How to print the answer.")
SHOWN_DIFFERENCES = 100


@app.command()
def status(as_json: bool = JSON, output: Output = OUTPUT) -> None:
    """Show positions, lag, the newest fact's age, and the journeys that are not shown whole.

    \b
    carechain projection status
    carechain projection status --json

    After an agreement or a register was adopted or withdrawn, it says how many journeys still show what held before.
    """
    from consumers.status import status as ask
    from infra.topics import topic_name

    settings, connections = _reach()
    now = datetime.now(UTC)
    found = ask(connections, topic_name(settings, "facts"), topic_name(settings, "reference"))
    age = None if found.newest_at is None else round((now - found.newest_at).total_seconds(), 3)
    rows = [
        {"partition": p.partition, "next_offset": p.next_offset, "end_offset": p.end_offset, "lag": p.lag}
        | {"newest_at": p.newest_at}
        for p in found.partitions
    ]
    parked = [
        {"journey": journey, "since": since, "reason": reason} for journey, since, reason in found.parked
    ]
    meta = {
        "lag": found.lag,
        "newest_at": found.newest_at,
        "newest_age_seconds": age,
        "journeys": found.journeys,
        "journeys_to_conclude_anew": found.to_conclude,
        "agreements": list(found.agreements),
        "reference_lag": found.reference_lag,
        "adoptions_unpublished": found.unpublished,
        "concluding_anew": found.concluding_anew,
        "parked": parked,
        "odd_records": found.oddities,
    }
    print_rows(
        rows,
        ["partition", "next_offset", "end_offset", "lag", "newest_at"],
        output=_form(as_json, output),
        meta=meta,
    )
    if not as_json and output is Output.TABLE:
        say(_sentence(found.lag, age, found.journeys))
        for sentence in _on_what(found):
            say(sentence)
        for journey in parked:
            since = f"{journey['since']:%Y-%m-%d %H:%M} UTC"
            say(f"Journey {journey['journey']} is incomplete since {since}: {journey['reason']}")


def _sentence(lag: int, age: float | None, journeys: int) -> str:
    newest = (
        "no fact yet" if age is None else f"the newest fact was recorded {age:,.0f} s ago".replace(",", " ")
    )
    behind = "up to date" if lag == 0 else f"{lag} records behind Kafka (is `carechain run` running?)"
    return f"{journeys} journeys, {behind}; {newest}."


def _on_what(found: "Status") -> Iterator[str]:
    """Which agreements the rows rest on, and what was adopted that not all of them rest on yet."""
    waits = found.unpublished or found.reference_lag
    if waits:
        where = "on record and not on Kafka" if found.unpublished else "on Kafka and not read"
        yield f"What was adopted last is {where} yet (is `carechain run` running?)."
    stands = ", ".join(found.agreements) or "no agreement: the statute everywhere"
    if found.to_conclude:
        yield (
            f"Conclusions are being made anew: {found.to_conclude} of {found.journeys} journeys still show what held"
            f" before. What stands now: {stands}."
        )
    else:
        waits = found.unpublished or found.reference_lag
        yield f"All journeys rest on what {'stood before' if waits else 'stands'}: {stands}."


@app.command()
def rebuild(as_json: bool = JSON) -> None:
    """Make journal and answers anew from Kafka, beside what is shown, and put them in its place.

    \b
    carechain projection rebuild

    Readers go on reading meanwhile. What was sealed under a key that is gone counts by type, time and controller.
    """
    from consumers.rebuild import Rebuild
    from infra.keys import master_key
    from infra.topics import topic_name

    settings, connections = _reach()
    job = Rebuild(
        connections,
        master_key(settings),
        topic=topic_name(settings, "facts"),
        reference_topic=topic_name(settings, "reference"),
    )
    with telling() as tell:
        made = job.run(tell)
    if as_json:
        print_json(
            {
                "version": 1,
                "data": {
                    "facts": made.facts,
                    "journeys": made.journeys,
                    "rows": made.rows,
                    "parked": made.parked,
                },
            }
        )
        return
    say(f"Rebuilt {made.rows} rows of {made.journeys} journeys from {made.facts} facts.")
    if made.parked:
        say(f"{made.parked} journeys are not shown whole: `carechain projection status` names them.")


@app.command()
def verify(as_json: bool = JSON) -> None:
    """Conclude every journey again and report each row that is shown otherwise; exits 1 when there is one.

    \b
    carechain projection verify
    """
    from itertools import islice

    from consumers.rebuild import verify as check
    from infra.keys import master_key
    from infra.topics import topic_name

    settings, connections = _reach()
    with telling() as tell:
        differences = list(
            islice(
                check(
                    connections,
                    master_key(settings),
                    reference_topic=topic_name(settings, "reference"),
                    tell=tell,
                ),
                SHOWN_DIFFERENCES,
            )
        )
    rows = [
        {
            "table": d.table,
            "journey": d.journey,
            "id": d.id,
            "valid_from": d.valid_from,
            "columns": list(d.columns),
        }
        for d in differences
    ]
    if as_json or rows:
        print_rows(
            rows, ["table", "journey", "id", "valid_from", "columns"], output=_form(as_json, Output.TABLE)
        )
    if rows:
        say("What is shown is not what follows from the facts: run `carechain projection rebuild`.")
        raise typer.Exit(1)
    say("What is shown is what follows from the facts.")


@contextmanager
def telling() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is done in turn."""
    with ExitStack() as stack:
        current: dict[str, Callable[[int], None]] = {}
        done_before: dict[str, int] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in current:
                stack.pop_all().close()
                current[what] = stack.enter_context(progress(f"{what[:1].upper()}{what[1:]}", total))
                done_before[what] = 0
            current[what](done - done_before[what])
            done_before[what] = done

        yield tell


def _form(as_json: bool, output: Output) -> Output:
    return Output.JSON if as_json else output


def _reach() -> "tuple[Settings, Connections]":
    from infra.settings import connections, load_settings

    settings = load_settings()
    return settings, connections(settings)
