"""Who gives the care, in every capacity at once, from when to when (HSL 8, 12, 14 chap.; lag 2022:1250; SoL)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from naive.case import same
from naive.chain import died, left_at_home, named, on_track, own_town
from naive.facts import HSL, Fact, order
from naive.stays import Stay

Care = dict[str, Any]
CONTACT_FACTS = (
    "visit-made", "home-visit-made", "digital-visit-held", "municipal-care-started", "mobile-team-took-over",
    "care-assessed",
)  # fmt: skip
TEAM_REGION_ROLES = ("inpatient", "emergency", "open-care")


def care(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    """Every stretch of care, those of no length left out."""
    found = [
        *in_stays(stays), *after_discharge(happened, stays), *municipal(happened, stays), *teams(happened, stays),
        *specialists(happened), *shared(happened), *egenvard(happened, stays), *ambulance(happened, stays),
    ]  # fmt: skip
    return [one for one in found if one["to"] is None or one["to"] > one["from"]]


def given(
    role: str,
    party: str | None,
    unit: str | None,
    since: datetime,
    until: datetime | None,
    detail: str | None = None,
) -> Care:
    return {"role": role, "party": party, "unit": unit, "from": since, "to": until, "detail": detail}


def first_end(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def huvudman(fact: Fact) -> str | None:
    """The principal as a party, else the organisation that says so."""
    code = fact["principal"]
    if code is None:
        return str(fact["data"].get("organisation") or fact["controller"])
    return f"region:{code}" if len(code) == 2 else f"municipality:{code}"


def region_of(fact: Fact) -> str | None:
    code = fact["principal"]
    return f"region:{code[:2]}" if code else None


def town_of(happened: list[Fact], stays: list[Stay], municipality: str | None, when: datetime) -> str | None:
    """The municipality named, else the patient's own: by the last change, else the last admission."""
    if municipality is None:
        municipality = own_town(happened, stays, when)
    return f"municipality:{municipality}" if municipality else None


def in_stays(stays: list[Stay]) -> list[Care]:
    """The hospital, ward by ward; the emergency department until the patient is admitted or leaves."""
    found = []
    for stay in stays:
        if not stay["units"] or (stay["phase"] == "cancelled" and stay.get("annulled")):
            continue
        stretches: list[Care] = []
        party = None
        for time, unit, fact in stay["units"]:
            admitted = stay["admitted"]
            is_in = admitted is not None and order(fact) >= order(admitted)
            role = "inpatient" if is_in or fact["name"] == "leave-started" else "emergency"
            party = huvudman(fact) if party is None or fact is admitted else party
            if fact["data"].get("to_region"):
                party = f"region:{fact['data']['to_region']}"
            before = stretches[-1] if stretches else None
            if (
                before is not None
                and (before["role"], before["party"]) == (role, party)
                and before["unit"] == unit
            ):
                continue
            if before is not None:
                before["to"] = time
            stretches.append(given(role, party, unit, time, None))
        if stretches:
            stretches[-1]["to"] = stay["ended_at"]
        found += stretches
    return found


