"""Attributions in a bundle: for CASE/UCO an investigative action with its provenance records, beside it our own hypotheses.

CASE has no class for a hypothesis yet. The steps therefore stand as an action that used the quoted bytes (content of the
files) and gave a result; possibilities and caps are told in a vocabulary of this house, without any number of guilt.
"""

from collections.abc import Iterable
from typing import Any, Final

from evidence.bundle.graph import Node, node_id, xsd_time

OURS: Final = "http://example.org/ontology/attribution/"


def attribution_nodes(facts: dict[str, Any]) -> Iterable[Node]:
    """Return the nodes of one attribution; ``facts`` as the bundle's JSON gives them."""
    number, edition = facts["number"], facts["edition"]
    name = f"{number}#{edition['serial']}"
    performer = facts["made_by"]
    yield {
        "@id": node_id("person", performer["id"]), "@type": "uco-identity:Person", "uco-core:name": performer["name"],
    }  # fmt: skip
    quoted = []
    for record in facts["records"]:
        ident = node_id("record", f"{name}/{record['file']}/{record['member']}/{record['offset']}")
        quoted.append({"@id": ident})
        yield {
            "@id": ident,
            "@type": "uco-observable:ObservableObject",
            "uco-core:name": f"{record['name']} {record['offset']}+{record['length']}",
            "uco-core:description": record["text"],
            "uco-core:hasFacet": [
                {
                    "@id": node_id("record-facet", f"{name}/{record['file']}/{record['member']}/{record['offset']}"),
                    "@type": "uco-observable:DataRangeFacet",
                    "uco-observable:rangeOffset": record["offset"],
                    "uco-observable:rangeSize": record["length"],
                }
            ],
        }
        yield {
            "@id": node_id("record-of", f"{name}/{record['file']}/{record['member']}/{record['offset']}"),
            "@type": "uco-observable:ObservableRelationship",
            "uco-core:source": {"@id": ident},
            "uco-core:target": {"@id": node_id("file", f"{record['number']}/{record['file']}")},
            "uco-core:kindOfRelationship": "Contained_Within",
            "uco-core:isDirectional": {"@type": "xsd:boolean", "@value": True},
        }
    result = node_id("attribution-record", name)
    yield {
        "@id": node_id("attribution", name),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": f"{number} {facts['outcome']}",
        "uco-core:description": facts["act"],
        "uco-action:startTime": xsd_time(edition["made_at"]),
        "uco-action:endTime": xsd_time(edition["made_at"]),
        "uco-action:performer": {"@id": node_id("person", performer["id"])},
        "uco-action:object": quoted,
        "uco-action:result": [{"@id": result}],
        f"{OURS}outcome": facts["outcome"],
        f"{OURS}support": facts["strength"],
        f"{OURS}digest": edition["digest"],
        f"{OURS}step": [f"{one['rule']} {one['say']}" for one in facts["steps"]],
        f"{OURS}cap": facts["caps"],
        f"{OURS}hypothesis": [
            {"@id": node_id("hypothesis", f"{name}/{one['code']}"), f"{OURS}code": one["code"], f"{OURS}statement": one["name"], f"{OURS}support": one["word"]}
            for one in facts["hypotheses"]
        ],
    }  # fmt: skip
    yield {
        "@id": result,
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:name": number,
        "case-investigation:exhibitNumber": number,
        "uco-core:object": quoted,
    }
