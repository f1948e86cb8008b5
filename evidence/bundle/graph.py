"""The items of a bundle as a CASE/UCO graph: each act of the chain an investigative action with its provenance record.

CASE 1.x expects that the first action has no object, that later ones take the previous record and thing and give new
ones, that each is informed by the previous, and that one person performs while others take part. Plain values only.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

CONTEXT: Final = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_SPACE: Final = uuid.UUID("5f0c2f57-7e0c-5c1b-9d4e-0c6f8a4d8b11")
Node = dict[str, Any]


@dataclass(frozen=True)
class ActFacts:
    """One link of the chain. ``at`` in ISO 8601 with offset; people as (id, name)."""

    seq: int
    label: str
    at: str
    performer: tuple[str, str]
    participants: Sequence[tuple[str, str]]
    place: str


@dataclass(frozen=True)
class FileFacts:
    """One file of an item."""

    number: str
    name: str
    size: int
    media_type: str
    sha256: str
    sm3: str


@dataclass(frozen=True)
class ItemFacts:
    """One item with its chain."""

    number: str
    title: str
    device: bool
    make: str
    model: str
    serial: str
    acts: Sequence[ActFacts]
    files: Sequence[FileFacts]


def graph(title: str, items: Iterable[ItemFacts], further: Iterable[Node] = ()) -> Node:
    """Return the graph as JSON-LD. Identifiers follow from numbers, so the same items give the same graph.

    ``further`` are nodes of what rests on the items; their actions belong to the investigation too.
    """
    nodes: dict[str, Node] = {}
    actions: list[str] = []
    for item in items:
        for node in _item_nodes(item):
            nodes.setdefault(node["@id"], node)
        actions += [node_id("investigative-action", f"{item.number}#{act.seq}") for act in item.acts]
    for node in further:
        nodes.setdefault(node["@id"], node)
        if node["@type"] == "case-investigation:InvestigativeAction":
            actions.append(node["@id"])
    investigation = {
        "@id": node_id("investigation", title),
        "@type": "case-investigation:Investigation",
        "uco-core:name": title,
        "uco-core:object": [{"@id": one} for one in actions],
    }
    return {"@context": CONTEXT, "@graph": [investigation, *nodes.values()]}


def node_id(kind: str, name: str) -> str:
    """Return the identifier of a thing of that kind and name."""
    return f"kb:{kind}-{uuid.uuid5(_SPACE, f'{kind}|{name}')}"


def xsd_time(at: str) -> Node:
    """Return a moment in ISO 8601 as JSON-LD."""
    return {"@type": "xsd:dateTime", "@value": at}


def _person(person: tuple[str, str]) -> Node:
    ident, name = person
    return {"@id": node_id("person", ident), "@type": "uco-identity:Person", "uco-core:name": name}


def _item_nodes(item: ItemFacts) -> Iterable[Node]:
    thing = node_id("observable", item.number)
    facets: list[Node] = []
    if item.device:
        facet: Node = {
            "@id": node_id("device-facet", item.number),
            "@type": "uco-observable:DeviceFacet",
        }
        if item.model:
            facet["uco-observable:model"] = item.model
        if item.serial:
            facet["uco-observable:serialNumber"] = item.serial
        facets.append(facet)
    yield {
        "@id": thing,
        "@type": "uco-observable:Device" if item.device else "uco-observable:ObservableObject",
        "uco-core:name": item.title,
        **({"uco-core:hasFacet": facets} if facets else {}),
    }
    before = ""
    record = ""
    for act in item.acts:
        performer = _person(act.performer)
        yield performer
        people = [_person(person) for person in act.participants]
        yield from people
        action = node_id("investigative-action", f"{item.number}#{act.seq}")
        following = node_id("provenance-record", f"{item.number}#{act.seq}")
        node: Node = {
            "@id": action,
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": act.label,
            "uco-action:startTime": xsd_time(act.at),
            "uco-action:endTime": xsd_time(act.at),
            "uco-action:performer": {"@id": performer["@id"]},
            "uco-action:result": [{"@id": following}] if before else [{"@id": thing}, {"@id": following}],
        }
        if people:
            node["uco-action:participant"] = [{"@id": person["@id"]} for person in people]
        if act.place:
            place = node_id("location", act.place)
            yield {
                "@id": place,
                "@type": "https://ontology.unifiedcyberontology.org/uco/location/Location",
                "uco-core:name": act.place,
            }
            node["uco-action:location"] = {"@id": place}
        if before:
            node["uco-action:object"] = [{"@id": thing}, {"@id": record}]
            node["case-investigation:wasInformedBy"] = {"@id": before}
        yield node
        yield {
            "@id": following,
            "@type": "case-investigation:ProvenanceRecord",
            "uco-core:name": f"{item.number} {act.label}",
            "case-investigation:exhibitNumber": item.number,
            "uco-core:object": [{"@id": thing}],
        }
        before, record = action, following
    yield from _file_nodes(item, thing)


def _file_nodes(item: ItemFacts, thing: str) -> Iterable[Node]:
    for file in item.files:
        name = f"{item.number}/{file.number}"
        ident = node_id("file", name)
        yield {
            "@id": ident,
            "@type": "uco-observable:File",
            "uco-core:name": file.name,
            "uco-core:hasFacet": [
                {
                    "@id": node_id("file-facet", name),
                    "@type": "uco-observable:FileFacet",
                    "uco-observable:fileName": file.name,
                    "uco-observable:sizeInBytes": file.size,
                },
                {
                    "@id": node_id("content-data-facet", name),
                    "@type": "uco-observable:ContentDataFacet",
                    "uco-observable:mimeType": file.media_type,
                    "uco-observable:hash": [
                        {
                            "@id": node_id("hash", f"{name}/sha256"),
                            "@type": "uco-types:Hash",
                            "uco-types:hashMethod": "SHA256",
                            "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": file.sha256.upper()},
                        }
                    ],
                },
            ],
            # The vocabulary of UCO knows no SM3; beside it, as a property of this house.
            "http://example.org/ontology/sm3": file.sm3,
        }
        yield {
            "@id": node_id("relationship", name),
            "@type": "uco-observable:ObservableRelationship",
            "uco-core:source": {"@id": ident},
            "uco-core:target": {"@id": thing},
            "uco-core:kindOfRelationship": "Contained_Within",
            "uco-core:isDirectional": {"@type": "xsd:boolean", "@value": True},
        }
