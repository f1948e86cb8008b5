"""Cases and what belongs to them; every row's compartment is its case's or its inspection's."""

from cases.models.cases import Case, CaseMember, Paper, PaperReading, StepTaken
from cases.models.executions import Appeal, Delivery, Execution, Recovery, RecoveryPayment
from cases.models.inspections import (
    Inspection,
    InspectionTeam,
    Site,
    SiteAddress,
    SiteConfirmation,
    TeamMember,
)
from cases.models.penalties import (
    Penalty,
    PenaltyConsultation,
    PenaltyDecision,
    PenaltyDefence,
    PenaltyDeliberation,
    PenaltyDraft,
    PenaltyMeasure,
    PenaltyReading,
)
from cases.models.records import Interview, InterviewLine, InterviewPage
from cases.models.suspects import Exhibit, Fact, FactsShown, StandingChange, Suspect

__all__ = [
    "Appeal",
    "Case",
    "CaseMember",
    "Delivery",
    "Execution",
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
    "Penalty",
    "PenaltyConsultation",
    "PenaltyDecision",
    "PenaltyDefence",
    "PenaltyDeliberation",
    "PenaltyDraft",
    "PenaltyMeasure",
    "PenaltyReading",
    "Recovery",
    "RecoveryPayment",
    "Site",
    "SiteAddress",
    "SiteConfirmation",
    "StandingChange",
    "StepTaken",
    "Suspect",
    "TeamMember",
]
