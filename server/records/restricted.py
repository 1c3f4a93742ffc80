"""Diagnoses that are class B wherever they appear.

Class follows the fact: a diagnosis code that reveals severe mental disorder, tuberculosis, HIV,
syphilis or another notifiable disease must not stand in an open field.
"""

from typing import Final

RESTRICTED_ICD10: Final = (
    *("F20", "F21", "F22", "F23", "F24", "F25", "F28", "F29", "F30", "F31"),
    *("A15", "A16", "A17", "A18", "A19", "B90"),
    *("B20", "B21", "B22", "B23", "B24", "Z21"),
    *("A50", "A51", "A52", "A53", "A54"),
    *("B15", "B16", "B17", "B18", "B19", "Z22.5"),
    *("A00", "A01", "A03", "A06", "A20", "A22", "A23", "A27", "A30", "A33", "A36", "A37", "A38"),
    *("A39", "A80", "A82", "A83.0", "A90", "A91", "A98.5", "B05", "B50", "B51", "B52", "B53"),
    *("B54", "B65", "J09", "U04", "U07.1"),
)
"""Severe mental disorder; tuberculosis; HIV; syphilis and gonorrhoea; viral hepatitis; the other
diseases of classes A and B of the law on infectious diseases (法定甲类、乙类传染病)."""
