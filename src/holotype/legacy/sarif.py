"""Reports of ``scan`` as SARIF 2.1.0, the format that code-scanning pages read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from holotype.legacy.scan import ScanReport
from holotype.version import __version__

__all__ = ["sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = (
    (
        "outside-table",
        "The file calls or imports what is not in the table of types",
        "Loading this file with its own library would import or call something that is not known "
        "to be data. Do not load it unless you trust whoever wrote it.",
        "error",
    ),
    (
        "not-read-in-full",
        "The file could not be read in full",
        "The file is damaged, encrypted, too large, or can be read in two ways, so nothing can be "
        "said about the rest of it.",
        "warning",
    ),
)


def sarif(reports: Iterable[ScanReport]) -> dict[str, Any]:
    """A SARIF log with one run, which has a result for each finding and each problem."""
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "holotype scan",
                        "semanticVersion": __version__,
                        "version": __version__,
                        "rules": [_rule(*rule) for rule in _RULES],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "results": [result for report in reports for result in _results(report)],
            }
        ],
    }


def _rule(name: str, short: str, full: str, level: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "defaultConfiguration": {"level": level},
    }


def _results(report: ScanReport) -> Iterable[dict[str, Any]]:
    whole = not report.parts or not report.parts[0].packed
    for finding in report.findings:
        where = f" in {finding.part}" if finding.part else ""
        text = f"{finding.what}{where}: {finding.reason}"
        offset = finding.offset if whole and not finding.part else None
        yield _result(0, text, report, finding.part, offset)
    if report.verdict != "other":
        for problem in report.problems:
            yield _result(1, problem, report, "", None)


def _result(
    rule: int, text: str, report: ScanReport, part: str, offset: int | None
) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(report.path)}}
    if offset is not None:
        physical["region"] = {"byteOffset": offset, "byteLength": 1}
    location: dict[str, Any] = {"physicalLocation": physical}
    if part:
        location["logicalLocations"] = [{"fullyQualifiedName": part, "kind": "member"}]
    return {
        "ruleId": _RULES[rule][0],
        "ruleIndex": rule,
        "level": _RULES[rule][3],
        "message": {"text": text},
        "locations": [location],
    }


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a file URI."""
    pure = PurePath(path)
    text = quote(pure.as_posix().encode("utf-8", "surrogateescape"))
    return f"file://{text}" if pure.is_absolute() else text
