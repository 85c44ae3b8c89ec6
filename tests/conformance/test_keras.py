"""Models of Keras 3 by configuration and weights, on both backends, there and back.

The backend is chosen by a variable of the environment before the first import.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh
from tests.unit.types.sklearn.specimen import Specimen

os.environ.setdefault("KERAS_BACKEND", "jax")

keras = pytest.importorskip("keras", reason="needs Keras and one of its backends")

import holotype  # noqa: E402
from holotype.errors import InvalidStateError, UnsupportedError, UntrustedError  # noqa: E402
from holotype.types.keras.answers import answers  # noqa: E402

layers = keras.layers
# Keras makes arrays of its variables in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(6, 4)).astype(np.float32)
Y = X[:, :3] * 2
STEPS = RANDOM.normal(size=(2, 5, 4)).astype(np.float32)
WORDS = np.arange(6, dtype=np.int32).reshape(2, 3)
IMAGES = RANDOM.normal(size=(2, 8, 8, 3)).astype(np.float32)


def sequence(inputs: Any, *parts: Any) -> Any:
    """A Sequential model of inputs like these."""
    return keras.Sequential([keras.Input(inputs.shape[1:], dtype=inputs.dtype.name), *parts])


def branches() -> Any:
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2")(image)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    one = layers.Dense(2, activation="softmax", kernel_constraint="max_norm")(x)
    shared = layers.Dense(2, name="shared")
    two = layers.Add()([shared(one), shared(one * 2), one[:, ::-1]])
    return keras.Model(image, {"one": one, "two": (two, x)})


def attention() -> Any:
    steps = keras.Input((None, 4))
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 2)(steps, steps) + steps)
    return keras.Model(steps, layers.GlobalAveragePooling1D()(keras.ops.sqrt(x * x)))


def normalised() -> Any:
    layer = layers.Normalization()
    layer.adapt(RANDOM.normal(3.0, 2.0, size=(20, 4)))
    return sequence(X, layer, layers.BatchNormalization(), layers.GaussianNoise(0.1))


MODELS: dict[str, tuple[Any, Any]] = {
    "branches": (branches, IMAGES),
    "attention": (attention, STEPS),
    "normalised": (normalised, X),
    "bfloat16": (
        lambda: sequence(
            X, layers.Dense(3, dtype="bfloat16"), layers.Dense(2, dtype="mixed_bfloat16")
        ),
        X,
    ),
    "recurrent": (
        lambda: sequence(
            STEPS,
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(2)),
            layers.RNN([layers.GRUCell(2), layers.SimpleRNNCell(2, dropout=0.1)]),
        ),
        STEPS,
    ),
    "generator": (
        lambda: sequence(
            IMAGES,
            layers.UpSampling2D(2),
            layers.Conv2DTranspose(2, 3, strides=2),
            layers.SeparableConv2D(2, 2),
            layers.GlobalMaxPooling2D(),
        ),
        IMAGES,
    ),
    "nested": (lambda: sequence(X, keras.Sequential([layers.Dense(3), layers.ReLU()])), X),
    "embedding": (
        lambda: sequence(WORDS, layers.Embedding(9, 4, mask_zero=True)),
        WORDS,
    ),
    "frozen": (lambda: sequence(X, layers.Dense(3, trainable=False), layers.Dense(2)), X),
}


def assert_alike(one: Any, other: Any, inputs: Any) -> None:
    method, also = answers(one), answers(other)
    assert method is not None
    assert also is not None
    before, after = (keras.tree.flatten(each["predict"](inputs)) for each in (method, also))
    assert [each.tobytes() for each in before] == [each.tobytes() for each in after]
    assert one.get_config()["name"] == other.get_config()["name"]
    assert [v.trainable for v in one.variables] == [v.trainable for v in other.variables]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_as_before(name: str) -> None:
    make, inputs = MODELS[name]
    model = make()
    archive = holotype.dumps(model)
    assert holotype.show(archive).level == "data"
    back = holotype.loads(archive)
    assert type(back) is type(model)
    assert_alike(model, back, inputs)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)


def test_training_goes_on_where_it_was() -> None:
    keras.utils.set_random_seed(1)
    model = sequence(X, layers.Dense(5, activation="tanh"), layers.Dropout(0.2), layers.Dense(3))
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0, shuffle=False)
    archive = holotype.dumps(model)
    assert holotype.show(archive).level == "data"
    back = holotype.loads(archive)
    assert int(back.optimizer.iterations.value) == 1
    for each in (model, back):
        each.fit(X, Y, verbose=0, shuffle=False)
    assert_alike(model, back, X)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(holotype.dumps(model))


def test_a_model_that_was_compiled_and_not_trained_is_so_again() -> None:
    model = sequence(X, layers.Dense(3))
    model.compile("sgd", keras.losses.Huber(), metrics=[keras.metrics.MeanSquaredError()])
    back = holotype.loads(holotype.dumps(model))
    assert not back.optimizer.built
    assert back.get_compile_config() == model.get_compile_config()


def test_a_model_without_a_shape_is_one_again() -> None:
    back = holotype.loads(holotype.dumps(keras.Sequential([layers.Dense(3)])))
    assert not back.built
    assert back.predict(X, verbose=0).shape == (6, 3)


def test_asking_leaves_the_random_generators_where_they_were() -> None:
    model = sequence(STEPS, layers.SimpleRNN(2, dropout=0.1))
    before = holotype.fingerprint(holotype.dumps(model))
    methods = answers(model)
    assert methods is not None
    methods["predict"](STEPS)
    assert holotype.fingerprint(holotype.dumps(model)) == before


# -- the two backends --------------------------------------------------------------------------

OTHER = """
import sys, keras, numpy as np, holotype
from pathlib import Path
folder = Path(sys.argv[1])
inputs, expected = np.load(folder / "inputs.npy"), np.load(folder / "expected.npy")
model = holotype.load(folder / "model.holo")
found = model.predict(inputs, verbose=0)
np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
assert int(model.optimizer.iterations.value) == 1
again = holotype.dumps(model)
assert holotype.fingerprint(again) == holotype.fingerprint(folder / "model.holo")
assert holotype.loads(again).predict(inputs, verbose=0).tobytes() == found.tobytes()
print(keras.backend.backend())
"""


def test_one_archive_opens_on_the_other_backend(tmp_path: Path) -> None:
    other = "torch" if keras.backend.backend() == "jax" else "jax"
    pytest.importorskip(other, reason="needs both backends")
    model = sequence(STEPS, layers.GRU(3), layers.Dropout(0.5), layers.Dense(2))
    model.compile("adam", "mse")
    model.fit(STEPS, STEPS[:, 0, :2], verbose=0)
    holotype.dump(model, tmp_path / "model.holo")
    np.save(tmp_path / "inputs.npy", STEPS)
    np.save(tmp_path / "expected.npy", model.predict(STEPS, verbose=0))
    done = fresh.run(["-c", OTHER, str(tmp_path)], KERAS_BACKEND=other)
    assert done.stdout.strip() == other


def test_names_that_a_process_gives_away_do_not_show() -> None:
    def build() -> Any:
        keras.utils.set_random_seed(3)
        dense = layers.Dense(2, name="d")
        parts = [keras.Input((4,), name="i"), layers.Dropout(0.5, seed=1, name="o"), dense]
        return keras.Sequential(parts, name="s")

    assert holotype.fingerprint(holotype.dumps(build())) == holotype.fingerprint(
        holotype.dumps(build())
    )


# -- what is not of Keras ----------------------------------------------------------------------


@keras.saving.register_keras_serializable("holotype_tests")
class Times(layers.Layer):
    """A layer of a user's own."""

    def __init__(self, factor: float = 2.0, **more: Any) -> None:
        super().__init__(**more)
        self.factor = factor

    def build(self, shape: Any) -> None:
        self.offset = self.add_weight(shape=(shape[-1],), initializer="ones", name="offset")

    def call(self, x: Any) -> Any:
        return x * self.factor + self.offset

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable("holotype_tests")
def twice(x: Any) -> Any:
    """An activation of a user's own."""
    return x * 2


