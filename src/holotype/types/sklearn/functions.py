"""scikit-learn's functions that a model may keep as a parameter, by name, for versions 1.4 to 1.9.

Rule: only functions that compute a value from values. None reads or writes files, makes other
objects, imports, plots, runs estimators, or hands its arguments to native code unchecked.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS"]

# By the module that has them; the key leaves its private parts out.
FUNCTIONS: dict[str, str] = {
    "sklearn.feature_extraction.text": "strip_accents_ascii strip_accents_unicode strip_tags",
    "sklearn.feature_selection": (
        "chi2 f_classif f_oneway f_regression mutual_info_classif mutual_info_regression "
        "r_regression"
    ),
    "sklearn.metrics": (
        "accuracy_score auc average_precision_score balanced_accuracy_score brier_score_loss "
        "class_likelihood_ratios classification_report cohen_kappa_score confusion_matrix "
        "confusion_matrix_at_thresholds coverage_error d2_absolute_error_score d2_brier_score "
        "d2_log_loss_score d2_pinball_score d2_tweedie_score dcg_score det_curve "
        "explained_variance_score f1_score fbeta_score hamming_loss hinge_loss jaccard_score "
        "label_ranking_average_precision_score label_ranking_loss log_loss matthews_corrcoef "
        "max_error mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance "
        "mean_pinball_loss mean_poisson_deviance mean_squared_error mean_squared_log_error "
        "mean_tweedie_deviance median_absolute_error metric_at_thresholds "
        "multilabel_confusion_matrix ndcg_score precision_recall_curve "
        "precision_recall_fscore_support precision_score r2_score recall_score roc_auc_score "
        "roc_curve root_mean_squared_error root_mean_squared_log_error top_k_accuracy_score "
        "zero_one_loss"
    ),
    "sklearn.metrics._scorer": "negative_likelihood_ratio positive_likelihood_ratio",
    "sklearn.metrics.cluster": (
        "adjusted_mutual_info_score adjusted_rand_score calinski_harabasz_score "
        "completeness_score consensus_score contingency_matrix davies_bouldin_score entropy "
        "fowlkes_mallows_score homogeneity_completeness_v_measure homogeneity_score "
        "mutual_info_score normalized_mutual_info_score pair_confusion_matrix rand_score "
        "silhouette_samples silhouette_score v_measure_score"
    ),
    "sklearn.metrics.pairwise": (
        "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity "
        "euclidean_distances haversine_distances laplacian_kernel linear_kernel "
        "manhattan_distances nan_euclidean_distances paired_cosine_distances paired_distances "
        "paired_euclidean_distances paired_manhattan_distances pairwise_distances "
        "pairwise_distances_argmin pairwise_distances_argmin_min pairwise_kernels "
        "polynomial_kernel rbf_kernel sigmoid_kernel"
    ),
    "sklearn.preprocessing": (
        "add_dummy_feature binarize label_binarize maxabs_scale minmax_scale normalize "
        "power_transform quantile_transform robust_scale scale"
    ),
    "sklearn.utils": "resample shuffle",
    "sklearn.utils.extmath": (
        "density fast_logdet log_logistic row_norms safe_sparse_dot softmax squared_norm "
        "stable_cumsum weighted_mode"
    ),
    "sklearn.utils.validation": "as_float_array check_array column_or_1d",
}
