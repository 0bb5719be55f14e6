"""What happened, told to the patient: a sentence for each kind of fact, and more where it says more.

``PLAIN`` holds for every fact of its kind, whatever it holds; a sentence of ``TOLD`` where its fields say so.
"""

from collections.abc import Mapping
from typing import NamedTuple

PLAIN: Mapping[str, str] = {
    "admission-acknowledged": "En mottagare bekräftade beskedet om att {du} var inskriven på sjukhus.",
    "admission-notified": "Sjukhuset berättade för andra som berörs, till exempel kommunen, att {du} var inskriven.",
    "ambulance-attended": "En ambulans kom till {dig}.",
    "block-lifted": "En spärr i {din} journal togs bort.",
    "block-set": "Uppgifter i {din} journal spärrades.",
    "care-assessed": "{Ditt} behov av vård bedömdes.",
    "care-contact-appointed": "{Du} fick en fast vårdkontakt.",
    "care-contact-ended": "En fast vårdkontakt avslutades.",
    "care-contact-sought": "{Du} kontaktade vården.",
    "case-disputed": "Kommunen invände mot ett underlag om betalning. Det är en fråga mellan kommunen och regionen.",
    "compulsory-open-care-decided": "Det beslutades att {din} tvångsvård ska fortsätta utanför sjukhuset.",
    "consent-recorded": "Det antecknades vad {du} har sagt om samtycke.",
    "coordinated-care-plan-established": "En samordnad vårdplan blev klar.",
    "digital-visit-held": "{Du} hade ett digitalt vårdmöte.",
    "discharge-information-transferred": "Sjukhuset skickade information om {din} vård till dem som tog över.",
    "discharge-ready-declared": "Läkaren bedömde att {du} inte längre behövde vård på sjukhus.",
    "discharge-ready-notified": "Sjukhuset berättade för dem som skulle ta över att {du} var klar att lämna sjukhuset.",
    "discharge-ready-status-observed": "Avdelningen antecknade hur långt planeringen av {din} hemgång hade kommit.",
    "discharge-ready-withdrawn": "Beskedet att {du} var klar att lämna sjukhuset togs tillbaka.",
    "egenvard-assessed": "Det bedömdes om en del av vården kan skötas som egenvård.",
    "egenvard-reviewed": "Egenvården följdes upp.",
    "emergency-visit-ended": "{Du} lämnade akutmottagningen.",
    "emergency-visit-started": "{Du} kom till akutmottagningen.",
    "episode-cancelled": "Ett besök eller en inskrivning avbröts.",
    "episode-closed": "Ärendet efter {din} tid på sjukhus avslutades.",
    "episode-moved": "Uppgifter som hade hamnat hos fel person flyttades till rätt person.",
    "estimated-discharge-changed": "Sjukhuset ändrade dagen då {du} beräknas kunna lämna sjukhuset.",
    "fact-amended": "En tidigare uppgift rättades.",
    "fact-voided": "En tidigare uppgift var fel och räknas inte längre.",
    "follow-up-completed": "Det följdes upp hur det gick för {dig} efter tiden på sjukhus.",
    "follow-up-planned": "En uppföljning efter tiden på sjukhus planerades.",
    "handed-back-to-primary-care": "Specialistvården lämnade över ansvaret till vårdcentralen.",
    "home-situation-reported": "Sjukhuset fick veta hur det fungerade hemma före tiden på sjukhus.",
    "home-visit-made": "{Du} fick ett hembesök.",
    "homegoing-checklist-completed": "Avdelningen gick igenom vad som behövdes för hemgången.",
    "leave-ended": "{Du} kom tillbaka till avdelningen efter permission.",
    "leave-started": "{Du} fick permission från avdelningen.",
    "message-acknowledged": "En mottagare bekräftade ett meddelande om {din} vård.",
    "message-noted": "Innehållet i ett meddelande om {din} vård antecknades.",
    "message-sent": "Ett meddelande om {din} vård skickades.",
    "mobile-team-handed-back": "Det mobila teamet avslutade sin del av {din} vård.",
    "mobile-team-took-over": "Ett mobilt team tog över {din} vård hemma.",
    "municipal-care-ended": "Kommunen avslutade vård eller hjälp.",
    "municipal-care-started": "Kommunen började ge vård eller hjälp.",
    "municipal-takeover-accepted": "Kommunen svarade ja på frågan om att ta över vård eller hjälp.",
    "municipal-takeover-declined": "Kommunen svarade nej på frågan om att ta över vård eller hjälp.",
    "municipal-takeover-proposed": "Kommunen fick frågan om att ta över vård eller hjälp.",
    "notification-misdirected": "Det upptäcktes att ett meddelande hade gått till fel mottagare.",
    "open-care-service-cleared": "Något som hade saknats i vården utanför sjukhuset kom på plats.",
    "open-care-service-unavailable": "Något som behövdes i vården utanför sjukhuset saknades.",
    "participant-changed": "Det ändrades vilka som planerar {din} vård.",
    "patient-admitted": "{Du} skrevs in på sjukhus.",
    "patient-deceased": "{Du} avled.",
    "patient-discharged": "{Du} skrevs ut från sjukhuset.",
    "patient-goal-stated": "{Du} svarade på frågan ”Vad är viktigt för dig?”",
    "patient-identity-linked": "Uppgifter om {dig} som fanns på två ställen fördes ihop.",
    "patient-identity-unlinked": "Uppgifter som hade förts ihop skildes åt igen.",
    "patient-informed-at-discharge": "{Du} fick information inför utskrivningen från sjukhuset.",
    "patient-transferred": "{Du} flyttades till en annan avdelning eller ett annat sjukhus.",
    "planning-input-submitted": "En av dem som skulle ta över lämnade underlag till planeringen.",
    "preventive-contact-made": "Någon i vården tog kontakt i förebyggande syfte.",
    "protected-identity-lifted": "Skyddet för {dina} personuppgifter upphörde.",
    "protected-identity-set": "{Dina} personuppgifter fick skydd.",
    "provider-commissioned": "Det antecknades vem som driver en enhet där {du} får vård.",
    "referral-accepted": "Specialistvården tog emot remissen.",
    "referral-returned": "Remissen togs inte emot, utan skickades tillbaka eller vidare.",
    "referral-sent": "En remiss skickades till specialistvården.",
    "residential-care-applied": "En ansökan om särskilt boende kom in till kommunen.",
    "residential-care-offered": "Kommunen erbjöd en plats på ett särskilt boende.",
    "responsible-municipality-changed": "En annan kommun blev ansvarig.",
    "service-need-assessed": "Läkaren bedömde om det behövs vård eller hjälp efter tiden på sjukhus.",
    "shared-care-agreed": "Specialistvården och vårdcentralen kom överens om att dela ansvaret.",
    "sip-established": "{Din} samordnade individuella plan (SIP) blev klar.",
    "sip-meeting-called": "En kallelse skickades till ett möte om {din} samordnade individuella plan (SIP).",
    "sip-meeting-held": "Ett möte hölls om {din} samordnade individuella plan (SIP).",
    "sip-need-decided": "Det bedömdes om {du} behöver en samordnad individuell plan (SIP).",
    "treatment-decided": "Det beslutades om planerad vård.",
    "treatment-started": "Den planerade vården började.",
    "visit-made": "{Du} var på besök på en mottagning.",
    "wait-paused": "Väntetiden till planerad vård pausades.",
    "wait-resumed": "Väntetiden till planerad vård började räknas igen.",
}


