"""A program that fits models of every kind and prints their fingerprints, one a line.

What it fits is written out here, so that its output depends on the versions of the libraries alone:
not on the process, its hash seed, or the version of Python.
"""

from __future__ import annotations

import numpy as np
from sklearn import (
    cluster,
    compose,
    decomposition,
    ensemble,
    feature_extraction,
    linear_model,
    metrics,
    model_selection,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
)

import holotype

ROWS = np.arange(240.0).reshape(60, 4) % [7, 11, 5, 3]
LABELS = np.array(["blue", "red", "green"])[np.arange(60) % 3]
WORDS = [f"term{i % 17} term{i % 13} term{i % 7} end" for i in range(60)]

MODELS = {
    "scaled": (
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.RidgeClassifier()),
        ROWS,
    ),
    "words": (
        feature_extraction.text.TfidfVectorizer(
            stop_words=["end"], vocabulary={f"term{i}" for i in range(17)}
        ),
        WORDS,
    ),
    "forest": (ensemble.RandomForestClassifier(40, random_state=0), ROWS),
    "boosting": (ensemble.HistGradientBoostingClassifier(max_iter=5, random_state=0), ROWS),
    "neighbours": (neighbors.KNeighborsClassifier(algorithm="ball_tree"), ROWS),
    "vectors": (svm.SVC(), ROWS),
    "network": (neural_network.MLPClassifier((4,), max_iter=3, random_state=0), ROWS),
    "clusters": (cluster.Birch(n_clusters=2, threshold=2.0, branching_factor=3), ROWS),
    "topics": (decomposition.LatentDirichletAllocation(3, max_iter=2, random_state=0), ROWS),
    "columns": (
        compose.ColumnTransformer(
            [("bins", preprocessing.KBinsDiscretizer(3, subsample=None), [0, 1])],
            remainder=preprocessing.FunctionTransformer(np.log1p),
        ),
        ROWS,
    ),
    "scorer": (metrics.make_scorer(metrics.fbeta_score, beta=2, labels={"red", "blue"}), None),
    "splitter": (model_selection.RepeatedKFold(random_state=np.random.RandomState(1)), None),
}


def fingerprints() -> list[str]:
    """``name fingerprint``, in the order above."""
    lines = []
    for name, (model, data) in MODELS.items():
        fitted = model if data is None else model.fit(data, LABELS)
        lines.append(f"{name} {holotype.fingerprint(fitted)}")
    return lines


if __name__ == "__main__":
    import sys
    import warnings

    warnings.simplefilter("ignore")  # of learning too little from toy data
    sys.stdout.write("\n".join(fingerprints()) + "\n")
