"""One deliberate mistake per rule and measure: a text in its file changed, the rest as it is."""

import __future__

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec, module_from_spec, spec_from_loader
from types import FunctionType, ModuleType

import pytest
from pydantic import BaseModel

from domain import cause, conclude, mismatches, responsibility


@dataclass(frozen=True)
class Mutant:
    """In ``module``, ``old`` stands exactly once and becomes ``new``."""

    module: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}: {self.new.strip()}"


MUTANTS = (
    # An hour's clock that runs a microsecond short: what was done at exactly 24 hours is late.
    Mutant(
        "domain.rules.mh_01", "LIMIT = timedelta(hours=24)", "LIMIT = timedelta(hours=24, microseconds=-1)"
    ),
    Mutant(
        "domain.rules.mh_01",
        "return admitted.time if at_admission else assessed.time",
        "return assessed.time",
    ),
    Mutant(
        "domain.rules.mh_02",
        'case.notice_with("open-care")',
        'case.notice_with("open-care", "municipal-health")',
    ),
    Mutant("domain.rules.mh_02", ' and "municipal-health" in fact.needs', ""),
    Mutant("domain.rules.mh_06", "endings=(case.stopped(),)", "endings=(case.stopped(), case.stay_ended())"),
    Mutant(
        "domain.rules.mh_06",
        'case.notice_with("open-care")',
        'case.notice_with("open-care", "social-services")',
    ),
    Mutant("domain.rules.mh_09", "timedelta(minutes=minutes)", "timedelta(minutes=minutes, microseconds=-1)"),
    Mutant("domain.rules.mh_09", 'Ending(period.withdrawn, "withdrawn"), ', ""),
    Mutant("domain.rules.mh_10", "LIMIT_DAYS = 3", "LIMIT_DAYS = 4"),
    Mutant(
        "domain.rules.mh_10", 'value.decision in ("refused", "withdrawn")', 'value.decision in ("withdrawn",)'
    ),
    Mutant("domain.rules.mh_12", "end_of_local_day(local_date(discharged.time))", "discharged.time"),
    Mutant("domain.rules.mh_12", "if not any(", "if False and not any("),
    Mutant(
        "domain.rules.mh_17",
        "notice.time <= discharged.time",
        "notice.time < discharged.time.min.replace(tzinfo=UTC)",
    ),
    Mutant(
        "domain.rules.mh_17",
        "if discharged is None or participant is None",
        "if discharged is None or (participant := discharged) is None",
    ),
    Mutant("domain.rules.mh_18", "timedelta(hours=hours)", "timedelta(hours=hours, microseconds=-1)"),
    Mutant(
        "domain.rules.mh_18",
        "max(fact.planned_start_at or discharged.time, discharged.time)",
        "discharged.time",
    ),
    Mutant("domain.rules.mh_19", "timedelta(hours=hours)", "timedelta(hours=hours, microseconds=-1)"),
    Mutant("domain.rules.mh_19", 'discharged.fact.destination == "other-hospital"', "False"),
    Mutant("domain.waits.w_01", "started_at=clock_start(case, assessed)", "started_at=assessed.time"),
    Mutant("domain.waits.w_02", 'unit="hours"', 'unit="days"'),
    Mutant("domain.waits.w_03", 'case.notice_with("open-care")', 'case.notice_with("municipal-health")'),
    Mutant("domain.waits.w_04", 'unit="minutes"', 'unit="hours"'),
    Mutant("domain.waits.w_05", "since=period.notice.time", "since=None"),
    Mutant("domain.waits.w_06", 'unit="dates"', 'unit="days"'),
    Mutant("domain.waits.w_12", "told[-1]", "told[0]"),
    Mutant("domain.waits.w_13", 'unit="hours"', 'unit="minutes"'),
    Mutant("domain.waits.w_14", 'unit="hours"', 'unit="days"'),
    Mutant("domain.waits.w_15", " and readmitted.fact.unplanned", ""),
    Mutant(
        "domain.care.municipal",
        "stay.admitted.time > after.time",
        "stay.admitted.time > after.time + timedelta(days=3650)",
    ),
    Mutant("domain.care.after_discharge", 'discharged.fact.destination == "other-hospital"', "False"),
)

