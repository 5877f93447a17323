"""Verdicts: thresholds on both sides, territories, chains of base models, and independence of clause order."""

from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.regions import COUNTRIES, EU
from modelwise.knowledge.schema import Clause, Licence
from modelwise.tools.license import (
    InvalidUse,
    LicenseVerdict,
    Use,
    check_license,
    combine,
    judge,
    parse_use,
    weights_verdict,
)

_RANK = {"allowed": 0, "conditional": 1, "unknown": 2, "forbidden": 3}
KINDS = get_args(Clause.__annotations__["kind"])
MAYBE = st.none() | st.booleans()

CLAUSES = st.builds(
    lambda kind, effect, limit, region, number: Clause(
        id=f"c{number}",
        kind=kind,
        effect=effect,
        threshold=limit,
        regions=(region,),
        fields=("military",),
        zh="条款",
        en="clause",
    ),
    st.sampled_from(KINDS),
    st.sampled_from(["allows", "forbids", "requires"]),
    st.sampled_from([1e6, 7e8]),
    st.sampled_from(["EU", "CN"]),
    st.integers(0, 10**6),
)
USES = st.builds(
    Use,
    commercial=MAYBE,
    production=MAYBE,
    mau=st.none() | st.integers(0, 10**9),
    region=st.sampled_from([None, "CN", "DE", "EU"]),
    field=st.sampled_from([None, "military", "medicine"]),
    fine_tune=MAYBE,
    redistribute=MAYBE,
    hosting=MAYBE,
    train_competitor=MAYBE,
    train_on_outputs=MAYBE,
    internal_research=MAYBE,
    annual_revenue_usd=st.none() | st.floats(0, 1e12),
)


def licence_of(clauses: list[Clause], text_read: str = "full") -> Licence:
    return msgspec.convert(
        {
            "id": "x",
            "name": "X",
            "osi": False,
            "text_read": text_read,
            "read_on": "2026-11-21",
            "source": "s",
            "clauses": clauses,
        },
        Licence,
    )


@given(st.lists(CLAUSES, max_size=6).flatmap(lambda c: st.tuples(st.just(c), st.permutations(c))), USES)
def test_the_order_of_clauses_changes_no_verdict(orders: tuple[list[Clause], list[Clause]], use: Use) -> None:
    first, second = (judge(licence_of(order), use) for order in orders)
    assert first.verdict == second.verdict
    assert set(first.cites) == set(second.cites)
    assert sorted(f.clause.id for f in first.obligations) == sorted(f.clause.id for f in second.obligations)


@given(st.lists(CLAUSES, min_size=1, max_size=6), CLAUSES, USES)
def test_one_clause_more_never_makes_it_better(clauses: list[Clause], more: Clause, use: Use) -> None:
    before, after = judge(licence_of(clauses), use), judge(licence_of([*clauses, more]), use)
    assert _RANK[before.verdict] <= _RANK[after.verdict]


@given(st.lists(CLAUSES, max_size=6), USES, st.sampled_from(["excerpt", "tag", "none"]))
def test_what_was_not_read_in_full_is_never_allowed(clauses: list[Clause], use: Use, read: str) -> None:
    assert judge(licence_of(clauses, read), use).verdict != "allowed"
    assert judge(licence_of(clauses), use, read).verdict != "allowed"


