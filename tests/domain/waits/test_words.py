"""Every measure stands under one of the five words, and names the values of the agreement that it uses."""

from domain.agreement import keys
from domain.conclude import rules

MEASURES = {id_: rule for id_, rule in rules().items() if id_.startswith("W-")}
WORDS = {
    "coordinated": ("W-01", "W-02", "W-03", "W-04", "W-05", "W-13", "W-19", "W-20", "W-21", "W-27"),
    "resource-efficient": ("W-06", "W-11", "W-12", "W-22", "W-23"),
    "health-promoting": ("W-14", "W-15", "W-26"),
    "near": ("W-16", "W-17", "W-18", "W-24"),
    "person-centred": ("W-25",),
}
"""Those that are concluded for one patient; W-07 to W-10 are counted over many of them."""


def test_the_words() -> None:
    expected = {measure: word for word, measures in WORDS.items() for measure in measures}
    assert {id_: rule.word for id_, rule in MEASURES.items()} == expected


def test_values_are_named_as_they_stand_in_an_agreement() -> None:
    assert {value for rule in MEASURES.values() for value in rule.values} <= set(keys())


def test_units_are_known() -> None:
    assert {rule.unit for rule in MEASURES.values()} <= {
        "minutes",
        "hours",
        "days",
        "dates",
        "count",
        "share",
    }
