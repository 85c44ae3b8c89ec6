"""Models of Keras of several kinds, and how they are asked.

The backend starts threads with its first tensor, and a child of a process with threads must not use
it: who makes these is a process of its own, and children are forked from one that only imported it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from holotype.types.keras.answers import answers

__all__ = ["INPUTS", "others", "questions"]

INPUTS: dict[str, Any] = {
    "rows": np.linspace(-1.0, 1.0, 24, dtype=np.float32).reshape(6, 4),
    "images": np.linspace(-1.0, 1.0, 384, dtype=np.float32).reshape(2, 8, 8, 3),
    "steps": np.linspace(-1.0, 1.0, 40, dtype=np.float32).reshape(2, 5, 4),
    "words": np.arange(6, dtype=np.int32).reshape(2, 3),
}


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where Keras or its backend is not installed."""
    try:
        import keras
    except ImportError:
        return {}
    layers = keras.layers

    def sequence(inputs: str, *parts: Any) -> Any:
        shape, dtype = INPUTS[inputs].shape[1:], INPUTS[inputs].dtype.name
        return keras.Sequential([keras.Input(shape, dtype=dtype), *parts])

    def dense() -> Any:
        model = sequence("rows", layers.Dense(3, activation="relu"), layers.Dropout(0.2))
        model.add(layers.BatchNormalization())
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(INPUTS["rows"], INPUTS["rows"][:, :3], verbose=0)
        return model

    def branches() -> Any:
        image = keras.Input((8, 8, 3))
        x = layers.Conv2D(2, 3, kernel_regularizer="l2")(image)
        x = layers.Flatten()(layers.MaxPooling2D()(x))
        return keras.Model(image, layers.Add()([layers.Dense(2)(x), layers.Dense(2)(x * 2)]))

    return {
        "keras dense": dense,
        "keras branches": branches,
        "keras generator": lambda: sequence(
            "images",
            layers.UpSampling2D(2),
            layers.Conv2DTranspose(2, 3, strides=2),
            layers.ZeroPadding2D(1),
        ),
        "keras recurrent": lambda: sequence(
            "steps", layers.Bidirectional(layers.LSTM(2)), layers.RepeatVector(2)
        ),
        "keras attention": lambda: sequence(
            "steps", layers.EinsumDense("abc,cd->abd", (None, 4)), layers.LayerNormalization()
        ),
        "keras words": lambda: sequence("words", layers.Embedding(9, 2), layers.GRU(2)),
    }


def questions(model: Any, inputs: tuple[Any, ...] = ()) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The predictions on every kind of input."""
    for name, ask in (answers(model) or {}).items():
        for kind, data in INPUTS.items():
            yield f"{name} of {kind}", partial(ask, data)