class Told(NamedTuple):
    """What a kind of fact is told by where its fields say something of their own."""

    fields: tuple[str, ...]
    sentences: Mapping[tuple[object, ...], str]
    """By the fields' values; values that are not here are told by ``PLAIN``."""


_SHARING = "att vården och omsorgen delar uppgifter med varandra"
_SIP = "en samordnad individuell plan (SIP)"
_TO_OTHER = "{Du} flyttades till ett annat sjukhus."

TOLD: Mapping[str, Told] = {
    "ambulance-attended": Told(
        ("outcome",),
        {
            ("conveyed",): "En ambulans körde {dig} till vård.",
            ("left-at-home",): "En ambulans kom till {dig}. {Du} stannade hemma.",
        },
    ),
    "block-lifted": Told(
        ("ground",),
        {
            ("patient",): "{Du} tog bort en spärr i journalen.",
            ("consent",): "En spärr i {din} journal öppnades efter samtycke.",
            ("vital-need",): "En spärr i {din} journal öppnades i ett nödläge.",
        },
    ),
    "care-contact-appointed": Told(("reused",), {(True,): "{Du} behöll samma fasta vårdkontakt."}),
    "consent-recorded": Told(
        ("scope", "decision"),
        {
            ("information-sharing", "given"): f"{{Du}} sa ja till {_SHARING}.",
            ("information-sharing", "refused"): f"{{Du}} sa nej till {_SHARING}.",
            ("information-sharing", "withdrawn"): f"{{Du}} sa inte längre ja till {_SHARING}.",
            ("information-sharing", "incapable"): f"{{Du}} kunde inte själv ta ställning till {_SHARING}.",
            ("sip", "given"): f"{{Du}} sa ja till {_SIP}.",
            ("sip", "refused"): f"{{Du}} sa nej till {_SIP}.",
            ("sip", "withdrawn"): f"{{Du}} sa inte längre ja till {_SIP}.",
            ("sip", "incapable"): f"{{Du}} kunde inte själv ta ställning till {_SIP}.",
        },
    ),
    "discharge-ready-status-observed": Told(
        ("ready",),
        {
            (True,): "Avdelningen antecknade att {du} var klar att lämna sjukhuset.",
            (False,): "Avdelningen antecknade att {du} inte var klar att lämna sjukhuset.",
        },
    ),
    "discharge-ready-withdrawn": Told(
        ("reason",),
        {
            ("worse",): "{Du} behövde mer vård på sjukhuset. Beskedet om att vara klar togs tillbaka.",
            ("error",): "Beskedet att {du} var klar att lämna sjukhuset var fel och togs tillbaka.",
        },
    ),
    "egenvard-assessed": Told(
        ("outcome",),
        {
            ("egenvard",): "Det bedömdes att en del av vården kan skötas som egenvård.",
            ("health-care",): "Det bedömdes att vården behöver skötas av vårdpersonal, inte som egenvård.",
        },
    ),
    "egenvard-reviewed": Told(
        ("outcome",),
        {
            ("continues",): "Egenvården följdes upp. Den fortsätter.",
            ("ended",): "Egenvården följdes upp. Den avslutades.",
        },
    ),
    "episode-cancelled": Told(
        ("reason",),
        {
            (
                "registered-in-error",
            ): "Ett besök eller en inskrivning var registrerat av misstag och togs bort.",
            ("did-not-arrive",): "Ett besök eller en inskrivning blev inte av.",
        },
    ),
    "patient-discharged": Told(
        ("destination",),
        {
            ("home",): "{Du} skrevs ut från sjukhuset och fick komma hem.",
            ("residential-care",): "{Du} skrevs ut från sjukhuset till ett särskilt boende.",
            ("short-term-place",): "{Du} skrevs ut från sjukhuset till en korttidsplats.",
            ("other-hospital",): _TO_OTHER,
        },
    ),
    "service-need-assessed": Told(
        ("outcome",),
        {
            ("yes",): "Läkaren bedömde att {du} kan behöva vård eller hjälp efter tiden på sjukhus.",
            ("no",): "Läkaren bedömde att {du} inte behöver mer vård eller hjälp efter tiden på sjukhus.",
            (
                "unknown",
            ): "Läkaren kunde inte säga än om {du} behöver vård eller hjälp efter tiden på sjukhus.",
        },
    ),
    "sip-meeting-held": Told(
        ("patient_took_part",),
        {
            (True,): f"{{Du}} var med på ett möte om {_SIP}.",
            (False,): f"Ett möte hölls om {_SIP}. {{Du}} var inte med.",
        },
    ),
    "sip-need-decided": Told(
        ("needed",),
        {
            (True,): "Det bedömdes att {du} behöver en samordnad individuell plan (SIP).",
            (False,): "Det bedömdes att {du} inte behöver en samordnad individuell plan (SIP).",
        },
    ),
    "wait-paused": Told(
        ("ground",),
        {
            ("medically-impossible",): "Väntetiden till planerad vård pausades av medicinska skäl.",
            ("chose-other-region",): "Väntetiden pausades, eftersom {du} valde vård i en annan region.",
            ("abstains",): "Väntetiden pausades, eftersom {du} valde att vänta.",
        },
    ),
}

SERVICES: Mapping[str, str] = {
    "home-nursing": "hemsjukvård",
    "rehabilitation": "rehabilitering",
    "habilitation": "habilitering",
    "home-help": "hemtjänst",
    "short-term-place": "korttidsplats",
    "residential-care": "särskilt boende",
}
"""What a municipality gives, by name."""

DATES: Mapping[tuple[str, str], str] = {
    ("admission-notified", "estimated_discharge_at"): "Beräknad dag att lämna sjukhuset: {day}.",
    ("estimated-discharge-changed", "new_estimate_at"): "Ny beräknad dag: {day}.",
    ("sip-meeting-called", "meeting_at"): "Tid för mötet: {when}.",
    ("follow-up-planned", "due_at"): "Senast: {when}.",
    ("municipal-takeover-accepted", "planned_start_at"): "Planerad start: {when}.",
    ("residential-care-offered", "move_in_at"): "Erbjuden inflyttning: {day}.",
    ("leave-started", "expected_return_at"): "Väntad tillbaka: {when}.",
}
"""Kind and field -> what is told of a time that the fact names; ``day`` and ``when`` are how it is written."""


def listed(names: list[str]) -> str:
    """``hemsjukvård, rehabilitering och hemtjänst``."""
    return " och ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
