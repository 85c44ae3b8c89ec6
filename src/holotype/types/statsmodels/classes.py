"""statsmodels' classes whose state is their attributes, by name, for versions 0.14 and 0.15.

The names are written out, never collected from the installed library: what it adds in a later
version is not trusted before someone has looked at it.
"""

from __future__ import annotations

__all__ = ["FAMILIES", "FUNCTIONS", "MODELS", "MOVED", "PARTS", "RESULTS", "WRAPPERS"]

# What is fitted, by the module that has it.
MODELS: dict[str, str] = {
    "statsmodels.discrete.conditional_models": (
        "ConditionalLogit ConditionalMNLogit ConditionalPoisson"
    ),
    "statsmodels.discrete.discrete_model": (
        "GeneralizedPoisson Logit MNLogit NegativeBinomialP Poisson Probit"
    ),
    "statsmodels.discrete.truncated_model": (
        "HurdleCountModel TruncatedLFGeneralizedPoisson TruncatedLFNegativeBinomialP "
        "TruncatedLFPoisson _RCensored _RCensoredGeneralizedPoisson "
        "_RCensoredNegativeBinomialP _RCensoredPoisson"
    ),
    "statsmodels.duration.hazard_regression": "PHReg",
    "statsmodels.genmod.bayes_mixed_glm": "BinomialBayesMixedGLM PoissonBayesMixedGLM",
    "statsmodels.miscmodels.ordinal_model": "OrderedModel",
    "statsmodels.othermod.betareg": "BetaModel",
    "statsmodels.regression.linear_model": "GLS GLSAR OLS WLS",
    "statsmodels.regression.mixed_linear_model": "MixedLM",
    "statsmodels.regression.quantile_regression": "QuantReg",
    "statsmodels.regression.recursive_ls": "RecursiveLS",
    "statsmodels.regression.rolling": "RollingOLS RollingWLS",
    "statsmodels.robust.robust_linear_model": "RLM",
    "statsmodels.sandbox.regression.gmm": "IV2SLS",
    "statsmodels.tsa.ar_model": "AutoReg",
    "statsmodels.tsa.ardl.model": "ARDL UECM",
    "statsmodels.tsa.arima.model": "ARIMA",
    "statsmodels.tsa.base.tsa_model": "TimeSeriesModel",
    "statsmodels.tsa.regime_switching.markov_autoregression": "MarkovAutoregression",
    "statsmodels.tsa.regime_switching.markov_regression": "MarkovRegression",
    "statsmodels.tsa.statespace.dynamic_factor": "DynamicFactor",
    "statsmodels.tsa.statespace.dynamic_factor_mq": "DynamicFactorMQ",
    "statsmodels.tsa.statespace.exponential_smoothing": "ExponentialSmoothing",
    "statsmodels.tsa.statespace.sarimax": "SARIMAX",
    "statsmodels.tsa.statespace.structural": "UnobservedComponents",
    "statsmodels.tsa.statespace.varmax": "VARMAX",
    "statsmodels.tsa.vector_ar.var_model": "VAR",
    "statsmodels.tsa.vector_ar.vecm": "VECM",
}

