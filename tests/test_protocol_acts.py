"""What sync/PROTOCOL.md 5.2 says of acts is what the code knows of them."""

from server.records import acts
from server.rules.assisted import NOT_DONE
from tests.test_protocol_doc import names, section


def test_every_reason_why_an_act_was_not_done_stands_there() -> None:
    part = section("5.2 Acts").partition("| not done |")[2]
    assert set(names("| not done |" + part)) == NOT_DONE


def test_every_act_stands_there_with_what_it_needs() -> None:
    part = section("5.2 Acts").partition("| not done |")[0]
    assert names(part) == [kind.id for kind in acts.ALL]
