"""The four levels of trust, on real code: what is saved, what is refused, what comes back."""

from __future__ import annotations

import functools
import io
import json
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks.forge import reseal
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

import holotype
from holotype.errors import (
    InvalidStateError,
    MissingLibraryError,
    PolicyError,
    UnsupportedError,
    UntrustedError,
)
from holotype.trust.policy import Policy

PACKAGE = """
    import os
    import numpy as np
    from sklearn.base import BaseEstimator, TransformerMixin

    class Clip(BaseEstimator, TransformerMixin):
        def __init__(self, low=0.0):
            self.low = low
        def fit(self, X, y=None):
            self.n_features_in_ = X.shape[1]
            return self
        def transform(self, X):
            return np.clip(X, self.low, None)
        def shifted(self, X):
            return X + self.low
        @classmethod
        def default(cls):
            return cls()

    class Stateful:
        def __init__(self):
            self.x = 1
        def __getstate__(self):
            return (self.x, "more")
        def __setstate__(self, state):
            self.x = state[0]

    class Slotted:
        __slots__ = ("a", "b")

    class Temperature(float):
        pass

    class Names(dict):
        pass

    class Bag(list):
        pass

    class Unhashable:
        def __init__(self):
            self.ready = False
        def __hash__(self):
            if vars(self).get("closed"):
                raise SystemExit("hashed")
            return 1

    class Failing:
        def __setstate__(self, state):
            raise RuntimeError("not today")
        def __getstate__(self):
            return 1

    def double(X):
        return X * 2

    def made_by(value):
        made = Made()
        made.value = value
        return made

    class Made:
        def __reduce__(self):
            return made_by, (self.value,)
"""
NAME = "holotype_levels_package"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An installed package of the user's, as far as imports can tell."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / f"{NAME}.py").write_text(textwrap.dedent(PACKAGE))
    sys.path.insert(0, str(folder))
    yield __import__(NAME)
    sys.path.remove(str(folder))
    del sys.modules[NAME]


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))


def arguments(data: bytes) -> list[str]:
    """What a reader would have to trust: as the refusal says it."""
    with pytest.raises(UntrustedError) as caught:
        holotype.loads(data)
    return sorted({need.argument for need in caught.value.missing})


def there_and_back(obj: Any, level: str, **options: Any) -> Any:
    data = holotype.dumps(obj, **options)
    assert holotype.show(data).level == level
    assert holotype.verify(data)
    back = holotype.loads(data, trust=arguments(data))
    assert holotype.fingerprint(back) == holotype.fingerprint(data)
    return back


# -- named ---------------------------------------------------------------------------------------


def test_an_estimator_of_an_installed_package_is_named(package: Any) -> None:
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(package.Clip(0.5), StandardScaler(), LogisticRegression()).fit(X, y)
    back = there_and_back(model, "named")
    assert type(back[0]) is package.Clip
    assert np.array_equal(back.predict_proba(X), model.predict_proba(X))
    assert arguments(holotype.dumps(model)) == [NAME]


def test_other_objects_of_the_package_keep_their_own_ways(package: Any) -> None:
    assert there_and_back(package.Stateful(), "named").x == 1
    slotted = package.Slotted()
    slotted.a = [1]
    back = there_and_back(slotted, "named")
    assert back.a == [1]
    assert not hasattr(back, "b")
    assert there_and_back(package.Temperature(36.6), "named") == 36.6
    names = package.Names(a=1)
    names.extra = 2
    back = there_and_back(names, "named")
    assert (back, back.extra, type(back)) == ({"a": 1}, 2, package.Names)
    assert there_and_back(package.Bag([1, [2]]), "named") == [1, [2]]
    assert there_and_back(package.made_by(3), "named").value == 3


def test_functions_and_methods_are_named(package: Any) -> None:
    assert there_and_back(package.double, "named") is package.double
    assert there_and_back(FunctionTransformer(package.double), "named").transform(2) == 4
    assert there_and_back(functools.partial(package.double, X=3), "named")() == 6
    clip = package.Clip(1.5)
    assert there_and_back(clip.shifted, "named")(1) == 2.5
    both = there_and_back([clip, clip.shifted], "named")
    assert both[1].__self__ is both[0]
    assert there_and_back(package.Clip.default, "named")().low == 0.0
    assert there_and_back(package.Clip.shifted, "named") is package.Clip.shifted


def test_a_kernel_of_ones_own_is_named(package: Any) -> None:
    X, y = load_iris(return_X_y=True)
    model = SVC(kernel=_linear).fit(X, y)
    back = there_and_back(model, "code")
    assert np.array_equal(back.predict(X), model.predict(X))


def _linear(A: Any, B: Any) -> Any:
    return A @ B.T


if __name__ != "__main__":
    _linear.__module__ = "__main__"  # as in a script


def test_what_a_module_only_imported_is_not_found_by_its_name(package: Any) -> None:
    data = holotype.dumps(package.double)
    forged = _with(data, f"{NAME}:double", f"{NAME}:os.abort")
    with pytest.raises(MissingLibraryError, match="defines no class or function"):
        holotype.loads(forged, trust=[NAME])


