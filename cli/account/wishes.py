"""What is important to the patient, in their own words, and which plans have been made."""

from collections.abc import Iterator

from cli.account import dates
from cli.account.facts import listed
from cli.account.gather import Line
from cli.account.model import Item, Section
from cli.account.teller import Teller
from domain.facts.planning import SipNeedDecided


def goals(teller: Teller) -> Section:
    """The patient's own words, the last said first."""
    be = "var" if teller.told.deceased else "är"
    heading = teller.say("Det som {be} viktigt för {dig}", be=be)
    said = list(reversed(teller.told.times("patient-goal-stated")))
    if not said:
        none = "Det finns inte antecknat vad som {be} viktigt för {dig}."
        return Section("goals", heading, (teller.say(none, be=be),))
    if teller.told.protected:
        why = "{Du} har berättat vad som är viktigt för {dig}. Orden står inte här, för de kan röja en plats."
        return Section("goals", heading, (teller.say(why),))
    return Section("goals", heading, (), tuple(_goal(teller, line) for line in said))


def _goal(teller: Teller, line: Line) -> Item:
    words, day = teller.told.words.get(line["facts"][0]), dates.when(line["started_at"])
    if words is None:
        return Item("Orden går inte att visa här.", f"{dates.begin(day)}:")
    return Item(words, teller.say("{Dina} ord {day}:", day=day), quote=True)


PLANS = {
    "sip-established": "Samordnad individuell plan (SIP)",
    "coordinated-care-plan-established": "Samordnad vårdplan",
}


def plans(teller: Teller) -> Section:
    """Which plans exist, who made them, and who answers for the whole."""
    items = tuple(_made_plans(teller)) or (_no_plan(teller),)
    return Section("plans", teller.say("{Dina} planer"), (), items)


def _made_plans(teller: Teller) -> Iterator[Item]:
    for name, called in PLANS.items():
        made = teller.told.times(name)
        if made:
            yield _plan(teller, called, made[-1])


def _plan(teller: Teller, called: str, line: Line) -> Item:
    fact = teller.told.facts.get(line["facts"][0])
    said = fact.fact if fact is not None else None
    principals = (teller.places.principal(code) for code in getattr(said, "principals", ()))
    names = [name for name in principals if name]
    overall = teller.places.principal(getattr(said, "overall_responsible", None))
    more = [
        f"Med i planen: {listed(names)}." if names else "",
        f"Ansvarar för helheten: {overall}." if overall else "",
    ]
    done = f"Klar {dates.when(line['started_at'])}."
    return Item(done, f"{called}.", tuple(text for text in more if text))


def _no_plan(teller: Teller) -> Item:
    needed = [fact.needed for fact in teller.said if isinstance(fact, SipNeedDecided)]
    if needed and needed[-1]:
        return Item(teller.say("{Du} ska få en samordnad individuell plan (SIP). Den är inte klar än."))
    ask = "Det finns ingen samordnad individuell plan (SIP) antecknad. {Du} kan själv be om en."
    return Item(teller.say(ask))
