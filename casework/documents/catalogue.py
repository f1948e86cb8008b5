"""The templates there are: those shipped with the product, and the commission's own versions of them.

A document names its template and version for ever; a version that is in use is never edited, in either place.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from casework.documents.enums import TemplateState
from casework.documents.models import Document, OwnTemplate
from casework.documents.spec import Template, read_template

FOLDER: Final = Path(__file__).parent / "data"


@cache
def shipped() -> Mapping[str, tuple[Template, ...]]:
    """Return the shipped templates by code, each with all its versions, newest first."""
    found: dict[str, list[Template]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        template = read_template(path.read_text(encoding="utf-8"))
        if path.name != f"{template.code}.{template.version}.yaml":
            raise ValueError(f"{path.name} holds {template.code} {template.version}")
        found.setdefault(template.code, []).append(template)
    return {code: tuple(sorted(rows, key=lambda one: -one.version)) for code, rows in found.items()}


def codes() -> list[str]:
    """Return the codes of all kinds, in the order in which a case needs them."""
    order = (
        "lead_register", "inquiry_request", "verification_request", "filing_request", "filing_decision", "record",
        "seizure_list", "sealing_list", "electronic_list", "attribution_statement", "investigation_report", "hearing_report", "penalty_decision",
        "service_receipt", "execution_notice", "supervision_advice", "rectification_notice", "supervision_letter",
        "body_decision", "body_advice", "case_index",
    )  # fmt: skip
    known = shipped()
    return [code for code in order if code in known] + sorted(set(known) - set(order))


def current(code: str) -> tuple[Template, OwnTemplate | None]:
    """Return the version with which new documents are made, and the row when it is the commission's own.

    Raises:
        KeyError: there is no such kind.
    """
    own = OwnTemplate.objects.filter(code=code, state=TemplateState.ACTIVE).first()
    return (read_template(own.source), own) if own is not None else (shipped()[code][0], None)


def template_of(document: Document) -> Template:
    """Return the very version that the document was made with.

    Raises:
        KeyError: the product no longer carries it.
    """
    if document.own_template is not None:
        return read_template(document.own_template.source)
    for one in shipped()[document.code]:
        if one.version == document.template_version:
            return one
    raise KeyError(f"{document.code} {document.template_version}")
