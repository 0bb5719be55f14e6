"""Parts of the account made of rows by hand, of what a small journey does not hold; every sentence is written by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from given import instant, said
from sealing import ScopeSeal

from cli.account.gather import Told, words_of
from cli.account.looks import Look
from cli.account.model import Account, Item, Section
from cli.account.write import account
from domain.basis import Basis
from domain.envelope import RecordedFact, read
from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.compulsory_care import CoordinatedCarePlanEstablished
from domain.facts.correction import FactAmended
from domain.facts.municipal import MunicipalCareStarted
from domain.facts.person import PatientGoalStated
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipNeedDecided
from domain.facts.referral import ReferralSent
from domain.history import History
from domain.journey import CareJourney
from domain.organisations import Organisation, Organisations

NOW = instant("2026-03-12T12:00")
WARD, CLINIC, TEAM, PRIVATE = (
    "hsa:SE2321000198-WARD1",
    "hsa:SE2321000198-HEART",
    "hsa:SE2321000198-TEAM",
    "orgnr:5560360793",
)
REGISTER = Organisations(
    entries=(
        Organisation(id=WARD, name="Avdelning 1"),
        Organisation(id=CLINIC, name="Hjärtmottagningen", phone="08-465 004 20"),
        Organisation(id=TEAM, name="Närvårdsteamet"),
        Organisation(id=PRIVATE, name="Hjärtkliniken AB"),
    )
)


def row(**given: Any) -> dict[str, Any]:
    """A row as the questions answer it, begun on 2 March at 8."""
    known = dict.fromkeys(
        ("party", "role", "unit", "organisation", "detail", "due_at", "ended_at", "done_at", "rule")
    )
    return {**known, "facts": [], "started_at": instant("2026-03-02T08:00"), "state": "current", **given}


def facts_of(*told: tuple[str, Fact]) -> tuple[dict[str, RecordedFact], list[dict[str, Any]]]:
    """The facts by id, and the timeline's rows of them."""
    journey, seal, clock = CareJourney(UUID(int=1)), ScopeSeal(), instant("2026-03-12T00:00")
    found = []
    for number, (time, fact) in enumerate(told):
        command = replace(said(time, fact), journey=journey.id)
        found.append(journey.decide(command, clock + timedelta(seconds=number), seal, UUID(int=2)).fact)
    lines = [
        row(
            fact=one.kind.NAME,
            facts=[one.id],
            started_at=one.time,
            state="happened",
            unit=one.envelope.actorunit,
        )
        for one in found
    ]
    return {one.id: one for one in found}, lines


def told(*happened: tuple[str, Fact], **given: Any) -> Account:
    facts, lines = facts_of(*happened)
    known: dict[str, Any] = {
        "now": NOW,
        "facts": facts,
        "timeline": lines,
        "register": REGISTER,
        "basis": Basis(),
    }
    return account(Told(**{**known, **given}))


def part(written: Account, key: str) -> Section:
    (found,) = [section for section in written.sections if section.key == key]
    return found


def care(role: str, **given: Any) -> dict[str, Any]:
    return row(notion="care", role=role, **given)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            care("specialist", party="region:21", unit=CLINIC, organisation=PRIVATE, detail="heart-failure"),
            Item(
                "vård av specialist för hjärtsvikt.",
                "Specialistmottagningen:",
                ("Enhet: Hjärtmottagningen.", "Ansvarig: Region Gävleborg.", "Drivs av: Hjärtkliniken AB."),
            ),
        ),
        (
            care("open-care", party="region:21", detail="ambulance"),
            Item(
                "att höra av sig till dig efter ambulansens besök.",
                "Vårdcentralen eller mottagningen:",
                ("Ansvarig: Region Gävleborg.",),
            ),
        ),
        (
            care("mobile-team", party="region:21", unit=TEAM),
            Item(
                "vård hemma.", "Det mobila teamet:", ("Enhet: Närvårdsteamet.", "Ansvarig: Region Gävleborg.")
            ),
        ),
        (
            care("team-member", party="municipality:2180", organisation=TEAM, detail="municipal-health"),
            Item(
                "en del av vården hemma.",
                "Kommunens hälso- och sjukvård:",
                ("Team: Närvårdsteamet.", "Ansvarig: Gävle kommun."),
            ),
        ),
        (
            care("egenvard", party="patient", unit=CLINIC),
            Item("det som har bedömts som egenvård.", "Du själv:"),
        ),
        (care("egenvard", party="relative"), Item("det som har bedömts som egenvård.", "En närstående:")),
        (
            care("egenvard", party="municipality:2180"),
            Item("det som har bedömts som egenvård.", "Kommunen:"),
        ),
        (
            care("social-services", party="municipality:2180"),
            Item("omsorg, till exempel hemtjänst.", "Kommunen:", ("Ansvarig: Gävle kommun.",)),
        ),
        (
            care("rehabilitation", party="municipality:2184"),
            Item(
                "rehabilitering, till exempel träning och hjälpmedel.",
                "Kommunen:",
                ("Ansvarig: Hudiksvalls kommun.",),
            ),
        ),
    ],
)
def test_each_kind_of_care_has_its_words(line: dict[str, Any], expected: Item) -> None:
    (item,) = part(told(responsible=[line]), "responsible").items
    since = "Sedan måndag 2 mars 2026 kl. 08.00."
    assert item == Item(expected.text, expected.lead, (*expected.more, since))


