"""One inpatient stay under LUS as a plain dict, and the questions that the paragraphs ask of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from naive import agreements
from naive.agreements import Agreement
from naive.clock import day, last_of, moment
from naive.facts import Fact, is_region, order
from naive.stays import Stay

Case = dict[str, Any]
Recipient = dict[str, Any]
MUNICIPAL = ("municipal-health", "social-services")
RECEIVERS = ("open-care", *MUNICIPAL)
READY_NOTICES = ("discharge-ready-notified", "compulsory-open-care-decided")
"""LUS 3:1, and its second paragraph."""


def cases_of(happened: list[Fact], stays: list[Stay], adopted: list[Agreement], now: datetime) -> list[Case]:
    """The stays that LUS is about: admitted by a Swedish region (LUS 1:1, 1:3)."""
    cases = []
    for stay in stays:
        admitted = stay["admitted"]
        if admitted is None or not is_region(admitted["principal"]):
            continue
        left = stay["end"]
        cases.append(
            {
                "stay": stay,
                "id": stay["id"],
                "now": now,
                "adopted": adopted,
                "agreed": {},
                "facts": stay["facts"],
                "stays": stays,
                "happened": happened,
                "admitted": admitted,
                "begins": admitted["time"],
                "region": f"region:{admitted['principal']}",
                "discharged": left if left is not None and stay["phase"] == "discharged" else None,
                "ended_at": stay["ended_at"],
                "died": first_time(f for f in happened if f["name"] == "patient-deceased"),
                "again": next_admission(stay, stays),
                "others": [
                    other["admitted"]
                    for other in stays
                    if other is not stay and other["admitted"] is not None
                ],
            }
        )
    return cases


def next_admission(stay: Stay, stays: list[Stay]) -> Fact | None:
    """The patient's next admission, to another stay, after this one ended."""
    if stay["ended_at"] is None:
        return None
    later = [
        other["admitted"]
        for other in stays
        if other is not stay
        and other["admitted"] is not None
        and other["admitted"]["time"] >= stay["ended_at"]
    ]
    return min(later, key=order) if later else None


def first_time(facts: Iterable[Fact]) -> datetime | None:
    return min((fact["time"] for fact in facts), default=None)


def of(case: Case, *names: str) -> list[Fact]:
    return [fact for fact in case["facts"] if fact["name"] in names]


def first(case: Case, *names: str) -> datetime | None:
    return first_time(of(case, *names))


def told(fact: Fact, field: str) -> datetime | None:
    """A time that the fact tells, besides its own."""
    return moment(fact["data"][field]) if fact["data"].get(field) else None


