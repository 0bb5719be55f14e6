"""A private provider runs a unit on a *huvudman*'s behalf: both are shown, the *huvudman* answers (HSL 15:1)."""

from given import given
from nearby import REGION, care_of, commissioned
from ward import admitted, care_started, contact, discharged

from domain.rows import Responsibility

PRIVATE = "orgnr:5599000014"
OTHER = "orgnr:5599000022"
CENTRE = "hsa:SE5599000014-CENTRE"
STAY = (admitted("2026-03-02T10:00", stay="A"), discharged("2026-03-05T14:00", stay="A"))


def test_a_private_health_centre_under_halsovalet() -> None:
    """It says itself on whose behalf: the region is responsible, the company runs the centre."""
    story = given(*STAY, contact("2026-03-06T09:00", CENTRE, controller=PRIVATE))
    row = care_of(story, "open-care")[-1]
    assert (row.party, row.unit, row.organisation) == (REGION, CENTRE, PRIVATE)
    (known,) = story.rows(Responsibility, "2026-03-06T09:00", "care_contact")
    assert (known.party, known.organisation) == (REGION, PRIVATE)


def test_the_regions_own_centre() -> None:
    story = given(*STAY, contact("2026-03-06T09:00"))
    assert care_of(story, "open-care")[-1].organisation is None


def test_a_municipalitys_number_is_no_private_provider() -> None:
    story = given(*STAY, contact("2026-03-06T09:00", controller="orgnr:2120002338"))
    assert care_of(story, "open-care")[-1].organisation is None


def test_a_private_hospital() -> None:
    story = given(admitted("2026-03-02T10:00", controller=PRIVATE))
    (row,) = care_of(story, "inpatient")
    assert (row.party, row.organisation) == (REGION, PRIVATE)


def test_commissioned_while_the_care_runs_it_is_shown_from_then() -> None:
    story = given(
        contact("2026-03-04T09:00", CENTRE), *STAY, commissioned("2026-04-01T00:00", CENTRE, PRIVATE, "21")
    )
    before, after = (care_of(story, "open-care", now)[0] for now in ("2026-03-31T12:00", "2026-04-01T00:00"))
    assert (before.party, before.organisation) == (REGION, None)
    assert (after.party, after.organisation, after.unit) == (REGION, PRIVATE, CENTRE)


def test_another_provider_takes_the_unit_over() -> None:
    story = given(
        commissioned("2026-01-01T00:00", CENTRE, PRIVATE, "21"),
        contact("2026-03-04T09:00", CENTRE),
        *STAY,
        commissioned("2026-07-01T00:00", CENTRE, OTHER, "21"),
    )
    organisations = [
        [row.organisation for row in care_of(story, "open-care", now)]
        for now in ("2026-03-06T10:00", "2026-07-01T00:00")
    ]
    assert organisations == [[PRIVATE], [OTHER]]


def test_a_commission_after_the_care_has_ended_says_nothing_of_it() -> None:
    story = given(
        contact("2026-03-04T09:00", CENTRE),
        *STAY,
        admitted("2026-03-10T10:00", stay="B"),
        commissioned("2026-07-01T00:00", CENTRE, PRIVATE, "21"),
    )
    assert [row.organisation for row in care_of(story, "open-care")] == [None]


def test_home_nursing_run_by_a_company_is_the_municipalitys() -> None:
    unit = "hsa:SE5599000014-HEMSJ"
    story = given(
        commissioned("2026-01-01T00:00", unit, PRIVATE, "2180"),
        care_started("2026-03-05T16:00", principal="2180", controller=PRIVATE),
    )
    (row,) = care_of(story, "municipal-health")
    assert (row.party, row.organisation) == ("municipality:2180", None)
    start = care_started("2026-03-05T16:00", principal="2180")
    fact = start.fact.model_copy(update={"unit": unit})
    story = given(commissioned("2026-01-01T00:00", unit, PRIVATE, "2180"))
    story.record(type(start)(**{**vars(start), "fact": fact}))
    (row,) = care_of(story, "municipal-health")
    assert (row.party, row.organisation) == ("municipality:2180", PRIVATE)
