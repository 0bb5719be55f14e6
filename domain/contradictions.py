"""Which findings tell that a fact contradicts what else is known: what the quality of a source is judged by."""

CONTRADICTIONS: dict[str, str] = {
    "admitted-twice": "one stay begins once",
    "after-death": "nobody acts on the dead",
    "after-end": "a stay that has ended goes on",
    "closed-while-open": "a case is closed while the stay goes on",
    "contradiction-declined": "a patient goes home to somebody who has said no",
    "contradiction-misdirected": "a notice went to somebody it does not concern",
    "contradiction-residence": "somebody answers for the patient who says they do not",
    "died-twice": "a patient dies once",
    "end-without-start": "what ended never began",
    "ended-twice": "a stay ends once",
    "leave-end-without-start": "a leave ended that never began",
    "leave-started-twice": "a leave began within another",
    "message-id-reused": "one message says two things",
    "no-admission": "something happens in a stay that never began",
    "no-stay": "something happens in a stay that nobody knows of",
    "on-cancelled-stay": "something happens in a stay that never was",
    "times-backwards": "what follows does not come before",
    "two-open-stays": "a patient is in one place at a time",
}
"""Finding code -> what cannot be true at once. The fact that is counted is the one the finding names."""
NONE: frozenset[str] = frozenset(
    {
        # A source may be right, and others have not done or said their part.
        "correction-without-target",
        "gap-after-ambulance",
        "gap-after-team",
        "gap-care-ended",
        "gap-municipal-care",
        "gap-referral",
        "regime-apart",
        # Counted by itself, item by item.
        "mandatory-missing",
    }
)
"""Findings that say nothing against the fact they name, besides those of ``overlap-``: two who both give care may."""
