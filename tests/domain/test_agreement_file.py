"""An agreement file: what each key takes, and that everything wrong is told at once, by file, line and key."""

from datetime import date, time
from typing import Any

import pytest

from domain.agreement import AgreedAmount, Unconfirmed, keys
from domain.agreement_file import check_agreement, read_agreement
from domain.errors import Refused

HEAD = 'id = "ours"\nversion = 1\ntitle = "Ours"\n'
AVERAGE = '[payment]\nmodel = "monthly-average"\nthreshold_days = 3\n'
CAPPED = (
    '[payment]\nmodel = "monthly-average-with-individual-cap"\nthreshold_days = 3\nindividual_cap_days = 7\n'
)
LOCAL = '[payment]\namount_source = "local"\n'


def told(text: str) -> list[str]:
    """Each problem as it is told."""
    return [str(problem) for problem in check_agreement(text, "ours.toml").problems]


def wrong(text: str, *, after: str = HEAD) -> str:
    """The one problem of a file."""
    (only,) = told(after + text)
    return only


# -- the values ------------------------------------------------------------------------------------------------------

TAKEN: list[tuple[str, str, str, Any]] = [
    ("limits.discharge_ready_notice_minutes", "", "60", 60),
    ("limits.takeover_answer_hours", "", "4", 4),
    ("limits.municipal_start_hours", "", "24", 24),
    ("limits.acknowledgement_hours", "", "8784", 8784),
    ("limits.planning_input_hours", "", "48", 48),
    ("limits.estimate_changed_days", "", "0", 0),
    ("limits.care_contact_before_ready", "", "true", True),
    ("limits.sip_established_days", "", "366", 366),
    ("limits.sip_call_rolls_over", "", "true", True),
    ("limits.withdrawal_minutes", "", "10080", 10080),
    ("limits.resend_hours", "", "1", 1),
    ("limits.dispute_day_of_month", "", "28", 28),
    ("limits.readmission_by", "", '"dates"', "dates"),
    ("limits.home_contact_hours", "", "24", 24),
    ("limits.follow_up_from_hours", "", "48", 48),
    ("limits.follow_up_within_hours", "", "72", 72),
    ("liability.late_admission_notice", "", '"delay"', "delay"),
    ("liability.late_sip_call", "", '"delay"', "delay"),
    ("liability.open_care_cleared", "", '"bar"', "bar"),
    ("liability.refused_sip_waives_call", "", "false", False),
    ("payment.model", "", '"individual"', "individual"),
    ("payment.free_days", "", "5", 5),
    ("payment.day_type", "", '"weekday"', "weekday"),
    ("payment.cutoff_local_time", "", "14:30:00", time(14, 30)),
    ("payment.threshold_days", 'model = "monthly-average"\n', "2.5", 2.5),
    ("payment.count_day_zero", 'model = "monthly-average"\nthreshold_days = 3\n', "false", False),
    (
        "payment.individual_cap_days",
        CAPPED.split("\n", 1)[1].replace("individual_cap_days = 7\n", ""),
        "7",
        7,
    ),
    ("payment.capped", CAPPED.split("\n", 1)[1], '"beyond-cap"', "beyond-cap"),
    ("payment.rounding", 'model = "monthly-average"\nthreshold_days = 3\n', '"half-up"', "half-up"),
    ("payment.amount_source", "amounts = [{ valid_from = 2026-01-01, sek = 9 }]\n", '"local"', "local"),
    (
        "payment.amounts",
        'amount_source = "local"\n',
        '[{ valid_from = 2026-01-01, valid_to = 2026-12-31, sek = 9000, source = "us" }]',
        (AgreedAmount(valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), sek=9000, source="us"),),
    ),
    ("payment.freeze_day_of_month", "", "13", 13),
]


def test_the_table_has_every_key() -> None:
    assert [key for key, *_ in TAKEN] == list(keys())


