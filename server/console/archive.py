"""One archive on one page: whose it is, what is not settled, what is written, who looked.

Every opening passes the gate. Where it stays shut the page asks why; another facility's archive
answers like one that does not exist.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.archives import opening
from server.actions.archives.first_written import elsewhere_now
from server.actions.archives.folder import Entry, Folder, Matter, folder
from server.actions.archives.opening import AskWhy
from server.actions.attachments import taken
from server.actions.attachments.sealed import THERE
from server.console.door import action, page
from server.console.following import loops_shown
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.people import given_of, why_kind
from server.console.plan_section import section
from server.console.words import words
from server.pages import times, values
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.sections import sections_of
from server.pages.web import posted, see
from server.records.cells import none_beside, silenced
from server.records.kinds import REGISTER, everything, may_fill_in, offered
from server.records.model import Field, Kind, Ref
from server.records.statement import STATEMENT
from server.rules.accounts import FACILITY_ROLES
from sync.merge import EMPTY as NO_CELL
from sync.merge import Cell, Shown, choose, claims, is_present
from sync.policy import Policy

AnyRequest = Request[Any, Any, Any]
ALLERGY: Final = "drug_allergy"
NO_ALLERGY: Final = "1"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}", roles=WORKERS)
    async def archive(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        opened = await opening.open_for(console.site, signed_of(request), id_of(resident))
        if isinstance(opened, AskWhy):
            return await ask_why(console, request, opened.resident, EMPTY, status=403)
        return await _draw(console, request, opened)

    @action("/archive/{resident:str}/open", roles=WORKERS)
    async def open_archive(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, signed, typed = id_of(resident), signed_of(request), await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(why_kind(signed, number=False), typed, today=today)
        if filled.hard:
            return await ask_why(console, request, who, filled, status=422)
        opened = await opening.open_for(console.site, signed, who, given_of(filled.values))
        if isinstance(opened, AskWhy):
            return await ask_why(console, request, who, filled, status=403)
        return see(f"/console/archive/{resident}")

    return [archive, open_archive]


async def ask_why(
    console: Console, request: AnyRequest, resident: bytes, filled: Filled, *, status: int
) -> Response[Any]:
    """The gate is shut; nothing of the archive is on this page, not even whose it is."""
    w = words("archive")
    kind = why_kind(signed_of(request), number=False)
    shown = Page("why.html.j2", "archive", w.why_title, "people")
    return await console.page(
        request, shown, status=status, filled=filled, kind=kind, resident=resident.hex()
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One saying of a value: text, by whom, when, where."""

    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Value:
    """One field as drawn. `disputed`: the sayings, when there are several; `safer`: what is shown
    meanwhile was chosen for safety.
    """

    label: str
    text: str
    by: str
    disputed: tuple[Said, ...] = ()
    claimed: bool = False  # the resident says otherwise, and nobody has answered


@dataclass(frozen=True, slots=True)
class Item:
    """One record as drawn."""

    entry: Entry
    id: str
    kind: str
    label: str
    day: str  # as a list says it
    summary: str
    where: str
    rows: tuple[tuple[str, str, tuple["Words", ...]], ...]  # label, answer, what is said of it
    pictures: tuple[tuple[str, str], ...]  # id, and why it is not here: "" when it is
    statements: tuple["Words", ...]  # of the whole record
    spoken: bool  # whether the resident said anything about it


@dataclass(frozen=True, slots=True)
class Words:
    """What the resident said beside a record. `field`: of its form, "" for all of it."""

    field: str
    day: str
    text: str


async def _draw(console: Console, request: AnyRequest, opened: Opened) -> Response[Any]:
    w, signed, now = words("archive"), signed_of(request), console.site.clock()
    found = await folder(console.site, signed, opened)
    today = times.civil(now).date()
    groups = value_groups(found, now)
    disputed = [each for _, _, some in groups for each in some if each.disputed]
    keys = (Key("f", w.keys.form), Key("e", w.keys.edit), Key("Escape", w.keys.back))
    may_write, outside = signed.role in FACILITY_ROLES, elsewhere_now(console.site)
    writes = may_write and can_write(opened)
    forms = offered(opened.classes, on=today, elsewhere=outside)
    # The register is changed where it lies; a record may be written by a guest too.
    register = {REGISTER.id} if found.ours else set[str]()
    plan = await section(console, opened, {each.id for each in forms} | register if writes else ())
    due_forms, other_forms = plan.first(forms)
    shown = Page("archive.html.j2", "archive", w.title, "people", keys if may_write else ())
    return await console.page(
        request, shown, file=found, card=found.card, person=values.person_line(found.card, today),
        allergy_text=allergy_text(opened), groups=groups, disputed=disputed,
        items=_items(found, today, await _pictures(console, found)),
        outside=_outside(opened, outside),
        due_forms=due_forms, other_forms=other_forms,
        may_write=writes, fw=words("following"),
        loops=loops_shown(console.site, opened, today, may_write=writes),
        matter=_matter(found),
        id=opened.resident.hex(), record=request.query_params.get("record", ""), left=None, due="",
        allergies=(), vw=words("values"), plan=plan, pw=words("plan"),
    )  # fmt: skip


