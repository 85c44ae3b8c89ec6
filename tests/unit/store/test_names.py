"""Names, numbers and tags: which there are, how they order, and that each has a key of its own."""

from __future__ import annotations

import pytest
from tests.unit.store.stores import MemoryPlace, archive, arrays, new_vault, push

from holotype.errors import StoreError
from holotype.store.names import LATEST, Number, check_name, check_tag, parse_number, parse_spec
from holotype.store.places.place import checked
from holotype.store.records import id_key, tag_key, version_key

PRECEDENCE = [
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
]
LONGEST = "/".join(["n" * 74] * 4)
LAST = "999999999.999999999.999999999-" + "a" * 70


def test_numbers_order_as_semver_says() -> None:
    numbers = [parse_number(text) for text in PRECEDENCE]
    mixed = sorted(numbers, key=str)
    assert mixed != numbers
    assert sorted(mixed, key=lambda number: number.order) == numbers
    assert [str(number) for number in numbers] == PRECEDENCE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "01.0.0",
        "1.0.0-",
        "1.0.0-01",
        "1.0.0-a..b",
        "1.0.0+build",
        "v1.0.0",
        "1.0.0\n",
        "-1.0.0",
        "1.0.0-ä",
        "1.0.0-" + "a" * 100,
        "9999999999.0.0",
        "\u0661.0.0",
        "1.0.0 ",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="no version number"):
        parse_number(text)


def test_the_next_patch_of_a_prerelease_is_what_it_leads_to() -> None:
    assert parse_number("1.2.3").next_patch() == Number(1, 2, 4)
    assert parse_number("1.2.3-rc.1").next_patch() == Number(1, 2, 3)


@pytest.mark.parametrize("name", ["churn", "a", "Team.x/churn-2_b", "a/b/c/d", "1.0.0", LONGEST])
def test_these_are_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "-a", "a b", "a@b", "ä", "a\n"],
        *["a/b/c/d/e", "a" * 101, LONGEST + "nn"],
        *["churn/1.0.0", "churn/1.0.0.json", "churn/production.json"],
    ],
)
def test_these_are_not(name: str) -> None:
    with pytest.raises(StoreError, match="no name of a model"):
        check_name(name)


def test_the_longest_names_have_keys() -> None:
    for key in (
        version_key(LONGEST, LAST),
        tag_key(LONGEST, "t" * 100),
        id_key("sha256:" + "0" * 64, LONGEST, LAST),
    ):
        assert checked(key) == key


def test_no_record_of_one_name_stands_where_another_has_its_folder() -> None:
    names = ["a", "a/b", "a/b/c", "a.json", "b/a", "1.0.0"]
    records = [version_key(name, "1.0.0") for name in names]
    records += [tag_key(name, "b.json") for name in names]
    records += [id_key("sha256:" + "0" * 64, name, "1.0.0") for name in names]
    for record in records:
        assert not any(other.startswith(record + "/") for other in records)


@pytest.mark.parametrize("tag", ["production", "Prod-1.2_x", "a"])
def test_these_are_tags(tag: str) -> None:
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "1.0.0", "1", "a/b", "a b", "-a", ".a", "ä", "a" * 101, "a\n"])
def test_these_are_no_tags(tag: str) -> None:
    with pytest.raises(StoreError, match="no tag"):
        check_tag(tag)


def test_what_a_person_may_ask_for() -> None:
    digest = "sha256:" + "ab" * 32
    assert parse_spec("churn") == ("churn", None, LATEST, "")
    assert parse_spec("churn@latest") == ("churn", None, LATEST, "")
    assert parse_spec("a/churn@1.4.0-rc.1") == ("a/churn", Number(1, 4, 0, "rc.1"), LATEST, "")
    assert parse_spec("churn@production") == ("churn", None, "production", "")
    assert parse_spec(digest) == ("", None, LATEST, digest)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("churn@", "no tag"),
        ("churn@1.4", "no version number"),
        ("churn@a@b", "no tag"),
        ("@1.0.0", "no name of a model"),
        ("sha256:abc", "no digest"),
        ("sha256:" + "AB" * 32, "no digest"),
        ("churn\x1b[2J", "no name of a model"),
    ],
)
def test_what_nobody_can_mean_is_refused(spec: str, problem: str) -> None:
    with pytest.raises(StoreError, match=problem) as caught:
        parse_spec(spec)
    assert "\x1b" not in str(caught.value)


def test_one_archive_may_have_names_below_each_other() -> None:
    vault = new_vault(MemoryPlace())
    data = archive(arrays(0))
    for name in ("a", "a/b", "a/b/c"):
        assert str(push(vault, name, data)) == f"{name}@1.0.0"
    assert vault.names() == ["a", "a/b", "a/b/c"]
    assert [str(version) for version in vault.versions("a")] == ["a@1.0.0"]
