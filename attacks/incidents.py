"""Which public vulnerability or bypass each attack re-enacts on this format.

The faults were found in other loaders and scanners. An attack here asks the same question of ours:
what would happen if somebody tried that with an archive?
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["INCIDENTS", "Incident"]


class Incident(NamedTuple):
    """``source`` is a CVE, or who described it; ``attacks`` are names, or beginnings of names."""

    source: str
    where: str
    what: str
    attacks: tuple[str, ...]


INCIDENTS = (
    Incident(
        "CVE-2025-54413",
        "skops",
        "a method node reaches through attributes to any function",
        ("objects-through-globals", "objects-through-subclasses", "objects-attribute-"),
    ),
    Incident(
        "CVE-2025-54412",
        "skops",
        "an operator node calls what the audit did not see",
        ("objects-operator-", "objects-object-as-a-call", "objects-function-that-is-called"),
    ),
    Incident(
        "CVE-2025-54886",
        "skops",
        "a file that is no archive falls back to joblib",
        ("container-pickle", "blueprint-node-of-pickle"),
    ),
    Incident(
        "CVE-2024-37065",
        "skops",
        "types are imported before they are audited",
        ("objects-os-system", "objects-importlib-import-module"),
    ),
    Incident(
        "CVE-2024-3660",
        "Keras",
        "a lambda layer carries code",
        ("objects-builtins-eval", "objects-builtins-exec-as-a-name", "keras-lambda-"),
    ),
    Incident(
        "CVE-2025-1550",
        "Keras",
        "the file names module and function, and its safe mode calls them",
        (
            "objects-subprocess-popen",
            "objects-posix-system",
            "objects-module-and-colon",
            "keras-function-of-any-module",
        ),
    ),
    Incident(
        "CVE-2025-8747",
        "Keras",
        "a trusted module is used to reach another function",
        ("objects-through-a-trusted-module", "objects-numpy-"),
    ),
    Incident(
        "CVE-2025-9905",
        "Keras",
        "an older format of the same loader knows no safe mode",
        ("manifest-older-format", "manifest-format-as-float", "blueprint-unknown-format"),
    ),
    Incident(
        "shape bombs",
        "Keras, ONNX, safetensors readers",
        "a declared shape makes the reader allocate",
        ("parameters-shape-", "bombs-object-array-", "bombs-exabytes-in-many-arrays"),
    ),
    Incident(
        "CVE-2025-32434",
        "PyTorch",
        "a legacy tar file slips past weights_only",
        ("container-tar-of-archive", "container-gzip-of-archive"),
    ),
    Incident(
        "CVE-2025-1889",
        "picklescan",
        "a pickle under another extension",
        ("container-pickle",),
    ),
    Incident(
        "CVE-2025-1944",
        "picklescan",
        "local and central headers name a member differently",
        ("container-local-name-differs", "container-local-size-differs"),
    ),
    Incident(
        "CVE-2025-1945",
        "picklescan",
        "flag bits of a ZIP stop the scanner and not the loader",
        ("container-encrypted", "container-data-descriptor"),
    ),
    Incident(
        "CVE-2025-10156",
        "picklescan",
        "a wrong CRC-32 stops the scanner and not the loader",
        ("container-checksum-differs",),
    ),
    Incident(
        "CVE-2025-10157",
        "picklescan",
        "a submodule of a listed module is not the listed module",
        ("objects-through-a-trusted-module",),
    ),
    Incident(
        "CVE-2025-1716",
        "picklescan",
        "a deny-list forgets a function that runs code",
        ("objects-numpy-runstring", "objects-joblib-load", "objects-numpy-load"),
    ),
    Incident(
        "CVE-2024-37052 to 37060",
        "MLflow",
        "what may be loaded is read from the model",
        ("manifest-policy-in-the-file", "manifest-trusted-types-in-a-part"),
    ),
    Incident(
        "CVE-2022-25882, CVE-2024-27318",
        "ONNX",
        "external data by a path that climbs out",
        ("container-name-", "container-symbolic-link", "objects-time-zone-by-a-path"),
    ),
    Incident(
        "CVE-2019-6446",
        "NumPy",
        "an array of objects is a pickle",
        ("parameters-dtype-of-objects", "parameters-dtype-with-objects-inside"),
    ),
    Incident(
        "CVE-2022-21797",
        "joblib",
        "text from outside is evaluated",
        ("parameters-dtype-by-a-python-expression",),
    ),
    Incident(
        "ZIP ambiguity",
        "many",
        "two parsers find two files in one",
        (
            "container-duplicate-",
            "container-two-archives",
            "container-second-end-record",
            "container-overlapping-members",
            "container-hole-",
        ),
    ),
    Incident(
        "billion laughs",
        "XML, YAML",
        "references multiply what a small file holds",
        ("bombs-billion-laughs",),
    ),
    Incident(
        "hash collisions (oCERT-2011-003)",
        "dicts of many languages",
        "keys of one hash make a dict quadratic",
        ("bombs-integers-of-one-hash", "bombs-tuples-of-one-hash", "bombs-floats-of-one-hash"),
    ),
)