@given(st.lists(CLAUSES, min_size=1, max_size=6), USES, st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_users_never_make_it_better(clauses: list[Clause], use: Use, mau: int, more: int) -> None:
    fewer, grown = (use.model_copy(update={"mau": n}) for n in (mau, mau + more))
    assert _RANK[judge(licence_of(clauses), fewer).verdict] <= _RANK[judge(licence_of(clauses), grown).verdict]


@given(
    st.lists(st.lists(CLAUSES, max_size=3), min_size=1, max_size=4).flatmap(
        lambda c: st.tuples(st.just(c), st.permutations(c))
    ),
    USES,
)
def test_the_worst_licence_of_a_chain_decides(chains: tuple[list[list[Clause]], list[list[Clause]]], use: Use) -> None:
    first, second = ([judge(licence_of(clauses), use) for clauses in chain] for chain in chains)
    assert combine(first).verdict == combine(second).verdict == max((v.verdict for v in first), key=_RANK.__getitem__)


def verdict(tiny: ModuleType, kind: str, effect: str, use: dict[str, Any], **clause: Any) -> str:
    """The verdict of a licence that has one clause beside the grant."""
    found: LicenseVerdict = judge(
        tiny.licence(tiny.clause("commercial", "allows"), tiny.clause(kind, effect, **clause)), Use(**use)
    )
    return found.verdict


@pytest.mark.parametrize(
    ("mau", "forbids", "requires"),
    [
        (None, "conditional", "conditional"),
        (0, "allowed", "allowed"),
        (700_000_000, "allowed", "allowed"),
        (700_000_001, "forbidden", "conditional"),
    ],
)
def test_users_at_the_threshold_and_one_above(tiny: ModuleType, mau: int | None, forbids: str, requires: str) -> None:
    assert verdict(tiny, "mau", "forbids", {"mau": mau}, threshold=7e8) == forbids
    assert verdict(tiny, "mau", "requires", {"mau": mau}, threshold=7e8) == requires


@pytest.mark.parametrize(("usd", "expected"), [(None, "conditional"), (1e6, "allowed"), (1_000_000.01, "forbidden")])
def test_revenue_at_the_threshold_and_a_cent_above(tiny: ModuleType, usd: float | None, expected: str) -> None:
    assert verdict(tiny, "revenue", "forbids", {"annual_revenue_usd": usd}, threshold=1e6) == expected


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (None, "conditional"),
        ("EU", "forbidden"),
        ("DE", "forbidden"),
        ("CH", "allowed"),
        ("GB", "allowed"),
        ("US", "allowed"),
    ],
)
def test_a_ban_on_the_union_bans_its_members(tiny: ModuleType, region: str | None, expected: str) -> None:
    assert verdict(tiny, "territory", "forbids", {"region": region}, regions=("EU",)) == expected


@pytest.mark.parametrize(("region", "expected"), [("EU", "forbidden"), ("DE", "forbidden"), ("FR", "allowed")])
def test_a_ban_on_a_member_touches_the_union(tiny: ModuleType, region: str, expected: str) -> None:
    assert verdict(tiny, "territory", "forbids", {"region": region}, regions=("DE",)) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ({}, "forbidden"),
        ({"commercial": True}, "forbidden"),
        ({"commercial": False}, "allowed"),
        ({"internal_research": True}, "allowed"),
    ],
)
def test_commercial_use_is_assumed_until_denied(tiny: ModuleType, use: dict[str, Any], expected: str) -> None:
    assert judge(tiny.licence(tiny.clause("commercial", "forbids")), Use(**use)).verdict == expected


@pytest.mark.parametrize(
    ("field", "expected"), [(None, "conditional"), ("medicine", "allowed"), ("military", "forbidden")]
)
def test_a_banned_field(tiny: ModuleType, field: str | None, expected: str) -> None:
    assert verdict(tiny, "field", "forbids", {"field": field}, fields=("military",)) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ({}, "allowed"),
        ({"fine_tune": True}, "conditional"),
        ({"fine_tune": True, "redistribute": False}, "allowed"),
        ({"fine_tune": True, "derivative_name": "llama-doctor"}, "allowed"),
        ({"fine_tune": True, "derivative_name": "Doctor Llama"}, "conditional"),
    ],
)
def test_a_derived_model_s_name_begins_with_the_prefix(tiny: ModuleType, use: dict[str, Any], expected: str) -> None:
    assert verdict(tiny, "naming", "requires", use, fields=("Llama",)) == expected


@pytest.mark.parametrize("kind", ["notice", "indemnity", "termination"])
def test_what_is_asked_of_everybody_is_told_but_no_condition(tiny: ModuleType, kind: str) -> None:
    found = judge(
        tiny.licence(tiny.clause("commercial", "allows"), tiny.clause(kind, "requires")), Use(redistribute=True)
    )
    assert found.verdict == "allowed"
    assert [f.clause.kind for f in found.obligations] == [kind]


