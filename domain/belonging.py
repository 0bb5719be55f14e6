"""Which facts mean nothing without a stay, and which follow an inpatient stay: names of kinds of facts."""

OF_A_STAY = frozenset(
    {
        "admission-acknowledged",
        "admission-notified",
        "case-disputed",
        "compulsory-open-care-decided",
        "coordinated-care-plan-established",
        "discharge-information-transferred",
        "discharge-ready-declared",
        "discharge-ready-notified",
        "discharge-ready-status-observed",
        "discharge-ready-withdrawn",
        "emergency-visit-ended",
        "episode-cancelled",
        "episode-closed",
        "estimated-discharge-changed",
        "follow-up-completed",
        "follow-up-planned",
        "homegoing-checklist-completed",
        "leave-ended",
        "leave-started",
        "notification-misdirected",
        "open-care-service-cleared",
        "open-care-service-unavailable",
        "participant-changed",
        "patient-discharged",
        "patient-informed-at-discharge",
        "patient-transferred",
        "planning-input-submitted",
        "service-need-assessed",
    }
)
"""Facts that mean nothing without a stay: outside of one they are a finding. The others may stand alone."""
AFTER_A_STAY = frozenset(
    {
        "case-disputed",
        "coordinated-care-plan-established",
        "discharge-information-transferred",
        "follow-up-completed",
        "follow-up-planned",
        "municipal-care-ended",
        "municipal-care-started",
        "municipal-takeover-accepted",
        "municipal-takeover-declined",
        "municipal-takeover-proposed",
        "patient-informed-at-discharge",
        "sip-established",
        "sip-meeting-called",
        "sip-meeting-held",
        "sip-need-decided",
    }
)
"""What follows an inpatient stay: without an episode it is about that stay, also when the patient has been to the
emergency department since. Municipalities never have the hospital's episode, and a visit must not hide what they did."""
NOT_ONLY_IN_LIFE = frozenset(
    {
        "case-disputed",
        "episode-moved",
        "message-acknowledged",
        "message-noted",
        "patient-identity-linked",
        "patient-identity-unlinked",
    }
)
"""What is said about records and messages, and not done with the patient: after a death it is as right as before."""