@keras.saving.register_keras_serializable("holotype_tests")
class Inner(keras.Model):
    """A model of a user's own."""

    def __init__(self, units: int = 2, **more: Any) -> None:
        super().__init__(**more)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def around(model: Any) -> Any:
    inputs = keras.Input((4,))
    return keras.Model(inputs, model(inputs))


@pytest.mark.parametrize(
    "make",
    [
        lambda: sequence(X, Times(3.0), layers.Dense(2)),
        lambda: sequence(X, layers.Dense(2, activation=twice)),
        lambda: around(Inner(3)),
    ],
    ids=["Times", "twice", "Inner"],
)
def test_a_part_of_ones_own_asks_for_trust_in_it(make: Any, request: Any) -> None:
    model = make()
    archive = holotype.dumps(model)
    assert holotype.show(archive).level == "named"
    with pytest.raises(UntrustedError, match=request.node.callspec.id):
        holotype.loads(archive)
    assert_alike(model, holotype.loads(archive, trust=[Times.__module__]), X)


def test_lambda_layers_are_refused_with_a_way_out() -> None:
    model = sequence(X, layers.Lambda(lambda x: x * 2))
    with pytest.raises(UnsupportedError, match=r"layers\[1\]: keras.layers.Lambda .* registered"):
        holotype.dumps(model)