ONE_PER_RULE = tuple({mutant.module: mutant for mutant in reversed(MUTANTS)}.values())
"""The first of each file."""

NAIVE_MUTANTS = (
    Mutant("domain.rules.mh_03", "notice.name_included is not False", "bool(notice.name_included)"),
    Mutant(
        "domain.rules.mh_04", "OBSERVED_LIMIT = timedelta(hours=24)", "OBSERVED_LIMIT = timedelta(hours=23)"
    ),
    Mutant("domain.rules.mh_05", "timedelta(hours=hours)", "timedelta(hours=hours, microseconds=-1)"),
    Mutant("domain.rules.mh_07", "standing_contact(case, ready) is not None", "False"),
    Mutant(
        "domain.rules.mh_08",
        "receiver.recipient.received_at or receiver.notice.time",
        "receiver.notice.time",
    ),
    Mutant("domain.rules.mh_11", 'fact.decision in ("refused", "withdrawn")', 'fact.decision == "refused"'),
    Mutant("domain.rules.mh_13", 'discharged.fact.destination == "other-hospital"', "False"),
    Mutant("domain.rules.mh_14", "timedelta(microseconds=1)", "timedelta(days=1)"),
    Mutant("domain.rules.mh_15", "due_at=liability.settled_at", "due_at=liability.notice.time"),
    Mutant("domain.rules.mh_16", 'Ending(ready_again, "ready-again"), ', ""),
    Mutant("domain.rules.mh_20", 'last.ground == "placement"', 'last.ground == "transfer"'),
    Mutant("domain.rules.mh_21", "since=report.time", "since=None"),
    Mutant("domain.rules.mh_22", 'fact.destination == "compulsory-open-care"', 'fact.destination == "home"'),
    Mutant("domain.rules.mh_23", "DAYS = 30", "DAYS = 29"),
    Mutant("domain.rules.mh_25", "date_difference(notice.time, discharged.time) < 1", "False"),
    Mutant(
        "domain.rules.ns_ambulance",
        "*CONTACTS)",
        '*(kind for kind in CONTACTS if kind.NAME != "mobile-team-took-over"))',
    ),
    Mutant("domain.rules.ns_answer_referral", "region or chain.region_of(asked)", "chain.region_of(asked)"),
    Mutant("domain.rules.ns_review", 'not in ("egenvard", "continues")', 'not in ("egenvard",)'),
    Mutant("domain.rules.ns_tell", "notice.time >= changed.time and any(", "any("),
    Mutant("domain.waits.w_11", 'outcome="discharged"', 'outcome="done"'),
    Mutant("domain.waits.w_16", "return offered, offer.move_in_at", "return offered, offered.time"),
    Mutant("domain.waits.w_17", "lambda fact: fact.track is None", "lambda fact: True"),
    Mutant("domain.waits.w_18", 'Ending(returned, "returned")', 'Ending(None, "returned")'),
    Mutant("domain.waits.w_19", " and bool(fact.handed_to)", ""),
    Mutant("domain.waits.w_20", "PreventiveContactMade, CareAssessed", "CareAssessed"),
    Mutant("domain.waits.w_21", "notice[0].time > left", "notice[0].time < left"),
    Mutant("domain.waits.w_22", "start <= stay.opened.time < end", "start <= stay.opened.time"),
    Mutant("domain.waits.w_23", "max(stay.admitted.time, start)", "stay.admitted.time"),
    Mutant("domain.waits.w_24", 'form == "unit"', 'form != "home"'),
    Mutant("domain.waits.w_25", 'recorded.fact.scope == "sip"', 'recorded.fact.scope != "sip"'),
    Mutant("domain.waits.w_26", "done.time >= start and ", ""),
    Mutant("domain.waits.w_27", "1 + len(passed_on)", "1 + len(returns)"),
    Mutant("domain.liability", "self.running = self.told = None", "self.told = None"),
    Mutant("domain.liability_conditions", "return OPEN_CARE if self.blocks else None", "return None"),
    Mutant("domain.liability_conditions", "self.called.time > due", "False"),
    Mutant("domain.liability_conditions", "and told.time > self._admission_due(told.time)", "and False"),
    Mutant("domain.payment", "if payer.liable else", "if not payer.liable else"),
    Mutant(
        "domain.care.after_discharge",
        "stay.admitted.time >= discharged.time",
        "stay.admitted.time < discharged.time",
    ),
    Mutant("domain.care.ambulance", "MobileTeamTookOver, CareAssessed}", "CareAssessed}"),
    Mutant("domain.care.care_contact", "running.end(standing, recorded", "running.end([], recorded"),
    Mutant("domain.care.egenvard", 'in ("ended", "health-care")', 'in ("ended",)'),
    Mutant("domain.care.in_stay", '"on_leave": "inpatient"', '"on_leave": "emergency"'),
    Mutant("domain.care.mobile_team", "team is None or _team(row) == team", "True"),
    Mutant(
        "domain.care.municipal",
        'frozenset({"rehabilitation", "habilitation"})',
        'frozenset({"rehabilitation"})',
    ),
    Mutant(
        "domain.care.specialist",
        "[row for row in treating if row.unit == fact.from_unit] or treating",
        "treating",
    ),
    Mutant("domain.mismatches.contradiction_declined", "word.kind is MunicipalTakeoverDeclined", "True"),
    Mutant(
        "domain.mismatches.contradiction_misdirected", "is_call = kind is SipMeetingCalled", "is_call = False"
    ),
    Mutant(
        "domain.mismatches.contradiction_residence",
        'f.reason == "not-our-resident"',
        'f.reason == "no-place"',
    ),
    Mutant("domain.mismatches.gap_after_ambulance", "if not fact.handed_to", "if fact.handed_to"),
    Mutant("domain.mismatches.gap_after_team", 'row.role != "egenvard"', 'row.role != "open-care"'),
    Mutant("domain.mismatches.gap_care_ended", 'in ("handed-over", "moved")', '== "moved"'),
    Mutant("domain.mismatches.gap_municipal_care", "started_at=fact.planned_start_at", "started_at=None"),
    Mutant("domain.mismatches.gap_referral", "fact.passed_on_to is None", "True"),
    Mutant("domain.mismatches.overlaps", "one.detail == other.detail and one.unit", "one.unit"),
    Mutant(
        "domain.mismatches.regime_apart",
        "fact.kind is not MunicipalTakeoverDeclined",
        "fact.kind is not None",
    ),
    Mutant("domain.causes.abstains", 'CODE, wait, Owner("patient")', 'CODE, wait, Owner("relative")'),
    Mutant("domain.causes.chose_other_region", 'CODE, wait, Owner("patient")', "CODE, wait, Owner(None)"),
    Mutant("domain.causes.homegoing", "return max(times)", "return min(times)"),
    Mutant("domain.causes.medically_impossible", "Owner(None)", 'Owner("patient")'),
    Mutant("domain.causes.no_takeover_asked", 'fact.outcome == "yes" and ', ""),
    Mutant("domain.causes.open_care_missing", "and fact.service == service", ""),
    Mutant("domain.causes.referral_returned", "fact.passed_on_to is None", "True"),
    Mutant("domain.causes.referral_unanswered", "ReferralReturned, *VISITS)", "*VISITS)"),
    Mutant("domain.causes.sip_not_called", "mh_10.rows(case)", "()"),
    Mutant("domain.causes.sip_not_established", "mh_11.rows(case)", "()"),
    Mutant("domain.causes.takeover_declined", "if other.role == no.role", "if other.role != no.role"),
    Mutant("domain.causes.takeover_unanswered", "mh_24.rows(case)", "()"),
    Mutant("domain.causes.waiting_for_start", 'Until(yes.word.planned_start_at, "start-day"),', ""),
)
"""Noticed by the naive implementation on made-up journeys: one or more of each file the simulator has no answers for."""

