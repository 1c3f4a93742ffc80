"""Refusals: a stable code, an HTTP status, one sentence for the person, what to do next. Nothing
secret, no content.

The class docstring is for the reader of the code; `say` is what people read (Chinese), `hint`
what the operator reads.
"""

from typing import ClassVar


class Refusal(Exception):
    """The request was understood and cannot be done."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    say: ClassVar[str] = "这件事现在办不了。"
    hint: ClassVar[str] = "See the log line with the same request id."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail


class NotAnEnvelope(Refusal):
    """Before a valid signature every fault looks the same from outside; the kind is in the log
    only.
    """

    code = "not_an_envelope"
    status = 400
    say = "服务器读不懂这次上传。记录都在本机，请联系县里的管理员。"
    hint = "Check that the tablet is enrolled here and that nothing rewrites the traffic."


class TooLarge(Refusal):
    code = "too_large"
    status = 413
    say = "这次上传太大，平板会自动分成小份再传。"
    hint = "Cut the batch smaller; the limit is sync.limits.ENVELOPE_BYTES."


class NoSuchAttachment(Refusal):
    """Slip, key, device or id not good here: one answer for all; the kind is in the log only."""

    code = "no_such_attachment"
    status = 403
    say = "服务器现在不收这张照片。照片都在本机，记录传上去以后会自动再传。"
    hint = "The tablet sends the change that names it first; a copied slip or id is good nowhere."


class OutOfStep(Refusal):
    """Not the next piece of the file."""

    code = "out_of_step"
    status = 409
    say = "照片传到一半，平板会从断开的地方接着传。"
    hint = "HEAD tells how much is there; the next piece begins at that place."


class TooMuchWaiting(Refusal):
    """More has arrived of pictures that are not whole than one tablet may leave."""

    code = "too_much_waiting"
    status = 429
    say = "还有照片没有传完，平板会先把它们传完。"
    hint = "The limit is sync.limits.ATTACHMENTS_WAITING_BYTES."


class EnrolRefused(Refusal):
    """Wrong, used up, expired or unknown code: one answer for all."""

    code = "enrol_refused"
    status = 403
    say = "这个登记码不能用。请管理员重新发一个，10 分钟内有效。"
    hint = "Make a new code: python -m server device enrol"


class WrongDigits(EnrolRefused):
    """The six digits typed at the console are not those of the tablet. Never said to a tablet."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("wrong_digits")
        self.tries_left = tries_left


class Busy(Refusal):
    code = "busy"
    status = 503
    say = "服务器正忙，平板稍后会自动再传，记录不会丢。"
    hint = "Retry after the given seconds."


class NoRoom(Refusal):
    """The disk of the database is full: nothing of the transaction is there."""

    code = "no_room"
    status = 503
    say = (
        "服务器的磁盘满了，这一步没有做成，也没有留下一半。请告诉县里的管理员，腾出空间后再做一次。"
    )
    hint = "Make room on the disk of the database; tablets and lists that are read in go on alone."


class NotFound(Refusal):
    code = "not_found"
    status = 404
    say = "没有找到。请核对编号。"
    hint = "Check the id; ids are 32 hex digits."


class NotAllowed(Refusal):
    code = "not_allowed"
    status = 403
    say = "这份档案不在您的管理范围。要看，请先说明为什么。"
    hint = "The access gate denied this opening; the attempt is logged."


class NotYours(Refusal):
    """The role may not, or the id belongs to another place in the tree: one answer for both."""

    code = "not_yours"
    status = 403
    say = "这一页不归您的岗位或机构。"
    hint = "Roles and places: docs/OPERATIONS.md, The console."


class RuleSaysNo(Refusal):
    """A rule answered with an outcome that is not the one asked for; `detail` names the outcome."""

    code = "rule_says_no"
    status = 409
    say = "按规定现在不能办。"
    hint = "The named outcome says why and from when."


class StartRefused(Refusal):
    """The server does not start, or a command does not run, as things stand."""

    code = "cannot_start"
    status = 500
    say = "服务器没有启动。"
    hint = "The sentence says what to change."
