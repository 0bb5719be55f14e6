"""What has been: what is late or went wrong, told without blame, and what happened, day by day."""

from collections.abc import Iterator
from itertools import groupby

from cli.account import dates, findings
from cli.account.duties import ACTS
from cli.account.facts import DATES, PLAIN, SERVICES, TOLD, listed
from cli.account.gather import Line
from cli.account.model import Item, Section
from cli.account.teller import Teller
from domain.calendar import local_date
from domain.envelope import RecordedFact
from domain.facts._parts import ServicesFact
from domain.facts.referral import TrackFact


def late(teller: Teller) -> Section:
    """Every duty that was missed or done late, then what does not fit."""
    heading = "Sådant som är försenat eller har blivit fel"
    duties = (_late(teller, line) for line in teller.told.missed if line["rule"] in ACTS)
    items = (*dict.fromkeys(duties), *dict.fromkeys(_odd(teller)))
    if not items:
        return Section("late", heading, ("Inget är försenat eller fel i de uppgifter som finns här.",))
    intro = "Så här står det i uppgifterna. Ibland är något gjort, men inte antecknat."
    return Section("late", heading, (intro,), items)


def _late(teller: Teller, line: Line) -> Item:
    due = line["due_at"]
    if line["done_at"] is not None:
        how = f"Det blev gjort {dates.when(line['done_at'])}, {dates.length(line['done_at'] - due)} för sent."
    elif line["ended_at"] is not None:
        how = "Det blev inte gjort."
    else:
        how = "Det är inte gjort än."
    return Item(
        f"skulle {teller.say(ACTS[line['rule']])}, senast {dates.by(due)}. {how}", teller.places.who(line)
    )


def _odd(teller: Teller) -> Iterator[Item]:
    records = False
    for line in teller.told.findings:
        records |= line["rule"] in findings.OF_RECORDS and line["ended_at"] is None
        if line["rule"] in findings.SAID:
            begun = f"{dates.begin(dates.when(line['started_at']))}:"
            yield Item(teller.say(findings.SAID[line["rule"]]), begun, _put_right(line))
    if records:
        yield Item(teller.say(findings.RECORDS))


def _put_right(line: Line) -> tuple[str, ...]:
    if line["ended_at"] is not None:
        return (f"Det ordnade sig {dates.when(line['ended_at'])}.",)
    return () if line["rule"] in findings.EVENTS else ("Det är inte löst än.",)


# -- what happened ---------------------------------------------------------------------------------------------------


def happened(teller: Teller) -> Section:
    """Fact by fact, day by day, in order."""
    days = groupby(teller.told.timeline, key=lambda line: local_date(line["started_at"]))
    parts = tuple(
        Section(day.isoformat(), dates.begin(dates.of_day(day)), (), _day(teller, list(lines)))
        for day, lines in days
    )
    intro = () if parts else ("Inget syns här.",)
    return Section("happened", "Vad som har hänt", intro, (), parts)


def _day(teller: Teller, lines: list[Line]) -> tuple[Item, ...]:
    """A day's facts. A unit is named where it is not the one of the fact before; what is told twice stands once."""
    before = [None, *(line["unit"] for line in lines)]
    items = (
        _event(teller, line, known=line["unit"] == unit) for line, unit in zip(lines, before, strict=False)
    )
    return tuple({(item.lead, item.text): item for item in reversed(list(items))}.values())[::-1]


def _event(teller: Teller, line: Line, *, known: bool) -> Item:
    fact = teller.told.facts.get(line["facts"][0])
    day_only = fact is not None and fact.corrected_by is None and fact.envelope.timeprecision == "day"
    lead = "" if day_only else dates.begin(dates.clock(line["started_at"]))
    unit = "" if known else teller.places.name(line["unit"])
    by = (f"Antecknat av {unit}.",) if unit else ()
    return Item(_sentence(teller, line["fact"], fact), lead, (*_more(teller, line, fact), *by))


def _sentence(teller: Teller, name: str, fact: RecordedFact | None) -> str:
    said = PLAIN.get(name, "Något antecknades om {din} vård.")
    told = TOLD.get(name)
    if told is not None and fact is not None and fact.fact is not None:
        values = tuple(getattr(fact.fact, field) for field in told.fields)
        said = told.sentences.get(values, said)
    return teller.say(said)


def _more(teller: Teller, line: Line, fact: RecordedFact | None) -> Iterator[str]:
    if line["state"] == "voided":
        yield "Detta var fel och räknas inte."
    elif line["state"] == "amended":
        yield "Uppgiften är rättad."
    elif line["state"] == "sealed":
        yield "Mer än så går inte att visa."
    if fact is not None:
        yield from _details(teller, line["fact"], fact)


def _details(teller: Teller, name: str, fact: RecordedFact) -> Iterator[str]:
    said = fact.fact
    if isinstance(said, ServicesFact) and said.services:
        yield f"Det gäller {listed([SERVICES[service] for service in said.services])}."
    if isinstance(said, TrackFact) and (track := teller.track(said.track)):
        yield f"Det gäller {track}."
    for (kind, field), words in DATES.items():
        at = getattr(said, field, None) if kind == name else None
        if at is not None:
            yield words.format(day=dates.of_day(local_date(at)), when=dates.by(at))