def _matter(found: Folder) -> Matter | None:
    """What settles a disputed value: the conflict, or the resident's correction."""
    kinds = {each.kind: each for each in reversed(found.matters)}
    return kinds.get("conflict") or kinds.get("correction")


def _outside(opened: Opened, outside: Mapping[str, str]) -> list[tuple[str, str]]:
    """Forms that are first written in another system, of the classes in view: label, system."""
    return [
        (_label(kind_id), system)
        for kind_id, system in outside.items()
        if (kind := _newest(kind_id)) is not None and may_fill_in(kind, opened.classes)
    ]


def can_write(opened: Opened) -> bool:
    """The county reviews and writes nothing."""
    return opened.ground != "county_case"


def shown_of(name: str, cell: Cell) -> Shown:
    return choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name))


def allergy_text(opened: Opened) -> str:
    """What must never scroll away; "" where no allergy is known."""
    w = words("archive")
    names: list[str] = []
    open_ = False
    for name, cell in opened.cells.items():
        field, _, code = name.partition("/")
        if field != ALLERGY or code == NO_ALLERGY:
            continue
        found = shown_of(name, cell)
        if is_present(found.value):
            open_ = open_ or found.conflict
            names.append(values.cell_text(name, True))
    if not names:
        return ""
    said = values.words("values").comma.join(names)
    return w.allergy_open(what=said) if open_ else w.allergy(what=said)


# The register.


def value_groups(found: Folder, now: int) -> list[tuple[str, str, list[Value]]]:
    """Headings, where most of their values come from, and the filled-in fields in the order of the
    form: only a value of another source says its own.
    """
    fields = [
        each for each in REGISTER.fields
        if each.access.value in found.opened.classes and not isinstance(each.type, Ref)
    ]  # fmt: skip
    made: list[tuple[str, str, list[Value]]] = []
    for title, some in sections_of(REGISTER, fields):
        drawn = [value for each in some for value in _values(each, found, now)]
        if drawn:
            by = _most_said(drawn)
            made.append((title, by, [_unsaid(each, by) for each in drawn]))
    return made


def _most_said(drawn: list[Value]) -> str:
    """The source of more than half of them; "" where there is none."""
    said = Counter(each.by for each in drawn if not each.disputed)
    by, times_said = said.most_common(1)[0] if said else ("", 0)
    return by if times_said > 1 and times_said * 2 > said.total() else ""


def _unsaid(each: Value, by: str) -> Value:
    return replace(each, by="") if each.by == by and not each.disputed else each


def _values(each: Field, found: Folder, now: int) -> list[Value]:
    cells = found.opened.cells
    if each.policy is not Policy.SET:
        cell = cells.get(each.name)
        return [_value(each.label, each.name, cell, found, now)] if cell and cell.heads else []
    elements = {
        name: cell for name, cell in sorted(cells.items()) if name.partition("/")[0] == each.name
    }
    drawn = {name: shown_of(name, cell) for name, cell in elements.items()}
    unsaid = silenced(REGISTER, {name: shown.value for name, shown in drawn.items()})
    agreed = [
        _value(each.label, name, elements[name], found, now)
        for name, shown in drawn.items()
        if is_present(shown.value) and not shown.conflict and name not in unsaid
    ]
    text = words("values").comma.join(one.text for one in agreed)
    by = words("archive").apart.join(dict.fromkeys(one.by for one in agreed))
    made = [Value(each.label, text, by)] if agreed else []
    made += [
        _value(each.label, name, elements[name], found, now)
        for name, shown in drawn.items()
        if shown.conflict and name not in unsaid
    ]
    return made


def _value(label: str, name: str, cell: Cell | None, found: Folder, now: int) -> Value:
    assert cell is not None
    shown = shown_of(name, cell)
    w = words("archive")
    text = values.cell_text(name, shown.value)
    if name == "phone" or name == "contact_phone":
        text = str(shown.value or "")
    by = _by(found, shown.head, now) if shown.head is not None else w.nobodys
    if not shown.conflict:
        day = times.civil(shown.head.at).date() if shown.head else None
        today = times.civil(now).date()
        short = by.rpartition(words("values").comma)[0] if day else by
        when = times.day_text(day, today=today) if day else ""
        return Value(label, text, w.by(who=short, when=when) if short and when else by)
    disputed = bool(claims(cell, REGISTER.policy_of(name)))
    none = none_beside(REGISTER, name)  # who had written 无 said something about this one too
    denied = found.opened.cells.get(none, NO_CELL).heads
    others = tuple(
        Said(values.cell_text(said, head.value), _by(found, head, now))
        for said, heads in ((name, cell.heads), (none, [h for h in denied if is_present(h.value)]))
        for head in heads
    )
    return Value(label, text, w.safer_by(by=by) if shown.head is not None else by, others, disputed)


