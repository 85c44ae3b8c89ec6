"""Arrays, parameter trees, modules and states of JAX, Flax and optax, there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests import fresh

import holotype
from holotype.errors import UnsupportedError

jax = pytest.importorskip("jax", reason="needs JAX")
linen = pytest.importorskip("flax.linen", reason="needs Flax")
optax = pytest.importorskip("optax", reason="needs optax")

from flax import nnx  # noqa: E402
from flax.core import FrozenDict  # noqa: E402
from flax.training.train_state import TrainState  # noqa: E402

from holotype.types.jax.answers import answers  # noqa: E402

jnp = jax.numpy
X = np.linspace(-1.0, 1.0, 24, dtype=np.float32).reshape(6, 4)
STEPS = np.linspace(-1.0, 1.0, 40, dtype=np.float32).reshape(2, 5, 4)
IMAGES = np.linspace(-1.0, 1.0, 2 * 6 * 6 * 3, dtype=np.float32).reshape(2, 6, 6, 3)


def again(model: Any, **how: Any) -> Any:
    """The model that comes back; dumping it once more must give the same fingerprint."""
    archive = holotype.dumps(model)
    back = holotype.loads(archive, **how)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def assert_answers_alike(one: Any, other: Any, inputs: Any) -> None:
    methods, others = answers(one), answers(other)
    assert methods is not None
    assert others is not None
    assert methods.keys() == others.keys()
    for name, method in methods.items():
        before, after = jax.tree.leaves(method(inputs)), jax.tree.leaves(others[name](inputs))
        assert [each.dtype for each in before] == [each.dtype for each in after]
        assert [each.tobytes() for each in before] == [each.tobytes() for each in after]


# -- trees -------------------------------------------------------------------------------------


def test_a_tree_of_parameters_keeps_its_structure_and_its_sharing() -> None:
    shared = jnp.arange(6.0).reshape(2, 3)
    tree = {"a": [shared, (jnp.zeros(0), None)], "b": FrozenDict({"c": shared, "d": {"e": 1}})}
    back = again(tree)
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    assert back["a"][0] is back["b"]["c"]
    assert holotype.show(holotype.dumps(tree)).level == "data"


SAME = """
import jax, holotype, optax, flax.linen as nn
tree = {"b": jax.numpy.ones((2, 3), "bfloat16"), "a": jax.random.key(1)}
optimiser = optax.adamw(1e-3)
model = nn.Sequential([nn.Dense(2), nn.relu])
found = holotype.fingerprint(holotype.dumps((tree, optimiser.init(tree["b"]), model)))
"""


def test_a_tree_is_the_same_in_another_process() -> None:
    # Here flax has counted many modules already; nothing of that may show.
    names: dict[str, Any] = {}
    exec(SAME, names)
    done = fresh.run(["-c", f"{SAME}print(found)"], PYTHONHASHSEED="7")
    assert done.stdout.strip() == names["found"]


SPREAD = """
import holotype, jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
mesh = Mesh(np.array(jax.devices()), ("x",))
array = jax.device_put(jax.numpy.arange(8.0), NamedSharding(mesh, PartitionSpec("x")))
back = holotype.loads(holotype.dumps(array))
assert np.array_equal(back, array)
print(len(array.devices()), len(back.devices()))
"""


def test_an_array_that_is_spread_over_devices_is_gathered() -> None:
    two = "--xla_force_host_platform_device_count=2"
    assert fresh.run(["-c", SPREAD], XLA_FLAGS=two).stdout == "2 1\n"


@pytest.mark.parametrize(
    "optimiser",
    [
        optax.sgd(0.1, momentum=0.9),
        optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(1, 9))),
        optax.inject_hyperparams(optax.adam)(learning_rate=0.1),
        optax.MultiSteps(optax.rmsprop(0.1), 2),
        optax.masked(optax.lion(0.1), {"a": True, "b": False}),
        optax.contrib.prodigy(),
    ],
    ids=["sgd", "chain", "inject", "multi", "masked", "prodigy"],
)
def test_the_state_of_an_optimiser_goes_on_where_it_was(optimiser: Any) -> None:
    parameters = {"a": jnp.ones((2, 3)), "b": jnp.zeros(3)}
    gradients = jax.tree.map(lambda each: each + 0.5, parameters)
    _, state = optimiser.update(gradients, optimiser.init(parameters), parameters)
    back = again(state)
    assert jax.tree.structure(back) == jax.tree.structure(state)
    step, _ = optimiser.update(gradients, state, parameters)
    same, _ = optimiser.update(gradients, back, parameters)
    assert all(map(np.array_equal, jax.tree.leaves(step), jax.tree.leaves(same)))


# -- linen -------------------------------------------------------------------------------------

ATTENTION = linen.MultiHeadDotProductAttention(num_heads=2, qkv_features=4)
LINEN = {
    "dense": (
        linen.Sequential([linen.Dense(3), linen.relu, linen.LayerNorm(), linen.Dense(2)]),
        X,
    ),
    "bfloat16": (linen.Dense(3, dtype=jnp.bfloat16, precision=jax.lax.Precision.HIGHEST), X),
    "convolution": (
        linen.Sequential([linen.Conv(2, (3, 3), strides=2, padding="SAME"), linen.gelu]),
        IMAGES,
    ),
    "transposed": (linen.ConvTranspose(2, (3, 3), strides=(2, 2)), IMAGES),
    "attention": (linen.Sequential([ATTENTION]), STEPS),
    "recurrent": (linen.RNN(linen.SimpleCell(3)), STEPS),
    "batch": (linen.BatchNorm(use_running_average=True), X),
    "embedding": (linen.Embed(9, 3), np.arange(6)),
    "initialised": (linen.Dense(2, kernel_init=linen.initializers.normal(0.5), name="d"), X),
    "einsum": (linen.Einsum((4, 3), "ij,jk->ik"), X),
}


@pytest.mark.parametrize("name", LINEN)
def test_a_module_of_linen_answers_as_before(name: str) -> None:
    module, inputs = LINEN[name]
    variables = module.init(jax.random.key(0), inputs)
    model = {"module": module, "variables": variables}
    assert holotype.show(holotype.dumps(model)).level == "data"
    assert_answers_alike(model, again(model), inputs)


def test_a_module_initialises_as_before() -> None:
    module = linen.Dense(2, kernel_init=linen.initializers.variance_scaling(2, "fan_avg", "normal"))
    back = again(module)
    one, other = (each.init(jax.random.key(1), X)["params"] for each in (module, back))
    assert np.array_equal(one["kernel"], other["kernel"])
    assert (back.features, back.name, back.parent) == (2, None, None)


class Own(linen.Module):
    """A module of a user's own."""

    width: int = 3

    @linen.compact
    def __call__(self, x: Any) -> Any:
        return linen.Dense(self.width)(jnp.tanh(x))


