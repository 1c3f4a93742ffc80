"""Pages of the desk as a browser without a script would fill them in and send them."""

import re
from typing import Any

import httpx

from server.console.desk_form import SERVICE_DAY
from tests.console import Desk, text_of
from tests.world import (
    SU,
)

HTN = {
    "mode": "2", "symptoms": ["1"], "sbp": "138", "dbp": "84", "weight": "70.5",
    "weight_target": "68", "bmi": "24.8", "bmi_target": "23.9", "heart_rate": "76",
    "smoke_now": "10", "smoke_target": "5", "drink_now": "1.5", "drink_target": "1",
    "exercise_freq_now": "3", "exercise_min_now": "30", "exercise_freq_target": "5",
    "exercise_min_target": "30", "salt_now": "2", "salt_target": "1", "psych": "1",
    "compliance": "1", "med_adherence": "1", "adr": "1", "class": "1",
    "next_date": "2027-02-18", "doctor": SU.hex(), SERVICE_DAY: "2026-11-20",
    "meds.0.name": "氨氯地平", "meds.0.times_per_day": "1", "meds.0.dose": "5mg",
}  # fmt: skip


async def found(who: Desk, query: str) -> str:
    return text_of(await who.post("/console/people", q=query))


def page_of(who: bytes, rest: str = "") -> str:
    return f"/console/archive/{who.hex()}{rest}"


def hidden(page: httpx.Response, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert match, name
    return match[1].replace("&#34;", '"').replace("&amp;", "&")


async def fill(who: Desk, resident: bytes, **changes: Any) -> httpx.Response:
    """Opens the follow-up and sends it filled in."""
    page = await who.get(page_of(resident, "/form/htn_followup"))
    typed = {**HTN, "change": hidden(page, "change"), **changes}
    return await who.post(page_of(resident, "/form/htn_followup"), typed)


def everything_typed(page: httpx.Response) -> dict[str, Any]:
    """The form as a browser would send it back, nothing touched."""
    form = page.text.partition('class="form desk-form"')[2].partition("</form>")[0]
    typed: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        ticked = 'type="radio"' not in tag and 'type="checkbox"' not in tag
        if name and name[1] != "csrf" and (ticked or " checked" in tag):
            plain = (value[1] if value else "").replace("&#34;", '"').replace("&amp;", "&")
            typed.setdefault(name[1], []).append(plain)
    for name, inside in re.findall(
        r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        typed[name] = [chosen[1] if chosen else ""]
    for name, text in re.findall(
        r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        typed[name] = [text]
    return typed
