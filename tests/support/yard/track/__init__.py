"""A yard in which the whole pipeline runs within a minute: whatever it starts is real, but for the browser."""

from yard.track.cutting import Cut, cut
from yard.track.running import Pipeline, Track

__all__ = ["Cut", "Pipeline", "Track", "cut"]
