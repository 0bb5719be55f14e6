"""The account put together: to whom, as of when, what must be known first, and the parts in the order they are read."""

from datetime import datetime

from cli.account import ahead, dates, now, past, rights, wishes
from cli.account.gather import Told
from cli.account.model import Account, Item, Section, cleaned
from cli.account.teller import Teller


def account(told: Told, made_at: datetime | None = None) -> Account:
    """The account of what is told. ``made_at`` (UTC) is given where it is not the moment that it is about."""
    teller = Teller(told)
    return cleaned(
        Account(
            title="Om vården av din närstående" if told.deceased else "Din vård och omsorg just nu",
            lead=(*_for_whom(told), *_as_of(told, made_at)),
            notices=tuple(_notices(teller)),
            sections=_for_family(teller) if told.deceased else _for_patient(teller),
        )
    )


def _for_whom(told: Told) -> tuple[str, ...]:
    if told.deceased:
        return ("Vi beklagar sorgen. Den här sidan är till dig som är närstående.",)
    return ("Den här sidan är till dig som patient. Visa den gärna för en närstående.",)


def _as_of(told: Told, made_at: datetime | None) -> tuple[str, ...]:
    made = () if made_at is None else (f"Sidan gjordes {dates.when(made_at)}.",)
    return (f"Så här såg det ut {dates.when(told.now)}.", *made)


def _notices(teller: Teller) -> list[str]:
    told, found = teller.told, []
    if told.incomplete_since is not None:
        since = dates.when(told.incomplete_since)
        found.append(f"Uppgifterna är inte fullständiga sedan {since}. Något som har hänt kan saknas här.")
    if told.blocked:
        found.append(
            "Uppgifter är spärrade och syns inte här. Därför kan viktiga saker saknas på den här sidan."
        )
    if told.unconsented:
        found.append(
            "Uppgifter från andra vårdgivare syns inte här, eftersom det inte finns något ja till att dela dem."
            " Därför kan viktiga saker saknas på den här sidan."
        )
    if told.protected:
        found.append(
            teller.say(
                "{Du} har skyddade personuppgifter. Därför står inga namn på orter, kommuner eller enheter här."
            )
        )
    return found


def _for_patient(teller: Teller) -> tuple[Section, ...]:
    return (
        now.contacts(teller),
        now.responsible(teller),
        now.care_contact(teller),
        ahead.upcoming(teller),
        wishes.goals(teller),
        wishes.plans(teller),
        past.late(teller),
        past.happened(teller),
        rights.looks(teller),
        rights.blocks(teller),
        rights.rights(teller),
    )


def _for_family(teller: Teller) -> tuple[Section, ...]:
    """Nobody is responsible any more and nothing comes next: what there was, and whom to ask."""
    return (_questions(teller), *_said(teller), past.late(teller), past.happened(teller), rights.looks(teller),
            rights.rights(teller))  # fmt: skip


def _said(teller: Teller) -> tuple[Section, ...]:
    return (wishes.goals(teller),) if teller.told.times("patient-goal-stated") else ()


def _questions(teller: Teller) -> Section:
    """The unit that knew the patient last, where the register names one."""
    units = [unit for line in teller.told.stays if (unit := teller.places.unit(line["unit"])) is not None]
    items = tuple(Item("", f"{unit.name}.", (now.phone_of(unit),)) for unit in units[-1:])
    asked = "Har du frågor om vården? Ring den enhet som vårdade din närstående, eller 1177."
    return Section("contacts", "Vem du kan ringa", (asked,), items)