@pytest.mark.parametrize(("key", "beside", "said", "value"), TAKEN, ids=[key for key, *_ in TAKEN])
def test_each_value_in_each_of_its_four_forms(key: str, beside: str, said: str, value: Any) -> None:
    section, _, name = key.partition(".")
    before = f"{HEAD}[{section}]\n{beside}{name} = "
    plain = read_agreement(f"{before}{said}\n")
    assert plain.value(key) == value
    assert key in dict(plain.given())
    assert plain.sources == {}

    sourced = read_agreement(f'{before}{{ value = {said}, source = "them" }}\n')
    assert sourced.value(key) == value
    assert sourced.sources == {key: "them"}

    doubt = check_agreement(f'{before}"unconfirmed"\n', "f")
    assert doubt.problems == ()
    assert doubt.agreement is not None
    assert doubt.agreement.unconfirmed == {key: Unconfirmed()}
    assert key not in dict(doubt.agreement.given())

    said_to_be = read_agreement(f'{before}{{ unconfirmed = {said}, source = "them" }}\n')
    assert said_to_be.unconfirmed[key].source == "them"
    assert said_to_be.unconfirmed[key].candidate is not None
    assert key not in dict(said_to_be.given())


WRONG = [
    ("limits.takeover_answer_hours", '"4"', "This is not a whole number."),
    ("limits.takeover_answer_hours", "4.5", "This is not a whole number."),
    ("limits.takeover_answer_hours", "true", "This is not a whole number."),
    ("limits.takeover_answer_hours", "-1", "The number is too small. It is 0 or more."),
    ("limits.takeover_answer_hours", "8785", "The number is too large. It is 8784 or less."),
    ("limits.takeover_answer_hours", "99999999999999999999", "This is not a number that can be used."),
    ("limits.discharge_ready_notice_minutes", "10081", "The number is too large. It is 10080 or less."),
    ("limits.estimate_changed_days", "367", "The number is too large. It is 366 or less."),
    ("limits.dispute_day_of_month", "0", "The number is too small. It is 1 or more."),
    ("limits.dispute_day_of_month", "29", "The number is too large. It is 28 or less."),
    ("limits.care_contact_before_ready", '"yes"', "This is neither true nor false."),
    (
        "limits.readmission_by",
        '"days"',
        "There is no such choice. It is 'hours' or 'dates'. Did you mean dates?",
    ),
    ("liability.late_sip_call", "true", "There is no such choice. It is 'bar' or 'delay'."),
    ("payment.model", '"average"', "There is no such choice."),
    ("payment.cutoff_local_time", "12", "This is not a time of day."),
    ("payment.cutoff_local_time", '"noon"', "This is not a time of day."),
    ("payment.cutoff_local_time", '"12:00:00+01:00"', "This cannot be used."),
    ("payment.threshold_days", "nan", "This is not a number that can be used."),
    ("payment.threshold_days", '"3"', "This is not a number."),
    ("payment.threshold_days", "inf", "This is not a number that can be used."),
    ("payment.amounts", "9000", "This is not a list."),
    ("payment.free_days", "{ value = 3, unconfirmed = 4 }", "This says neither, or both, of"),
    ("payment.free_days", '{ source = "them" }', "This says neither, or both, of"),
    ("payment.free_days", "{ value = 3, source = 1 }", "The source is not a text."),
    ("payment.free_days", '{ value = 3, source = "" }', "The source is not a text."),
    ("payment.free_days", '{ unconfirmed = "3", source = "them" }', "This is not a whole number."),
    ("payment.free_days", "{ unconfirmed = 400 }", "The number is too large. It is 366 or less."),
]


@pytest.mark.parametrize(("key", "said", "sentence"), WRONG)
def test_a_value_that_cannot_be_is_told_by_its_key(key: str, said: str, sentence: str) -> None:
    section, _, name = key.partition(".")
    assert wrong(f"\n[{section}]\n{name} = {said}\n").startswith(f"ours.toml, line 6, {key}: {sentence}")


# -- what it is ------------------------------------------------------------------------------------------------------


def test_parties_are_named_by_code_or_name() -> None:
    found = read_agreement(HEAD + 'regions = ["Gävleborg", "14"]\nmunicipalities = ["Gävle", "1480"]\n')
    assert found.regions == ("21", "14")
    assert found.municipalities == ("2180", "1480")


