"""Where the documents contradict each other or themselves, and what stands here instead."""

from typing import Final

CONTRADICTIONS: Final = (
    (
        "C1",
        "Qinghai: appraisal scheme by the end of February (2(2)) and of June (annex 2)",
        "no table of a Qinghai county yet: two days in its `[dates]`, the alarm at the earlier one",
    ),
    (
        "C2",
        "Qinghai: the community's own scheme by the end of June and of March",
        "as C1",
    ),
    (
        "C3",
        'Qinghai: "every half year" and 31 July, 31 December',
        "as C1, by the days",
    ),
    (
        "C4",
        "Taiyuan: a year between two changes of facility; Jiulongpo: nothing",
        "`switch.interval_years`, a default of one where nothing is said",
    ),
    (
        "C5",
        "Jiulongpo: two services that fit are one; Huancui: several diseases in one visit",
        "all forms are filled; `money.combined_visit_paid_once`, empty in Huancui",
    ),
    (
        "C6",
        "Huancui: Shandong edition of 2017 and third national edition",
        "`versions.specification`",
    ),
    (
        "C7",
        "Huancui annex 2: one facility's standard coverage, and the base of archives in use",
        "`huancui-2024-facilities.csv` as published; `targets.I04` names its base",
    ),
    (
        "C8",
        "Huancui: 19 transferred projects in a title, 6 in the list",
        "not the business of this system",
    ),
    (
        "C9",
        "Taiyuan: which of the last three counties loses 10 %",
        "`money.bottom_cut_last_first`, a default: the last",
    ),
    (
        "C10",
        "Huancui: 0-6 years, under 7, under 3",
        "three `[bands]`",
    ),
    (
        "C11",
        'Wuhai: 2,000 people "per" team',
        "`people.panel_max`",
    ),
    (
        "C12",
        "Huancui: not less than 40 % for village rooms, and about 40 %",
        "`money.village_share`: a share below it is reported, nothing is refused",
    ),
)
"""(number, what contradicts what, the parameter or decision)."""
