"""The model card of an archive: θ for people, as Markdown with metadata, or as one HTML page.

Rule: every word of it comes from a file that anyone may have written, so nothing of it is markup:
content is made of neutral blocks (``document``), and each renderer escapes all text in one place.
Nothing is constructed and no framework is imported; numbers are read from validated arrays.
"""

from __future__ import annotations

from holotype.archive.reader import ArchiveReader
from holotype.capsule.card.content import contents
from holotype.capsule.card.html import to_html
from holotype.capsule.card.markdown import to_markdown
from holotype.capsule.card.metadata import front_matter
from holotype.capsule.card.subject import subject_of

__all__ = ["FORMATS", "card_of"]

FORMATS = ("markdown", "html")


def card_of(reader: ArchiveReader, name: str, format: str) -> str:  # noqa: A002 - as users call it
    """The card of an open archive that is called ``name``, in one of ``FORMATS``.

    Raises a HolotypeError where what it shows of the archive is damaged or unsafe.
    """
    if format not in FORMATS:
        raise ValueError(f"format is {' or '.join(FORMATS)}, not {format!r}")
    subject = subject_of(reader, name)
    sections = contents(subject)
    title = subject.title
    if format == "html":
        return to_html(title, sections)
    return front_matter(subject) + "\n" + to_markdown(title, sections)
