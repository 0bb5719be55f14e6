"""To whom the account speaks: the patient, or the family of a patient who has died."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """The words for the patient, which sentences hold as ``{du}`` or ``{Din}``."""

    words: Mapping[str, str]

    def say(self, sentence: str, **given: str) -> str:
        """The sentence as it is said to this reader; ``given`` stands as it is."""
        return sentence.format_map({**self.words, **given})


def _both(**words: str) -> dict[str, str]:
    return words | {name.capitalize(): word.capitalize() for name, word in words.items()}


PATIENT = Voice(_both(du="du", dig="dig", din="din", ditt="ditt", dina="dina"))
_WHOSE = "din närståendes"
FAMILY = Voice(_both(du="din närstående", dig="din närstående", din=_WHOSE, ditt=_WHOSE, dina=_WHOSE))