def test_a_module_of_ones_own_asks_for_trust_in_its_class() -> None:
    module = Own(2)
    model = (module, module.init(jax.random.key(0), X))
    archive = holotype.dumps(model)
    assert holotype.show(archive).level == "named"
    with pytest.raises(holotype.errors.UntrustedError, match="Own"):
        holotype.loads(archive)
    back = holotype.loads(archive, trust=[Own.__module__])
    assert type(back[0]) is Own
    assert_answers_alike(model, back, X)


def test_a_bound_module_is_refused() -> None:
    module = linen.Dense(2)
    bound = module.bind(module.init(jax.random.key(0), X))
    with pytest.raises(UnsupportedError, match="unbind"):
        holotype.dumps(bound)


def test_a_state_of_training_keeps_its_method_and_its_optimiser_as_source() -> None:
    module = linen.Dense(2)
    state = TrainState.create(
        apply_fn=module.apply,
        params=module.init(jax.random.key(0), X)["params"],
        tx=optax.adam(1e-2),
    )
    gradients = jax.tree.map(jnp.ones_like, state.params)
    state = state.apply_gradients(grads=gradients)
    archive = holotype.dumps(state)
    report = holotype.show(archive)
    assert report.level == "code"
    with pytest.raises(holotype.errors.UntrustedError):
        holotype.loads(archive)
    back = holotype.loads(archive, trust=[each.argument for each in needs(archive)])
    assert_answers_alike(state, back, X)
    one, other = (each.apply_gradients(grads=gradients) for each in (state, back))
    assert all(map(np.array_equal, jax.tree.leaves(one.params), jax.tree.leaves(other.params)))


