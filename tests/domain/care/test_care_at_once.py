"""Help from the municipality, the home region, a private provider and another region, all at once."""

from given import given
from nearby import CARDIOLOGY, GAVLE, REGION, care_of, egenvard, open_findings, taken, who
from ward import admitted, care_started, contact, discharged

PRIVATE = "orgnr:5599000014"
CENTRE = "hsa:SE5599000014-CENTRE"


def test_two_regions_a_municipality_and_a_private_provider() -> None:
    """A patient of Gävle, treated in Uppsala, with a private health centre at home and help from the municipality."""
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        contact("2026-03-03T09:00", CENTRE, controller=PRIVATE),
        discharged("2026-03-05T14:00", stay="A"),
        care_started("2026-03-05T16:00", "home-nursing", "rehabilitation", principal="2180"),
        care_started("2026-03-05T16:00", "home-help", principal="2180"),
        taken("2026-03-09T10:00", principal="03", controller="orgnr:2321000024"),
        egenvard("2026-03-09T11:00", "relative"),
    )
    assert who(story, "2026-03-10T10:00") == {
        ("open-care", REGION, CENTRE),
        ("municipal-health", GAVLE, None),
        ("rehabilitation", GAVLE, None),
        ("social-services", GAVLE, None),
        ("specialist", "region:03", CARDIOLOGY),
        ("egenvard", "relative", None),
    }
    (open_care,) = care_of(story, "open-care")
    assert open_care.organisation == PRIVATE
    assert {code for code in open_findings(story, "2026-03-10T10:00") if "overlap" in code} == set()


def test_a_stay_in_another_region_while_the_home_region_has_the_track() -> None:
    story = given(
        taken("2026-03-02T10:00"),
        admitted("2026-03-05T10:00", principal="03", controller="orgnr:2321000024"),
    )
    assert {(role, party) for role, party, _ in who(story, "2026-03-05T10:00")} == {
        ("specialist", REGION),
        ("inpatient", "region:03"),
    }
