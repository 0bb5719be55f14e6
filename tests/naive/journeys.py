"""Journeys made up from a seed over the whole vocabulary: likely ones, unlikely ones, late, doubled and corrected."""

import copy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from naive.facts import HSL, Line

HOSPITAL, OTHER_HOSPITAL = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-WARD2"
CENTRES = ("hsa:SE2321000198-VC1", "hsa:SE2321000198-VC2")
SPECIALISTS = ("hsa:SE2321000198-SPEC1", "hsa:SE2321000198-SPEC2", "hsa:SE2321000198-SPEC3")
TEAMS = ("hsa:SE2321000198-TEAM1", "hsa:SE2321000198-TEAM2")
TOWNS = ("2180", "2181", "2182")
REGION_NUMBER = {"21": "2321000198", "23": "2321000214"}
TOWN_NUMBERS = {"2180": "2120021809", "2181": "2120021817", "2182": "2120021825"}
"""Made up for the purpose, with a right check digit."""
TRACKS = ("heart-failure", "diabetes", "geriatrics")
STARTS = (
    "2026-02-02T08:00", "2026-03-25T07:00", "2026-10-21T09:00", "2025-12-28T10:00", "2026-05-04T06:00",
)  # fmt: skip
"""Ordinary weeks, both nights when the clocks change, and the turn of the year."""
HORIZON = datetime(2027, 1, 1, tzinfo=UTC)
Told = dict[str, Any]


