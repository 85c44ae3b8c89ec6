"""imbalanced-learn 0.13 and later: samplers, pipelines with samplers in them, balanced ensembles.

Everything is Python over scikit-learn; the compiled code that its models reach is scikit-learn's,
whose entries have checks of their own. Rule: a class that extends one of scikit-learn's gets the
checks of that one.
"""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.registration import estimators, functions, objects

__all__ = ["entries"]

_ESTIMATORS = {
    "imblearn.combine": "SMOTEENN SMOTETomek",
    "imblearn.ensemble": (
        "BalancedBaggingClassifier BalancedRandomForestClassifier EasyEnsembleClassifier "
        "RUSBoostClassifier"
    ),
    "imblearn.metrics.pairwise": "ValueDifferenceMetric",
    "imblearn.over_sampling": (
        "ADASYN BorderlineSMOTE KMeansSMOTE RandomOverSampler SMOTE SMOTEN SMOTENC SVMSMOTE"
    ),
    "imblearn.pipeline": "Pipeline",
    "imblearn.under_sampling": (
        "AllKNN ClusterCentroids CondensedNearestNeighbour EditedNearestNeighbours "
        "InstanceHardnessThreshold NearMiss NeighbourhoodCleaningRule OneSidedSelection "
        "RandomUnderSampler RepeatedEditedNearestNeighbours TomekLinks"
    ),
}
_BASES = {
    "BalancedBaggingClassifier": "sklearn.ensemble.BaggingClassifier",
    "BalancedRandomForestClassifier": "sklearn.ensemble.RandomForestClassifier",
    "EasyEnsembleClassifier": "sklearn.ensemble.BaggingClassifier",
    "Pipeline": "sklearn.pipeline.Pipeline",
    "RUSBoostClassifier": "sklearn.ensemble.AdaBoostClassifier",
}
# Numbers from predictions; the index of balanced accuracy is a decorator, which makes functions.
_FUNCTIONS = {
    "imblearn.metrics": (
        "classification_report_imbalanced geometric_mean_score macro_averaged_mean_absolute_error "
        "sensitivity_score sensitivity_specificity_support specificity_score"
    ),
}


def entries() -> Iterable[Entry]:
    """The entries of imbalanced-learn."""
    yield from estimators(_ESTIMATORS, bases=_BASES)
    yield from estimators(
        {"imblearn.base": "FunctionSampler"},
        public="imblearn",
        bases={"FunctionSampler": "sklearn.preprocessing.FunctionTransformer"},
    )
    yield from objects({"imblearn.model_selection": "InstanceHardnessCV"})
    yield from functions(_FUNCTIONS)
