"""What every part of the account is told with: what is known, the voice, the names of places, and how rows are said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cli.account.gather import Told
from cli.account.places import Places
from cli.account.voice import FAMILY, PATIENT, Voice
from domain.calendar import local_date
from domain.fact import Fact


@dataclass(frozen=True)
class Teller:
    """One account in the making."""

    told: Told

    @cached_property
    def voice(self) -> Voice:
        return FAMILY if self.told.deceased else PATIENT

    @cached_property
    def places(self) -> Places:
        return Places(self.told.register, local_date(self.told.now), hidden=self.told.protected)

    def say(self, sentence: str, **given: str) -> str:
        return self.voice.say(sentence, **given)

    def track(self, id: str | None) -> str:
        """What a track is called inside a sentence; nothing for one that is not known."""
        title = self._tracks.get(id or "", "")
        return title[:1].lower() + title[1:]

    @cached_property
    def _tracks(self) -> Mapping[str, str]:
        from domain.tracks import tracks

        known = (*tracks(), *(self.told.basis.tracks or ()))
        return {track.id: track.title for track in known}

    @property
    def said(self) -> Iterator[Fact]:
        """What the facts that count say, in order, where they can be read."""
        for _, fact in self.told.standing:
            if fact is not None and fact.fact is not None:
                yield fact.fact
