"""``holotype demo``: the main job, end to end, on real data that scikit-learn ships.

Fit, dump, look, verify, load in a fresh process, compare bit by bit; then damage the file, and
forge it with correct digests, and see both refused.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import holotype
from holotype.cli.outline import outline
from holotype.cli.terminal import console, human_size, plain
from holotype.errors import HolotypeError, MissingLibraryError

NAME = "demo"
EXAMPLES = "`holotype demo` · `holotype demo --keep churn-demo`"

_FRESH = """
import sys
import numpy as np
import holotype
model = holotype.load(sys.argv[1])
rows = np.load(sys.argv[2])
sys.stdout.buffer.write(model.predict_proba(rows).tobytes())
"""


def command(
    keep: Annotated[
        Path | None, typer.Option(help="Leave the files in this folder.", file_okay=False)
    ] = None,
) -> None:
    """Run the whole story on scikit-learn's breast cancer data; a few seconds.

    Needs scikit-learn: `pip install 'holotype[sklearn]'`. Exits with 1 where a step goes wrong.
    """
    with _folder(keep) as folder:
        _story(folder)
        if keep:
            console.print(f"The files are in {folder}.")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="holotype-demo-") as name:
        yield Path(name)


def _story(folder: Path) -> None:
    path = folder / "model.holo"

    _step("Fit a pipeline on real data")
    model, rows = _fit()
    expected = model.predict_proba(rows)
    console.print(
        f"  StandardScaler, a random forest of 200 trees and a logistic regression, stacked; "
        f"{len(rows)} patients held out."
    )

    _step("Keep it, with 20 golden predictions:  holotype.dump(model, 'model.holo', probe=rows)")
    receipt = holotype.dump(model, path, metadata={"purpose": "demo"}, probe=rows[:20])
    console.print(f"  {human_size(receipt.size)}; fingerprint {receipt.fingerprint}")

    _step("Look at it, importing no framework:  holotype show model.holo")
    console.print(outline(holotype.show(path).blueprint, depth=4), soft_wrap=False)

    _step("Verify every byte and rule, and ask the model again:  holotype verify model.holo --run")
    report = holotype.verify(path, run=True)
    for check in report.checks:
        console.print(plain(f"  ✓ {check.name:<11} {check.detail}", "green"))
    report.require()

    _step("Load it in a fresh process and predict")
    answered = _predict_elsewhere(path, rows, folder)
    _must(answered == expected.tobytes(), "predictions differ from the original's")
    console.print(
        plain(f"  ✓ {expected.size} probabilities, bit-identical to the original's", "green")
    )

    _step("Save the loaded model again: is it still the same model?")
    again = holotype.fingerprint(holotype.load(path))
    _must(again == receipt.fingerprint, "the loaded model has another fingerprint")
    console.print(plain(f"  ✓ {again}", "green"))

    _step("Damage one bit of the file, and try to load it")
    _refused(_damaged(path, folder))

    _step("Forge it: a tree that sends native code out of bounds, with every digest made right")
    _refused(_forged(model, folder))
    console.print()
    console.print("That is the main job. Next: `holotype --help`, and the guide in docs/.")


def _fit() -> tuple[Any, Any]:
    try:
        from sklearn.datasets import load_breast_cancer
        from sklearn.ensemble import RandomForestClassifier, StackingClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError:
        raise MissingLibraryError(
            "the demo fits a scikit-learn model: pip install 'holotype[sklearn]'"
        ) from None
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    stack = StackingClassifier(
        [
            ("forest", RandomForestClassifier(200, random_state=0)),
            ("linear", LogisticRegression(max_iter=1000)),
        ],
        cv=3,
    )
    return make_pipeline(StandardScaler(), stack).fit(X_train, y_train), X_test


def _predict_elsewhere(path: Path, rows: Any, folder: Path) -> bytes:
    import numpy as np

    np.save(folder / "rows.npy", rows)
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own text
        [sys.executable, "-c", _FRESH, str(path), str(folder / "rows.npy")],
        capture_output=True,
        check=False,
    )
    _must(done.returncode == 0, done.stderr.decode(errors="replace"))
    return done.stdout


def _damaged(path: Path, folder: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0b100
    damaged = folder / "damaged.holo"
    damaged.write_bytes(data)
    return damaged


def _forged(model: Any, folder: Path) -> Path:
    """What an attacker can do who knows the format: change contents, then write honest digests.

    The change is made in the memory of a copy of the model, so that dump itself seals it.
    """
    copy = holotype.loads(holotype.dumps(model, probe=None))
    tree = copy[-1].named_estimators_["forest"].estimators_[0].tree_
    tree.feature[0] = 1_000_000  # scikit-learn reads rows[1_000_000] without a check
    forged = folder / "forged.holo"
    holotype.dump(copy, forged, probe=None)  # to ask it would end this process
    return forged


def _refused(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    try:
        holotype.load(path)
    except HolotypeError as error:
        console.print(plain(f"  ✓ refused ({path.name}, {digest}…)", "green"))
        console.print(plain(f"    {type(error).__name__}: {error}", "yellow"))
        return
    _must(False, f"{path.name} was loaded")


def _step(title: str) -> None:
    console.print()
    console.print(plain(f"▸ {title}", "bold"))


def _must(fact: bool, otherwise: str) -> None:
    if not fact:
        raise HolotypeError(f"the demo failed: {otherwise}")
