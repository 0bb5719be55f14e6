"""A provider on a huvudman's behalf: what an operator may record, and how the rest is refused."""

from situations import in_clear_under_hsl, needs, of_the_living

from domain.facts.provider import ProviderCommissioned

RUN = ProviderCommissioned(unit="hsa:SE2321000198-HC1", provider="orgnr:5560360793", on_behalf_of="21")


def test_a_provider_is_commissioned_for_the_living() -> None:
    of_the_living(RUN, "commission a provider")


def test_what_must_not_be_left_out() -> None:
    needs(ProviderCommissioned(), "unit, provider, on behalf of")
    needs(RUN.model_copy(update={"provider": None}), "provider")


def test_it_is_health_care_unless_its_sender_says_the_other() -> None:
    in_clear_under_hsl(RUN)
