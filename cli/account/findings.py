"""What does not fit, told to the patient without blame: a sentence where it concerns the care, else one for all."""

from collections.abc import Mapping

_TWO_PARTIES = "Två {parties} stod som ansvariga för samma sak. Det var oklart vem av dem det var."

SAID: Mapping[str, str] = {
    "MH-23": "{Du} behövde skrivas in på sjukhus igen inom 30 dagar, utan att det var planerat.",
    "contradiction-declined": "Kommunen svarade nej på frågan om att ta över, men {du} skrevs ut ändå.",
    "contradiction-misdirected": "Ett meddelande gick till fel mottagare och behövde skickas om.",
    "contradiction-residence": "En kommun svarade att den inte ansvarar för {dig}, men ingen annan tog över.",
    "gap-after-ambulance": "En ambulans var hos {dig}, men ingen fick uppgiften att höra av sig efteråt.",
    "gap-after-team": "Det mobila teamet avslutade sin del, men ingen annan tog över.",
    "gap-care-ended": "Kommunen avslutade sin vård eller hjälp, men ingen annan började.",
    "gap-municipal-care": "{Du} kom hem, men vården eller hjälpen från kommunen hade inte börjat.",
    "gap-referral": "En remiss skickades tillbaka, men ingen annan fick den.",
    "message-in-dead-letters": "Ett meddelande om {dig} gick inte att läsa. Något kan därför saknas här.",
    "overlap-mobile-team": _TWO_PARTIES.format(parties="mobila team"),
    "overlap-municipal-health": _TWO_PARTIES.format(parties="kommuner"),
    "overlap-rehabilitation": _TWO_PARTIES.format(parties="kommuner"),
    "overlap-social-services": _TWO_PARTIES.format(parties="kommuner"),
    "overlap-specialist": _TWO_PARTIES.format(parties="mottagningar"),
    "regime-apart": "Både vård och omsorg var beställt av kommunen, men bara det ena hade börjat.",
    "two-open-stays": "{Du} stod som inskriven på två ställen samtidigt.",
}

EVENTS = frozenset(("MH-23", "message-in-dead-letters", "two-open-stays"))
"""What happened once; of the others it is told whether it has been put right."""

OF_RECORDS = frozenset(
    (
        *("admitted-twice", "after-death", "after-end", "closed-while-open", "correction-without-target"),
        *("died-twice", "end-without-start", "ended-twice", "leave-end-without-start", "leave-started-twice"),
        *(
            "mandatory-missing",
            "message-id-in-another-journey",
            "message-id-reused",
            "no-admission",
            "no-stay",
        ),
        *("no-envelope", "on-cancelled-stay", "other-bytes", "times-backwards", "wrong-key"),
    )
)
"""What is odd in the records and no event in the care: told in one sentence, however many there are."""

RECORDS = (
    "Några uppgifter är inte fullständigt antecknade, eller stämmer inte med varandra."
    " Fråga gärna den enhet som vårdar {dig}, om något är oklart."
)

NOT_TOLD = frozenset(("journey-incomplete", "source-silent"))
"""Told at the top of the account, and of no single patient."""