# What fitting gives, beneath its wrapper where it has one.
RESULTS: dict[str, str] = {
    "statsmodels.base.elastic_net": "RegularizedResults",
    "statsmodels.base.model": ("GenericLikelihoodModelResults LikelihoodModelResults Results"),
    "statsmodels.discrete.conditional_models": "ConditionalResults",
    "statsmodels.discrete.count_model": (
        "L1ZeroInflatedGeneralizedPoissonResults L1ZeroInflatedNegativeBinomialResults "
        "L1ZeroInflatedPoissonResults ZeroInflatedGeneralizedPoissonResults "
        "ZeroInflatedNegativeBinomialResults ZeroInflatedPoissonResults"
    ),
    "statsmodels.discrete.discrete_model": (
        "BinaryResults CountResults GeneralizedPoissonResults L1BinaryResults L1CountResults "
        "L1GeneralizedPoissonResults L1MultinomialResults L1NegativeBinomialResults "
        "L1PoissonResults LogitResults MultinomialResults NegativeBinomialPResults "
        "NegativeBinomialResults PoissonResults ProbitResults"
    ),
    "statsmodels.discrete.truncated_model": (
        "HurdleCountResults L1HurdleCountResults L1TruncatedLFGenericResults "
        "TruncatedLFGenericResults TruncatedLFPoissonResults TruncatedNegativeBinomialResults"
    ),
    "statsmodels.duration.hazard_regression": "PHRegResults",
    "statsmodels.gam.generalized_additive_model": "GLMGamResults",
    "statsmodels.genmod.bayes_mixed_glm": "BayesMixedGLMResults",
    "statsmodels.genmod.generalized_estimating_equations": (
        "GEEResults NominalGEEResults OrdinalGEEResults"
    ),
    "statsmodels.genmod.generalized_linear_model": "GLMResults",
    "statsmodels.miscmodels.ordinal_model": "OrderedResults",
    "statsmodels.othermod.betareg": "BetaResults",
    "statsmodels.regression.linear_model": "OLSResults RegressionResults",
    "statsmodels.regression.mixed_linear_model": "MixedLMResults",
    "statsmodels.regression.quantile_regression": "QuantRegResults",
    "statsmodels.regression.recursive_ls": "RecursiveLSResults",
    "statsmodels.regression.rolling": "RollingRegressionResults",
    "statsmodels.robust.robust_linear_model": "RLMResults",
    "statsmodels.sandbox.regression.gmm": "IVRegressionResults",
    "statsmodels.tsa.ar_model": "AutoRegResults",
    "statsmodels.tsa.ardl.model": "ARDLResults UECMResults",
    "statsmodels.tsa.arima.model": "ARIMAResults",
    "statsmodels.tsa.exponential_smoothing.ets": "ETSResults",
    "statsmodels.tsa.regime_switching.markov_autoregression": "MarkovAutoregressionResults",
    "statsmodels.tsa.regime_switching.markov_regression": "MarkovRegressionResults",
    "statsmodels.tsa.statespace.dynamic_factor": "DynamicFactorResults",
    "statsmodels.tsa.statespace.dynamic_factor_mq": "DynamicFactorMQResults",
    "statsmodels.tsa.statespace.exponential_smoothing": "ExponentialSmoothingResults",
    "statsmodels.tsa.statespace.mlemodel": "MLEResults",
    "statsmodels.tsa.statespace.sarimax": "SARIMAXResults",
    "statsmodels.tsa.statespace.structural": "UnobservedComponentsResults",
    "statsmodels.tsa.statespace.varmax": "VARMAXResults",
    "statsmodels.tsa.vector_ar.var_model": "VARResults",
    "statsmodels.tsa.vector_ar.vecm": "VECMResults",
}

# Distributions of a generalised linear model.
FAMILIES: dict[str, str] = {
    "statsmodels.genmod.families.family": (
        "Binomial Gamma Gaussian InverseGaussian NegativeBinomial Poisson Tweedie"
    ),
}

# What puts names on the numbers of a result.
WRAPPERS: dict[str, str] = {
    "statsmodels.base.elastic_net": "RegularizedResultsWrapper",
    "statsmodels.base.model": "LikelihoodResultsWrapper",
    "statsmodels.discrete.conditional_models": "ConditionalResultsWrapper",
    "statsmodels.discrete.count_model": (
        "L1ZeroInflatedGeneralizedPoissonResultsWrapper "
        "L1ZeroInflatedNegativeBinomialResultsWrapper L1ZeroInflatedPoissonResultsWrapper "
        "ZeroInflatedGeneralizedPoissonResultsWrapper ZeroInflatedNegativeBinomialResultsWrapper "
        "ZeroInflatedPoissonResultsWrapper"
    ),
    "statsmodels.discrete.discrete_model": (
        "BinaryResultsWrapper CountResultsWrapper GeneralizedPoissonResultsWrapper "
        "L1BinaryResultsWrapper L1CountResultsWrapper L1GeneralizedPoissonResultsWrapper "
        "L1MultinomialResultsWrapper L1NegativeBinomialResultsWrapper L1PoissonResultsWrapper "
        "MultinomialResultsWrapper NegativeBinomialPResultsWrapper NegativeBinomialResultsWrapper "
        "PoissonResultsWrapper"
    ),
    "statsmodels.discrete.truncated_model": (
        "HurdleCountResultsWrapper L1HurdleCountResultsWrapper L1TruncatedLFGenericResultsWrapper "
        "TruncatedLFGenericResultsWrapper"
    ),
    "statsmodels.gam.generalized_additive_model": "GLMGamResultsWrapper",
    "statsmodels.genmod.generalized_estimating_equations": (
        "GEEResultsWrapper NominalGEEResultsWrapper OrdinalGEEResultsWrapper"
    ),
    "statsmodels.genmod.generalized_linear_model": "GLMResultsWrapper",
    "statsmodels.miscmodels.ordinal_model": "OrderedResultsWrapper",
    "statsmodels.othermod.betareg": "BetaResultsWrapper",
    "statsmodels.regression.linear_model": "RegressionResultsWrapper",
    "statsmodels.regression.mixed_linear_model": "MixedLMResultsWrapper",
    "statsmodels.regression.recursive_ls": "RecursiveLSResultsWrapper",
    "statsmodels.robust.robust_linear_model": "RLMResultsWrapper",
    "statsmodels.tsa.ar_model": "AutoRegResultsWrapper",
    "statsmodels.tsa.ardl.model": "ARDLResultsWrapper UECMResultsWrapper",
    "statsmodels.tsa.arima.model": "ARIMAResultsWrapper",
    "statsmodels.tsa.exponential_smoothing.ets": "ETSResultsWrapper",
    "statsmodels.tsa.holtwinters.results": "HoltWintersResultsWrapper",
    "statsmodels.tsa.regime_switching.markov_autoregression": (
        "MarkovAutoregressionResultsWrapper"
    ),
    "statsmodels.tsa.regime_switching.markov_regression": "MarkovRegressionResultsWrapper",
    "statsmodels.tsa.statespace.dynamic_factor": "DynamicFactorResultsWrapper",
    "statsmodels.tsa.statespace.exponential_smoothing": "ExponentialSmoothingResultsWrapper",
    "statsmodels.tsa.statespace.mlemodel": "MLEResultsWrapper",
    "statsmodels.tsa.statespace.sarimax": "SARIMAXResultsWrapper",
    "statsmodels.tsa.statespace.structural": "UnobservedComponentsResultsWrapper",
    "statsmodels.tsa.statespace.varmax": "VARMAXResultsWrapper",
    "statsmodels.tsa.vector_ar.var_model": "VARResultsWrapper",
}