def test_a_loss_of_ones_own_is_refused() -> None:
    model = sequence(X, layers.Dense(2))

    def own(true: Any, predicted: Any) -> Any:
        return keras.ops.mean(true - predicted)

    model.compile("sgd", own)
    with pytest.raises(UnsupportedError, match=r"compile\.loss"):
        holotype.dumps(model)


def test_a_model_of_ones_own_is_refused() -> None:
    class Own(keras.Model):
        pass

    with pytest.raises(UnsupportedError, match="Own"):
        holotype.dumps(Own())


def test_what_its_configuration_does_not_say_is_refused() -> None:
    layer = layers.Dense(2)
    model = sequence(X, layer)
    layer.bias.trainable = False
    with pytest.raises(UnsupportedError, match="variables"):
        holotype.dumps(model)


def test_models_that_share_a_layer_are_refused() -> None:
    model = branches()
    part = keras.Model(model.inputs, model.get_layer("shared").output)
    with pytest.raises(UnsupportedError, match="another model has"):
        holotype.dumps({"model": model, "part": part})
    back = holotype.loads(holotype.dumps({"model": model, "same": [model]}))
    assert back["same"][0] is back["model"]


def test_an_estimator_around_a_model_answers_as_before() -> None:
    pipeline = pytest.importorskip("sklearn.pipeline", reason="needs scikit-learn")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    model = sequence(X, layers.Dense(2, activation="softmax"))
    model.compile("sgd", "categorical_crossentropy")
    quiet = {"verbose": 0}
    estimator = keras.wrappers.SKLearnClassifier(model, fit_kwargs=quiet)
    fitted = pipeline.make_pipeline(scaler, estimator).fit(X, np.array(["no", "yes"] * 3))
    archive = holotype.dumps(fitted)
    assert holotype.show(archive).level == "data"
    back = holotype.loads(archive)
    assert np.array_equal(back.predict(X), fitted.predict(X))
    assert np.array_equal(back.decision_function(X), fitted.decision_function(X))
    assert back[-1].history_.history == fitted[-1].history_.history
    specimen = Specimen(fitted[-1])
    specimen.put({"name": "builtins.list"}, "model_")
    with pytest.raises(InvalidStateError, match="model_ is not a model of Keras"):
        specimen.audit()


def test_weights_of_another_shape_are_refused_before_memory_is_taken() -> None:
    specimen = Specimen(sequence(X, layers.Dense(2, name="d")))
    settings = specimen.at("args", 0, "layers", 1, "config")
    next(pair for pair in settings["dict"] if pair[0] == "units")[1] = 1 << 20
    with pytest.raises(InvalidStateError, match=r"\(4, 1048576\), its array \(4, 2\)"):
        specimen.audit()()


def test_a_model_that_doubles_its_input_without_end_is_refused() -> None:
    x = steps = keras.Input((None, 4))
    for _ in range(30):
        x = layers.Concatenate(axis=1)([x, x])
    with pytest.raises(UnsupportedError, match="too large"):
        holotype.dumps(keras.Model(steps, x))


def test_what_is_no_model_of_keras_has_no_answers() -> None:
    assert answers(layers.Dense(2)) is None