def test_what_the_municipality_gives_is_named_where_it_said_so() -> None:
    started = MunicipalCareStarted(municipality="2180", services=("rehabilitation", "home-nursing"))
    facts, lines = facts_of(("2026-03-06T15:00", started))
    (id_,) = facts
    written = told(
        facts=facts,
        timeline=lines,
        responsible=[
            care(role, party="municipality:2180", facts=[id_])
            for role in ("municipal-health", "rehabilitation")
        ],
    )
    assert [item.text for item in part(written, "responsible").items] == ["hemsjukvård.", "rehabilitering."]
    ((day,),) = (part(written, "happened").parts,)
    assert day.items[0].more[0] == "Det gäller rehabilitering och hemsjukvård."


def test_late_is_told_by_how_it_ended_and_whose_bill_it_is_is_not() -> None:
    due, later = instant("2026-03-03T08:00"), instant("2026-03-04T09:30")
    by = {"role": "inpatient", "unit": WARD, "party": "region:21", "due_at": due}
    written = told(
        missed=[
            row(rule="MH-01", state="late", done_at=later, ended_at=later, **by),
            row(rule="MH-06", state="missed", ended_at=later, **{**by, "unit": None}),
            row(rule="MH-12", state="missed", **{**by, "unit": None, "party": None, "role": None}),
            row(rule="MH-15", state="missed", **by),
            row(rule="MH-25", state="missed", **by),
        ]
    )
    assert part(written, "late").items == (
        Item(
            "skulle berätta för kommunen och andra som berörs om din inskrivning på sjukhus, senast tisdag 3 mars 2026"
            " kl. 08.00. Det blev gjort onsdag 4 mars 2026 kl. 09.30, 1 dag och 1 timme för sent.",
            "Avdelning 1",
        ),
        Item(
            "skulle utse en fast vårdkontakt för dig, senast tisdag 3 mars 2026"
            " kl. 08.00. Det blev inte gjort.",
            "Sjukhuset (Region Gävleborg)",
        ),
        Item(
            "skulle skicka information om din vård till dem som tar över, senast tisdag 3 mars 2026 kl. 08.00."
            " Det är inte gjort än.",
            "Någon i vården",
        ),
    )


def test_what_does_not_fit_is_told_where_it_concerns_the_care_and_counted_where_it_does_not() -> None:
    mended = instant("2026-03-05T10:00")
    written = told(
        findings=[
            row(rule="gap-municipal-care"),
            row(rule="MH-23"),
            row(rule="gap-referral", ended_at=mended),
            row(rule="mandatory-missing"),
            row(rule="message-id-reused"),
            row(rule="journey-incomplete"),
        ]
    )
    begun = "Måndag 2 mars 2026 kl. 08.00:"
    assert part(written, "late").items == (
        Item(
            "Du kom hem, men vården eller hjälpen från kommunen hade inte börjat.",
            begun,
            ("Det är inte löst än.",),
        ),
        Item("Du behövde skrivas in på sjukhus igen inom 30 dagar, utan att det var planerat.", begun),
        Item(
            "En remiss skickades tillbaka, men ingen annan fick den.",
            begun,
            ("Det ordnade sig torsdag 5 mars 2026 kl. 10.00.",),
        ),
        Item(
            "Några uppgifter är inte fullständigt antecknade, eller stämmer inte med varandra. Fråga gärna den enhet"
            " som vårdar dig, om något är oklart."
        ),
    )


