"""Cases and what belongs to them; every row's compartment is its case's or its inspection's."""

from cases.models.approvals import (
    CaseLink,
    Correction,
    Delegation,
    PaperRemark,
    RankRule,
    Seat,
    Signature,
)
from cases.models.bodies import BodyAct, BodyDecision, BodyMeasure
from cases.models.cases import Case, CaseMember, CaseType, Paper, PaperReading, StepTaken
from cases.models.executions import Appeal, Delivery, Execution, Recovery, RecoveryPayment
from cases.models.inspections import (
    HelpCall,
    Inspection,
    InspectionTeam,
    Site,
    SiteAddress,
    SiteConfirmation,
    SiteHelper,
    TargetReading,
    TeamMember,
)
from cases.models.integrity import Intervention, Tie
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
from cases.models.reporters import Reporter, ReporterRight
from cases.models.routes import PenaltySignature, PenaltyStation
from cases.models.shared import SharedVerdict
from cases.models.suspects import Exhibit, Fact, FactsShown, StandingChange, Suspect
from cases.models.work import CaseNote, CaseTask, KeyMoment, Measure

__all__ = [
    "Appeal",
    "BodyAct",
    "BodyDecision",
    "BodyMeasure",
    "Case",
    "CaseLink",
    "CaseMember",
    "CaseNote",
    "CaseTask",
    "CaseType",
    "Correction",
    "Delegation",
    "Delivery",
    "Execution",
    "Exhibit",
    "Fact",
    "FactsShown",
    "HelpCall",
    "Inspection",
    "InspectionTeam",
    "Intervention",
    "Interview",
    "InterviewLine",
    "InterviewPage",
    "KeyMoment",
    "Measure",
    "Paper",
    "PaperReading",
    "PaperRemark",
    "Penalty",
    "PenaltyConsultation",
    "PenaltyDecision",
    "PenaltyDefence",
    "PenaltyDeliberation",
    "PenaltyDraft",
    "PenaltyMeasure",
    "PenaltyReading",
    "PenaltySignature",
    "PenaltyStation",
    "RankRule",
    "Recovery",
    "RecoveryPayment",
    "Reporter",
    "ReporterRight",
    "Seat",
    "SharedVerdict",
    "Signature",
    "Site",
    "SiteAddress",
    "SiteConfirmation",
    "SiteHelper",
    "StandingChange",
    "StepTaken",
    "Suspect",
    "TargetReading",
    "TeamMember",
    "Tie",
]
