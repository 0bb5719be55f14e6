"""One deliberate mistake per rule and measure: a text in its file changed, the rest as it is."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec, spec_from_loader
from types import ModuleType

import pytest

from domain import conclude


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
        "domain.responsibility",
        "stay.admitted.time > after",
        "stay.admitted.time > after + timedelta(days=3650)",
    ),
    Mutant("domain.responsibility", 'discharged.fact.destination == "other-hospital"', "False"),
)

ONE_PER_RULE = tuple({mutant.module: mutant for mutant in reversed(MUTANTS)}.values())
"""The first of each file."""


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Inside, conclusions are drawn with the mutant in place of the file it is made from."""
    module = _changed(mutant)
    with pytest.MonkeyPatch.context() as patch:
        if mutant.module == "domain.responsibility":
            patch.setattr(conclude, "care", module.care)
        else:
            rules = dict(conclude._rules())
            assert module.RULE.id in rules
            rules[module.RULE.id] = module.rows
            patch.setattr(conclude, "_rules", lambda: rules)
        yield


def _changed(mutant: Mutant) -> ModuleType:
    spec = find_spec(mutant.module)
    assert spec is not None
    assert spec.loader is not None
    source = spec.loader.get_source(mutant.module)  # type: ignore[attr-defined]
    assert source.count(mutant.old) == 1, (
        f"{mutant.module}: {mutant.old!r} stands {source.count(mutant.old)} times"
    )
    prelude = "from datetime import UTC, timedelta\n"
    importlib.import_module(mutant.module)
    name = f"{mutant.module}_mutant"
    made = module_from_spec(spec_from_loader(name, loader=None))  # type: ignore[arg-type]
    sys.modules[name] = made
    try:
        exec(compile(prelude + source.replace(mutant.old, mutant.new), f"{name}.py", "exec"), made.__dict__)
    finally:
        del sys.modules[name]
    return made