def test_who_has_looked_is_told_by_unit_and_time_and_for_what() -> None:
    at = instant("2026-03-03T07:15")
    written = told(
        looks=(
            Look(at, WARD, None, "care", "care", emergency=True),
            Look(instant("2026-03-04T16:00"), None, PRIVATE, "municipal", "quality", emergency=False),
            Look(NOW, None, None, "operator", "patient-request", emergency=False),
        )
    )
    assert part(written, "looks").items == (
        Item(
            "Vårdpersonal (Avdelning 1), för din vård.",
            "Tisdag 3 mars 2026 kl. 07.15:",
            ("Det skedde i ett nödläge.",),
        ),
        Item(
            "Kommunens ansvariga sjuksköterska eller rehabiliterare (Hjärtkliniken AB), för att följa upp vårdens kvalitet.",
            "Onsdag 4 mars 2026 kl. 16.00:",
        ),
        Item("Samordnare, på din begäran.", "Torsdag 12 mars 2026 kl. 12.00:"),
    )
    assert part(told(looks=()), "looks").intro == ("Ingen har tittat på uppgifterna här.",)
    assert part(told(looks=None), "looks").intro == (
        "Det går inte att visa här. Du har rätt att få veta det. Be vårdgivaren om ett loggutdrag.",
    )


def test_blocks_that_the_reader_is_told_of_are_told() -> None:
    written = told(
        restrictions=[
            row(rule="block-inner", unit=WARD),
            row(rule="block-shared-documentation", organisation=PRIVATE),
            row(rule="consent-sip", detail="given"),
        ]
    )
    assert [item.text for item in part(written, "blocks").items] == [
        "Uppgifter från Avdelning 1 är spärrade för andra enheter hos samma vårdgivare.",
        "Uppgifter från Hjärtkliniken AB är spärrade för andra vårdgivare.",
    ]


def test_what_is_not_all_is_said_before_the_rest() -> None:
    written = told(incomplete_since=instant("2026-03-10T04:00"), unconsented=True)
    assert written.notices == (
        "Uppgifterna är inte fullständiga sedan tisdag 10 mars 2026 kl. 04.00. Något som har hänt kan saknas här.",
        "Uppgifter från andra vårdgivare syns inte här, eftersom det inte finns något ja till att dela dem."
        " Därför kan viktiga saker saknas på den här sidan.",
    )


def test_plans_are_told_with_who_made_them_and_who_answers_for_the_whole() -> None:
    sip = SipEstablished(principals=("21", "2180"), overall_responsible="2180")
    written = told(("2026-03-09T10:00", SipNeedDecided(needed=True)), ("2026-03-10T10:00", sip),
                   ("2026-03-11T10:00", CoordinatedCarePlanEstablished()))  # fmt: skip
    assert part(written, "plans").items == (
        Item(
            "Klar tisdag 10 mars 2026 kl. 10.00.",
            "Samordnad individuell plan (SIP).",
            ("Med i planen: Region Gävleborg och Gävle kommun.", "Ansvarar för helheten: Gävle kommun."),
        ),
        Item("Klar onsdag 11 mars 2026 kl. 10.00.", "Samordnad vårdplan."),
    )


def test_a_plan_that_is_needed_and_a_meeting_that_is_set_are_told() -> None:
    invited = (Recipient(role="open-care"),)
    meeting = SipMeetingCalled(invitees=invited, meeting_at=instant("2026-03-18T13:00"), form="digital")
    written = told(("2026-03-09T10:00", SipNeedDecided(needed=True)), ("2026-03-10T10:00", meeting))
    assert part(written, "plans").items == (
        Item("Du ska få en samordnad individuell plan (SIP). Den är inte klar än."),
    )
    assert part(written, "next").items == (
        Item("möte om din samordnade individuella plan (SIP).", "Onsdag 18 mars 2026 kl. 13.00"),
    )
    over = told(("2026-03-10T10:00", meeting), ("2026-03-11T10:00", SipEstablished()))
    assert part(over, "next").intro == ("Det finns inget planerat i de uppgifter som finns här.",)


def test_what_was_voided_is_told_as_wrong_and_a_day_has_no_hour() -> None:
    facts, lines = facts_of(("2026-03-02T00:00", ReferralSent(track="heart-failure", to_unit=CLINIC)))
    lines[0]["state"] = "voided"
    written = told(facts=facts, timeline=lines)
    (day,) = part(written, "happened").parts
    assert (day.key, day.heading) == ("2026-03-02", "Måndag 2 mars 2026")
    assert day.items == (
        Item(
            "En remiss skickades till specialistvården.",
            "Kl. 00.00",
            ("Detta var fel och räknas inte.", "Det gäller hjärtsvikt.", "Antecknat av Avdelning 1."),
        ),
    )
    (id_,) = facts
    envelope = msgspec.structs.replace(facts[id_].envelope, timeprecision="day")
    written = told(facts={id_: replace(facts[id_], envelope=envelope)}, timeline=lines)
    assert part(written, "happened").parts[0].items[0].lead == ""


