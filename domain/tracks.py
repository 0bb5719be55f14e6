"""The tracks between specialists and primary care, as data: which there are and the days their clocks may run."""

import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict


class Track(BaseModel):
    """One track. The days are the care guarantee's (HSF 6:1) where a region has not promised less."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    title: str
    """In Swedish, as units call it."""
    assessment_days: int = 3
    """Days from contact sought to assessment in primary care (HSF 6:1 second point)."""
    visit_days: int = 90
    """Days from referral to the first visit (HSF 6:1 third point)."""
    treatment_days: int = 90
    """Days from decision to planned care (HSF 6:1 fourth point)."""


@cache
def _tracks() -> dict[str, Track]:
    file = resources.files("domain") / "reference_data" / "tracks.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))["track"]
    return {track.id: track for track in map(Track.model_validate, found)}


def tracks() -> tuple[Track, ...]:
    """All tracks, in the order of the file."""
    return tuple(_tracks().values())


def track(id: str) -> Track:
    """The track, or one with the guarantee's days where a message names a track that we do not know."""
    return _tracks().get(id) or Track(id=id, title=id)
