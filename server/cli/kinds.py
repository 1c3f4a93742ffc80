"""`kinds`: the forms of the catalogue, one of them, and all of them as JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from server.cli.show import Column, as_json, echo_json, listing
from server.errors import StartRefused
from server.records import export as exporting
from server.records.kinds import UnknownKind, everything, get
from server.records.model import (
    Code,
    Codes,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Scaled,
    decimal_text,
)
from server.records.upcast import newest
from server.rules.catalogue import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One form in one version."""

    kind: str
    version: int
    label: str
    cls: str
    shape: str
    valid_from: str
    valid_until: str
    fields: int
    checks: int
    computed: int
    draft: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One field of a form."""

    field: str
    label: str
    type: str
    required: str
    cls: str
    resident: str
    std: str


LIST: Final = {
    "kind": Column(heading="kind"),
    "version": Column(heading="v"),
    "label": Column(heading="form", words=16),
    "cls": Column(heading="class"),
    "shape": Column(heading="shape", roomy=True),
    "valid_from": Column(heading="from", roomy=True),
    "valid_until": Column(heading="until", roomy=True),
    "fields": Column(heading="fields"),
    "checks": Column(heading="checks", roomy=True),
    "computed": Column(heading="computed", roomy=True),
    "draft": Column(heading="draft"),
}
SHOW: Final = {
    "field": Column(heading="field"),
    "label": Column(heading="label", words=10),
    "type": Column(heading="type", words=24),
    "required": Column(heading="required"),
    "cls": Column(heading="class"),
    "resident": Column(heading="resident may", roomy=True),
    "std": Column(heading="element", roomy=True),
}


@click.group()
def kinds() -> None:
    """The forms: fields, codes, bounds, checks, computed values."""


@kinds.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every form in every version.

    \b
    Example:
      python -m server kinds list
    """
    rows = [_line(kind) for kind in everything()]
    listing(rows, as_json=as_json, title="Forms", columns=LIST)


@kinds.command()
@click.argument("kind")
@click.option("--version", type=int, help="The newest otherwise.")
@as_json
def show(kind: str, version: int | None, as_json: bool) -> None:
    """Show one form: its fields in their order, then what it checks and computes.

    \b
    Example:
      python -m server kinds show htn_followup
      python -m server kinds show referral --version 1
    """
    found = _kind(kind, version)
    if as_json:
        echo_json(exporting.told(found))
        return
    title = f"{found.id} version {found.version}: {found.label}"
    rows = [_asked(each) for each in found.fields]
    listing(rows, as_json=False, title=title, columns=SHOW)
    for check in found.checks:
        click.echo(f"  {'asks' if check.warn else 'refuses'}  {check.place()}: {check.sentence_zh}")
    for each in found.computed:
        into = f" -> {each.fills}" if each.fills else ""
        click.echo(f"  computes  {each.name}{into}: {each.label} ({each.source})")


@kinds.command()
@click.option("--json-schema", is_flag=True, help="JSON Schema 2020-12 instead of the catalogue.")
@click.option("--kind", "kind_id", help="Only this form, in its newest version.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else to the screen."
)
def export(json_schema: bool, kind_id: str | None, output: Path | None) -> None:
    """Write the catalogue as JSON: for the tablet's app, or as JSON Schema for others.

    The same catalogue is always the same bytes; `hash` names its content.

    \b
    Example:
      python -m server kinds export --output catalogue.json
      python -m server kinds export --json-schema --kind htn_followup
    """
    text = exporting.text(_content(json_schema, kind_id))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise StartRefused(f"{output} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {output}, {len(text.encode())} bytes.")


def _content(json_schema: bool, kind_id: str | None) -> Any:
    if json_schema:
        if kind_id is not None:
            return exporting.schema(_kind(kind_id, None))
        return {f"{kind.id}/{kind.version}": exporting.schema(kind) for kind in everything()}
    return exporting.told(_kind(kind_id, None)) if kind_id is not None else whole()


def _kind(kind_id: str, version: int | None) -> Kind:
    try:
        return get(kind_id, newest(kind_id) if version is None else version)
    except UnknownKind:
        wanted = kind_id if version is None else f"{kind_id} version {version}"
        raise StartRefused(
            f"There is no form {wanted}; `python -m server kinds list` names all."
        ) from None


def _line(kind: Kind) -> Line:
    return Line(
        kind=kind.id, version=kind.version, label=kind.label, cls=kind.access.value,
        shape=kind.shape.value, valid_from=kind.valid_from.isoformat(),
        valid_until=kind.valid_until.isoformat() if kind.valid_until else "",
        fields=len(kind.fields), checks=len(kind.checks), computed=len(kind.computed),
        draft="draft" if kind.draft else "",
    )  # fmt: skip


def _asked(each: Field) -> Asked:
    return Asked(
        field=each.name, label=each.label, type=_type(each.type),
        required="yes" if each.required else "", cls=each.access.value,
        resident=each.resident.value, std=each.std or "",
    )  # fmt: skip


def _type(kind: FieldType) -> str:
    match kind:
        case Code(codes) | Codes(codes):
            return "; ".join(f"{code} {label}" for code, label in codes.items())
        case Int() | Scaled():
            places = kind.places if isinstance(kind, Scaled) else 0
            low, high = decimal_text(kind.low, places), decimal_text(kind.high, places)
            return f"{low} to {high} {kind.unit}".rstrip()
        case ListOf(fields, most):
            return f"at most {most}: {', '.join(each.name for each in fields)}"
        case _:
            return type(kind).__name__.lower()
