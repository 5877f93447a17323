"""Countries and unions: being within a list is not the same as being touched by a ban."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.regions import COUNTRIES, EU, REGIONS, touches, within

REGION = st.sampled_from(sorted(REGIONS))
LISTS = st.frozensets(REGION, max_size=8)


def test_the_union_has_27_members_and_every_country_two_letters() -> None:
    assert len(EU) == 27
    assert EU < COUNTRIES
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert {"EU"} == REGIONS - COUNTRIES


@pytest.mark.parametrize(
    ("region", "listed", "expected"),
    [
        ("US", {"US"}, True),
        ("US", {"*"}, True),
        ("EU", {"*"}, True),
        ("US", set(), False),
        ("DE", {"EU"}, True),
        ("CH", {"EU"}, False),
        ("GB", {"EU"}, False),
        ("EU", {"EU"}, True),
        ("EU", {"DE"}, False),
        ("EU", set(EU), True),
        ("EU", set(EU) - {"MT"}, False),
    ],
)
def test_within(region: str, listed: set[str], expected: bool) -> None:
    assert within(region, frozenset(listed)) is expected


@pytest.mark.parametrize(
    ("region", "listed", "expected"),
    [
        ("US", {"US"}, True),
        ("US", set(), False),
        ("DE", {"EU"}, True),
        ("EU", {"DE"}, True),
        ("EU", {"EU"}, True),
        ("EU", {"US"}, False),
        ("FR", {"DE"}, False),
        ("CH", {"EU"}, False),
        ("US", {"*"}, True),
    ],
)
def test_touches(region: str, listed: set[str], expected: bool) -> None:
    assert touches(region, frozenset(listed)) is expected


@given(REGION, LISTS)
def test_what_lies_within_a_list_is_touched_by_it(region: str, listed: frozenset[str]) -> None:
    assert touches(region, listed) or not within(region, listed)


@given(REGION, LISTS, LISTS)
def test_a_longer_list_holds_and_touches_no_less(region: str, one: frozenset[str], more: frozenset[str]) -> None:
    assert within(region, one | more) or not within(region, one)
    assert touches(region, one | more) or not touches(region, one)


@given(LISTS)
def test_a_member_is_held_wherever_the_union_is(listed: frozenset[str]) -> None:
    if within("EU", listed):
        assert all(within(member, listed) for member in EU)
    assert touches("EU", listed) is any(touches(member, listed) for member in EU)
