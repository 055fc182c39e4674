"""The channel for X, once Twitter: a post that a person publishes with one tap, or the API.

settings      who posts, from which account, with which keys
counting      a text -> its length as X counts it, its links, whom it mentions
variants      the texts of a message -> the longest that fits
task          that text -> what a person gets: a compose link, and what to do
posting       one request to the API, in a thread: the only user of tweepy
answers       what came back -> a receipt, or the error that it means
account       whose keys these are, asked once before the first post
channel       the channel itself
stand_in      X's API on this machine, for rehearsals
signature     whether a request was signed with the right keys, for the stand-in
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_twitter.channel import TwitterChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["TwitterChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the channel for X."""
    register(TwitterChannel)
