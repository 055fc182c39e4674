"""Whatever a file holds, it becomes a campaign or an error for a person; never anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uadispatch.campaign import places
from uadispatch.campaign.contacts import EmailAddress, FacebookHandle, PhoneNumber, TwitterHandle
from uadispatch.campaign.file import read_campaign
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.campaign.model import Campaign

lenient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=200,
)
PARSERS = st.sampled_from([yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
SYNTAX = st.text(st.sampled_from("ab:-[]{},&*!|>'\"%@`#?\\ \n\t~<0é"), max_size=60)


def campaign_or_error(path: Path) -> Campaign | ConfigError:
    try:
        return read_campaign(path)
    except ConfigError as error:
        return error


@given(name=st.text(max_size=1100), parser=PARSERS)
@lenient
def test_any_text_as_a_name_is_kept_literally_or_refused(
    tmp_path: Path, base: str, name: str, parser: type
) -> None:
    path = tmp_path / "ua.yaml"
    quoted = json.dumps(name, ensure_ascii=True)
    if any(ord(character) > 0xFFFF for character in name):
        # JSON writes these as two halves, which YAML does not join.
        quoted = '"' + "".join(f"\\U{ord(character):08X}" for character in name) + '"'
    path.write_text(base.replace("Nurdauletov Gizat Daurenbekovich", quoted), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_LOADER", parser)
        outcome = campaign_or_error(path)
    if isinstance(outcome, ConfigError):
        assert outcome.problems[0].where == f"{path}:9:11"
    else:
        assert outcome.written[0].name == name.strip()


@given(content=st.one_of(st.binary(max_size=300), SYNTAX.map(str.encode)), parser=PARSERS)
@lenient
def test_any_bytes_are_a_campaign_or_an_error(tmp_path: Path, content: bytes, parser: type) -> None:
    path = tmp_path / "ua.yaml"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_LOADER", parser)
        campaign_or_error(path)


DAMAGE = st.tuples(st.integers(0, 330), st.integers(0, 40), st.one_of(SYNTAX, st.text()))


@given(damage=DAMAGE, parser=PARSERS)
@lenient
def test_any_damage_to_a_good_file_is_a_campaign_or_an_error(
    tmp_path: Path, base: str, damage: tuple[int, int, str], parser: type
) -> None:
    start, length, piece = damage
    path = tmp_path / "ua.yaml"
    damaged = base[:start] + piece + base[start + length :]
    path.write_bytes(damaged.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_LOADER", parser)
        outcome = campaign_or_error(path)
    if isinstance(outcome, ConfigError):
        assert all(problem.where.startswith(str(path)) for problem in outcome.problems)
        assert all("\n" not in str(problem) for problem in outcome.problems)


@given(
    kind=st.sampled_from([EmailAddress, FacebookHandle, PhoneNumber, TwitterHandle]),
    text=st.one_of(st.text(max_size=80), st.text("+0123456789 ().-/x#ext@a.:", max_size=40)),
)
@lenient
def test_any_text_as_a_contact_is_read_as_safe_ascii_or_refused(
    kind: type[EmailAddress | FacebookHandle | PhoneNumber | TwitterHandle], text: str
) -> None:
    try:
        contact = kind.read(text)
    except ValueError as error:
        assert type(error) is ValueError  # noqa: PT017 - and none of its subclasses
        return
    assert contact.value.isascii()
    assert contact.value.isprintable()
    assert not set(contact.value) & set(' ,;<>"\\')
