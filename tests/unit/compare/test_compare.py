"""Two archives compared: what is found, what is read of them, and what hostile files cannot do."""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from attacks.forge import array, blueprint, reseal, with_manifest
from attacks.make import ATTACKS
from tests import fresh

import holotype
from holotype.api.comparing import diff
from holotype.archive.reader import open_archive
from holotype.compare.difference import Difference
from holotype.compare.page import page_of
from holotype.compare.telling import tell
from holotype.compare.told import Told, told_of, told_schema
from holotype.compare.versions import Step, derive, next_version
from holotype.errors import DigestError, HolotypeError

SCHEMA = Path(__file__).parents[3] / "docs" / "diff.schema.json"


def between(before: Any, after: Any) -> Difference:
    return diff(holotype.dumps(before), holotype.dumps(after))


def test_values_of_containers_are_told_by_their_paths() -> None:
    before = {"rate": 0.5, "names": ["a", "b"], "deep": {"x": [1, 2, {"y": None}]}, "gone": 1}
    after = {"rate": 0.25, "names": ["a", "c"], "deep": {"x": [1, 2, {"y": True}]}, "come": "b"}
    found = between(before, after)
    assert {s.path: (s.kind, s.before, s.after) for s in found.hyperparameters} == {
        "rate": ("changed", 0.5, 0.25),
        "names": ("changed", ["a", "b"], ["a", "c"]),
        "deep.x": ("changed", [1, 2, {"y": None}], [1, 2, {"y": True}]),
        "gone": ("removed", 1, None),
        "come": ("added", None, "b"),
    }
    assert derive(found)[0] is Step.MINOR


def test_one_number_in_another_type_decides_nothing() -> None:
    found = between({"a": 1, "b": True}, {"a": 1.0, "b": True})
    assert [(s.path, s.effect) for s in found.hyperparameters] == [("a", "run")]
    assert derive(found)[0] is Step.PATCH
    found = between({"a": 1}, {"a": True})
    assert derive(found)[0] is Step.MINOR


def test_arrays_that_are_equal_are_never_read(tmp_path: Path) -> None:
    """Damage in one that both have goes unseen; in one that changed it is an error."""
    same = np.arange(50_000.0)
    paths = [tmp_path / "a.holo", tmp_path / "b.holo"]
    for value, path in enumerate(paths):
        holotype.dump({"same": same, "other": np.full(50_000, float(value) + 1)}, path)
    with open_archive(paths[1]) as reader:
        offset = reader.members["parameters.safetensors"].offset
    data = bytearray(paths[1].read_bytes())
    spot = data.index(same[100:110].tobytes(), offset)
    data[spot] ^= 1
    found = diff(paths[0], bytes(data))
    assert [change.path for change in found.arrays] == ["other"]
    assert found.arrays_equal == 1
    data[spot] ^= 1
    spot = data.index(np.full(10, 2.0).tobytes(), offset)
    data[spot] ^= 1
    with pytest.raises(DigestError, match="other"):
        diff(paths[0], bytes(data))


def test_sources_of_every_kind_are_taken(tmp_path: Path) -> None:
    before, after = holotype.dumps([1, 2]), holotype.dumps([1, 3])
    (tmp_path / "a.holo").write_bytes(before)
    wanted = diff(before, after, names=("a.holo", "after"))
    assert diff(tmp_path / "a.holo", after) == wanted
    assert diff(str(tmp_path / "a.holo"), io.BytesIO(after)) == wanted
    with open_archive(before) as one, open_archive(after) as other:
        assert diff(one, other, names=("a.holo", "after")) == wanted


def test_cycles_and_shared_parts_end() -> None:
    def model(value: int) -> Any:
        inner: dict[str, Any] = {"value": value, "pad": list(range(40))}
        inner["itself"] = inner
        return {"one": inner, "other": inner}

    found = between(model(1), model(2))
    assert [(s.path, s.before, s.after) for s in found.hyperparameters] == [("one.value", 1, 2)]


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    def chain(end: int) -> Any:
        value: Any = [end]
        for _ in range(5000):
            value = [value]
        return {"chain": value}

    found = between(chain(1), chain(2))
    (change,) = found.hyperparameters
    assert (change.before, change.after) == ([[[[1]]]], [[[[2]]]])
    assert change.path.startswith("…")


@pytest.mark.parametrize("count", [4, 4000], ids=["as nodes", "as columns"])
def test_columns_are_compared_as_what_they_hold(count: int) -> None:
    words = [f"w{i}" for i in range(count)]
    before = {
        "terms": {w: i for i, w in enumerate(words)},
        "numbers": [float(i) for i in range(count)],
    }
    after = {
        "terms": {w: i for i, w in enumerate([*words[1:], "new"])},
        "numbers": [float(i) for i in range(count - 1)] + [-1.0],
    }
    found = between(before, after)
    if count > 100:
        (terms,) = found.terms
        assert (terms.added, terms.removed, terms.moved) == (1, 1, count - 1)
        (numbers,) = found.arrays
        assert numbers.figures is not None
        assert (numbers.figures.elements, numbers.figures.equal) == (count, count - 1)
    else:
        told = {s.path: s.kind for s in found.hyperparameters}
        assert told.pop("numbers") == "changed"
        assert told.pop("terms.w0") == "removed"
        assert told.pop("terms.new") == "added"
        assert set(told) == {"terms.w1", "terms.w2", "terms.w3"}