def earliest(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


# -- what ends duties ------------------------------------------------------------------------------------------


def stopped(case: Case) -> datetime | None:
    """Death, or the episode cancelled or closed."""
    return earliest(case["died"], first(case, "episode-cancelled", "episode-closed"))


def in_stay(case: Case) -> datetime | None:
    """What ends a duty that can only be done in the stay."""
    return earliest(case["ended_at"], stopped(case))


def readmitted(case: Case) -> datetime | None:
    return case["again"]["time"] if case["again"] is not None else None


def after_stay(case: Case) -> datetime | None:
    return earliest(stopped(case), readmitted(case))


# -- agreements ------------------------------------------------------------------------------------------------


def agreed(case: Case, when: datetime, municipality: str | None = None) -> Agreement:
    """What holds for something that began then: of the hospital's region, whoever answers for the patient, the care form.

    What began before the admission is under what held at the admission.
    """
    when = max(when, case["begins"])
    known = (when, municipality)
    if known not in case["agreed"]:
        own = municipality or municipality_at(case, when)
        region = case["region"].removeprefix("region:")
        form = care_form(case["stay"], when)
        found = agreements.holding(case["adopted"], region, own, day(when), form)
        case["agreed"][known] = found
    return case["agreed"][known]  # type: ignore[no-any-return]


def care_form(stay: Stay, when: datetime) -> str | None:
    """Somatic or psychiatric, as admitted; compulsory open care (ÖPT, ÖRV) from the decision on it."""
    for fact in stay["facts"]:
        if fact["name"] == "compulsory-open-care-decided" and fact["time"] <= when:
            return "compulsory-open-care"
    return stay["admitted"]["data"].get("care_form")  # type: ignore[no-any-return]


def last_day_to_call(terms: Agreement, notice: datetime) -> datetime:
    """LUS 4:3: three days after the notice; a last day at a weekend or holiday moves where that is agreed."""
    last = day(notice) + timedelta(days=3)
    return last_of(agreements.rolled(last) if terms["limits"].get("sip_call_rolls_over") else last)


# -- municipality ----------------------------------------------------------------------------------------------


def municipality_at(case: Case, when: datetime) -> str | None:
    """LUS 5:2: the municipality of registration, or the one that placed the patient; changes in the stay from their time."""
    found = municipalities(case)
    own = found[0][1]
    for since, municipality in found:
        if since <= when:
            own = municipality
    return own


def municipalities(case: Case) -> list[tuple[datetime, str | None]]:
    """Who was responsible from when, the first at admission."""
    own = registered(case)
    placed = None
    for fact in _moves(case):
        if order(fact) < order(case["admitted"]):
            placed = fact["data"]["to_municipality"] if fact["data"].get("ground") == "placement" else None
    found = [(case["begins"], placed or own)]
    for fact in _moves(case):
        in_stay = order(fact) > order(case["admitted"]) and not _after_the_end(case, fact)
        if in_stay and fact["data"]["to_municipality"] != found[-1][1]:
            found.append((fact["time"], fact["data"]["to_municipality"]))
    return found


def registered(case: Case) -> str | None:
    """The municipality told with the admission, else with the emergency visit that it went on from."""
    visit = case["stay"]["visit"]
    told_at_visit = visit["data"].get("municipality") if visit is not None else None
    return case["admitted"]["data"].get("municipality") or told_at_visit


def _moves(case: Case) -> list[Fact]:
    moves = [fact for fact in case["happened"] if fact["name"] == "responsible-municipality-changed"]
    return [fact for fact in moves if fact["data"].get("to_municipality")]


def _after_the_end(case: Case, fact: Fact) -> bool:
    return case["stay"]["end"] is not None and order(fact) > order(case["stay"]["end"])


def placed_by(case: Case, when: datetime) -> str | None:
    """A placement that stands: the last change by then, if it is one."""
    standing = None
    for fact in _moves(case):
        if fact["time"] <= when:
            standing = fact["data"]["to_municipality"] if fact["data"].get("ground") == "placement" else None
    return standing


# -- who was told ----------------------------------------------------------------------------------------------


def recipients(fact: Fact) -> list[Recipient]:
    return fact["data"].get("recipients") or fact["data"].get("invitees") or []


def same(asked: Any, given: Any) -> bool:
    """What is not said matches anything."""
    return asked is None or given is None or asked == given


def is_receiver(recipient: Recipient, answer: dict[str, Any]) -> bool:
    """Whether who answers may be the recipient: role, municipality and unit, as far as both are told."""
    return all(same(recipient.get(part), answer.get(part)) for part in ("role", "municipality", "unit"))


def is_meant(case: Case, notice: Fact, recipient: Recipient, answer: dict[str, Any]) -> bool:
    """As ``is_receiver``; a municipal recipient that names no municipality is the patient's own when it was told."""
    if recipient["role"] in MUNICIPAL:
        own = recipient.get("municipality") or municipality_at(case, notice["time"])
        return is_receiver({**recipient, "municipality": own}, answer)
    return is_receiver(recipient, answer)


def reached(case: Case, notice: Fact) -> list[Recipient]:
    """Who got it and has not said that it was not for them (NotificationMisdirected; LUS 2:3)."""
    struck = [
        report["data"] for report in of(case, "notification-misdirected") if astray(case, report) is notice
    ]
    return [
        one for one in recipients(notice) if not any(is_meant(case, notice, one, report) for report in struck)
    ]


def astray(case: Case, report: Fact) -> Fact | None:
    """The notice that a report is about: by its message, else the last of the kind that went to this receiver."""
    data = report["data"]
    found = None
    for fact in case["facts"]:
        if fact["name"] != data.get("notification") or order(fact) > order(report):
            continue
        by_message = data.get("message") is None or fact["message"] == (report["source"], data["message"])
        if by_message and any(is_meant(case, fact, one, data) for one in recipients(fact)):
            found = fact
    return found


def reaches(case: Case, notice: Fact) -> bool:
    """It went to somebody; one that names no recipient went to somebody unnamed."""
    return bool(reached(case, notice)) or not recipients(notice)


def notices(case: Case, *names: str) -> list[Fact]:
    """Notices of the stay that reached somebody."""
    return [fact for fact in of(case, *names) if reaches(case, fact)]


def to_role(case: Case, notice: Fact, *roles: str) -> bool:
    return any(one["role"] in roles for one in reached(case, notice))


def to_municipality(case: Case, notice: Fact, municipality: str) -> bool:
    """The municipality was told; a recipient whose municipality is not named is the patient's own."""
    for one in reached(case, notice):
        own = one.get("municipality") or municipality_at(case, notice["time"])
        if one["role"] in MUNICIPAL and own == municipality:
            return True
    return False


def party_of(case: Case, recipient: Recipient, when: datetime) -> str | None:
    """The huvudman of a recipient: the region for open care, else its municipality or the patient's own."""
    if recipient["role"] in MUNICIPAL:
        return town(recipient.get("municipality") or municipality_at(case, when))
    return str(case["region"])


def until(case: Case, *ends: datetime | None) -> datetime:
    """When a duty ended, else now: open duties follow the patient to a new municipality (`domain-facts.md` §8, 33)."""
    return earliest(case["now"], *ends) or case["now"]


def town(municipality: str | None) -> str | None:
    return f"municipality:{municipality}" if municipality else None


# -- need, ready, SIP ------------------------------------------------------------------------------------------


def need(case: Case, kind: str | None = None) -> Fact | None:
    """The first judgement that services may be needed (LUS 2:1), or those of a kind."""
    for fact in of(case, "service-need-assessed"):
        if fact["data"].get("outcome") == "yes" and (kind is None or kind in fact["data"].get("needs", ())):
            return fact
    return None


def clock_of(case: Case, judged: Fact) -> datetime:
    """LUS 2:3: from the admission where need was judged at it, else from the judgement."""
    at_admission = judged["data"].get("at_admission")
    if at_admission is None:
        at_admission = judged["time"] <= case["begins"]
    start: datetime = case["begins"] if at_admission else judged["time"]
    return start


def periods(case: Case) -> list[dict[str, Any]]:
    """Each time the patient was ready: declared (or told without it), first notice, withdrawn."""
    found: list[dict[str, Any]] = []
    standing: dict[str, Any] | None = None
    for fact in of(case, "discharge-ready-declared", "discharge-ready-withdrawn", *READY_NOTICES):
        if fact["name"] == "discharge-ready-withdrawn":
            if standing is not None:
                standing["withdrawn"], standing["withdrawal"], standing = fact["time"], fact, None
            continue
        if fact["name"] in READY_NOTICES and not reaches(case, fact):
            continue
        if standing is None:
            standing = {
                "since": fact["time"], "begun": fact, "declared": None, "notice": None, "notices": [],
                "withdrawn": None, "withdrawal": None,
            }  # fmt: skip
            found.append(standing)
        if fact["name"] == "discharge-ready-declared":
            standing["declared"] = standing["declared"] or fact
        else:
            standing["notice"] = standing["notice"] or fact
            standing["notices"].append(fact)
    return found


def said_no(case: Case, when: datetime) -> bool:
    """The patient's last word on a SIP by then is no (LUS 4:2)."""
    said = [f for f in of(case, "consent-recorded") if f["data"].get("scope") == "sip" and f["time"] <= when]
    return bool(said) and said[-1]["data"].get("decision") in ("refused", "withdrawn")


def wanted(case: Case, when: datetime) -> bool:
    """The last word on whether a SIP is needed (LUS 4:1)."""
    said = [
        f for f in of(case, "sip-need-decided") if f["time"] <= when and f["data"].get("needed") is not None
    ]
    return bool(said) and said[-1]["data"]["needed"] is True


def compulsory_since(case: Case) -> datetime | None:
    """From when a samordnad vårdplan takes the SIP's place (LUS 4:1 second paragraph)."""
    left = case["discharged"]
    at_discharge = None
    if left is not None and left["data"].get("destination") == "compulsory-open-care":
        at_discharge = left["time"]
    return earliest(first(case, "compulsory-open-care-decided"), at_discharge)


def exempt(case: Case, when: datetime) -> bool:
    since = compulsory_since(case)
    return since is not None and since <= when