def needs(archive: bytes) -> Any:
    """What the reader of an archive would have to trust."""
    with pytest.raises(holotype.errors.UntrustedError) as caught:
        holotype.loads(archive)
    return caught.value.missing


def test_a_state_of_training_without_its_optimiser_is_data() -> None:
    module = linen.Dense(2)
    params = module.init(jax.random.key(0), X)["params"]
    state = TrainState(3, module.apply, params, None, optax.adam(1).init(params))
    back = again(state)
    assert holotype.show(holotype.dumps(state)).level == "data"
    assert (back.step, type(back.opt_state[0]).__name__) == (3, "ScaleByAdamState")
    assert_answers_alike(state, back, X)


# -- nnx ---------------------------------------------------------------------------------------

RNGS = nnx.Rngs(0, dropout=1)
NNX = {
    "linear": (nnx.Linear(4, 3, rngs=RNGS), X),
    "sequential": (
        nnx.Sequential(
            nnx.Linear(4, 3, rngs=RNGS),
            nnx.BatchNorm(3, rngs=RNGS),
            nnx.relu,
            nnx.Dropout(0.5, rngs=RNGS),
            nnx.Linear(3, 2, rngs=RNGS),
        ),
        X,
    ),
    "convolution": (nnx.Conv(3, 2, (3, 3), rngs=RNGS), IMAGES),
    "attention": (nnx.MultiHeadAttention(2, 4, decode=False, rngs=RNGS), STEPS),
    "lora": (nnx.LoRALinear(4, 3, lora_rank=2, rngs=RNGS), X),
    "norms": (nnx.Sequential(nnx.LayerNorm(4, rngs=RNGS), nnx.RMSNorm(4, rngs=RNGS)), X),
}


@pytest.mark.parametrize("name", NNX)
def test_a_module_of_nnx_answers_as_before(name: str) -> None:
    module, inputs = NNX[name]
    assert holotype.show(holotype.dumps(module)).level == "data"
    back = again(module)
    assert_answers_alike(module, back, inputs)
    assert nnx.graphdef(back) == nnx.graphdef(module)


def test_asking_a_module_leaves_it_in_training() -> None:
    module = nnx.Sequential(nnx.BatchNorm(4, rngs=RNGS), nnx.Dropout(0.5, rngs=RNGS))
    before = holotype.fingerprint(holotype.dumps(module))
    methods = answers(module)
    assert methods is not None
    assert np.array_equal(methods["__call__"](X), methods["__call__"](X))
    assert holotype.fingerprint(holotype.dumps(module)) == before


def test_random_streams_go_on_where_they_were() -> None:
    rngs = nnx.Rngs(0, dropout=1)
    rngs.dropout()
    back = again(rngs)
    assert np.array_equal(jax.random.key_data(back.dropout()), jax.random.key_data(rngs.dropout()))


def test_an_optimiser_of_nnx_goes_on_where_it_was() -> None:
    module = nnx.Linear(4, 3, rngs=RNGS)
    optimiser = nnx.Optimizer(module, optax.adam(0.1), wrt=nnx.Param)
    archive = holotype.dumps((module, optimiser))
    assert holotype.show(archive).level == "code"
    back, other = holotype.loads(archive, trust=[each.argument for each in needs(archive)])
    gradients = nnx.grad(lambda each: each(X).sum())(module)
    optimiser.update(module, gradients)
    other.update(back, gradients)
    assert np.array_equal(back.kernel[...], module.kernel[...])


def test_the_state_of_a_module_is_data_and_its_definition_is_refused() -> None:
    module = nnx.Linear(4, 3, rngs=RNGS)
    definition, state = nnx.split(module)
    merged = nnx.merge(definition, again(state))
    assert np.array_equal(merged(X), module(X))
    with pytest.raises(UnsupportedError, match=r"nnx\.merge"):
        holotype.dumps(definition)


def test_what_is_no_model_of_jax_has_no_answers() -> None:
    assert answers({"a": jnp.ones(2)}) is None
    assert answers((1, 2)) is None