@pytest.mark.parametrize("kind", ["hosting", "train_competitor", "train_on_outputs"])
def test_what_is_not_done_is_not_forbidden(tiny: ModuleType, kind: str) -> None:
    assert verdict(tiny, kind, "forbids", {}) == "allowed"
    assert verdict(tiny, kind, "forbids", {kind: True}) == "forbidden"


def test_production_is_out_but_research_is_in(tiny: ModuleType) -> None:
    only = tiny.licence(tiny.clause("production", "forbids"))
    assert judge(only, Use()).verdict == "forbidden"
    assert judge(only, Use(internal_research=True)).verdict == "allowed"
    assert judge(only, Use(production=False)).verdict == "allowed"
    assert judge(only, Use(production=False, commercial=True)).verdict == "forbidden"


def test_a_licence_without_clauses_is_unknown_and_cites_itself(tiny: ModuleType) -> None:
    found = judge(tiny.licence(name="tag"), Use())
    assert (found.verdict, found.cites) == ("unknown", ("licence/tag",))


def test_every_clause_that_spoke_is_cited(tiny: ModuleType) -> None:
    found = judge(tiny.licence(tiny.clause("commercial", "allows"), tiny.clause("hosting", "forbids")), Use())
    assert found.cites == ("licence/commercial-allows",)


@pytest.fixture(scope="module")
def known(tiny: ModuleType) -> Any:
    """A base model, one made from it, one with no known licence, and one sold only as an API."""
    return tiny.facts(
        tiny.model("base", aliases=["Basis"], weights=tiny.weights("strict"), offers=[tiny.offer("p/b")]),
        tiny.model("tuned", weights=tiny.weights("free", base_model="base")),
        tiny.model("loop", weights=tiny.weights("free", base_model="loop")),
        tiny.model("lost", weights=tiny.weights("nowhere")),
        tiny.model("half-read", weights=tiny.weights("free", licence_text_read="tag")),
        tiny.model("closed", offers=[tiny.offer("p/c")]),
        licences=[
            tiny.licence(tiny.clause("commercial", "allows"), spdx="Free-1.0"),
            tiny.licence(tiny.clause("commercial", "forbids"), name="strict"),
            tiny.licence(tiny.clause("acceptable_use", "requires"), name="terms"),
        ],
        sellers=[tiny.seller(terms="terms")],
    )


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("free", "allowed"),
        ("Free", "allowed"),
        (" free-1.0 ", "allowed"),
        ("strict", "forbidden"),
        ("base", "forbidden"),
        ("BASIS", "forbidden"),
        ("tuned", "forbidden"),
        ("loop", "allowed"),
        ("lost", "unknown"),
        ("half-read", "conditional"),
        ("closed", "conditional"),
        ("nobody", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_subject_is_a_model_a_licence_or_an_spdx_id(known: Any, subject: str, expected: str) -> None:
    assert check_license(subject, {"commercial": True}, facts=known).verdict == expected


def test_the_api_of_open_weights_is_judged_by_the_seller_s_terms(known: Any) -> None:
    assert check_license("base", {"api": True}, facts=known).verdict == "conditional"


def test_a_chain_carries_every_licence(known: Any) -> None:
    found = weights_verdict(known.models["tuned"], Use(), known)
    assert [licence.id for licence in found.licences] == ["free", "strict"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mau", -1),
        ("mau", "many"),
        ("mau", 1.5),
        ("mau", True),
        ("annual_revenue_usd", -1),
        ("annual_revenue_usd", float("nan")),
        ("annual_revenue_usd", True),
        ("region", "de"),
        ("region", "Germany"),
        ("region", "XX"),
        ("region", "UK"),
        ("commercial", "maybe"),
        ("commercial", 1),
        ("commercial", "yes"),
        ("users", 3),
        ("field", 3),
    ],
)
def test_a_use_that_cannot_be_judged_names_its_field(field: str, value: object) -> None:
    with pytest.raises(InvalidUse, match=field):
        parse_use({field: value})


