"""Every table, once. Piccolo reads through these classes; the hot paths take names and types from
`spec`.

Every key starts with district. Archive tables are keyed by resident and never by facility or
team: a switch moves no row. What is sealed: `sealed_*` and `body`; what is clear: ids, days,
states, counters, access class, the kind of a class A record, and of the yearly figures
(figure_flag) who counts in which class A row, in which village, and of the service plan (plan_due)
who is owed which class A service by when (crypto/SPEC.md 4).
Ids are 16 bytes, instants int ms UTC, days ISO text.
"""

from dataclasses import dataclass

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table

from server.store.tables_attachment import Attachment, AttachmentPart
from server.store.tables_board import Figure, FigureFlag, FigureWeek, FigureYear, Target
from server.store.tables_card import (
    DeskChange,
    OpeningReason,
    ResidentCard,
    Search,
    SearchShown,
)
from server.store.tables_checkup import (
    CheckupCode,
    CheckupDay,
    CheckupGuest,
    CheckupPerson,
    CheckupSeries,
    CheckupSlot,
    CheckupStep,
    CheckupTablet,
)
from server.store.tables_checkup_after import (
    CheckupAbsent,
    CheckupBundle,
    CheckupBundlePart,
    CheckupFinding,
    CheckupLetter,
    CheckupPromise,
    CheckupResult,
)
from server.store.tables_checkup_cards import CheckupSheet, CheckupSheetPart
from server.store.tables_checkup_desk import CheckupCall, CheckupLab, CheckupLabColumns
from server.store.tables_checkup_told import CheckupTold
from server.store.tables_confirmations import (
    Confirmation,
    ConfirmationAnswer,
    Denial,
    SampleLine,
    TelephoneSample,
)
from server.store.tables_corrections import Correction
from server.store.tables_day_pass import DayPass
from server.store.tables_decisions import DecisionNote
from server.store.tables_elsewhere import ImportSource, Reconciliation
from server.store.tables_export import Export, ExportPart
from server.store.tables_facility_work import FacilityRecord
from server.store.tables_family import (
    AccessReport,
    FamilyAct,
    FamilyFreeze,
    FamilyOffer,
    Relative,
)
from server.store.tables_import import ImportChunk, ImportJob, ImportMapping, Likeness
from server.store.tables_life import (
    ArchiveSerial,
    Kin,
    KinRequest,
    LifeStep,
    LifeTry,
    Merge,
    Merged,
    Stay,
    Twin,
)
from server.store.tables_notice import Notice, NoticeBox, NoticeChoice
from server.store.tables_office import (
    Account,
    AccountEvent,
    Draft,
    FacilityService,
    Invite,
    ServiceArea,
    Session,
    SpecialCase,
    TaskClaim,
    TeamMember,
    Touched,
)
from server.store.tables_paper import Paperless
from server.store.tables_people import (
    Assignment,
    Consent,
    District,
    Facility,
    Member,
    Panel,
    Resident,
    Staff,
    Switch,
)
from server.store.tables_place import Closing, Handover, Leaving, TabletReturn, Upload
from server.store.tables_plan import Plan, PlanDue, PlanYear
from server.store.tables_portal import (
    Assisted,
    BoundPhone,
    Counter,
    Explained,
    FamilyLink,
    FirstOpening,
    PortalDraft,
    PortalSession,
)
from server.store.tables_position import ChangePosition
from server.store.tables_sign_in import PortalCode, PortalPass
from server.store.tables_sync import (
    BatchRow,
    Change,
    Device,
    DeviceKey,
    DevicePanel,
    EnrolOffer,
    Envelope,
    Feed,
    Outcome,
    Wait,
)
from server.store.tables_tablet_act import TabletAct
from server.store.tables_trail import (
    AccessLog,
    AuditCheckpoint,
    AuditLeaf,
    AuditNode,
    BackupMark,
    CopyRow,
    JobRun,
    ServerKey,
    TaskRow,
)