# What models and results are made of.
PARTS: dict[str, str] = {
    "statsmodels.base._constraints": "LinearConstraints",
    "statsmodels.base._penalties": "L2 L2Univariate PseudoHuber SCAD SCADSmoothed",
    "statsmodels.base.transform": "BoxCox",
    "statsmodels.duration.hazard_regression": "PHSurvivalTime",
    "statsmodels.gam.gam_penalties": "MultivariateGamPenalty UnivariateGamPenalty",
    "statsmodels.gam.smooth_basis": (
        "BSplines CyclicCubicSplines UnivariateBSplines UnivariateCubicCyclicSplines"
    ),
    "statsmodels.genmod.cov_struct": (
        "Exchangeable Independence Nested NominalIndependence OrdinalIndependence Stationary "
        "Unstructured"
    ),
    "statsmodels.genmod.families.links": (
        "CDFLink CLogLog Cauchy Identity InversePower InverseSquared Log LogC LogLog Logit "
        "NegativeBinomial Power Probit Sqrt"
    ),
    "statsmodels.genmod.families.varfuncs": "Binomial NegativeBinomial Power VarianceFunction",
    "statsmodels.genmod.generalized_estimating_equations": "_Multinomial _MultinomialLogit",
    "statsmodels.distributions.empirical_distribution": "ECDF StepFunction",
    "statsmodels.multivariate.pca": "PCA",
    "statsmodels.regression._prediction": "PredictionResults",
    "statsmodels.regression.mixed_linear_model": "MixedLMParams VCSpec",
    "statsmodels.robust.norms": (
        "AndrewWave Hampel HuberT LeastSquares MQuantileNorm RamsayE StudentT TrimmedMean "
        "TukeyBiweight TukeyQuartic"
    ),
    "statsmodels.robust.scale": "Huber HuberScale",
    "statsmodels.tsa.arima.params": "SARIMAXParams",
    "statsmodels.tsa.arima.specification": "SARIMAXSpecification",
    "statsmodels.tsa.deterministic": (
        "CalendarFourier CalendarSeasonality CalendarTimeTrend DeterministicProcess Fourier "
        "Seasonality TimeTrend"
    ),
    "statsmodels.tsa.regime_switching.markov_switching": (
        "HamiltonFilterResults KimSmootherResults MarkovSwitchingParams"
    ),
    "statsmodels.tsa.forecasting.theta": "ThetaModel ThetaModelResults",
    "statsmodels.tsa.seasonal._seasonal": "DecomposeResult",
}

# Functions that results remember they were fitted with.
FUNCTIONS: dict[str, str] = {
    "statsmodels.base.l1_cvxopt": "fit_l1_cvxopt_cp",
    "statsmodels.base.l1_slsqp": "fit_l1_slsqp",
    "statsmodels.stats.sandwich_covariance": "weights_bartlett weights_uniform",
}

# Where else a type stands in some of the versions, by its key.
MOVED: dict[str, tuple[str, ...]] = {
    "statsmodels.tsa.seasonal.DecomposeResult": ("statsmodels.tsa.seasonal:DecomposeResult",),
}
