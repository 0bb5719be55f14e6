"""How things stand: whom to call, who is responsible for what, and who the *fast vårdkontakt* is."""

from collections.abc import Iterator

from cli.account import dates
from cli.account.facts import SERVICES, listed
from cli.account.gather import Line
from cli.account.model import Item, Section
from cli.account.places import ROLES, Unit
from cli.account.teller import Teller
from domain.facts._parts import ServicesFact

CARE: dict[str, tuple[str, str]] = {
    "inpatient": ("Sjukhuset", "vården på avdelningen"),
    "emergency": ("Akutmottagningen", "vården på akutmottagningen"),
    "open-care": ("Vårdcentralen eller mottagningen", "läkarvård och annan vård utanför sjukhuset"),
    "specialist": ("Specialistmottagningen", "vård av specialist"),
    "mobile-team": ("Det mobila teamet", "vård hemma"),
    "team-member": ("Det mobila teamet", "en del av vården hemma"),
    "municipal-health": ("Kommunen", "hälso- och sjukvård, till exempel hemsjukvård"),
    "rehabilitation": ("Kommunen", "rehabilitering, till exempel träning och hjälpmedel"),
    "social-services": ("Kommunen", "omsorg, till exempel hemtjänst"),
    "egenvard": ("{Du}", "det som har bedömts som egenvård"),
}
"""By kind of care who has it and what it is, in the order they are told."""

HELPERS = {
    "patient": "{Du} själv",
    "relative": "En närstående",
    "assistance": "Personlig assistans",
    "region": "Vården i regionen",
    "municipality": "Kommunen",
}
"""Who does what is *egenvård*, or helps with it, by the party or its kind."""

_TRAINING = ("rehabilitation", "habilitation")
_OF_KIND = {
    "municipal-health": ("home-nursing",),
    "rehabilitation": _TRAINING,
    "social-services": ("home-help", "short-term-place", "residential-care"),
}
"""The services that each kind of municipal care may be."""


def contacts(teller: Teller) -> Section:
    """Whom to call: the *fast vårdkontakt* first, then those who give care, then 1177 and 112."""
    lines = [*teller.told.of("care_contact"), *_care(teller)]
    items = [*_units(teller, lines)]
    if lines:
        intro = "Ring i första hand {din} fasta vårdkontakt eller den enhet som vårdar {dig}."
    else:
        intro = "Ring {din} vårdcentral eller 1177."
    if lines and not items and not teller.told.protected:
        intro += " Telefonnummer finns på 1177.se."
    if teller.told.protected:
        intro += " Namn och telefonnummer står inte här."
    general = (
        Item("för råd om vård, dygnet runt.", "1177:"),
        Item("om det är akut och livet är i fara.", "112:"),
    )
    return Section("contacts", "Vem du kan ringa", (teller.say(intro),), (*items, *general))


def _units(teller: Teller, lines: list[Line]) -> Iterator[Item]:
    """Each unit that the register names, once."""
    contact = {line["unit"] for line in teller.told.of("care_contact")}
    for id in dict.fromkeys(line["unit"] for line in lines):
        unit = teller.places.unit(id)
        if unit is not None:
            here = teller.say("Här finns {din} fasta vårdkontakt.") if id in contact else ""
            yield Item(here, f"{unit.name}.", (phone_of(unit),))


def phone_of(unit: Unit) -> str:
    """The number, or where to find it."""
    return f"Telefon: {unit.phone}" if unit.phone else "Telefonnumret finns på 1177.se."


def responsible(teller: Teller) -> Section:
    """Each kind of care and whose it is; that nobody's is said, too."""
    items = tuple(_responsible(teller, line) for line in _care(teller))
    if items:
        return Section("responsible", "Vem som ansvarar för vad just nu", (), items)
    why = (
        "Alla uppgifter syns inte här."
        if teller.told.withheld
        else "Det kan bero på att {du} inte behöver vård just nu."
    )
    nobody = (
        "Just nu står ingen som ansvarig för {din} vård i de uppgifter som finns här.",
        why + " Är {du} osäker, eller behöver {du} vård? Ring {din} vårdcentral eller 1177.",
    )
    return Section(
        "responsible", "Vem som ansvarar för vad just nu", tuple(teller.say(text) for text in nobody)
    )


def _care(teller: Teller) -> list[Line]:
    order = list(CARE)
    known = [line for line in teller.told.of("care") if line["role"] in CARE]
    return sorted(known, key=lambda line: (order.index(line["role"]), line["started_at"]))


def _responsible(teller: Teller, line: Line) -> Item:
    who, what = _who(teller, line), _what(teller, line)
    places = teller.places
    unit, party, run_by = (
        places.name(line["unit"]),
        places.party(line["party"]),
        places.name(line["organisation"]),
    )
    match line["role"]:
        case "egenvard":
            more = []  # the unit judged it, and does not do it
        case "team-member":
            more = [("Team", run_by), ("Enhet", unit), ("Ansvarig", party)]
        case "inpatient" | "emergency":
            more = [("Enhet", unit), ("Ansvarig", party)]
        case _:
            more = [("Enhet", unit), ("Ansvarig", party), ("Drivs av", run_by if run_by != unit else "")]
    told = (f"{what}: {name}." for what, name in more if name)
    return Item(f"{what}.", f"{who}:", (*told, f"Sedan {dates.when(line['started_at'])}."))


def _who(teller: Teller, line: Line) -> str:
    if line["role"] == "egenvard":
        return teller.say(HELPERS.get((line["party"] or "").partition(":")[0], "Någon annan"))
    if line["role"] == "team-member":
        return ROLES.get(line["detail"] or "", CARE["team-member"][0])
    return CARE[line["role"]][0]


def _what(teller: Teller, line: Line) -> str:
    what = teller.say(CARE[line["role"]][1])
    services = _services(teller, line)
    if services:
        return listed([SERVICES[service] for service in services])
    if line["role"] in ("specialist", "open-care"):
        if line["detail"] == "ambulance":
            return teller.say("att höra av sig till {dig} efter ambulansens besök")
        track = teller.track(line["detail"])
        return f"{what} för {track}" if track else what
    return what


def _services(teller: Teller, line: Line) -> list[str]:
    """What the municipality said that it gives, of this kind of care."""
    facts = (teller.told.facts.get(id) for id in line["facts"])
    named = [service for fact in facts if fact is not None and isinstance(fact.fact, ServicesFact)
             for service in fact.fact.services]  # fmt: skip
    return [service for service in _OF_KIND.get(line["role"], ()) if service in named]


def care_contact(teller: Teller) -> Section:
    """Who the *fast vårdkontakt* is, or that there is none."""
    heading = teller.say("{Din} fasta vårdkontakt")
    lines = teller.told.of("care_contact")
    if not lines:
        none = "Ingen fast vårdkontakt finns antecknad. Fråga {din} vårdcentral, om {du} vill ha en."
        return Section("care_contact", heading, (teller.say(none),))
    role = "En fast vårdkontakt hjälper {dig} att få vården att hänga ihop."
    items = tuple(
        Item(
            f"Sedan {dates.when(line['started_at'])}.",
            f"{_where(teller, line)}.",
        )
        for line in lines
    )
    return Section("care_contact", heading, (teller.say(role),), items)


def _where(teller: Teller, line: Line) -> str:
    if unit := teller.places.name(line["unit"]):
        return unit
    party = teller.places.party(line["party"])
    return f"Hos {party}" if party else "Det finns en fast vårdkontakt"
