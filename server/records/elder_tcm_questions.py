"""The 33 questions on constitution (老年人中医药健康管理服务记录表), and how they are scored.

Each answer is 1 to 5. Nine types have four or five questions each; four questions of the balanced
type count backwards (6 less the answer). Source: the national specification, third edition.
"""

from collections.abc import Mapping
from typing import Final

OFTEN: Final = {"1": "没有", "2": "很少", "3": "有时", "4": "经常", "5": "总是"}
_WEIGHT: Final = {
    "1": "BMI＜24",
    "2": "24≤BMI＜25",
    "3": "25≤BMI＜26",
    "4": "26≤BMI＜28",
    "5": "BMI≥28",
}
# The source leaves a gap between six and eight colds a year; seven is counted with "often".
_COLDS: Final = {
    "1": "一年＜2 次",
    "2": "一年感冒 2～4 次",
    "3": "一年感冒 5～6 次",
    "4": "一年 7 次以上",
    "5": "几乎每月",
}
_ALLERGIES: Final = {
    "1": "从来没有",
    "2": "一年 1、2 次",
    "3": "一年 3、4 次",
    "4": "一年 5、6 次",
    "5": "每次遇到上述原因都过敏",
}
_WAIST: Final = {
    "1": "腹围＜80 cm，相当于 2.4 尺",
    "2": "腹围 80～85 cm，2.4～2.55 尺",
    "3": "腹围 86～90 cm，2.56～2.7 尺",
    "4": "腹围 91～105 cm，2.71～3.15 尺",
    "5": "腹围＞105 cm，3.15 尺以上",
}
ANSWERS: Final[Mapping[int, Mapping[str, str]]] = {
    9: _WEIGHT,
    14: _COLDS,
    17: _ALLERGIES,
    28: _WAIST,
}
"""The answers of the questions that are not asked by how often; the others have OFTEN."""

QUESTIONS: Final = (
    "您精力充沛吗？（指精神头足，乐于做事）",
    "您容易疲乏吗？（指体力如何，是否稍微活动一下或做一点家务劳动就感到累）",
    "您容易气短，呼吸短促，接不上气吗？",
    "您说话声音低弱无力吗？（指说话没有力气）",
    "您感到闷闷不乐、情绪低沉吗？（指心情不愉快，情绪低落）",
    "您容易精神紧张、焦虑不安吗？（指遇事是否心情紧张）",
    "您因为生活状态改变而感到孤独、失落吗？",
    "您容易感到害怕或受到惊吓吗？",
    "您感到身体超重不轻松吗？（感觉身体沉重，按体质指数）",
    "您眼睛干涩吗？",
    "您手脚发凉吗？（不包含因周围温度低或穿的少导致的手脚发冷）",
    "您胃脘部、背部或腰膝部怕冷吗？（有一处或多处怕冷）",
    "您比一般人耐受不了寒冷吗？（比别人容易害怕冬天或是夏天的冷空调、电扇等）",
    "您容易患感冒吗？（指每年感冒的次数）",
    "您没有感冒时也会鼻塞、流鼻涕吗？",
    "您有口粘口腻，或睡眠打鼾吗？",
    "您容易过敏（对药物、食物、气味、花粉或在季节交替、气候变化时）吗？",
    "您的皮肤容易起荨麻疹吗？（包括风团、风疹块、风疙瘩）",
    "您的皮肤在不知不觉中会出现青紫瘀斑、皮下出血吗？",
    "您的皮肤一抓就红，并出现抓痕吗？",
    "您皮肤或口唇干吗？",
    "您有肢体麻木或固定部位疼痛的感觉吗？",
    "您面部或鼻部有油腻感或者油亮发光吗？",
    "您面色或目眶晦黯，或出现褐色斑块、斑点吗？",
    "您有皮肤湿疹、疮疖吗？",
    "您感到口干咽燥、总想喝水吗？",
    "您感到口苦或嘴里有异味吗？（指口苦或口臭）",
    "您腹部肥大吗？（指腹部脂肪肥厚）",
    "您吃（喝）凉的东西会感到不舒服或者怕吃（喝）凉的东西吗？",
    "您有大便黏滞不爽、解不尽的感觉吗？",
    "您容易大便干燥吗？",
    "您舌苔厚腻或有舌苔厚厚的感觉吗？（可由调查员观察后填写）",
    "您舌下静脉瘀紫或增粗吗？（可由调查员辅助观察后填写）",
)

BALANCED: Final = "balanced"
TYPES: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "qi": ("气虚质", (2, 3, 4, 14)),
    "yang": ("阳虚质", (11, 12, 13, 29)),
    "yin": ("阴虚质", (10, 21, 26, 31)),
    "phlegm": ("痰湿质", (9, 16, 28, 32)),
    "damp": ("湿热质", (23, 25, 27, 30)),
    "blood": ("血瘀质", (19, 22, 24, 33)),
    "gloom": ("气郁质", (5, 6, 7, 8)),
    "special": ("特禀质", (15, 17, 18, 20)),
    BALANCED: ("平和质", (1, 2, 4, 5, 13)),
}
"""Type -> (label, the questions that count)."""
BACKWARDS: Final = frozenset({2, 4, 5, 13})
"""Questions that count as 6 less the answer, for the balanced type."""