def after_discharge(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    """HSL 14:1: physicians' care stays with the region: open care has the patient until the next admission."""
    found = []
    for stay in stays:
        left, admitted = stay["end"], stay["admitted"]
        if (
            admitted is None
            or stay["phase"] != "discharged"
            or left["data"].get("destination") == "other-hospital"
        ):
            continue
        again = next_admission_after(stays, left["time"], stay)
        contacts = named(stay["facts"], "care-contact-appointed")
        end = first_end(again, left_later(stays, stay), died(happened))
        unit = [f for f in contacts if end is None or f["time"] <= end]
        found.append(
            given(
                "open-care",
                huvudman(admitted),
                unit[-1]["data"].get("unit") if unit else None,
                left["time"],
                end,
            )
        )
    return found


def left_later(stays: list[Stay], stay: Stay) -> datetime | None:
    """The end of another stay that was open beside this one: from then on it is that stay's discharge that counts."""
    return first_end(
        *(
            other["ended_at"]
            for other in stays
            if other is not stay
            and other["admitted"] is not None
            and other["phase"] == "discharged"
            and order(other["end"]) > order(stay["end"])
            and other["end"]["data"].get("destination") != "other-hospital"
        )
    )


def next_admission_after(
    stays: list[Stay], when: datetime, but: Stay | None = None, *, strictly: bool = False
) -> datetime | None:
    times = [s["admitted"]["time"] for s in stays if s is not but and s["admitted"] is not None]
    return min((t for t in times if t > when or (t == when and not strictly)), default=None)


def kinds(fact: Fact) -> list[str]:
    """HSL 12:2 home nursing, 12:5 rehabilitation and habilitation; SoL."""
    services = fact["data"].get("services") or []
    if not services:
        return ["social-services"] if fact["regime"] == "SoL" else ["municipal-health"]
    return kinds_of(services)


def kinds_of(services: list[str]) -> list[str]:
    found = []
    if "home-nursing" in services:
        found.append("municipal-health")
    if "rehabilitation" in services or "habilitation" in services:
        found.append("rehabilitation")
    if any(service not in HSL for service in services):
        found.append("social-services")
    return found


def merged(stretches: Iterable[Care]) -> list[Care]:
    """What is told again while it runs is the same care."""
    found: list[Care] = []
    for one in sorted(stretches, key=lambda c: c["from"]):
        running = [
            other
            for other in found
            if (other["role"], other["party"], other["detail"]) == (one["role"], one["party"], one["detail"])
            and (other["to"] is None or other["to"] > one["from"])
        ]
        if not running:
            found.append(one)
    return found


def municipal(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    """From the first service of a kind until the last of them has ended, the next admission, or death."""
    found: list[Care] = []
    for fact in named(happened, "municipal-care-started", "municipal-care-ended"):
        time = fact["time"]
        party = town_of(happened, stays, says(fact), time)
        for kind in kinds(fact) if fact["name"] == "municipal-care-started" else ends_kinds(fact):
            services = {
                service for service in fact["data"].get("services") or () if kind in kinds_of([service])
            }
            running = [
                one
                for one in found
                if (one["role"], one["party"]) == (kind, party) and (one["to"] is None or one["to"] > time)
            ]
            if fact["name"] == "municipal-care-started":
                if not running:
                    until = first_end(next_admission_after(stays, time, strictly=True), died(happened))
                    running = [given(kind, party, fact["data"].get("unit"), time, until)]
                    running[0].update(services=set(), by=None)
                    found += running
                running[0]["services"] |= services
                continue
            for one in running:
                one["services"] -= services
                if not (services and one["services"]):
                    one["to"], one["by"] = time, fact["id"]
    return found


def says(fact: Fact) -> str | None:
    """The municipality named, else the one that says so."""
    principal = fact["principal"]
    return fact["data"].get("municipality") or (principal if principal and len(principal) == 4 else None)


def ends_kinds(end: Fact) -> list[str]:
    """No services named means all that the municipality gave under the same law."""
    if not end["data"].get("services"):
        return ["social-services"] if end["regime"] == "SoL" else ["municipal-health", "rehabilitation"]
    return kinds(end)


def teams(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    found = []
    for start in named(happened, "mobile-team-took-over"):
        team, since = start["data"].get("team"), start["time"]
        back = [f for f in named(happened, "mobile-team-handed-back") if order(f) > order(start)]
        back = [f for f in back if f["data"].get("team") == team]
        until = first_end(back[0]["time"] if back else None, died(happened))
        found.append(given("mobile-team", huvudman(start), team, since, until))
        for member in start["data"].get("members") or []:
            if member["role"] in TEAM_REGION_ROLES:
                party = region_of(start)
            else:
                party = town_of(happened, stays, member.get("municipality"), since)
            found.append(
                given(
                    "team-member", party, member.get("unit"), since, until, member["role"] + "/" + str(team)
                )
            )
    return merged_by_unit(found)


def merged_by_unit(stretches: list[Care]) -> list[Care]:
    found: list[Care] = []
    for one in stretches:
        key = (one["role"], one["unit"], one["detail"]) + (
            (one["party"],) if one["role"] == "team-member" else ()
        )
        running = False
        for other in found:
            known = (other["role"], other["unit"], other["detail"])
            known += (other["party"],) if other["role"] == "team-member" else ()
            running = running or (known == key and (other["to"] is None or other["to"] > one["from"]))
        if not running:
            found.append(one)
    return found


def specialists(happened: list[Fact]) -> list[Care]:
    """A specialist unit has the patient on the track until it hands back; a second unit's yes is a second care."""
    found: list[Care] = []
    for fact in named(happened, "referral-accepted", "shared-care-agreed", "handed-back-to-primary-care"):
        track, time = fact["data"].get("track"), fact["time"]
        running = [one for one in found if one["detail"] == track and one["to"] is None]
        if fact["name"] == "handed-back-to-primary-care":
            own = [one for one in running if one["unit"] == fact["data"].get("from_unit")]
            for one in own or running:
                one["to"] = time
            continue
        unit = fact["data"].get("unit") or fact["data"].get("specialist_unit")
        if fact["name"] == "referral-accepted":
            running = [one for one in running if one["unit"] == unit]
        if not running:
            found.append(given("specialist", region_of(fact), unit, time, None, track))
    death = died(happened)
    for one in found:
        one["to"] = first_end(one["to"], death)
    return found


def shared(happened: list[Fact]) -> list[Care]:
    """Primary care's part on a track, from when care is shared or handed back."""
    found = []
    steps = named(happened, "shared-care-agreed", "handed-back-to-primary-care")
    for number, start in enumerate(steps):
        track = start["data"].get("track")
        unit = start["data"].get("primary_care_unit") or start["data"].get("to_unit")
        later = on_track(steps[number + 1 :], track)
        until = first_end(later[0]["time"] if later else None, died(happened))
        found.append(given("open-care", region_of(start), unit, start["time"], until, track))
    return found


def egenvard(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    """Lag 2022:1250: the patient, or who helps, does it until a review ends it or it becomes health care again."""
    found = []
    for start in named(happened, "egenvard-assessed"):
        if start["data"].get("outcome") != "egenvard":
            continue
        ends = [
            fact
            for fact in named(happened, "egenvard-assessed", "egenvard-reviewed")
            if order(fact) > order(start) and fact["data"].get("outcome") in ("ended", "health-care")
        ]
        until = first_end(ends[0]["time"] if ends else None, died(happened))
        found.append(
            given(
                "egenvard", supporter(happened, stays, start), start["data"].get("unit"), start["time"], until
            )
        )
    return merged(found)


def supporter(happened: list[Fact], stays: list[Stay], start: Fact) -> str | None:
    support = start["data"].get("support")
    if support == "municipality":
        return town_of(happened, stays, start["data"].get("municipality"), start["time"])
    if support == "region":
        return region_of(start)
    return "assistance" if support == "personal-assistance" else support


def ambulance_ends(happened: list[Fact], stays: list[Stay], fact: Fact) -> datetime | None:
    """Any contact, an admission, an emergency visit, or death."""
    later = [one for one in named(happened, *CONTACT_FACTS) if order(one) > order(fact)]
    begun = [stay[what] for stay in stays for what in ("visit", "admitted") if stay[what] is not None]
    later += [one for one in begun if order(one) > order(fact)]
    return first_end(min((one["time"] for one in later), default=None), died(happened))


def ambulance(happened: list[Fact], stays: list[Stay]) -> list[Care]:
    found = []
    for fact in named(happened, "ambulance-attended"):
        if not left_at_home(fact):
            continue
        until = ambulance_ends(happened, stays, fact)
        for one in fact["data"].get("handed_to") or []:
            if one["role"] in TEAM_REGION_ROLES:
                party = region_of(fact)
            else:
                party = town_of(happened, stays, one.get("municipality"), fact["time"])
            found.append(given(one["role"], party, one.get("unit"), fact["time"], until, "ambulance"))
    return found


def care_contacts(happened: list[Fact]) -> list[Care]:
    """LUS 2:5: the fast vårdkontakt at every moment."""
    found: list[Care] = []
    for fact in named(happened, "care-contact-appointed", "care-contact-ended"):
        running = [one for one in found if one["to"] is None]
        unit = fact["data"].get("unit")
        if fact["name"] == "care-contact-ended":
            for one in running:
                if same(unit, one["unit"]):
                    one["to"] = fact["time"]
        elif not running or running[-1]["unit"] != unit:
            for one in running:
                one["to"] = fact["time"]
            found.append(given("open-care", region_of(fact), unit, fact["time"], None))
    death = died(happened)
    for one in found:
        one["to"] = first_end(one["to"], death)
    return [one for one in found if one["to"] is None or one["to"] > one["from"]]
