"""Archives that were written once open for ever, and models keep their fingerprints.

Run on every supported Python, this is also the proof that a fingerprint depends on none of them.
"""

import os
import subprocess
import sys

import pytest
from tests.conformance.vectors import FOLDER, RECIPES

import holotype


def model_of(recipe):
    if recipe.__name__ == "estimator":
        pytest.importorskip("sklearn", reason="the recipe is a scikit-learn pipeline")
    return recipe()


@pytest.mark.filterwarnings("ignore::holotype.errors.VersionWarning")  # vectors grow older
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__name__)
class TestGoldenArchive:
    def path(self, recipe):
        return FOLDER / f"{recipe.__name__}.holo"

    def test_every_rule_holds(self, recipe):
        holotype.verify(self.path(recipe)).require()

    def test_its_model_still_has_its_fingerprint(self, recipe):
        assert holotype.fingerprint(model_of(recipe)) == holotype.fingerprint(self.path(recipe))

    def test_it_loads_and_is_the_same_model_when_saved_again(self, recipe):
        model_of(recipe)
        loaded = holotype.load(self.path(recipe))
        assert holotype.fingerprint(loaded) == holotype.fingerprint(self.path(recipe))

    def test_hash_randomisation_does_not_change_the_fingerprint(self, recipe):
        model_of(recipe)
        code = (
            "import holotype, tests.conformance.vectors as v\n"
            f"print(holotype.fingerprint(v.{recipe.__name__}()))"
        )
        found = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": "99"},
            cwd=FOLDER.parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == holotype.fingerprint(self.path(recipe))