def _by(found: Folder, head: Any, now: int) -> str:
    w = words("archive")
    author = w.authors.get(head.author)
    name = found.names.get(head.staff, "")
    who = author if author and head.author != "staff" else name
    return w.by(who=who or author, when=times.moment_text(head.at, now_ms=now))


# The records.


async def _pictures(console: Console, found: Folder) -> dict[bytes, str]:
    """How far each picture is that a record names."""
    names = {each.id for entry in found.entries for each in entry.record.change.attach}
    return await taken.progress(console.site, found.opened.resident, names)


def _statements(found: Folder, today: date) -> dict[str, list[Words]]:
    """What the resident said beside each record, by its id, oldest first."""
    made: dict[str, list[Words]] = {}
    for each in reversed(found.entries):
        form = each.record.form()
        if each.record.change.kind == STATEMENT and each.voided is None and form.get("record"):
            day = times.day_text(each.record.change.on, today=today)
            made.setdefault(form["record"], []).append(
                Words(form.get("field", ""), day, form["text"])
            )
    return made


def _items(found: Folder, today: date, pictures: Mapping[bytes, str]) -> list[Item]:
    made: list[Item] = []
    statements = _statements(found, today)
    there = {entry.record.change.id.hex() for entry in found.entries}
    for entry in found.entries:
        if entry.record.change.kind == STATEMENT and entry.record.form().get("record") in there:
            continue  # it stands beside the record it is about
        change = entry.record.change
        form = entry.record.form()
        rows, said = _rows(change.kind, form, found), statements.get(change.id.hex(), [])
        names = {name for name, _, _ in rows}
        where = _where(entry)
        day = times.day_text(change.on, today=today)
        made.append(
            Item(
                entry, change.id.hex(), change.kind, _label(change.kind), day,
                summary(_newest(change.kind), form),
                where,
                tuple((label, text, tuple(each for each in said if each.field == name))
                      for name, label, text in rows),
                tuple((n.id.hex(), _way(pictures.get(n.id, ""))) for n in change.attach),
                tuple(each for each in said if each.field not in names), bool(said),
            )
        )  # fmt: skip
    return made


def _way(state: str) -> str:
    """Why a picture is not here; "" when it is."""
    said = words("archive").pictures
    return "" if state in THERE else said.get(state, said.waiting)


def _where(entry: Entry) -> str:
    """By which way a record came; of an imported one the other system and the day of its export."""
    w, came = words("archive"), entry.came_from
    if came is None:
        return w.sources[entry.source](tablet=entry.tablet)
    if not came.exported_at:
        return w.imported_from(system=came.system)
    when = times.moment_text(came.exported_at, now_ms=entry.received_at)
    return (w.imported_from_at if came.system else w.imported_at)(system=came.system, when=when)


def _rows(kind_id: str, form: dict[str, Any], found: Folder) -> list[tuple[str, str, str]]:
    """The form as name, label and answer, in its order; a doctor by name."""
    kind = _newest(kind_id)
    rows: list[tuple[str, str, str]] = []
    for each in kind.fields if kind else ():
        if each.name not in form:
            continue
        if isinstance(each.type, Ref):
            name = found.names.get(bytes.fromhex(form[each.name]))
            rows += [(each.name, each.label, name)] if name else []
        else:
            rows.append((each.name, each.label, values.field_text(each, form[each.name])))
    return rows


def _newest(kind_id: str) -> Kind | None:
    return next((each for each in reversed(everything()) if each.id == kind_id), None)


def _label(kind_id: str) -> str:
    found = _newest(kind_id)
    return found.label if found else words("values").unknown_form


def summary(kind: Kind | None, form: dict[str, Any]) -> str:
    """One line: the figures people look for first."""
    w = words("archive").summary
    parts: list[str] = []
    if "sbp" in form and "dbp" in form:
        parts.append(w.pressure(high=form["sbp"], low=form["dbp"]))
    glucose = kind.field("fpg") if kind else None
    if glucose is not None and isinstance(form.get("fpg"), int):
        parts.append(w.glucose(value=values.field_text(glucose, form["fpg"])))
    vaccine = kind.field("vaccine") if kind else None
    if vaccine is not None and "vaccine" in form and "dose_no" in form:
        said = form.get("vaccine_name") or values.field_text(vaccine, form["vaccine"])
        parts.append(w.dose(vaccine=said, n=form["dose_no"]))
    if isinstance(form.get("next_date"), str):
        parts.append(w.next(day=form["next_date"]))
    return words("values").comma.join(parts)