def test_validity_and_care_forms_may_be_unconfirmed() -> None:
    found = read_agreement(
        HEAD + 'valid_from = { value = 2026-01-01, source = "them" }\nvalid_to = "unconfirmed"\n'
        'care_forms = { unconfirmed = ["somatic"], source = "its title" }\n'
    )
    assert (found.valid_from, found.valid_to, found.care_forms) == (date(2026, 1, 1), None, ())
    assert found.sources == {"valid_from": "them"}
    assert found.unconfirmed == {
        "valid_to": Unconfirmed(),
        "care_forms": Unconfirmed(candidate=["somatic"], source="its title"),
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('regions = ["Gevleborg"]', 'regions: "Gevleborg": no region has that name or code. Did you mean'),
        ('regions = "21"', "regions: This is not a list of texts."),
        ('regions = ["21", "Gävleborg"]', 'regions: "Gävleborg" is named twice.'),
        ('municipalities = ["Gäävle"]', 'municipalities: "Gäävle": no municipality has that name or code.'),
        ("municipalities = [2180]", "municipalities: This is not a list of texts."),
        ('valid_from = "soon"', "valid_from: This is not a day."),
        ("valid_from = 2026-01-01T12:00:00", "valid_from: This is not a day."),
        ('care_forms = ["dental"]', "care_forms[1]: There is no such choice."),
        ('care_forms = "somatic"', "care_forms: This is not a list."),
        ("supplements = 1", "supplements: This is not a text."),
        ('supplements = "ours"', "supplements: An agreement cannot supplement itself."),
        ("valid_form = 2026-01-01", "valid_form: There is no such key. Did you mean valid_from?"),
        ("free_days = 3", "free_days: There is no such key. It stands under [payment]."),
        ("sources = 3", "sources: There is no such key."),
        ("limits = 3", "limits: This is a part of the file, not a value."),
    ],
)
def test_what_it_is_said_to_be_is_checked(line: str, sentence: str) -> None:
    assert wrong(line).startswith(f"ours.toml, line 4, {sentence}")


def test_what_is_missing_or_taken_is_told() -> None:
    assert [line.split(". ")[0] for line in told("[limits]\n")] == [
        "ours.toml, line 1, id: The agreement does not say its id",
        "ours.toml, line 1, version: The agreement does not say its version",
        "ours.toml, line 1, title: The agreement does not say its title",
    ]
    assert "the statute's own" in told('id = "statute"\nversion = 1\ntitle = "x"\n')[0]
    assert told('id = "Ours"\nversion = 0\ntitle = "x"\n') == [
        "ours.toml, line 1, id: This is not an id. Write small letters a to z, digits and hyphens, as in"
        ' "vastra-gotaland".',
        "ours.toml, line 2, version: The number is too small. It is 1 or more.",
    ]


