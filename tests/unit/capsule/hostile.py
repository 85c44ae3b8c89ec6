"""An archive whose manifest says hostile things wherever text may stand."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from attacks.forge import array, blueprint, reseal

DIGEST = "sha256:" + "a" * 64

TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "see https://evil.example/a|b and www.evil.example or mail@evil.example now",
    "a | b | c \\| d",
    "``` \n```\n# heading",
    "`code` ``more`` \\` *bold* __under__ ~~gone~~",
    "a\n\n---\n\nlicense: gpl-3.0\n---\n\n# Injected",
    '"\nlicense: mit\ntags: [evil]\n"',
    "\n\n| a | b |\n| --- | --- |\n| c | d |",
    "- one\n\n+ two\n\n1. three\n\n> four\n\n    five\n\n[x]: https://evil.example",
    "</code></td></tr></table><h1>out</h1>",
    '" onload="alert(1)',
    "</svg></style><style>*{display:none}</style>",
    "&lt;b&gt; &#60; &amp;",
    "\x1b[2J\x00\u202e\u2028\u0085\ufeff\U000e0001",
    "{{ 7 * 7 }} {% raw %} ${x} $$y$$",
    ":warning: @someone #1",
    "",
    " ",
    "`",
    "\\",
    "|",
)
ALL = "\n".join(TEXTS)


def said(text: str) -> dict[str, Any]:
    """All members of a manifest in which a file has a say, with ``text`` in each."""
    statistics = {
        "name": text,
        "dtype": text,
        "count": 3,
        "minimum": 0.0,
        "maximum": 1.0,
        "deciles": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "top": [{"value": text, "count": 2}],
    }
    table = {"form": text, "shape": [3, 1], "digest": DIGEST, "columns": [statistics]}
    return {
        "model": {
            "type": text,
            "kind": text,
            "arrays": 0,
            "parameters": 0,
            "bytes": 0,
            "hyperparameters": {text: text},
            "steps": [{"name": text, "type": text, "columns": text}],
        },
        "author": text,
        "tool": text,
        "libraries": {text: text, "python": text},
        "metadata": {text: text},
        "inputs": {
            "source": "data",
            "form": text,
            "dtype": text,
            "columns": [{"name": text, "dtype": text, "categories": [text], "unit": text}],
        },
        "outputs": {
            "methods": [text],
            "names": [text],
            "classes": [text],
            "class_count": 1,
            "unit": text,
        },
        "data": {text: {"features": table, "target": table}},
        "metrics": [{"name": text, "value": 1e-7, "dataset": text, "slice": text}],
        "parents": [{"relation": "retrained_from", "name": text, "format": text, "digest": DIGEST}],
        "about": {
            "description": text,
            "licence": text,
            "intended_use": text,
            "limitations": text,
            "contacts": [text],
        },
        "seeds": {text: 1},
        "environment": {
            "python": text,
            "implementation": text,
            "platform": {"system": text, "machine": text, "release": text, "libc": text},
            "cpu": [text],
            "gpu": [text],
            "requirements": [{"name": text, "version": text, "files": DIGEST}],
        },
        "origin": {"program": text, "user": text, "host": text},
        "probe": {"methods": [text]},
    }


def archive(text: str) -> bytes:
    """A sound archive of a harmless model that says ``text`` of itself."""
    values = np.arange(3.0)
    root = {"dict": [["weights", array("weights", values)]]}
    manifest = msgspec.json.decode(msgspec.json.encode(said(text)))
    return reseal(blueprint(root), {"weights": values}, manifest=manifest)