class Teller:
    """Tells one patient's story, line by line, in the order it happens."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(f"naive {seed}")
        self.patient = f"NAIVE-{seed}"
        self.lines: list[Line] = []
        self.now = datetime.fromisoformat(self.dice.choice(STARTS) + ":00+00:00")
        self.episode: str | None = None
        self.home = self.dice.choice(TOWNS[:2])
        self.region = "21"
        self.form: str | None = None
        self.told_too: str | None = None
        self.left: datetime | None = None
        self.dead = False

    def maybe(self, chance: float) -> bool:
        return self.dice.random() < chance

    def one(self, *choices: Any) -> Any:
        return self.dice.choice(choices)

    def some(self, *choices: Any) -> list[Any]:
        return [choice for choice in choices if self.maybe(0.6)]

    def wait(self, low: float, high: float) -> None:
        """Hours pass; now and then none, now and then until noon sharp or midnight in Sweden."""
        if self.maybe(0.06):
            return
        self.now += timedelta(minutes=self.dice.randint(int(low * 60), int(high * 60)))
        if self.maybe(0.05):
            self.now = self.now.replace(hour=self.one(10, 11, 22, 23), minute=0, second=self.one(0, 0, 1))

    def later(self, low: float, high: float) -> str:
        return text(self.now + timedelta(minutes=self.dice.randint(int(low * 60), int(high * 60))))

    def say(
        self, kind: str, data: dict[str, Any] | None = None, *, by: str = "hospital", **more: Any
    ) -> None:
        said = {name: value for name, value in (data or {}).items() if value not in (None, [])}
        region = more.pop("region", self.region)
        principal = by[5:] if by.startswith("town-") else region
        number = TOWN_NUMBERS[by[5:]] if by.startswith("town-") else REGION_NUMBER[region]
        line: Line = {
            "type": f"se.carechain.{kind}.v1",
            "time": text(more.pop("at", self.now)),
            "patient": {"system": "simulated", "value": self.patient},
            "source": by,
            "message": f"{self.patient}-{len(self.lines)}",
            "controller": f"orgnr:{number}",
            "principal": principal,
            "data": said,
        }
        if by == "hospital" and self.episode is not None and not more.pop("loose", False):
            line["episode"] = self.episode
        more.pop("loose", None)
        line.update(more)
        if self.maybe(0.5):
            line["sequence"] = len(self.lines)
        self.lines.append(line)

    # -- who gets things -------------------------------------------------------------------------------------

    def receivers(self) -> list[Told]:
        town = self.home if self.maybe(0.85) else self.one(*TOWNS)
        self.told_too = town if town != self.home else self.told_too
        everybody: list[Told] = [
            {"role": "open-care", "unit": self.one(*CENTRES)},
            {"role": "municipal-health", "municipality": town},
            {"role": "social-services", "municipality": town},
        ]
        if self.maybe(0.15):
            everybody[1].pop("municipality")
        if self.maybe(0.15):
            everybody[0]["received_at"] = self.later(0, 3)
        if self.maybe(0.1):
            everybody.append({"role": "inpatient", "unit": OTHER_HOSPITAL})
        kept = [one for one in everybody if self.maybe(0.85)]
        return kept or everybody

    def services(self) -> list[str]:
        return list(
            self.one(
                ["home-nursing"], ["home-help"], ["home-nursing", "home-help"], ["rehabilitation"],
                ["home-nursing", "rehabilitation"], ["short-term-place"], ["residential-care", "habilitation"],
            )
        )  # fmt: skip

    def town(self) -> str | None:
        return str(self.home) if self.maybe(0.85) else self.one(None, *TOWNS)

    def by_town(self) -> str:
        return f"town-{self.home}"

    # -- the stay --------------------------------------------------------------------------------------------

    def arrive(self, number: int) -> None:
        self.episode = f"{self.patient}-E{number}" if self.maybe(0.95) else None
        self.region = self.one("21", "21", "21", "23")

    def stay(self, number: int) -> None:
        self.arrive(number)
        if self.episode is not None and self.maybe(0.3):
            self.say("emergency-visit-started", {"unit": "hsa:SE2321000198-AKUT", "municipality": self.home})
            self.wait(0.5, 8)
            if self.maybe(0.15):
                self.say("emergency-visit-ended", {"destination": "home"})
                return
        self.admit()
        before_ready = [
            self.assess,
            self.notify,
            self.plan_home,
            self.sip_talk,
            self.leave,
            self.estimate,
            self.move,
        ]
        for step in before_ready:
            if self.maybe(0.85):
                step()
        for _ in range(self.one(1, 1, 1, 2, 3)):
            if self.maybe(0.85):
                self.ready()
        if self.maybe(0.88):
            self.wait(1, 60)
            self.leave_hospital()

    def admit(self) -> None:
        self.form = self.one("somatic", "somatic", "psychiatric", "psychiatric", None)
        admission = {
            "unit": HOSPITAL, "care_form": self.form, "unplanned": self.one(True, True, False, None),
            "municipality": self.home if self.maybe(0.97) else None,
        }  # fmt: skip
        if self.form == "psychiatric":
            admission["compulsion"] = self.one("voluntary", "LPT", "LRV")
        self.say("patient-admitted", admission)

    def short_stay(self, number: int) -> None:
        self.arrive(number)
        self.admit()
        for step, chance in ((self.assess, 0.8), (self.notify, 0.95), (self.sip_talk, 0.9)):
            if self.maybe(chance):
                step()
        self.move()
        for _ in range(self.one(1, 1, 1, 2)):
            self.wait(5, 60)
            for step, chance in (
                (self.tell_ready, 0.95), (self.call_sip, 0.7), (self.no_open_care, 0.3), (self.move_on, 0.3),
                (self.sip_talk, 0.15),
            ):  # fmt: skip
                if self.maybe(chance):
                    step()
            self.wait(1, 120)
            if self.maybe(0.1):
                self.say("discharge-ready-withdrawn", {"reason": "worse"})
        if self.maybe(0.04):
            self.say("patient-deceased")
            self.dead = True
        elif self.maybe(0.9):
            self.say("patient-discharged", {"destination": self.one("home", "home", "residential-care")})
            for step in (self.follow_up, self.dispute):
                if self.maybe(0.3):
                    step()

    def assess(self) -> None:
        for outcome in self.one(["yes"], ["yes"], ["yes"], ["no", "yes"], ["unknown"], ["yes", "yes"]):
            self.wait(0, 20)
            needs = self.some("social-services", "municipal-health", "open-care")
            at_admission = self.one(None, None, True, False)
            self.say(
                "service-need-assessed", {"outcome": outcome, "needs": needs, "at_admission": at_admission}
            )

    def notify(self) -> None:
        for _ in range(self.one(1, 1, 1, 2)):
            self.wait(0, 26)
            data: Told = {"recipients": self.receivers()}
            if self.maybe(0.7):
                data["estimated_discharge_at"] = self.later(20, 200)
            for word in ("name", "identity", "address"):
                if self.maybe(0.6):
                    data[f"{word}_included"] = self.maybe(0.8)
            self.say("admission-notified", data)
            for one in data["recipients"]:
                if self.maybe(0.5):
                    self.wait(0, 8)
                    self.say("admission-acknowledged", one_who(one), by=self.sender(one))
                elif self.maybe(0.15):
                    self.astray("admission-notified", one)
        if self.maybe(0.15):
            data = {
                "reason": "moved",
                "removed": [self.one(*self.receivers())],
                "added": self.receivers()[:1],
            }
            self.wait(0, 10)
            self.say("participant-changed", data)

    def astray(self, kind: str, one: Told) -> None:
        self.wait(0, 12)
        self.say("notification-misdirected", {"notification": kind, **one_who(one)}, by=self.sender(one))

    def sender(self, one: Told) -> str:
        return "open-care" if one["role"] == "open-care" else f"town-{one.get('municipality') or self.home}"

    def plan_home(self) -> None:
        for one in self.receivers():
            if self.maybe(0.5):
                self.wait(0, 30)
                who = {"unit": self.one(*CENTRES), "colour": "green", **one_who(one)}
                self.say("planning-input-submitted", who, by=self.sender(one))
        if self.maybe(0.6):
            self.contact()

    def contact(self) -> None:
        self.wait(0, 20)
        self.say("care-contact-appointed", {"unit": self.one(*CENTRES)}, by="open-care")
        if self.maybe(0.15):
            self.wait(0, 40)
            self.say(
                "care-contact-ended", {"unit": self.one(None, *CENTRES), "reason": "moved"}, by="open-care"
            )

    def sip_talk(self) -> None:
        for _ in range(self.one(1, 1, 2)):
            self.wait(0, 12)
            if self.maybe(0.8):
                self.say("sip-need-decided", {"needed": self.maybe(0.8)}, loose=self.maybe(0.3))
            if self.maybe(0.4):
                decision = self.one("given", "given", "refused", "withdrawn", "incapable")
                self.say(
                    "consent-recorded",
                    {"scope": self.one("sip", "sip", "information-sharing"), "decision": decision},
                )
            if self.maybe(0.3):
                self.say("patient-goal-stated", {"goal": "Komma hem till hunden."})

    def leave(self) -> None:
        if self.maybe(0.2):
            self.wait(1, 20)
            self.say("leave-started")
            if self.maybe(0.8):
                self.wait(2, 30)
                self.say("leave-ended")
        if self.maybe(0.15):
            self.wait(1, 20)
            self.say("patient-transferred", {"from_unit": HOSPITAL, "to_unit": OTHER_HOSPITAL})

    def estimate(self) -> None:
        for _ in range(self.one(0, 1, 1, 2)):
            self.wait(1, 30)
            if self.maybe(0.5):
                self.say("estimated-discharge-changed", {"new_estimate_at": self.later(1, 120)})
            else:
                seen = {"ready": self.one(True, False, None), "estimated_discharge_at": self.later(1, 200)}
                self.say("discharge-ready-status-observed", seen)

    def move(self, chance: float = 0.15) -> None:
        if self.maybe(chance):
            self.wait(0, 40)
            new = self.told_too if self.told_too is not None and self.maybe(0.4) else self.one(*TOWNS)
            ground = self.one("registration", "placement", "transfer")
            self.say(
                "responsible-municipality-changed", {"to_municipality": new, "ground": ground}, by="register"
            )
            if self.maybe(0.7):
                self.home = new

    def move_on(self) -> None:
        self.move(1)

    def ready(self) -> None:
        self.wait(5, 60)
        if self.maybe(0.85):
            self.say("discharge-ready-declared", {"physician_role": "treating-physician"})
            if self.maybe(0.1):
                self.wait(0, 2)
                self.say("discharge-ready-declared")
        steps = [
            self.tell_ready, self.takeover, self.call_sip, self.no_open_care, self.observe, self.move, self.sip_talk,
        ]  # fmt: skip
        if self.maybe(0.2):
            self.dice.shuffle(steps)
        for step in steps:
            if self.maybe(0.7):
                step()
        if self.maybe(0.2):
            self.wait(1, 60)
            self.say("discharge-ready-withdrawn", {"reason": "worse"})
        elif self.maybe(0.6):
            self.wait(1, 120)

    def tell_ready(self) -> None:
        self.wait(0, 3)
        kind = "discharge-ready-notified"
        recipients = self.receivers()
        if self.maybe(0.2 if self.form == "psychiatric" else 0.04):
            kind = "compulsory-open-care-decided"
            self.say(kind, {"form": "LPT", "recipients": recipients})
            if self.maybe(0.5):
                self.wait(1, 100)
                self.say("coordinated-care-plan-established", {"principals": ["21", self.home]})
            return
        self.say(kind, {"recipients": recipients})
        if self.maybe(0.12):
            self.astray(kind, self.one(*recipients))
            if self.maybe(0.7):
                self.wait(0, 6)
                self.say(kind, {"recipients": self.receivers()})

    def takeover(self) -> None:
        for _ in range(self.one(1, 1, 2)):
            self.wait(0, 10)
            town, services = self.town(), self.services()
            self.say("municipal-takeover-proposed", {"municipality": town, "services": services})
            if self.maybe(0.25):
                self.wait(0, 20)
                reason = self.one("no-place", "not-our-resident", "medical-objection")
                data = {"municipality": town, "services": services, "reason": reason}
                self.say("municipal-takeover-declined", data, by=self.by_town())
            if self.maybe(0.6):
                self.wait(0, 20)
                if self.maybe(0.2):
                    services = services[:1]
                planned = self.later(2, 80) if self.maybe(0.8) else None
                data = {"municipality": town, "services": services, "planned_start_at": planned}
                self.say("municipal-takeover-accepted", data, by=self.by_town())

    def call_sip(self) -> None:
        self.wait(0, 100)
        invited = self.receivers()
        self.say(
            "sip-meeting-called", {"invitees": invited, "form": "digital", "unit": CENTRES[0]}, by="open-care"
        )
        if self.maybe(0.07):
            self.astray("sip-meeting-called", self.one(*invited))
            if self.maybe(0.6):
                self.wait(0, 10)
                self.say(
                    "sip-meeting-called", {"invitees": self.receivers(), "form": "digital"}, by="open-care"
                )
        if self.maybe(0.4):
            self.wait(0, 100)
            self.say("sip-meeting-held", {"form": "digital", "participants": invited}, by="open-care")
            self.say(
                "sip-established",
                {"principals": ["21", self.home], "overall_responsible": self.home},
                by="open-care",
            )

    def no_open_care(self) -> None:
        if self.maybe(0.3):
            self.wait(0, 60)
            service = self.one("home-visit", "rehabilitation")
            self.say("open-care-service-unavailable", {"service": service}, by="open-care")
            if self.maybe(0.7):
                self.wait(0, 100)
                service = service if self.maybe(0.9) else "equipment"
                self.say("open-care-service-cleared", {"service": service}, by="open-care")

    def observe(self) -> None:
        for _ in range(self.one(0, 0, 1, 2)):
            self.wait(0, 20)
            self.say("discharge-ready-status-observed", {"ready": self.one(True, False, False)})

    def leave_hospital(self) -> None:
        if self.maybe(0.06):
            self.say("patient-deceased")
            self.dead = True
            return
        if self.maybe(0.04):
            self.say("episode-cancelled", {"reason": "registered-in-error"})
            return
        if self.maybe(0.7):
            self.say("patient-informed-at-discharge", {"summary_given": True})
            self.wait(0, 1)
        destination = self.one(
            "home", "home", "home", "residential-care", "short-term-place", "other-hospital", "compulsory-open-care",
        )  # fmt: skip
        self.say("patient-discharged", {"destination": destination, "egenvard": self.maybe(0.2)})
        self.left = self.now
        after = [
            self.inform,
            self.municipal_care,
            self.follow_up,
            self.dispute,
            self.call_sip_late,
            self.contact,
            self.told_too_late,
        ]
        self.dice.shuffle(after)
        for step in after:
            if self.maybe(0.55):
                step()
        if self.maybe(0.06):
            self.say("episode-closed", {"reason": "completed"})

    def inform(self) -> None:
        self.wait(0, 20)
        self.say("discharge-information-transferred", {"recipients": self.receivers()})

    def municipal_care(self) -> None:
        self.wait(0, 40)
        services, town = self.services(), self.town()
        start = {"municipality": town, "services": services, "unit": "hsa:SE2120002338-HEM1"}
        self.say("municipal-care-started", start, by=self.by_town())
        if self.maybe(0.35):
            self.wait(0, 40)
            another = self.one(*TOWNS)
            start = {"municipality": another, "services": services}
            self.say("municipal-care-started", start, by=f"town-{another}")
        if self.maybe(0.3):
            self.wait(1, 200)
            ended = services if self.maybe(0.6) else services[:1]
            reason = self.one("no-longer-needed", "moved", "handed-over")
            data = {"municipality": town, "services": ended, "reason": reason}
            self.say("municipal-care-ended", data, by=self.by_town())

    def follow_up(self) -> None:
        if self.maybe(0.4):
            self.wait(0, 20)
            role = self.one(None, "open-care", "municipal-health")
            self.say(
                "follow-up-planned",
                {"due_at": self.later(10, 200), "role": role, "channel": "telephone"},
                by="open-care",
            )
        if self.maybe(0.7):
            self.wait(10, 60)
            self.say(
                "follow-up-completed", {"channel": "telephone", "unit": self.one(*CENTRES)}, by="open-care"
            )

    def dispute(self) -> None:
        if self.maybe(0.5):
            self.wait(10, 700)
            data = {"municipality": self.home, "month": f"{self.now:%Y-%m}", "reason": "wrong-time"}
            self.say("case-disputed", data, by=self.by_town(), episode=None)

    def call_sip_late(self) -> None:
        if self.maybe(0.5):
            self.call_sip()

    def told_too_late(self) -> None:
        """Another municipality answers after the stay, and is told as if the patient were still in."""
        if self.maybe(0.3):
            new = self.one(*TOWNS)
            moved = {"to_municipality": new, "ground": self.one("placement", "transfer")}
            self.say("responsible-municipality-changed", moved, by="register")
            self.wait(0, 5)
            recipients = [{"role": "social-services", "municipality": new}]
            self.say("discharge-ready-notified", {"recipients": recipients})

    # -- beyond the stay -------------------------------------------------------------------------------------

    def beyond(self) -> None:
        steps = [
            self.referral,
            self.guarantee,
            self.team,
            self.egenvard,
            self.ambulance,
            self.visits,
            self.residence,
        ]
        steps += [self.emergency, self.commission, self.words]
        self.dice.shuffle(steps)
        for step in steps:
            if self.maybe(0.4):
                self.wait(0, 90)
                step()

    def referral(self) -> None:
        track = self.one(*TRACKS)
        asked = {
            "track": track,
            "from_unit": CENTRES[0],
            "to_unit": self.one(*SPECIALISTS),
            "to_region": self.one(None, "23"),
        }
        self.say("referral-sent", asked, by="open-care")
        for _ in range(self.one(0, 1, 1, 2)):
            self.wait(1, 300)
            on = self.one(None, *SPECIALISTS)
            said = {"track": track, "unit": SPECIALISTS[0], "reason": "no-capacity", "passed_on_to": on}
            self.say("referral-returned", said, by="specialist")
        if self.maybe(0.3):
            self.pause(track, "visit")
        if self.maybe(0.7):
            self.wait(1, 500)
            self.say("referral-accepted", {"track": track, "unit": self.one(*SPECIALISTS)}, by="specialist")
        if self.maybe(0.4):
            self.say("referral-accepted", {"track": track, "unit": self.one(*SPECIALISTS)}, by="specialist")
        if self.maybe(0.6):
            self.wait(1, 900)
            kind = self.one("visit-made", "home-visit-made", "digital-visit-held")
            self.say(kind, {"track": track, "unit": self.one(*SPECIALISTS)}, by="specialist")
        if self.maybe(0.4):
            self.wait(1, 100)
            said = {
                "track": track,
                "specialist_unit": self.one(*SPECIALISTS),
                "primary_care_unit": self.one(*CENTRES),
            }
            self.say("shared-care-agreed", said, by="specialist")
        if self.maybe(0.4):
            self.wait(1, 900)
            said = {"track": track, "from_unit": SPECIALISTS[0], "to_unit": self.one(*CENTRES)}
            self.say("handed-back-to-primary-care", said, by="specialist")

    def pause(self, track: str, step: str) -> None:
        self.wait(1, 200)
        ground = self.one("medically-impossible", "chose-other-region", "abstains")
        self.say("wait-paused", {"track": track, "step": step, "ground": ground}, by="specialist")
        if self.maybe(0.7):
            self.wait(1, 200)
            self.say("wait-resumed", {"track": track, "step": step}, by="specialist")

    def guarantee(self) -> None:
        track = self.one(None, None, *TRACKS)
        self.say("care-contact-sought", {"unit": CENTRES[0], "track": track}, by="open-care")
        if track is not None and self.maybe(0.5):
            self.wait(1, 50)
            self.say("referral-sent", {"track": track, "to_unit": SPECIALISTS[0]}, by="open-care")
            self.wait(1, 100)
            self.say("referral-returned", {"track": track, "reason": "wrong-level"}, by="specialist")
            if self.maybe(0.6):
                self.wait(1, 100)
                self.say("referral-accepted", {"track": track, "unit": SPECIALISTS[1]}, by="specialist")
        if self.maybe(0.7):
            self.wait(1, 120)
            self.say("care-assessed", {"unit": CENTRES[0], "profession": "nurse"}, by="open-care")
        if self.maybe(0.5):
            track = self.one(*TRACKS)
            self.say("treatment-decided", {"track": track, "unit": SPECIALISTS[0]}, by="specialist")
            if self.maybe(0.4):
                self.pause(track, "treatment")
            if self.maybe(0.6):
                self.wait(1, 1500)
                self.say("treatment-started", {"track": track, "unit": SPECIALISTS[0]}, by="specialist")

    def team(self) -> None:
        team = self.one(*TEAMS)
        members = [
            {"role": "open-care", "unit": CENTRES[0]},
            {"role": "municipal-health", "municipality": self.home},
        ]
        self.say("mobile-team-took-over", {"team": team, "members": members}, by="open-care")
        if self.maybe(0.25):
            self.wait(1, 100)
            self.say("mobile-team-took-over", {"team": self.one(*TEAMS), "members": members}, by="open-care")
        if self.maybe(0.7):
            self.wait(1, 900)
            handed = self.receivers()[:1] if self.maybe(0.5) else []
            self.say(
                "mobile-team-handed-back",
                {"team": team, "handed_to": handed, "reason": "stable"},
                by="open-care",
            )

    def egenvard(self) -> None:
        for _ in range(self.one(1, 1, 2)):
            said = {
                "outcome": self.one("egenvard", "egenvard", "egenvard", "health-care"), "unit": CENTRES[0],
                "support": self.one("patient", "relative", "municipality", "region", "personal-assistance", "other"),
                "municipality": self.home, "review_at": self.later(24, 900) if self.maybe(0.8) else None,
            }  # fmt: skip
            self.say("egenvard-assessed", said, by="open-care")
            self.wait(1, 900)
            if self.maybe(0.6):
                again = self.later(24, 900) if self.maybe(0.5) else None
                said = {
                    "outcome": self.one("continues", "continues", "ended"),
                    "review_at": again,
                    "unit": CENTRES[0],
                }
                self.say("egenvard-reviewed", said, by="open-care")

    def ambulance(self) -> None:
        said: Told = {
            "outcome": self.one("left-at-home", "left-at-home", "conveyed"),
            "unit": "hsa:SE2321000198-AMB",
        }
        if self.maybe(0.55):
            said["handed_to"] = [one for one in self.receivers() if one["role"] != "inpatient"][:2]
        self.say("ambulance-attended", said, by="ambulance")
        self.wait(0, 30)

    def visits(self) -> None:
        for _ in range(self.one(1, 2, 3)):
            self.wait(0, 100)
            kind = self.one("visit-made", "home-visit-made", "digital-visit-held", "preventive-contact-made")
            self.say(
                kind,
                {"unit": self.one(*CENTRES), "track": self.one(None, None, None, *TRACKS)},
                by="open-care",
            )

    def residence(self) -> None:
        town = self.one(*TOWNS[:2])
        self.say("residential-care-applied", {"municipality": town}, by=f"town-{town}")
        if self.maybe(0.7):
            self.wait(1, 900)
            move = self.later(1, 400) if self.maybe(0.8) else None
            self.say(
                "residential-care-offered",
                {"municipality": self.one(town, town, town, *TOWNS), "move_in_at": move},
                by=f"town-{town}",
            )

    def emergency(self) -> None:
        episode, self.episode = self.episode, f"{self.patient}-A{len(self.lines)}"
        self.say("emergency-visit-started", {"unit": "hsa:SE2321000198-AKUT", "municipality": self.home})
        self.wait(1, 8)
        self.say("emergency-visit-ended", {"destination": "home"})
        self.episode = episode

    def commission(self) -> None:
        said = {"unit": self.one(*CENTRES), "provider": "orgnr:5560000001"}
        self.say("provider-commissioned", said, by="open-care")

    def words(self) -> None:
        self.say("home-situation-reported", {"unit": CENTRES[0], "role": "open-care"}, by="open-care")
        self.say("message-sent", {"recipients": self.receivers(), "subject": "question"}, by="open-care")


def text(when: datetime | str) -> str:
    return when if isinstance(when, str) else when.isoformat()


def one_who(one: Told) -> Told:
    return {part: one[part] for part in ("role", "municipality", "unit") if part in one}


def journey(seed: int) -> list[Line]:
    """The lines of one patient in order of arrival; the same seed, the same lines."""
    teller = Teller(seed)
    if teller.maybe(0.15):
        teller.move()
    if teller.maybe(0.4):
        teller.beyond()
    for number in range(teller.one(0, 1, 1, 1, 1, 2, 2)):
        teller.stay(number + 1)
        if teller.dead:
            break
        teller.wait(1, teller.one(30, 300, 1200))
        again = teller.left + timedelta(days=30) if teller.left is not None else teller.now
        if teller.maybe(0.3) and again > teller.now:
            teller.now = again
        elif teller.maybe(0.5):
            teller.beyond()
    if not teller.dead and teller.maybe(0.05):
        teller.say("patient-deceased", loose=True)
    lines = teller.lines or [*_something(teller)]
    unlikely(teller, lines)
    correct(teller, lines)
    return arrived(teller, lines)


def short_journey(seed: int) -> list[Line]:
    """One stay or two, and little beside: what agreements have most to say about."""
    teller = Teller(seed)
    for number in range(teller.one(1, 1, 1, 2)):
        teller.short_stay(number + 1)
        if teller.dead:
            break
        teller.wait(1, teller.one(60, 300))
    correct(teller, teller.lines)
    return arrived(teller, teller.lines)


def _something(teller: Teller) -> list[Line]:
    teller.visits()
    return teller.lines


def unlikely(teller: Teller, lines: list[Line]) -> None:
    """Some acts told at another time than they should have: before the admission, after the end, twice."""
    if not teller.maybe(0.25):
        return
    for line in list(lines):
        if teller.maybe(0.06):
            other = copy.deepcopy(line)
            other["message"] = f"{line['message']}-again"
            moved = datetime.fromisoformat(line["time"]) + timedelta(hours=teller.dice.randint(-30, 60))
            other["time"] = text(moved)
            if line["type"].startswith("se.carechain.patient-admitted"):
                continue
            lines.append(other)


def correct(teller: Teller, lines: list[Line]) -> None:
    """Some lines are annulled or amended by their source; some corrections are themselves annulled."""
    if not teller.maybe(0.45):
        return
    for line in list(lines):
        if not teller.maybe(0.07):
            continue
        made = _correction(teller, line)
        lines.append(made)
        if teller.maybe(0.15):
            undone = _correction(teller, made, void=True)
            undone["data"]["target_message"] = made["message"]
            undone["time"] = text(datetime.fromisoformat(made["time"]) + timedelta(hours=2))
            lines.append(undone)


def _correction(teller: Teller, line: Line, *, void: bool = False) -> Line:
    dice = teller.dice
    kind = line["type"].removeprefix("se.carechain.").rpartition(".v")[0]
    time = datetime.fromisoformat(line["time"])
    # What was said under two laws at once is two facts: one correction can annul both, and amend neither.
    void = void or dice.random() < 0.4 or len(laws(line)) == 2
    data: dict[str, Any] = {"target_message": line["message"]}
    if line.get("episode") and not kind.startswith("fact-") and dice.random() < 0.25:
        data = {"target_episode": line["episode"], "target_kinds": [kind]}
    if not void:
        data["amended_type"] = line["type"]
        data["amended_at"] = text(
            time + timedelta(minutes=dice.choice((-2000, -600, -70, -5, 0, 5, 90, 600, 2000)))
        )
        data["amended_data"] = copy.deepcopy(line["data"])
        if "municipality" in data["amended_data"] and dice.random() < 0.3:
            data["amended_data"]["municipality"] = dice.choice(TOWNS)
    made = {name: line[name] for name in ("patient", "source", "controller", "principal")}
    if "SoL" in laws(line):
        data["target_regime"] = "SoL"
    return {
        **made,
        "type": f"se.carechain.fact-{'voided' if void else 'amended'}.v1",
        "time": text(time + timedelta(hours=dice.randint(1, 60))),
        "message": f"{line['message']}-c{dice.randint(0, 10**9)}",
        "data": data,
    }


def laws(line: Line) -> set[str]:
    """Under which laws the line's act was done."""
    found = {"HSL" if service in HSL else "SoL" for service in line["data"].get("services", ())}
    return found | ({"SoL"} if "residential-care-" in line["type"] else set())


def arrived(teller: Teller, lines: list[Line]) -> list[Line]:
    """Most in order; some late, some twice."""
    dice = teller.dice
    order = [
        (number + (dice.randint(1, 12) if dice.random() < 0.1 else 0), number) for number in range(len(lines))
    ]
    found = [lines[number] for _, number in sorted(order)]
    return [*found, *[line for line in found if dice.random() < 0.03]]