def test_who_is_protected_today_is_named_no_place_of_any_day() -> None:
    line = row(notion="care", role="inpatient", unit=WARD, party="region:21")
    for how in (
        {"protected_now": True},
        {"veiled": True},
        {"restrictions": [row(rule="protected-identity")]},
    ):
        written = told(responsible=[line], **how)
        assert part(written, "responsible").items == (
            Item("vården på avdelningen.", "Sjukhuset:", ("Sedan måndag 2 mars 2026 kl. 08.00.",)),
        )
        assert written.notices == (
            "Du har skyddade personuppgifter. Därför står inga namn på orter, kommuner eller enheter här.",
        )


def test_facts_whose_data_cannot_be_read_are_told_by_their_kind() -> None:
    _, lines = facts_of(
        ("2026-03-02T08:00", SipNeedDecided(needed=False)), ("2026-03-03T08:00", SipEstablished())
    )
    lines[1]["state"] = "sealed"
    written = told(facts={}, timeline=lines)
    assert part(written, "happened").parts[1].items[0].more[0] == "Mer än så går inte att visa."
    assert [item.text for day in part(written, "happened").parts for item in day.items] == [
        "Det bedömdes om du behöver en samordnad individuell plan (SIP).",
        "Din samordnade individuella plan (SIP) blev klar.",
    ]
    assert part(written, "plans").items == (
        Item("Klar tisdag 3 mars 2026 kl. 08.00.", "Samordnad individuell plan (SIP)."),
    )


# -- the words in the seal ---------------------------------------------------------------------------------------------


class Log:
    """One journey's facts as the log gives them back: sealed."""

    def __init__(self) -> None:
        self.seal, self._journey = ScopeSeal(), CareJourney(UUID(int=1))

    def record(self, time: str, fact: Fact) -> RecordedFact:
        command = replace(said(time, fact), journey=self._journey.id)
        made = self._journey.decide(command, instant("2026-03-12T00:00"), self.seal, UUID(int=2)).fact
        return read(made.raw, self.seal)


def test_the_words_are_opened_with_their_key_and_gone_with_it() -> None:
    log = Log()
    stated = log.record("2026-03-02T08:00", PatientGoalStated(goal="Spela dragspel"))
    assert b"dragspel" not in stated.raw
    assert words_of(stated, log.seal) == "Spela dragspel"
    log.seal.destroyed |= set(log.seal.keys)
    assert words_of(stated, log.seal) is None


def test_words_that_were_amended_are_opened_in_the_amendment() -> None:
    log = Log()
    stated = log.record("2026-03-02T08:00", PatientGoalStated(goal="Spela drakspel"))
    mend = FactAmended(
        target_fact=stated.id,
        amended_type="se.carechain.patient-goal-stated.v1",
        amended_at=instant("2026-03-02T08:00"),
        amended_data={"goal": "Spela dragspel"},
    )
    (fact,) = History.of([stated, log.record("2026-03-03T08:00", mend)]).facts
    assert words_of(fact, log.seal) == "Spela dragspel"


def test_words_that_no_key_opens_are_told_as_such() -> None:
    facts, lines = facts_of(("2026-03-02T08:00", PatientGoalStated(goal="Spela dragspel")))
    (id_,) = facts
    assert part(told(facts=facts, timeline=lines, words={id_: None}), "goals").items == (
        Item("Orden går inte att visa här.", "Måndag 2 mars 2026 kl. 08.00:"),
    )
    assert part(told(facts=facts, timeline=lines, words={id_: "Spela\ndragspel"}), "goals").items == (
        Item("Spela\ndragspel", "Dina ord måndag 2 mars 2026 kl. 08.00:", quote=True),
    )


def test_the_account_names_when_it_is_about_and_when_it_was_made() -> None:
    facts, lines = facts_of()
    written = account(
        Told(now=NOW, facts=facts, timeline=lines, register=REGISTER, basis=Basis()),
        made_at=datetime.combine(date(2026, 4, 1), datetime.min.time(), NOW.tzinfo),
    )
    assert written.lead[1:] == (
        "Så här såg det ut torsdag 12 mars 2026 kl. 12.00.",
        "Sidan gjordes onsdag 1 april 2026 kl. 02.00.",
    )