def test_forms_of_arrays_are_told() -> None:
    before = {"a": np.zeros(3), "b": np.zeros((2, 2)), "c": np.ones(2)}
    after = {"a": np.zeros(3, np.float32), "b": np.zeros((2, 3)), "d": np.ones(2, np.int8)}
    found = between(before, after)
    assert {c.path: c.kind for c in found.arrays} == {
        "a": "retyped",
        "b": "reshaped",
        "c": "removed",
        "d": "added",
    }
    retyped = next(c for c in found.arrays if c.path == "a")
    assert retyped.figures is not None
    assert retyped.figures.equal == 3
    assert derive(found)[0] is Step.MINOR  # another set of arrays is another architecture


def test_ordered_dicts_sets_and_bytes_are_compared_too() -> None:
    before = OrderedDict(words={"a", "b"}, raw=b"x" * 5000, short=b"abc")
    after = OrderedDict(words={"a", "c"}, raw=b"x" * 4999 + b"y", short=b"abd")
    found = between(before, after)
    places = {s.path for s in found.hyperparameters} | {a.path for a in found.arrays}
    assert places == {"words", "raw", "short"}


def test_another_order_of_a_dict_is_a_change() -> None:
    found = between({"x": {"a": 1, "b": 2}}, {"x": {"b": 2, "a": 1}})
    assert [(s.path, s.before, s.after) for s in found.hyperparameters] == [
        ("x.order of keys", "a, b", "b, a")
    ]
    assert derive(found)[0] is Step.MINOR


def test_code_that_a_model_carries_is_compared_by_its_source() -> None:
    def make(factor: int) -> Any:
        def once(x: Any) -> Any:
            return x * factor

        return once

    def twice(x: Any) -> Any:
        return x * 2 * 2

    found = between({"f": make(2)}, {"f": make(3)})
    assert [(s.path, s.before, s.after) for s in found.hyperparameters] == [("f.factor[0]", 2, 3)]
    found = between({"f": make(2)}, {"f": twice})
    assert ("f", "code", "architecture") in [(s.path, s.kind, s.effect) for s in found.steps]
    assert derive(found)[0] is Step.MINOR


def test_a_manifest_that_says_less_than_the_model_hides_no_break() -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="it needs scikit-learn")
    X = np.random.default_rng(0).normal(size=(60, 3))
    models = [
        linear.LogisticRegression().fit(X, np.arange(60) % 2),
        linear.LogisticRegression().fit(X[:, :2], np.arange(60) % 3),
    ]
    sides = [
        with_manifest(holotype.dumps(model, probe=None), inputs=None, outputs=None)
        for model in models
    ]
    found = diff(*sides)
    assert sorted((c.end, c.what) for c in found.schema if c.breaking) == [
        ("input", "count"),
        ("output", "classes"),
    ]


def test_types_that_are_not_known_are_compared_all_the_same() -> None:
    def archive(rate: float, values: Any) -> bytes:
        inner = {"call": "future.Thing", "args": [1], "state": {"list": [rate]}, "items": [1, 2]}
        state = {"rate": rate, "weights": array("w", values), "inner": inner}
        return reseal(blueprint({"object": "future.Model", "state": state}), {"w": values})

    before, after = np.arange(4.0), np.arange(4.0)[::-1].copy()
    found = diff(archive(0.5, before), archive(0.1, after))
    assert [c.path for c in found.arrays] == ["weights"]
    assert "rate" in {s.path for s in (*found.values, *found.hyperparameters)}
    assert found.notes


EVIL = "\x1b[2J\x1b]0;t\x07\r\x9b31m\u202e\n<script>alert(1)</script>[red]x[/red]"


def hostile(number: float) -> bytes:
    values = np.arange(3.0) + number
    state = {EVIL: f"{EVIL}{number}", "array": array(EVIL, values), "list": {"list": [EVIL]}}
    root = {"dict": [[EVIL, number], ["k", {"object": f"evil.{EVIL}", "state": state}]]}
    return reseal(
        blueprint(root),
        {EVIL: values},
        manifest={
            "author": f"{EVIL}{number}",
            "metadata": {EVIL: number},
            "libraries": {EVIL: f"{number}{EVIL}"},
            "metrics": [{"name": EVIL, "value": number}],
            "model": {
                "type": f"{EVIL}{number}",
                "kind": EVIL,
                "arrays": 1,
                "parameters": 3,
                "bytes": 24,
            },
        },
    )


def test_a_page_escapes_all_that_a_file_says() -> None:
    found = diff(hostile(1.0), hostile(2.0), names=(EVIL, EVIL))
    page = page_of(found)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert all(c.isprintable() or c == "\n" for c in page)
    assert "http" not in page.replace('http-equiv="', "")


