"""The patient's rights over the data: who has looked, what is blocked, and what may be asked for."""

from cli.account import dates
from cli.account.gather import Line
from cli.account.looks import Look
from cli.account.model import Item, Section
from cli.account.teller import Teller

PURPOSES = {
    "care": "för {din} vård",
    "coordination": "för att samordna {din} vård",
    "administration": "för administration",
    "quality": "för att följa upp vårdens kvalitet",
    "patient-request": "på {din} begäran",
    "audit": "för att kontrollera att allt går rätt till",
}
"""For what patients' data may be read, as a patient says it."""
READERS = {
    "care": "Vårdpersonal",
    "municipal": "Kommunens ansvariga sjuksköterska eller rehabiliterare",
    "operator": "Samordnare",
    "auditor": "Granskare",
}
"""In which capacity somebody has read."""


def looks(teller: Teller) -> Section:
    """Each look: when, from which unit and for what."""
    heading = teller.say("Vilka som har tittat på {dina} uppgifter")
    found = teller.told.looks
    if teller.told.deceased:
        why = "Vilka som har tittat på uppgifterna står inte här. Det lämnas bara ut till patienten själv."
        return Section("looks", heading, (why,))
    if found is None:
        ask = "Det går inte att visa här. {Du} har rätt att få veta det. Be vårdgivaren om ett loggutdrag."
        return Section("looks", heading, (teller.say(ask),))
    if not found:
        return Section("looks", heading, ("Ingen har tittat på uppgifterna här.",))
    which = "Det gäller uppgifterna här. Journalerna har egna listor, som {du} kan be om."
    return Section(
        "looks", heading, (teller.say(which),), tuple(dict.fromkeys(_look(teller, one) for one in found))
    )


def _look(teller: Teller, look: Look) -> Item:
    who = READERS.get(look.role, "Någon i vården")
    named = teller.places.name(look.unit) or teller.places.name(look.organisation)
    why = teller.say(PURPOSES.get(look.purpose, "av annat skäl"))
    urgent = ("Det skedde i ett nödläge.",) if look.emergency else ()
    return Item(
        f"{who}{f' ({named})' if named else ''}, {why}.", f"{dates.begin(dates.when(look.at))}:", urgent
    )


BLOCKS = {
    "block-inner": "för andra enheter hos samma vårdgivare",
    "block-shared-documentation": "för andra vårdgivare",
}


def blocks(teller: Teller) -> Section:
    """Which data the patient has closed to others."""
    heading = teller.say("Spärrar i {din} journal")
    items = tuple(_block(teller, line) for line in teller.told.restrictions if line["rule"] in BLOCKS)
    if items:
        return Section("blocks", heading, (), items)
    if teller.told.blocked:
        hidden = "Uppgifter är spärrade. Vilka det är syns inte här. Fråga den enhet där spärren gjordes."
        return Section("blocks", heading, (hidden,))
    none = "Inga uppgifter är spärrade. {Du} har rätt att spärra uppgifter. Fråga den enhet som vårdar {dig}."
    return Section("blocks", heading, (teller.say(none),))


def _block(teller: Teller, line: Line) -> Item:
    whose = teller.places.name(line["unit"]) or teller.places.name(line["organisation"])
    from_ = f"Uppgifter från {whose}" if whose else "Uppgifter från en enhet" if line["unit"] else "Uppgifter"
    return Item(
        f"{from_} är spärrade {BLOCKS[line['rule']]}.", more=(f"Sedan {dates.when(line['started_at'])}.",)
    )


def rights(teller: Teller) -> Section:
    """What the reader can ask for, and where to turn."""
    if teller.told.deceased:
        texts = (
            "Du som är närstående kan be vårdgivaren om uppgifter ur journalen. Vårdgivaren prövar vad du får läsa.",
            "Är du inte nöjd med vården? Prata med enheten, eller vänd dig till patientnämnden i din region.",
        )
    else:
        texts = (
            "Du har rätt att läsa din journal och att få veta vilka enheter som har tittat i den. Tycker du att"
            " något är fel? Då ska vården anteckna det i journalen, om du ber om det.",
            "Är du inte nöjd med vården? Prata med enheten, eller vänd dig till patientnämnden i din region."
            " Det kostar ingenting.",
        )
    return Section("rights", "Dina rättigheter", texts)
