"""Picture qualities in words: the choices of the booking form, and what the sites of a meeting would get.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confsvc.web.pages.phrases import Phrases
from scheduler.booking.place.capacity import Profile


def picture_word(profile: Profile, words: Phrases) -> str:
    """360p, or that it is sound alone."""
    return profile.code if profile.height else words.say("sound alone")


def picture_words(profiles: Sequence[Profile], words: Phrases) -> dict[str, str]:
    """By code."""
    return {profile.code: picture_word(profile, words) for profile in profiles}


def picture_options(profiles: Sequence[Profile], words: Phrases) -> list[tuple[str, str]]:
    """For ``select``, best first; what leaves it to the lines is the form's own first choice."""
    return [
        (profile.code, words.say("At most %(picture)s", picture=profile.code) if profile.height
         else words.say("Sound alone, without a picture"))
        for profile in profiles
    ]  # fmt: skip


def picture_counts(given: Mapping[int, str], profiles: Sequence[Profile], words: Phrases) -> list[tuple[int, str]]:
    """How many sites get which picture, best first; ``given``: codes by room id."""
    codes = list(given.values())
    return [(codes.count(one.code), picture_word(one, words)) for one in profiles if one.code in codes]
