"""A tree that scikit-learn's compiled code could not walk safely is refused, with its place."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import ensemble, tree
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError
from holotype.types.sklearn.checks_trees import Fault, Forest, check_nodes

X, Y = make_classification(120, 6, n_informative=4, n_classes=3, random_state=0)
REAL = X @ np.arange(1.0, 7.0)
TREE = tree.DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, Y)
NODES = ("tree_", "nodes")


def refused(specimen, path, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == path
    assert problem in str(caught.value)


def test_an_unchanged_tree_passes_and_predicts_the_same():
    built = Specimen(TREE).audit()()
    assert built.predict_proba(X).tobytes() == TREE.predict_proba(X).tobytes()


LEAF = int(np.flatnonzero(TREE.tree_.children_left == -1)[0])
INNER = int(np.flatnonzero(TREE.tree_.children_left[1:] != -1)[0]) + 1


@pytest.mark.parametrize(
    ("field", "node", "value", "problem"),
    [
        ("left_child", INNER, INNER, "later nodes"),
        ("left_child", INNER, 0, "later nodes"),
        ("left_child", INNER, -5, "later nodes"),
        ("right_child", INNER, -1, "later nodes"),
        ("right_child", INNER, TREE.tree_.node_count, "later nodes"),
        ("right_child", INNER, 2**62, "later nodes"),
        ("left_child", INNER, -(2**63), "later nodes"),
        ("left_child", INNER, 2**32 + INNER + 1, "later nodes"),
        ("right_child", INNER, INNER + 1, "child of no node"),
        ("left_child", LEAF, LEAF + 1, "later nodes"),
        ("right_child", LEAF, LEAF + 1, "leaf has a child"),
        ("left_child", INNER, -1, "leaf has a child"),
        ("feature", INNER, 10**6, "feature that does not exist"),
        ("feature", INNER, 6, "feature that does not exist"),
        ("feature", INNER, -1, "feature that does not exist"),
        ("feature", INNER, -(2**63), "feature that does not exist"),
    ],
)
def test_a_node_that_leads_astray_is_refused(field, node, value, problem):
    specimen = Specimen(TREE)
    specimen.change((field, node), value, *NODES)
    refused(specimen, "root.tree_", problem)


def test_a_node_with_two_parents_is_refused():
    specimen = Specimen(TREE)
    nodes = specimen.read(*NODES)
    inner = np.flatnonzero(nodes["left_child"] != -1)
    first, second = inner[0], inner[1]
    nodes["left_child"][second] = nodes["right_child"][second]
    nodes["right_child"][first] = nodes["left_child"][first]
    specimen.write(nodes, *NODES)
    refused(specimen, "root.tree_", "child of no node")


def test_a_node_more_than_there_are_places_for_is_refused():
    specimen = Specimen(TREE)
    nodes = specimen.read(*NODES)
    last = len(nodes) - 1
    nodes["left_child"][LEAF] = nodes["right_child"][LEAF] = last
    nodes["feature"][LEAF] = 0
    specimen.write(nodes, *NODES)
    refused(specimen, "root.tree_", "child of two nodes")


@pytest.mark.parametrize(
    ("value", "problem"), [(3, "deeper"), (0, "deeper"), (-1, "max_depth"), (10**9, "max_depth")]
)
def test_a_tree_that_is_deeper_than_it_says_is_refused(value, problem):
    assert TREE.tree_.max_depth == 4
    specimen = Specimen(TREE)
    specimen.put(value, "tree_", "max_depth")
    refused(specimen, "root.tree_", problem)


def chain(length: int) -> Forest:
    """A tree in which every left child is a leaf and every right child goes on."""
    size = 2 * length + 1
    left, right = np.full(size, -1), np.full(size, -1)
    left[0 : size - 1 : 2] = np.arange(1, size, 2)
    right[0 : size - 1 : 2] = np.arange(2, size, 2)
    one = np.array([1])
    return Forest(left, right, np.zeros(size, np.int64), np.array([size]), one, one * length)


@pytest.mark.parametrize("length", [1, 1000, 1500, 100_000])
def test_the_depth_of_a_chain_is_its_length(length):
    forest = chain(length)
    check_nodes(forest)
    with pytest.raises(Fault, match="0"):
        check_nodes(forest._replace(depths=forest.depths - 1))


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros((0,), TREE.tree_.__getstate__()["nodes"].dtype), "node_count"),
        (np.zeros(3, [("left_child", "<i8"), ("right_child", "<i8")]), "layout"),
        (np.zeros((2, 2), TREE.tree_.__getstate__()["nodes"].dtype), "dimensions"),
        (TREE.tree_.__getstate__()["nodes"][:-1], "node_count"),
    ],
)
def test_nodes_of_another_shape_are_refused(array, problem):
    specimen = Specimen(TREE)
    specimen.write(array, *NODES)
    refused(specimen, "root.tree_", problem)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda values: values[:-1], "values"),
        (lambda values: values[:, :, :-1], "values"),
        (lambda values: values.astype(np.float32), "dtype"),
        (np.asfortranarray, "values"),
        (lambda values: values.ravel(), "dimensions"),
    ],
)
def test_values_of_another_shape_are_refused(change, problem):
    specimen = Specimen(TREE)
    array = change(specimen.read("tree_", "values"))
    specimen.write(array if array.flags.f_contiguous else array.copy(), "tree_", "values")
    refused(specimen, "root.tree_", problem)


@pytest.mark.parametrize(
    ("classes", "problem"),
    [([0], "n_classes"), ([-3], "n_classes"), ([3, 3], "n_classes"), ([2], "values")],
)
def test_classes_that_do_not_fit_the_values_are_refused(classes, problem):
    specimen = Specimen(TREE)
    specimen.write(np.array(classes), "tree_", "args", 1)
    refused(specimen, "root.tree_", problem)


@pytest.mark.parametrize(
    ("argument", "value", "problem"),
    [
        (0, 0, "n_features is 0"),
        (0, 2**40, "n_features"),
        (2, -1, "n_outputs is -1"),
        (2, 2, "n_classes"),
        (0, True, "n_features is not an integer"),
    ],
)
def test_arguments_out_of_bounds_are_refused(argument, value, problem):
    specimen = Specimen(TREE)
    specimen.put(value, "tree_", "args", argument)
    refused(specimen, "root.tree_", problem)


def test_a_state_with_other_members_is_refused():
    specimen = Specimen(TREE)
    specimen.put(17, "tree_", "capacity")
    refused(specimen, "root.tree_", "its state is not")


# -- the estimators around trees -------------------------------------------------------------------


def test_a_tree_that_was_grown_on_other_features_is_refused():
    specimen = Specimen(TREE)
    specimen.put(5, "n_features_in_")
    refused(specimen, "root", "n_features_in_")


def test_a_tree_without_a_number_of_features_is_refused():
    specimen = Specimen(TREE)
    del specimen.at()["state"]["n_features_in_"]
    refused(specimen, "root", "n_features_in_ is not an integer")


def test_something_else_in_place_of_a_tree_is_refused():
    specimen = Specimen(TREE)
    specimen.put({"dict": []}, "tree_")
    refused(specimen, "root", "tree_ is not sklearn.tree.Tree")


FORESTS = {
    "few": ensemble.RandomForestClassifier(3, random_state=0).fit(X, Y),
    "many": ensemble.RandomForestRegressor(40, max_depth=3, random_state=0).fit(X, REAL),
}


@pytest.mark.parametrize("name", FORESTS)
def test_a_forest_of_fewer_features_than_its_trees_is_refused(name):
    specimen = Specimen(FORESTS[name])
    specimen.put(5, "n_features_in_")
    refused(specimen, "root", "another number of features")


def test_a_forest_of_something_else_is_refused():
    specimen = Specimen(FORESTS["few"])
    specimen.put({"object": "sklearn.naive_bayes.GaussianNB", "state": {}}, "estimators_", 1)
    refused(specimen, "root", "no decision tree")


def test_a_forest_of_trees_that_were_not_fitted_is_refused():
    specimen = Specimen(FORESTS["few"])
    del specimen.at("estimators_", 1)["state"]["tree_"]
    refused(specimen, "root", "not fitted")


def test_a_wrong_node_in_one_of_many_trees_is_refused_with_the_number_of_the_tree():
    specimen = Specimen(FORESTS["many"])
    column = specimen.at("estimators_")["list"]["state"]["tree_"]["state"]["nodes"]
    name = column["data"]["array"]
    sizes = [each.tree_.node_count for each in FORESTS["many"].estimators_]
    layout = TREE.tree_.__getstate__()["nodes"].dtype
    nodes = np.frombuffer(bytearray(specimen.arrays[name]), layout)
    nodes["feature"][sum(sizes[:17])] = 6
    specimen.arrays[name] = nodes.tobytes()
    refused(specimen, "root.estimators_.tree_[17]", "feature that does not exist")


def test_isolated_trees_see_the_features_that_were_chosen_for_them():
    model = ensemble.IsolationForest(n_estimators=3, max_features=0.5, random_state=0).fit(X)
    assert Specimen(model).audit()().predict(X).tobytes() == model.predict(X).tobytes()
    specimen = Specimen(model)
    specimen.write(np.array([0, 1]), "estimators_features_", 1)
    refused(specimen, "root", "another number of features")
    specimen = Specimen(model)
    specimen.put(6, "_max_features")
    refused(specimen, "root", "another number of features")
    specimen = Specimen(model)
    specimen.at("estimators_features_")["list"].pop()
    refused(specimen, "root", "one entry for each tree")


BOOSTED = ensemble.GradientBoostingClassifier(n_estimators=3, max_depth=2).fit(X, Y)


def test_boosted_trees_of_other_features_are_refused():
    specimen = Specimen(BOOSTED)
    specimen.put(7, "n_features_in_")
    refused(specimen, "root", "another number of features")


def test_a_first_guess_with_fewer_classes_than_trees_is_refused():
    specimen = Specimen(BOOSTED)
    specimen.put({"scalar": "<i8", "value": 2}, "init_", "n_classes_")
    refused(specimen, "root.init_", "n_classes_")
    specimen = Specimen(BOOSTED)
    specimen.write(np.array([0, 1]), "init_", "classes_")
    refused(specimen, "root.init_", "n_classes_")


def test_a_first_guess_of_another_model_must_know_the_classes():
    model = ensemble.GradientBoostingClassifier(n_estimators=2, init=GaussianNB()).fit(X, Y)
    assert Specimen(model).audit()().predict(X).tobytes() == model.predict(X).tobytes()
    specimen = Specimen(model)
    specimen.write(np.array([0, 1]), "init_", "classes_")
    for name in ("theta_", "var_", "class_prior_", "class_count_"):
        specimen.write(getattr(model.init_, name)[:2].copy(), "init_", name)
    refused(specimen, "root", "same classes")


def test_a_first_guess_of_no_outputs_is_refused():
    model = ensemble.GradientBoostingRegressor(n_estimators=2).fit(X, REAL)
    specimen = Specimen(model)
    specimen.put(0, "init_", "n_outputs_")
    refused(specimen, "root", "number of outputs")


def test_boosted_trees_in_other_places_are_refused():
    specimen = Specimen(BOOSTED)
    specimen.put(2, "n_trees_per_iteration_")
    refused(specimen, "root", "n_trees_per_iteration_")
    specimen = Specimen(BOOSTED)
    specimen.at("estimators_")["shape"] = [9]
    refused(specimen, "root", "table of trees")


def test_a_boosted_tree_of_two_outputs_is_refused():
    model = ensemble.GradientBoostingRegressor(n_estimators=2).fit(X, REAL)
    specimen = Specimen(model)
    both = tree.DecisionTreeRegressor(max_depth=2).fit(X, np.column_stack([REAL, REAL]))
    specimen.graft(Specimen(both), "estimators_", 1)
    refused(specimen, "root", "more than one output")


@pytest.mark.parametrize("model", [FORESTS["few"], ensemble.IsolationForest(n_estimators=2).fit(X)])
def test_trees_that_are_not_in_a_list_are_refused(model):
    specimen = Specimen(model)
    specimen.put("text", "estimators_")
    refused(specimen, "root", "not a list")


def test_chosen_features_that_are_not_in_a_list_are_refused():
    specimen = Specimen(ensemble.IsolationForest(n_estimators=2).fit(X))
    specimen.put({"tuple": []}, "estimators_features_")
    refused(specimen, "root", "not a list")


# -- criteria and splitters ------------------------------------------------------------------------

GINI = tree._criterion.Gini(2, np.array([3, 2]))
ERROR = tree._criterion.MAE(1, 20)
SPLITTER = tree._splitter.BestSplitter(GINI, 2, 1, 0.0, np.random.RandomState(0), None)


@pytest.mark.parametrize("thing", [GINI, ERROR, SPLITTER], ids=["gini", "error", "splitter"])
def test_what_trees_are_grown_with_comes_back(thing):
    specimen = Specimen(thing)
    built = specimen.audit()()
    assert type(built) is type(thing)
    assert Specimen(built).blueprint == specimen.blueprint


@pytest.mark.parametrize("classes", [[3], [3, -1], [3, 2**40]])
def test_a_criterion_of_other_classes_is_refused(classes):
    specimen = Specimen(GINI)
    specimen.write(np.array(classes), "args", 1)
    refused(specimen, "root", "n_classes")


@pytest.mark.parametrize(("argument", "value"), [(0, 0), (0, 2**40), (1, -1)])
def test_a_criterion_of_no_outputs_or_samples_is_refused(argument, value):
    specimen = Specimen(ERROR)
    specimen.put(value, "args", argument)
    refused(specimen, "root", "out of bounds")


@pytest.mark.parametrize(
    ("argument", "value", "problem"),
    [
        (0, {"name": "numpy.add"}, "criterion"),
        (1, -1, "max_features"),
        (2, "1", "min_samples_leaf"),
        (3, "0", "min_weight_leaf"),
        (4, {"name": "numpy.add"}, "random_state"),
        (5, "text", "monotonic_cst"),
    ],
)
def test_a_splitter_of_something_else_is_refused(argument, value, problem):
    specimen = Specimen(SPLITTER)
    specimen.put(value, "args", argument)
    refused(specimen, "root", problem)


def test_constraints_other_than_up_down_and_none_are_refused():
    signs = np.array([1, -1], np.int8)
    specimen = Specimen(tree._splitter.BestSplitter(GINI, 2, 1, 0.0, None, signs))
    specimen.audit()
    specimen.write(np.array([1, -2], np.int8), "args", 5)
    refused(specimen, "root", "monotonic_cst")


# -- against a plain reading of the rule -----------------------------------------------------------


def is_tree(left, right, feature, features, depth) -> bool:
    """The rule, node by node and slowly."""
    parents = [0] * len(left)
    depths = [0] * len(left)
    for node, (a, b) in enumerate(zip(left, right, strict=True)):
        if a == -1 and b == -1:
            continue
        for child in (a, b):
            if not node < child < len(left):
                return False
            parents[child] += 1
            depths[child] = depths[node] + 1
        if not 0 <= feature[node] < features:
            return False
    return parents == [0] + [1] * (len(left) - 1) and max(depths) <= depth


def accepted(trees) -> bool:
    try:
        check_nodes(
            Forest(
                *(np.array([value for each in trees for value in each[i]]) for i in range(3)),
                np.array([len(each[0]) for each in trees]),
                np.array([each[3] for each in trees]),
                np.array([each[4] for each in trees]),
            )
        )
    except Fault:
        return False
    return True


@st.composite
def grown(draw):
    """A true tree: nodes are split one after the other, at random."""
    left, right = [-1], [-1]
    for _ in range(draw(st.integers(0, 6))):
        leaves = [node for node, child in enumerate(left) if child == -1]
        node = draw(st.sampled_from(leaves))
        children = [len(left), len(left) + 1]
        left[node], right[node] = draw(st.permutations(children))
        left += [-1, -1]
        right += [-1, -1]
    feature = [draw(st.integers(0, 2)) if child != -1 else -2 for child in left]
    return [left, right, feature, 3, draw(st.integers(0, 6))]


@st.composite
def damaged(draw):
    each = draw(grown())
    for _ in range(draw(st.integers(0, 2))):
        values = each[draw(st.integers(0, 2))]
        position = draw(st.integers(0, len(values) - 1))
        values[position] = draw(st.sampled_from([-2, -1, 0, 1, 2, 3, 5, 9, 2**63 - 1, -(2**63)]))
    return each


@settings(max_examples=400, deadline=None)
@given(st.lists(damaged(), min_size=1, max_size=4))
def test_exactly_the_forests_of_true_trees_pass(trees):
    assert accepted(trees) == all(is_tree(*each) for each in trees)
