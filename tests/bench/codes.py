"""Codes of checkup days: how many one core proves a second, and how long a thousand cards take from
their ids to the printed sheet; no database, no network.
"""

from datetime import UTC, datetime
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import Final

from crypto.card import CardType, Outcome, Trust, check, digits_of, key_id_of, seal_card, text_of
from crypto.keys import SigningKeyPair, Suite
from server.pages.card_sheet import Face, draw, paper_of
from tests.bench.figures import Report, say

_ROUNDS, _ROUNDS_QUICK = 5, 1
_CODES, _CODES_QUICK = 400, 40
_CARDS, _CARDS_QUICK = 1_000, 20
_ENDS_S, _NOW_S = 2_000_000_000, 1_900_000_000
_SIGNS: Final = "谷雨霜降白露立冬清明芒种小满大寒𠮷㛃䶮伟芳秀英军敏杰磊静丽勇艳强"
_FAMILIES: Final = "周吴郑王杨苏谢秦何陈马田鲁"


def run(report: Report) -> None:
    key = SigningKeyPair.from_private(Suite.X25519_ED25519, bytes([9]) * 32)
    much = (_ROUNDS, _CODES) if report.timed else (_ROUNDS_QUICK, _CODES_QUICK)
    report.figure("code_verify_per_s", _verified(key, *much), "codes/s")
    count = _CARDS if report.timed else _CARDS_QUICK
    wall, cpu, size = _printed(key, count)
    report.figure(
        "cards_1000_s",
        wall * _CARDS / count,
        "s",
        cpu=cpu * _CARDS / count,
        cards=count,
        bytes=size,
    )
    say(f"{count} cards: {wall:.1f} s, of it {cpu:.1f} s of processor time")


def _text(key: SigningKeyPair, n: int) -> str:
    return text_of(seal_card(CardType.CARD, n.to_bytes(16), _ENDS_S, signer=key))


def _verified(key: SigningKeyPair, rounds: int, codes: int) -> float:
    """The best of some rounds, in processor time; every code is another one."""
    texts = [_text(key, n) for n in range(codes)]
    revoked = frozenset(n.to_bytes(16) for n in range(10_000, 11_000))
    trust = Trust({key_id_of(key.public): key.public}, revoked)
    best = float("inf")
    for _ in range(rounds):
        began = process_time()
        for text in texts:
            outcome, _ = check(text, trust, now_s=_NOW_S)
            assert outcome is Outcome.VALID
        best = min(best, process_time() - began)
    return codes / best


def _printed(key: SigningKeyPair, count: int) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of the processor, bytes of the file."""
    wall, cpu = perf_counter(), process_time()
    names = islice(cycle(f"{a}{b}{c}" for a in _FAMILIES for b in _SIGNS for c in _SIGNS), count)
    faces = [
        Face(
            name=name, born="1955 年生", facility="青禾镇卫生院", text=_text(key, n),
            digits=digits_of(n.to_bytes(16)), until="有效期到 2028年11月21日",
        )
        for n, name in enumerate(names)
    ]  # fmt: skip
    paper = paper_of(datetime(2026, 11, 22, tzinfo=UTC))
    draw(paper, faces)
    raw = paper.done()
    return perf_counter() - wall, process_time() - cpu, len(raw)
