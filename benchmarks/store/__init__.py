"""The store beside its peers: what twenty versions weigh, and how fast they come and go.

``python -m benchmarks.store`` measures and prints; ``--help`` lists what can be narrowed. The rule
kept here: all peers meet the same versions, made by real training in a fixed order, and a figure
stands whether it flatters Holotype or not.
"""