def test_a_missing_package_is_reported(package: Any) -> None:
    data = _with(holotype.dumps(package.double), NAME, "absent_" + NAME)
    with pytest.raises(MissingLibraryError, match="cannot be imported"):
        holotype.loads(data, trust=["absent_" + NAME])


def test_errors_of_the_packages_own_code_are_ours_to_report(package: Any) -> None:
    with pytest.raises(InvalidStateError, match="not today"):
        holotype.loads(holotype.dumps(package.Failing()), trust=[NAME])


def test_a_key_that_ends_the_process_does_not(package: Any) -> None:
    key = package.Unhashable()
    kept = {key: 1}
    key.closed = True
    data = holotype.dumps([kept])
    with pytest.raises(InvalidStateError, match="SystemExit: hashed"):
        holotype.loads(data, trust=[NAME])


def test_all_that_is_missing_is_listed_at_once(package: Any) -> None:
    data = holotype.dumps({"a": package.Clip(), "b": [package.Stateful(), lambda x: x]})
    with pytest.raises(UntrustedError) as caught:
        holotype.loads(data, trust=["numpy"])
    assert {need.what.rpartition(":")[2].rpartition(".")[2] for need in caught.value.missing} == {
        "Clip",
        "Stateful",
        "<lambda>",
    }


# -- code ----------------------------------------------------------------------------------------

SCALE = 3.0


def helper(x: float) -> float:
    return x * SCALE


def by_three(x: float, *, more: float = 0.0) -> float:
    return helper(x) + more


def fact(n: int) -> int:
    return 1 if n < 2 else n * fact(n - 1)


def counter() -> tuple[Any, Any]:
    n = 0

    def up() -> int:
        nonlocal n
        n += 1
        return n

    def get() -> int:
        return n

    return up, get


class Point:
    count = 0

    def __init__(self, x: float, y: float = 2.0) -> None:
        self.x, self.y = x, y

    def norm(self) -> float:
        return float(np.hypot(self.x, self.y))

    def twin(self) -> Point:
        return Point(self.x, self.y)


class Farther(Point):
    def norm(self) -> float:
        return super().norm() + 1


EMBED = {"embed": [__name__]}


def test_functions_go_along_with_what_they_use() -> None:
    assert there_and_back(by_three, "code", **EMBED)(2, more=1) == 7.0
    assert there_and_back(fact, "code", **EMBED)(5) == 120
    assert there_and_back(lambda x: x + 1, "code", **EMBED)(1) == 2
    pair = there_and_back([by_three, helper], "code", **EMBED)
    assert pair[0].__globals__["helper"] is pair[1]


def test_closures_share_their_variables() -> None:
    up, get = there_and_back(counter(), "code", **EMBED)
    assert [up(), up(), get()] == [1, 2, 2]


def test_a_variable_without_a_value_stays_without() -> None:
    def outer() -> Any:
        def inner() -> Any:
            return later

        if not inner:
            later = 1
        return inner

    back = there_and_back(outer(), "code", **EMBED)
    with pytest.raises(NameError):
        back()


def test_classes_and_their_objects_go_along() -> None:
    back = there_and_back(Farther(3.0, 4.0), "code", **EMBED)
    assert back.norm() == 6.0
    assert type(back) is not Farther
    assert type(back.twin()).__name__ == "Point"
    points = there_and_back([Point(1), Point(2), Point], "code", **EMBED)
    assert type(points[0]) is type(points[1]) is points[2]
    assert there_and_back(Point(3.0, 4.0).norm, "code", **EMBED)() == 5.0
    assert there_and_back({Point: 1}, "code", **EMBED).popitem()[1] == 1


def test_a_method_of_a_class_that_was_built_is_still_its_method() -> None:
    back = there_and_back([Point.norm, Point], "code", **EMBED)
    assert back[0] is back[1].norm
    alone = there_and_back([Point.norm], "code", **EMBED)
    assert holotype.fingerprint(alone) == holotype.fingerprint([Point.norm], embed=[__name__])


def test_what_was_set_on_a_class_later_goes_along() -> None:
    class Local:
        limit = 1

    Local.limit = 7
    assert there_and_back(Local, "code", **EMBED).limit == 7


def test_the_digest_pins_what_names_mean_too() -> None:
    data = holotype.dumps(_uses_numpy, embed=[__name__])
    trust = arguments(data)
    assert holotype.loads(data, trust=trust)(4.0) == 2.0
    forged = _with(data, '{"module":"numpy"}', '{"module":"scipy"}')
    assert arguments(forged) != trust
    with pytest.raises(UntrustedError):
        holotype.loads(forged, trust=trust)


def _uses_numpy(x: float) -> Any:
    return np.sqrt(x)


