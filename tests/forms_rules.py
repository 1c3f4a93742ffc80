"""When a check between fields finds fault, in words, for docs/FORMS.md.

Checks that many forms make are told by their names; the others stand in RULES. A check of one
question with given answers is asked for each answer, so its row cannot differ from the code.
"""

from collections.abc import Mapping
from typing import Final

from server.records.between import asked
from server.records.infectious_diseases import STAGED, UNNAMED
from server.records.model import Check, Code, Kind
from server.records.restricted import RESTRICTED_ICD10
from server.records.vaccines import LIVE, MIN_AGE_MONTHS

_OLDEST: Final = "; ".join(
    f"{name} {' '.join(str(age) for age in ages)}" for name, ages in MIN_AGE_MONTHS.items()
)
_MONTHS_LATER: Final = "the same day of a later month, or its last day where there is no such day"

RULES: Final[Mapping[str, str]] = {
    "id_number_is_one": "`id_type` is 01 (citizen) or 05 (Hong Kong, Macao, Taiwan; 81, 82, 83) "
    "and `id_no` is no GB 11643 number of such a holder",
    "birth_as_in_id_number": "`id_type` is 01 or 05, `id_no` valid, and its birth date another",
    "sex_as_in_id_number": "`id_type` is 01 or 05, `id_no` valid, and its sex another",
    "age_is_possible": "year of `on` less year of `birth_date` is above 130",
    "lived_here_since_birth": "`residence_since` is before `birth_date`",
    "phone_asked": "always",
    "no_disease_beside_diseases": "several items, one of them with code 1",
    "next_after_visit": "`next_date` is not after `on`",
    "next_within_three_months": "`class` is 1 and `next_date` more than 92 days after `on`",
    "next_within_two_weeks": "`class` is not 1 and `next_date` more than 14 days after `on`",
    "emergency_is_referred": "`sbp` >= 180 or `dbp` >= 110",
    "glucose_emergency_is_referred": "`fpg` >= 167 or <= 39",
    "open_diagnoses_reveal_nothing": "an item's `code` begins with one of "
    f"{' '.join(RESTRICTED_ICD10)}",
    "reason_given": "always",
    "one_arm_measured": "always",
    "bilirubin_fits": "`dbil` > `tbil`",
    "inpatient_days_fit": "an item's `out_date` is before its `in_date`",
    "home_bed_days_fit": "an item's `out_date` is before its `in_date`",
    "feedback_after_check": "`feedback_date` is before `on`",
    # The elderly.
    "of_an_elder": "year of `on` less year of birth is below 65",
    # COPD.
    "family_risk_fits": "`risk_factors` has 8 and `family_hx` is 2",
    "low_oxygen_is_referred": "`spo2` is below 90",
    "hospital_within_all": "`exac_hosp` > `exac`",
    # Children.
    "yellow_somewhere": "`face` is 2 and `jaundice` has 1",
    "screening_fits": "`disease_screen` has 2 and another",
    "weight_kept": "`now_weight` x 10 < `birth_weight` x 9",
    "of_a_newborn": "`on` is more than 42 days after birth",
    "born_before_onset": "`onset` is before birth",
    "signs_of_this_age": "a sign of `dev_warn` other than 0 does not begin with `age_slot`",
    "age_as_slot": "`on` is outside the slot: 1m is 28 to 42 days after birth; another m is the "
    f"day of so many months ({_MONTHS_LATER}) to 29 days later; y is so many full years",
    "vision_l_on_a_chart": "`vision_l` is above 20 and below 40",
    "vision_r_on_a_chart": "`vision_r` is above 20 and below 40",
    "caries_within_teeth": "`caries` > `teeth`",
    "age_as_month": "`on` is before the day of so many months or not before that of one more "
    f"({_MONTHS_LATER})",
    # Pregnancy and birth.
    "of_a_woman": "the resident's sex is 1",
    "due_not_long_ago": "`on` is more than 14 days after `edd`",
    "pregnancies_add_up": "`gravida` < 1 + `para_vaginal` + `para_caesarean` + `lost_early` + "
    "`lost_induced`",
    "booked_early": "`gest_week` >= 13",
    "position_due_from_28_weeks": "`kind` is 1 and `gest_week` >= 28",
    "class_fits_heart": "`class` is 1 and `fhr` is below 110 or above 160",
    "class_fits_protein": "`class` is 1 and `urine_pro` is neither 0 nor 1",
    "postpartum_42.class_fits_pressure": "`class` is 1 and (`sbp` >= 140 or `dbp` >= 90)",
    "visited_soon": "`on` is more than 42 days after `delivery_date`",
    "days_42_to_56": "`on` is not 42 to 56 days after `delivery_date`",
    "closed_when_well": "`class` is 2 and `disposal` is 1",
    # Vaccination.
    "not_expired": "`expiry` is before `on`",
    "old_enough": "`on` is before the day of so many months of age, by vaccine and dose: "
    f"{_OLDEST} ({_MONTHS_LATER})",
    "within_the_series": "`dose_no` is above the number of doses listed at `old_enough`",
    "hpv_is_for_girls": "`vaccine` is 2vhpv and the resident's sex is 1",
    "route_of_vaccine": "`vaccine` is bopv and `route` is not 4, or `vaccine` is another than "
    "other and `route` is 4",
    "site_of_route": "one of `site` 5 and `route` 4 without the other",
    "bcg_into_the_skin": "`vaccine` is bcg and `route` is not 3",
    "observed_half_an_hour": "`observed_until` is less than 30 minutes after `time`",
    "no_live_vaccine_when_ill": f"`vaccine` is one of {' '.join(sorted(LIVE))} and `precheck` has "
    "2 or 8",
    # Contract.
    "a_year_at_least": "`end` is before the day before `begin` + 12 months",
    "three_years_at_most": "`end` is after the day before `begin` + 36 months",
    "begins_after_signing": "`begin` is before `sign_date`",
    "signed_by_now": "`sign_date` is after `on`",
    "shares_add_up": "the sum of the items' `price` is not `paid_insurance` + `paid_public` + "
    "`paid_own`",
    "general_alone": "`group` has 9 and another",
    # Restricted services.
    "no_act_beside_acts": "several items, one of them with code 7",
    "acts_are_counted": "an item with another code than 7 has no `times`",
    "onset_before_diagnosis": "`onset` is after the month of `diagnosed_on`",
    "not_met_when_lost": "`class` is not 0",
    "next_by_class": "`next_date` is more days after `on` than 14 (class 1), 31 (2), 92 (3)",
    "visited_in_72_hours": "`on` is more than 3 days after `notified_on`",
    "doses_within_due": "`done_doses` > `due_doses`",
    "child_has_a_parent": "the resident has not had a 15th birthday by `on`",
    "acute_or_chronic": f"`disease` is one of {' '.join(sorted(STAGED))}",
    "disease_is_named": f"`disease` is one of {' '.join(sorted(UNNAMED))}",
    # Work of a facility.
    "reported_after": "`report_date` is before `on`",
    "photos_counted": "`photo_count` is below the number of items",
}


def answers_asked(kind: Kind, check: Check) -> str:
    """For a check of one question with given answers: which of them it finds fault with."""
    name = check.needs[0]
    field = kind.field(name)
    if len(check.needs) != 1 or field is None or not isinstance(field.type, Code):
        raise KeyError(check.name)
    found = [code for code in field.type.codes if asked(check)(code)]
    return f"`{name}` is {'one of ' if len(found) > 1 else ''}{' '.join(found)}"
