"""Cases and what belongs to them; every row's compartment is its case's or its inspection's."""

from cases.models.cases import Case, CaseMember, Paper, PaperReading, StepTaken
from cases.models.inspections import (
    Inspection,
    InspectionTeam,
    Site,
    SiteAddress,
    SiteConfirmation,
    TeamMember,
)
from cases.models.records import Interview, InterviewLine, InterviewPage
from cases.models.suspects import Exhibit, Fact, FactsShown, StandingChange, Suspect

__all__ = [
    "Case",
    "CaseMember",
    "Exhibit",
    "Fact",
    "FactsShown",
    "Inspection",
    "InspectionTeam",
    "Interview",
    "InterviewLine",
    "InterviewPage",
    "Paper",
    "PaperReading",
    "Site",
    "SiteAddress",
    "SiteConfirmation",
    "StandingChange",
    "StepTaken",
    "Suspect",
    "TeamMember",
]
