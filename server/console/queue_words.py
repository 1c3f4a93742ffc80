"""What a line of a queue says: matter, content, from whom. Neutral words only."""

from server.actions.queues.queue_lines import About, Line
from server.console.words import Words, words
from server.pages.values import cell_label, form_label, plain_day
from sync.reconcile import Reason

NAMED = 3  # fields that a line names before it counts


def matter(kind: str) -> str:
    """事项: what kind of work it is."""
    return words("queue").kinds.get(kind, kind)


def fields_text(about: About) -> str:
    """过敏史、饮酒; more than three are counted, restricted ones are not named."""
    w = words("queue")
    labels = list(dict.fromkeys(cell_label(cell) for cell in about.cells))
    if about.hidden:
        labels.append(w.hidden)
    shown = w.and_.join(labels[:NAMED])
    return w.and_more(fields=shown, n=len(labels)) if len(labels) > NAMED else shown


def every_field(about: About) -> str:
    """All of them by label; the restricted ones as one, without a label."""
    w = words("queue")
    labels = dict.fromkeys(cell_label(cell) for cell in about.cells)
    return w.and_.join([*labels, *([w.hidden] if about.hidden else [])])


def reason_text(reason: str) -> str:
    """Why a change was not simply applied, in words."""
    return words("queue").reasons.get(reason)


def why_text(about: About) -> str:
    """Why a task's change waits. Of a restricted record it is not said that it is first written in
    another system: where few kinds are, that names the condition.
    """
    if about.event and not about.form and about.reason == Reason.ELSEWHERE:
        return ""
    return reason_text(about.reason)


def content(line: Line) -> str:
    """内容 in one line."""
    w, about = words("queue"), line.about
    said = w.say.get(line.task.kind)
    what = _what(about, w)
    if about.event and line.task.kind in ("correction", "appeal"):
        said = w.say_without.get(line.task.kind)
    if ("{what}" in said and not what) or ("{ground}" in said and not about.ground) or not said:
        said = w.say_without.get(line.task.kind)
    text = said.format(what=what, ground=about.ground)
    why = why_text(about) if line.task.kind != "conflict" else ""
    return w.because(text=text, why=why) if why else text


def _what(about: About, w: Words) -> str:
    if about.event:
        form = form_label(about.form) if about.form else w.restricted_form
        return w.record(form=form, day=plain_day(about.day)) if about.day else form
    return fields_text(about)


def source(line: Line) -> str:
    """来自: tablets for a conflict, else a person."""
    w = words("queue")
    if line.task.kind == "conflict" and line.tablets:
        return tablets(line)
    if line.author == "resident":
        return w.resident_self
    if line.staff:
        return w.and_.join(line.staff)
    return tablets(line) if line.tablets else w.server


def tablets(line: Line) -> str:
    """平板 07、11; a label that says it is one stands alone."""
    w = words("queue")
    joined = w.and_.join(line.tablets)
    return joined if w.tablet in joined else w.tablets(labels=joined)