__all__ = [
    "SPECS",
    "TABLES",
    "AccessLog",
    "AccessReport",
    "Account",
    "AccountEvent",
    "ArchiveSerial",
    "Assignment",
    "Assisted",
    "Attachment",
    "AttachmentPart",
    "AuditCheckpoint",
    "AuditLeaf",
    "AuditNode",
    "BackupMark",
    "BatchRow",
    "BoundPhone",
    "Change",
    "ChangePosition",
    "CheckupAbsent",
    "CheckupBundle",
    "CheckupBundlePart",
    "CheckupCall",
    "CheckupCode",
    "CheckupDay",
    "CheckupFinding",
    "CheckupGuest",
    "CheckupLab",
    "CheckupLabColumns",
    "CheckupLetter",
    "CheckupPerson",
    "CheckupPromise",
    "CheckupResult",
    "CheckupSeries",
    "CheckupSheet",
    "CheckupSheetPart",
    "CheckupSlot",
    "CheckupStep",
    "CheckupTablet",
    "CheckupTold",
    "Closing",
    "Confirmation",
    "ConfirmationAnswer",
    "Consent",
    "CopyRow",
    "Correction",
    "Counter",
    "DayPass",
    "DecisionNote",
    "Denial",
    "DeskChange",
    "Device",
    "DeviceKey",
    "DevicePanel",
    "District",
    "Draft",
    "EnrolOffer",
    "Envelope",
    "Explained",
    "Export",
    "ExportPart",
    "Facility",
    "FacilityRecord",
    "FacilityService",
    "FamilyAct",
    "FamilyFreeze",
    "FamilyLink",
    "FamilyOffer",
    "Feed",
    "Figure",
    "FigureFlag",
    "FigureWeek",
    "FigureYear",
    "FirstOpening",
    "Handover",
    "ImportChunk",
    "ImportJob",
    "ImportMapping",
    "ImportSource",
    "Invite",
    "JobRun",
    "Kin",
    "KinRequest",
    "Leaving",
    "LifeStep",
    "LifeTry",
    "Likeness",
    "Member",
    "Merge",
    "Merged",
    "Notice",
    "NoticeBox",
    "NoticeChoice",
    "OpeningReason",
    "Outcome",
    "Panel",
    "Paperless",
    "Plan",
    "PlanDue",
    "PlanYear",
    "PortalCode",
    "PortalDraft",
    "PortalPass",
    "PortalSession",
    "Reconciliation",
    "Relative",
    "Resident",
    "ResidentCard",
    "SampleLine",
    "Search",
    "SearchShown",
    "ServerKey",
    "ServiceArea",
    "Session",
    "SpecialCase",
    "Staff",
    "Stay",
    "Switch",
    "TableSpec",
    "TabletAct",
    "TabletReturn",
    "Target",
    "TaskClaim",
    "TaskRow",
    "TeamMember",
    "TelephoneSample",
    "Touched",
    "Twin",
    "Upload",
    "Wait",
]

TABLES: tuple[type[Table], ...] = (
    District, Facility, Panel, Staff, Device, DeviceKey, DevicePanel, Resident, Member, Assignment,
    Switch, Change, Feed, BatchRow, Envelope, Outcome, Wait, TaskRow, CopyRow, AccessLog, Consent,
    ServerKey, EnrolOffer, AuditLeaf, AuditNode, AuditCheckpoint, JobRun, BackupMark,
    ServiceArea, FacilityService, TeamMember, Account, Invite, Session, Draft, AccountEvent,
    TaskClaim, Touched, SpecialCase, DecisionNote,
    ResidentCard, Search, SearchShown, OpeningReason, DeskChange,
    ArchiveSerial, LifeStep, Stay, LifeTry, Kin, KinRequest, Twin, Merge, Merged,
    Upload, Closing, Leaving, TabletReturn, Handover, TabletAct,
    ChangePosition,
    CheckupDay, CheckupSlot, CheckupPerson, CheckupStep, CheckupGuest, CheckupTablet, CheckupSeries,
    CheckupCode, CheckupCall, CheckupLab, CheckupLabColumns, CheckupTold,
    CheckupResult, CheckupFinding, CheckupLetter, CheckupBundle, CheckupBundlePart, CheckupAbsent,
    CheckupPromise,
    CheckupSheet, CheckupSheetPart,
    FigureFlag, Figure, FigureWeek, FigureYear, Target,
    ImportJob, ImportChunk, ImportMapping, Likeness,
    FacilityRecord,
    ImportSource, Reconciliation,
    Plan, PlanDue, PlanYear,
    Paperless,
    Assisted, BoundPhone, Counter, Explained, FamilyLink, FirstOpening, PortalDraft, PortalSession,
    Notice, NoticeBox, NoticeChoice,
    Attachment, AttachmentPart,
    PortalCode, PortalPass, DayPass,
    AccessReport, Relative, FamilyOffer, FamilyFreeze, FamilyAct,
    Confirmation, ConfirmationAnswer, Denial, SampleLine, TelephoneSample,
    Correction,
    Export, ExportPart,
)  # fmt: skip

_TYPES: dict[type, str] = {
    SmallInt: "smallint",
    Integer: "integer",
    BigInt: "bigint",
    Bytea: "bytea",
    Text: "text",
    Boolean: "boolean",
}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Name, columns with their PostgreSQL types, key: what set-based statements need."""

    name: str
    columns: tuple[str, ...]
    types: dict[str, str]
    nullable: frozenset[str]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    indexes: tuple[tuple[str, ...], ...]


def _spec(table: type[Table]) -> TableSpec:
    columns = table._meta.columns  # pyright: ignore[reportPrivateUsage]
    return TableSpec(
        name=table._meta.tablename,  # pyright: ignore[reportPrivateUsage]
        columns=tuple(each._meta.name for each in columns),  # pyright: ignore[reportPrivateUsage]
        types={each._meta.name: _TYPES[type(each)] for each in columns},  # pyright: ignore[reportPrivateUsage]
        nullable=frozenset(each._meta.name for each in columns if each._meta.null),  # pyright: ignore[reportPrivateUsage]
        key=getattr(table, "KEY"),  # noqa: B009 (a fact of ours that Piccolo does not know)
        unique=getattr(table, "UNIQUE", ()),
        indexes=getattr(table, "INDEX", ()),
    )


SPECS: dict[str, TableSpec] = {table._meta.tablename: _spec(table) for table in TABLES}  # pyright: ignore[reportPrivateUsage]