def test_a_script_is_opened_elsewhere(tmp_path: Path) -> None:
    """Saved by a script as ``__main__``, opened by another process that has only the file."""
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import numpy as np, holotype
            from sklearn.base import BaseEstimator, TransformerMixin
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import FunctionTransformer
            OFFSET = np.arange(3.0)
            class Shift(BaseEstimator, TransformerMixin):
                def __init__(self, by=1.0):
                    self.by = by
                def fit(self, X, y=None):
                    return self
                def transform(self, X):
                    return X + self.by + OFFSET
            model = make_pipeline(Shift(2.0), FunctionTransformer(lambda X: np.sqrt(X)))
            model.fit(np.ones((2, 3)))
            holotype.dump(model, {str(tmp_path / "m.holo")!r})
            np.save({str(tmp_path / "out.npy")!r}, model.transform(np.ones((2, 3))))
            """
        )
    )
    subprocess.run([sys.executable, script], check=True)
    script.unlink()
    file = tmp_path / "m.holo"
    trust = [need.argument for need in holotype.show(file).needs]
    back = holotype.load(file, trust=trust)
    assert np.array_equal(back.transform(np.ones((2, 3))), np.load(tmp_path / "out.npy"))
    assert len(holotype.show(file).sources) == 2


def test_without_source_the_advice_is_to_keep_pickle_bytes() -> None:
    space: dict[str, Any] = {}
    exec("def nowhere(x):\n    return x + 40\n", space)
    with pytest.raises(UnsupportedError, match="max_level='opaque'"):
        holotype.dumps([space["nowhere"]])


# -- opaque --------------------------------------------------------------------------------------


def test_pickle_bytes_are_the_last_resort() -> None:
    space: dict[str, Any] = {}
    exec("def nowhere(x):\n    return x + 40\n", space)
    data = holotype.dumps({"f": space["nowhere"], "a": np.arange(3)}, max_level="opaque")
    assert holotype.show(data).level == "opaque"
    (trust,) = arguments(data)
    assert trust.startswith("opaque:sha256:")
    with pytest.raises(UntrustedError):
        holotype.loads(data, trust=[trust.replace("opaque", "code")])
    assert holotype.loads(data, trust=[trust])["f"](2) == 42


def test_another_python_is_told_which_one_can_read_them() -> None:
    space: dict[str, Any] = {}
    exec("def nowhere(x):\n    return x + 40\n", space)
    data = holotype.dumps(space["nowhere"], max_level="opaque")
    here = ".".join(map(str, sys.version_info[:2]))
    forged = _with(data, f'"python":"{here}"', '"python":"2.7"')
    with pytest.raises(MissingLibraryError, match=r"only Python 2\.7 reads"):
        holotype.loads(forged, trust=arguments(forged))


# -- what the caller says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "make"),
    [
        ("data", lambda package: package.Clip()),
        ("data", lambda package: lambda x: x),
        ("named", lambda package: lambda x: x),
    ],
)
def test_saving_keeps_to_the_level_that_was_asked_for(package: Any, level: str, make: Any) -> None:
    with pytest.raises(UnsupportedError, match="max_level="):
        holotype.dumps([make(package)], max_level=level)


def test_a_level_is_one_of_four() -> None:
    with pytest.raises(ValueError, match="data, named, code, opaque"):
        holotype.dumps(1, max_level="all")
    with pytest.raises(TypeError, match="embed is a list"):
        holotype.dumps(1, embed="mypackage")


def test_a_receipt_says_the_level(package: Any, tmp_path: Path) -> None:
    assert holotype.dump([1], tmp_path / "a.holo").level == "data"
    assert holotype.dump(package.Clip(), tmp_path / "a.holo").level == "named"
    assert holotype.dump([lambda x: x], tmp_path / "a.holo").level == "code"


def test_the_policy_of_the_user_counts_unless_another_is_given(
    package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, plain = holotype.dumps(package.Clip()), holotype.dumps([1])
    config = tmp_path / "holotype.toml"
    config.write_text(f'[trust]\npackages = ["{NAME}"]\n')
    config.chmod(0o600)
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(config))
    assert holotype.loads(data).low == 0.0
    with pytest.raises(UntrustedError):
        holotype.loads(data, policy=Policy())
    config.write_text("[trust")
    with pytest.raises(PolicyError):
        holotype.loads(data)
    with pytest.raises(PolicyError):
        holotype.loads(plain)  # the file might have said that everything must be sealed
    assert holotype.loads(plain, policy=Policy()) == [1]


def test_a_library_that_the_table_knows_needs_no_trust() -> None:
    model = FunctionTransformer(functools.partial(np.clip, a_min=0, a_max=1))
    assert holotype.show(holotype.dumps(model)).level == "data"


def _with(data: bytes, old: str, new: str) -> bytes:
    """The archive with a text in its blueprint replaced, sealed again."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("blueprint.json").decode()
        tensors = archive.read("parameters.safetensors")
    assert old in text
    head = 8 + int.from_bytes(tensors[:8], "little")
    changed = json.loads(text.replace(old, new))
    return reseal(changed, (tensors[:head], tensors[head:]))
