"""Lists are aligned so that what was inserted is an insertion."""

from __future__ import annotations

import random

from holotype.compare.align import Element, Pair, align, common


def named(text: str) -> list[Element]:
    return [Element(f"n{letter}", "type", letter) for letter in text]


def marked(text: str) -> list[Element]:
    """Letters of one case are of one type; equal letters are equal."""
    return [Element(None, "upper" if each.isupper() else "lower", each) for each in text]


def told(left: str, right: str, pairs: list[Pair]) -> list[str]:
    return [
        f"{'' if p.left is None else left[p.left]}>{'' if p.right is None else right[p.right]}"
        f"{'!' if p.moved else ''}"
        for p in pairs
    ]


def test_an_insertion_in_a_list_without_names_leaves_the_others_alone() -> None:
    assert told("abc", "axbc", align(marked("abc"), marked("axbc"))) == ["a>a", ">x", "b>b", "c>c"]
    assert told("abc", "bc", align(marked("abc"), marked("bc"))) == ["a>", "b>b", "c>c"]


def test_what_changed_is_matched_by_its_type_between_what_did_not() -> None:
    pairs = align(marked("aBc"), marked("aXYc"))
    assert told("aBc", "aXYc", pairs) == ["a>a", "B>X", ">Y", "c>c"]
    pairs = align(marked("aBc"), marked("axYc"))
    assert told("aBc", "axYc", pairs) == ["a>a", ">x", "B>Y", "c>c"]


def test_names_decide_whatever_stands_there() -> None:
    pairs = align(named("abc"), named("cxa"))
    assert sorted(told("abc", "cxa", pairs)) == [">x", "a>a", "b>", "c>c!"]


def test_the_same_under_another_name_is_matched() -> None:
    left = [Element("one", "type", b"1"), Element("two", "type", b"2")]
    right = [Element("one", "type", b"1"), Element("zwei", "type", b"2")]
    assert align(left, right) == [Pair(0, 0), Pair(1, 1)]


def test_as_few_as_possible_have_moved() -> None:
    pairs = align(named("abcdef"), named("bcdefa"))
    assert [p.moved for p in pairs] == [False] * 5 + [True]


def test_every_element_of_both_lists_is_in_one_pair() -> None:
    draw = random.Random(0)
    for make in (named, marked):
        for _ in range(300):
            left, right = ("".join(draw.sample("abcdXYZ", draw.randint(0, 7))) for _ in range(2))
            pairs = align(make(left), make(right))
            assert sorted(p.left for p in pairs if p.left is not None) == list(range(len(left)))
            assert sorted(p.right for p in pairs if p.right is not None) == list(range(len(right)))
            same = [p for p in pairs if p.left is not None and p.right is not None]
            if make is named:
                assert all(left[p.left or 0] == right[p.right or 0] for p in same)


def test_very_long_lists_are_matched_by_their_numbers() -> None:
    left = [Element(None, "t", ("left", i)) for i in range(3000)]
    right = [Element(None, "t", ("right", i)) for i in range(3001)]
    pairs = align(left, right)
    assert pairs[0] == Pair(0, 0)
    assert pairs[-1] == Pair(None, 3000)


def test_what_is_common_at_both_ends() -> None:
    assert common("abcd", "abxd") == (2, 1)
    assert common("aaa", "aa") == (2, 0)
    assert common("", "a") == (0, 0)
