"""Old model files, read without running them: pickle, joblib, cloudpickle, torch, skops, NumPy.

A pickle is a program. This room has its own machine for the language, which does everything a
pickle says to symbols instead of to live objects. Rule: nothing here imports, calls or looks up
what a file names, and a file needs none of the libraries that made it.
"""

from holotype.legacy.scan import ScanReport, scan

__all__ = ["ScanReport", "scan"]