# -- what has no sense -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "valid_from = 2026-02-01\nvalid_to = 2026-01-31\n",
            "line 5, valid_to: valid_to, 2026-01-31, is before",
        ),
        (
            'care_forms = ["somatic"]\nexcluded_care_forms = ["psychiatric"]\n',
            "line 5, excluded_care_forms: care_forms and excluded_care_forms cannot both be given.",
        ),
        (
            'regions = ["21"]\nmunicipalities = ["Härjedalen"]\n',
            "line 5, municipalities: Härjedalen (2361) does not lie in Region Gävleborg.",
        ),
        (
            "[limits]\nfollow_up_from_hours = 72\nfollow_up_within_hours = 48\n",
            "line 6, limits.follow_up_within_hours: The follow-up window closes after 48 hours, before it opens",
        ),
        (
            "[limits]\ndispute_day_of_month = 12\n[payment]\nfreeze_day_of_month = 12\n",
            "line 7, payment.freeze_day_of_month: A month is frozen from day 12 on, but may be contested until day",
        ),
        (
            "[payment]\nthreshold_days = 3\n",
            'line 5, payment.threshold_days: This means nothing where the model is "i',
        ),
        ("[payment]\ncount_day_zero = true\n", "line 5, payment.count_day_zero: This means nothing"),
        ('[payment]\nrounding = "up"\n', "line 5, payment.rounding: This means nothing"),
        ('[payment]\nthreshold_days = "unconfirmed"\n', "line 5, payment.threshold_days: This means nothing"),
        (AVERAGE + "individual_cap_days = 7\n", "line 7, payment.individual_cap_days: This means nothing"),
        (AVERAGE + 'capped = "apart"\n', "line 7, payment.capped: This means nothing"),
        (AVERAGE + "free_days = 3\n", "line 7, payment.free_days: This means nothing"),
        (AVERAGE + "cutoff_local_time = 12:00:00\n", "line 7, payment.cutoff_local_time: This means nothing"),
        (
            '[payment]\nmodel = "monthly-average"\n',
            "line 5, payment.model: This model cannot be reckoned without threshold_days, which is not given.",
        ),
        (
            CAPPED.replace("individual_cap_days = 7\n", ""),
            "line 5, payment.model: This model cannot be reckoned without individual_cap_days, which is not given.",
        ),
        (
            "[payment]\namounts = [{ valid_from = 2026-01-01, sek = 9 }]\n",
            "line 5, payment.amounts: Amounts of one's own are used only with a local amount source.",
        ),
        (LOCAL, "line 5, payment.amount_source: The amounts are local, and none is given."),
    ],
)
def test_what_has_no_sense_beside_the_rest_is_told(text: str, sentence: str) -> None:
    assert wrong(text).startswith(f"ours.toml, {sentence}")


@pytest.mark.parametrize(
    "text",
    [
        AVERAGE,
        CAPPED + 'capped = "apart"\nfree_days = 3\n',
        '[payment]\nmodel = "monthly-average"\nthreshold_days = "unconfirmed"\n',
        '[payment]\nmodel = "unconfirmed"\nthreshold_days = "unconfirmed"\nfree_days = "unconfirmed"\n',
        'supplements = "overall"\n[payment]\nthreshold_days = 3\n',
        '[payment]\namount_source = "local"\namounts = "unconfirmed"\n',
        '[payment]\namount_source = "unconfirmed"\namounts = [{ valid_from = 2026-01-01, sek = 9 }]\n',
        "[limits]\ndispute_day_of_month = 12\n[payment]\nfreeze_day_of_month = 13\n",
        "[limits]\nfollow_up_from_hours = 48\nfollow_up_within_hours = 48\n",
        "valid_from = 2026-01-01\nvalid_to = 2026-01-01\n",
        'regions = ["21"]\nmunicipalities = ["Gävle"]\n',
    ],
)
def test_what_has_sense_is_taken(text: str) -> None:
    assert told(HEAD + text) == []


AMOUNTS = (
    LOCAL
    + """
[[payment.amounts]]
valid_from = 2025-01-01
sek = 9000

[[payment.amounts]]
valid_from = 2025-07-01
valid_to = 2025-06-30
sok = 9500
"""
)


def test_amounts_are_named_by_their_number_and_line() -> None:
    assert told(HEAD + AMOUNTS) == [
        "ours.toml, line 11, payment.amounts[2].sek: This is missing. Each amount needs `valid_from` and `sek`.",
        "ours.toml, line 14, payment.amounts[2].sok: An amount has no such key. Did you mean sek?",
    ]
    named = told(HEAD + AMOUNTS.replace("sok", "sek"))
    assert named == [
        "ours.toml, line 12, payment.amounts[2].valid_from: From 2025-07-01 on, amount 1 of the file holds already."
        " Give that one a `valid_to` before this day.",
        "ours.toml, line 13, payment.amounts[2].valid_to: valid_to, 2025-06-30, is before valid_from, 2025-07-01."
        " The last day is the first one or later.",
    ]
    good = (
        AMOUNTS.replace("sok", "sek")
        .replace("2025-06-30", "2025-12-31")
        .replace("sek = 9000\n", "sek = 9000\nvalid_to = 2025-06-30\n")
    )
    assert [amount.sek for amount in read_agreement(HEAD + good).payment.amounts] == [9000, 9500]