@pytest.mark.parametrize("region", sorted(COUNTRIES | {"EU"}))
def test_every_country_can_be_judged(region: str) -> None:
    assert parse_use({"region": region}).region == region


@given(
    st.dictionaries(
        st.text() | st.sampled_from(sorted(Use.model_fields)),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    )
)
def test_any_mapping_is_a_use_or_refused(fields: dict[str, Any]) -> None:
    try:
        use = parse_use(fields)
    except InvalidUse:
        return
    assert {name: getattr(use, name) for name in fields} == fields


def test_the_union_is_no_country() -> None:
    assert EU < COUNTRIES


@pytest.mark.parametrize(("commercial", "expected"), [(True, "forbidden"), (False, "allowed"), (None, "forbidden")])
def test_a_limit_on_commercial_use_binds_no_other(tiny: ModuleType, commercial: bool | None, expected: str) -> None:
    use = {"commercial": commercial, "mau": 10**9, "annual_revenue_usd": 1e12}
    assert verdict(tiny, "mau", "forbids", use, threshold=7e8, fields=("commercial",)) == expected
    assert verdict(tiny, "revenue", "forbids", use, threshold=1e6) == expected
    assert verdict(tiny, "mau", "forbids", use, threshold=7e8) == "forbidden"


def test_production_left_unsaid_is_a_condition_of_what_is_not_commercial(tiny: ModuleType) -> None:
    only = tiny.licence(tiny.clause("production", "forbids"))
    assert judge(only, Use(commercial=False)).verdict == "conditional"
    assert judge(only, Use(commercial=False, production=True)).verdict == "forbidden"


@pytest.mark.parametrize(("region", "expected"), [("DE", "conditional"), ("US", "allowed")])
def test_a_territory_that_hangs_on_the_model_is_a_condition(tiny: ModuleType, region: str, expected: str) -> None:
    assert verdict(tiny, "territory", "requires", {"region": region}, regions=("EU",)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Llama-3-Doctor", "allowed"), ("llama_3 x", "allowed"), ("Llama-Doctor", "conditional"), ("L", "conditional")],
)
def test_a_joint_in_a_name_is_a_blank_in_its_prefix(tiny: ModuleType, name: str, expected: str) -> None:
    use = {"modified": True, "derivative_name": name}
    assert verdict(tiny, "naming", "requires", use, fields=("Llama 3",)) == expected


@pytest.mark.parametrize("subject", ["half-read", "Half Read", "HALF_READ", "org/Half-Read"])
def test_case_blanks_and_joints_do_not_hide_a_name(tiny: ModuleType, subject: str) -> None:
    weights = tiny.weights("free", licence_text_read="tag", repo="org/half-read")
    facts = tiny.facts(
        tiny.model("half-read", weights=weights), licences=[tiny.licence(tiny.clause("commercial", "allows"))]
    )
    assert check_license(subject, {}, facts=facts).verdict == "conditional"


def test_of_what_nobody_sells_no_terms_are_known(tiny: ModuleType) -> None:
    terms = tiny.licence(tiny.clause("commercial", "allows"), name="closed-api", text_read="excerpt")
    facts = tiny.facts(tiny.model("retired"), tiny.model("sold", offers=[tiny.offer("p/s")]), licences=[terms])
    assert check_license("retired", {}, facts=facts).verdict == "unknown"
    assert check_license("sold", {}, facts=facts).verdict == "conditional"
    assert check_license("sold", {"api": False}, facts=facts).verdict == "unknown"


def test_naming_a_licence_to_pass_copies_on_under_is_passing_copies_on(tiny: ModuleType) -> None:
    text = tiny.licence(tiny.clause("commercial", "allows"), tiny.clause("redistribution", "forbids"))
    assert judge(text, Use()).verdict == "allowed"
    assert judge(text, Use(license_to="MIT")).verdict == "forbidden"
