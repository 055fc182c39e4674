"""What the fields of a model are for, from their docstrings."""

from __future__ import annotations

from pydantic import BaseModel, Field

from uadispatch.campaign.described import described


class Base(BaseModel):
    host: str
    """Where it is.

    In two paragraphs.
    """
    port: int = Field(default=25, ge=1)
    """At which door."""
    quiet: bool = False


class Own(Base):
    port: int = 587
    """At which other door."""
    user: str | None = None
    """Who."""


def test_a_field_is_described_by_the_docstring_below_it_also_of_a_base() -> None:
    assert described(Own) == {
        "host": "Where it is.\n\nIn two paragraphs.",
        "port": "At which other door.",
        "user": "Who.",
    }


def test_it_reads_what_pydantic_would_read() -> None:
    class Slow(Own, use_attribute_docstrings=True):
        password: str
        """A secret,
        over two lines."""
        unsaid: int = 0

    own = {name: info.description for name, info in Slow.model_fields.items() if info.description}
    assert {name: text for name, text in described(Slow).items() if name in own} == own
    assert own == {"password": "A secret,\nover two lines."}