# -- the file --------------------------------------------------------------------------------------------------------


def test_everything_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = (
        'id = "ours"\nversion = "1"\ntitle = "Ours" # a remark with [brackets\n\n[limits]\nresend_hour = 4\n'
        'readmission_by = { value = "days", sorce = "x" }\n[payment]\nfree_days = -1\namounts = [\n  3,\n]\n'
    )
    assert [line.partition(": ")[0].removeprefix("ours.toml, ") for line in told(text)] == [
        "line 2, version",
        "line 6, limits.resend_hour",
        "line 7, limits.readmission_by.sorce",
        "line 7, limits.readmission_by",
        "line 9, payment.free_days",
        "line 10, payment.amounts[1]",
    ]


def test_a_refusal_names_them_all_and_says_where_the_keys_are() -> None:
    with pytest.raises(Refused) as refused:
        read_agreement('id = "ours"\nversion = 0\n', "ours.toml")
    assert refused.value.message.splitlines() == told('id = "ours"\nversion = 0\n')
    assert "carechain schema agreement" in refused.value.hint


def test_a_key_that_stands_twice_is_told_with_both_lines_and_the_rest_is_checked() -> None:
    text = HEAD + "[limits]\nresend_hours = 4\nresend_hours = [\n 5,\n]\nacknowledgement_hours = -1\n"
    assert told(text) == [
        "ours.toml, line 6, limits.resend_hours: This stands on line 5 already. Keep the one that is right.",
        "ours.toml, line 9, limits.acknowledgement_hours: The number is too small. It is 0 or more.",
    ]


def test_a_part_that_stands_twice_is_told_and_what_follows_it_is_not_read() -> None:
    text = HEAD + "[limits]\nresend_hours = 4\n[payment]\n[limits]\nresend_hours = -1\n"
    assert told(text) == [
        "ours.toml, line 7, limits: This stands on line 4 already. Keep the one that is right.",
        "ours.toml, line 8, limits.resend_hours: This stands on line 5 already. Keep the one that is right.",
    ]


def test_what_a_wrong_value_would_mean_to_the_others_is_not_told() -> None:
    assert len(told(HEAD + '[payment]\nmodel = "monthly-avarage"\nthreshold_days = 3\n')) == 1


def test_what_is_no_toml_is_told_by_its_line() -> None:
    assert wrong("[limits]\nresend_hours =\n").startswith("ours.toml, line 5: This is not TOML: ")
    assert wrong('title2 = "open\n').startswith("ours.toml, line 4: This is not TOML: ")
    assert wrong("amounts = [\n").startswith("ours.toml, line ")


def test_the_file_is_utf_8_without_a_mark() -> None:
    latin = check_agreement((HEAD + "# Gävle\n").encode("latin-1"), "ours.toml").problems
    assert [str(one) for one in latin] == [
        "ours.toml, line 4: This is not UTF-8 text. Save the file as UTF-8."
    ]
    assert told("\ufeff" + HEAD) == [
        "ours.toml, line 1: The file begins with a byte order mark. Save it as UTF-8 without one (no BOM)."
    ]
    assert check_agreement(HEAD.replace("\n", "\r\n").encode(), "f").problems == ()


def test_a_word_in_a_text_is_no_key() -> None:
    text = (
        HEAD + '[limits]\nresend_hours = { value = 4, source = "version = 2 [x" }\nwithdrawal_minutes = "x"\n'
    )
    assert told(text) == [
        "ours.toml, line 6, limits.withdrawal_minutes: This is not a whole number. Write it as in `= 3`, without"
        " quotation marks."
    ]


def test_what_was_not_given_stays_so_through_an_event() -> None:
    """Values equal to the statute's are still the agreement's own word."""
    from domain.adopted import content_of
    from domain.agreement import Agreement

    said = read_agreement(HEAD + "[payment]\nfree_days = 3\n")
    assert content_of(said) == {
        "id": "ours",
        "version": 1,
        "title": "Ours",
        "payment": {"free_days": 3},
    }
    assert dict(Agreement.model_validate(content_of(said)).given()) == {"payment.free_days": 3}