AGREEMENT_MUTANTS = (
    # Which agreement holds.
    Mutant("domain.agreement", "if self.regions and region not in self.regions:", "if False:"),
    Mutant("domain.agreement", "municipality in self.municipalities", "True"),
    Mutant("domain.agreement", "day <= self.valid_to", "day < self.valid_to"),
    Mutant("domain.agreement", "self.valid_from <= day", "self.valid_from < day"),
    Mutant("domain.agreement", "return care_form in self.care_forms", "return True"),
    Mutant(
        "domain.agreement",
        "return care_form not in self.excluded_care_forms",
        "return care_form is not None and care_form not in self.excluded_care_forms",
    ),
    Mutant("domain.agreement", "for name in getattr(self, section).model_fields_set", "for name in ()"),
    Mutant("domain.agreement", "return self if self.payment.usable else", "return self if True else"),
    Mutant("domain.basis", "bool(agreement.municipalities),", "True,"),
    Mutant(
        "domain.basis",
        "        bool(agreement.care_forms or agreement.excluded_care_forms),\n        bool(agreement.regions),\n",
        "        bool(agreement.regions),\n        bool(agreement.care_forms or agreement.excluded_care_forms),\n",
    ),
    Mutant("domain.basis", "agreement.valid_from or date.min,", "date.min,"),
    Mutant("domain.basis", "newest_first = agreements[::-1]", "newest_first = agreements[:]"),
    Mutant("domain.basis", "if overall is None else agreement.over", "if True else agreement.over"),
    # For what: the fact that opened it, and who answered for the patient then.
    Mutant("domain.case", "self.agreed_at(self.begins(opened.time))", "self.agreed_at(self.stay.admitted.time)"),
    Mutant(
        "domain.case",
        "municipality or self.stay.municipality_known(moment)",
        "municipality or self.stay.municipality_known(None)",
    ),
    Mutant("domain.case", "if any(fact.time <= moment for fact, _ in", "if any(fact.time < moment for fact, _ in"),
    Mutant("domain.liability", "self.case.begins(notice.time), self.municipality)", "self.case.begins(notice.time))"),
    Mutant("domain.liability", "self.case.begins(notice.time), self.municipality)", "moment, self.municipality)"),
    Mutant("domain.chain", "if stay is not None and stay.under_lus else None", "if False else None"),
    # How the days are reckoned.
    Mutant("domain.calendar", "day.weekday() < 5", "day.weekday() < 6"),
    Mutant("domain.calendar", "return day in _sweden()", "return False"),
    Mutant("domain.liability", ".time() > cutoff", ".time() >= cutoff"),
    Mutant("domain.liability", "terms.free_days + late", "terms.free_days"),
    Mutant("domain.liability", 'if terms.day_type == "weekday" else', "if False else"),
    Mutant("domain.liability", 'cutoff != "none" and ', 'cutoff == "none" or '),
    Mutant("domain.liability", "terms.individual_cap_days + 1", "terms.individual_cap_days"),
    Mutant("domain.liability", 'terms.capped == "beyond-cap"', 'terms.capped != "beyond-cap"'),
    Mutant("domain.liability", "(max(beyond, singly), singly)", "(singly, singly)"),
    Mutant("domain.liability", "if not terms.is_average:", "if True:"),
    Mutant("domain.liability", "BY_THE_MONTH if running.agreement.payment.is_average else WAITING_DAYS", "WAITING_DAYS"),
    Mutant("domain.rules.mh_10", "return next_working_day(day) if", "return day if"),
    Mutant(
        "domain.liability_conditions",
        "last_day(agreement, notice)",
        "last_day(agreement.model_copy(update={'limits': type(agreement.limits)()}), notice)",
    ),
)  # fmt: skip
"""One or more for each thing that agreements can say; noticed by the naive implementation under made-up agreements."""


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Inside, conclusions are drawn with the mutant in place of the file it is made from."""
    # What is loaded while the mutant is in place would take things by name from the file as it is.
    for load in (
        conclude._rules,
        conclude._chain_rules,
        responsibility.kinds,
        cause.causes,
        mismatches._modules,
    ):
        load()
    module = _changed(mutant)
    with pytest.MonkeyPatch.context() as patch:
        _put_in_place(mutant.module, module, patch)
        package = mutant.module.rpartition(".")[0]
        if package == "domain.care":
            kinds = {**responsibility.kinds(), mutant.module: module.rows}
            assert len(kinds) == len(responsibility.kinds())
            patch.setattr(responsibility, "kinds", lambda: kinds)
        elif package == "domain.causes":
            whys = dict(cause.causes())
            whys[module.CODE] = replace(whys[module.CODE], rows=module.rows)
            patch.setattr(cause, "causes", lambda: whys)
        elif package == "domain.mismatches":
            found = tuple(module if m.__name__ == mutant.module else m for m in mismatches._modules())
            assert module in found
            patch.setattr(mismatches, "_modules", lambda: found)
        elif package in ("domain.rules", "domain.waits"):
            for name, offered in (("_rules", "rows"), ("_chain_rules", "chain_rows")):
                rules = dict(getattr(conclude, name)())
                if hasattr(module, offered):
                    assert module.RULE.id in rules
                    rules[module.RULE.id] = getattr(module, offered)
                    patch.setattr(conclude, name, lambda rules=rules: rules)
        yield


def _put_in_place(name: str, module: ModuleType, patch: pytest.MonkeyPatch) -> None:
    """Where others have taken something from the file by name, they take it from the mutant.

    A model that others are made of stays the class that it is, and takes over what the mutant's can do.
    """
    original = sys.modules[name]
    own = {
        key: value
        for key, value in vars(original).items()
        if getattr(value, "__module__", None) == name and callable(value)
    }
    for other in [m for n, m in sys.modules.items() if n.startswith("domain.") and m is not original]:
        for key, value in list(vars(other).items()):
            if any(value is mine for mine in own.values()):
                patch.setattr(other, key, getattr(module, value.__name__))
    for model in (
        value for value in own.values() if isinstance(value, type) and issubclass(value, BaseModel)
    ):
        for key, value in vars(getattr(module, model.__name__)).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                patch.setattr(model, key, value)


def _changed(mutant: Mutant) -> ModuleType:
    spec = find_spec(mutant.module)
    assert spec is not None
    assert spec.loader is not None
    source = spec.loader.get_source(mutant.module)  # type: ignore[attr-defined]
    assert source.count(mutant.old) == 1, (
        f"{mutant.module}: {mutant.old!r} stands {source.count(mutant.old)} times"
    )
    prelude, future = "from datetime import UTC, timedelta\n", "from __future__ import annotations\n"
    importlib.import_module(mutant.module)
    name = f"{mutant.module}_mutant"
    made = module_from_spec(spec_from_loader(name, loader=None))  # type: ignore[arg-type]
    sys.modules[name] = made
    try:
        text = source.replace(future, "").replace(mutant.old, mutant.new)
        lazily = __future__.annotations.compiler_flag if future in source else 0
        exec(compile(prelude + text, f"{name}.py", "exec", lazily), made.__dict__)
    finally:
        del sys.modules[name]
    return made