def test_every_attack_is_refused_or_compared_and_nothing_else() -> None:
    """With the same error tree as everything else, and within the time of the test."""
    sound = holotype.dumps({"a": np.arange(3), "b": [1, "x"]})
    compared = 0
    for attack in list(ATTACKS.values())[::4]:
        data = attack.make()
        for pair in ((data, sound), (sound, data)):
            try:
                found = diff(*pair)
            except HolotypeError:
                continue
            page_of(found)
            tell(found)
            derive(found)
            compared += 1
    assert compared > 50


def test_parts_that_repeat_themselves_again_and_again_take_no_time() -> None:
    data = ATTACKS["bombs-billion-laughs"].make()
    other = holotype.dumps([[[1]]])
    for pair in ((data, other), (other, data)):
        assert len(tell(diff(*pair))) > 0


def test_no_framework_is_imported_and_nothing_is_built(tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="it needs scikit-learn")
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    for name, c in (("a", 1.0), ("b", 2.0)):
        holotype.dump(linear.LogisticRegression(C=c).fit(X, y), tmp_path / f"{name}.holo")
    done = fresh.run(
        "import sys\nfrom holotype.api.comparing import diff\n"
        "from holotype.compare.page import page_of\n"
        "found = diff(sys.argv[1], sys.argv[2])\npage_of(found)\n"
        "others = {'sklearn', 'scipy', 'pandas'} & set(sys.modules)\n"
        "print(len(found.hyperparameters), sorted(others))",
        str(tmp_path / "a.holo"),
        str(tmp_path / "b.holo"),
    )
    assert done.stdout.split(maxsplit=1) == ["1", "[]\n"]


def test_memory_does_not_grow_with_the_arrays(tmp_path: Path) -> None:
    """100 MB on each side are compared in less than half of it."""
    values = np.zeros(13_000_000)
    holotype.dump({"w": values}, tmp_path / "a.holo", probe=None)
    values += 1
    holotype.dump({"w": values}, tmp_path / "b.holo", probe=None)
    done = fresh.run(
        "import sys\nfrom holotype.api.comparing import diff\n"
        "def anonymous():\n"
        "    text = open('/proc/self/status').read()\n"
        "    return int(text.split('RssAnon:')[1].split()[0])\n"
        "import threading, numpy\n"
        "before = anonymous()\nmost = [0]\ndone = threading.Event()\n"
        "def watch():\n"
        "    while not done.wait(0.005):\n        most[0] = max(most[0], anonymous())\n"
        "thread = threading.Thread(target=watch)\nthread.start()\n"
        "found = diff(sys.argv[1], sys.argv[2])\n"
        "done.set()\nthread.join()\n"
        "print(found.arrays[0].figures.largest, most[0] - before)",
        str(tmp_path / "a.holo"),
        str(tmp_path / "b.holo"),
    )
    largest, grown = done.stdout.split()
    assert float(largest) == 1.0
    assert 0 < int(grown) < 50_000  # kB


def told() -> Told:
    found = between({"a": 1, "w": np.zeros(3)}, {"a": 2, "w": np.ones(3)})
    return told_of(found, next_version("1.0.0", found, "major"))


def test_the_json_form_is_the_documented_one() -> None:
    text = json.dumps(told_schema(), indent=1, ensure_ascii=False) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == text
    again = msgspec.json.decode(msgspec.json.encode(told()), type=Told)
    assert again == told()
    assert (again.same, again.version.version, again.version.derived) == (
        "nothing",
        "2.0.0",
        "minor",
    )


def test_what_is_printed_is_of_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="it judges by a JSON Schema")
    jsonschema.Draft202012Validator.check_schema(told_schema())
    jsonschema.Draft202012Validator(told_schema()).validate(json.loads(msgspec.json.encode(told())))


def test_lists_are_bounded_and_what_is_left_out_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("holotype.compare.findings.MOST", 3)
    before = {f"n_jobs{i}": np.full(1, i) for i in range(5)} | {"verbose": 1}
    after = {f"n_jobs{i}": np.full(1, i + 1) for i in range(5)} | {"verbose": 2}
    found = between(before, after)
    assert len(found.arrays) == 3
    assert found.left_out == {"arrays": 2}
    monkeypatch.setattr("holotype.compare.findings.MOST", 1)
    found = between({"verbose": 1, "z": 1}, {"verbose": 2, "z": 2})
    assert [s.path for s in found.hyperparameters] == ["verbose"]
    assert derive(found)[0] is Step.MINOR


def test_what_comes_late_in_a_very_long_list_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("holotype.compare.containers._MAX_NAMED", 50)
    before: list[Any] = [{"x": i} for i in range(200)]
    after = [*before[:-1], {"x": -1}]
    found = between({"rows": before}, {"rows": after})
    assert [s.after for s in found.hyperparameters] == ["200 elements, not all of them the same"]
    assert derive(found)[0] is Step.MINOR
    assert between({"rows": before}, {"rows": before, "other": 1}).effects == ["setting"]
