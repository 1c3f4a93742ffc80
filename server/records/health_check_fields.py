"""The answers of the health check, paragraph by paragraph as on paper."""

from dataclasses import replace
from typing import Final

from server.records.followup import ADHERENCE
from server.records.form_parts import HEIGHT, NO_YES, TEMPERATURE
from server.records.model import (
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    ListOf,
    Scaled,
    Text,
)

_NORMAL: Final = {"1": "正常", "2": "异常"}
_FOUND: Final = {"1": "未发现", "2": "有"}
_NEGATIVE: Final = {"1": "阴性", "2": "阳性"}
_STRIP: Final = {"0": "-", "1": "±", "2": "+", "3": "++", "4": "+++", "5": "++++"}


def _must(name: str, label: str, kind: FieldType) -> Field:
    return Field(name, label, kind, required=True)


def _code(name: str, label: str, *answers: str) -> Field:
    """A question that is always asked; its answers are numbered 1, 2, 3, ... as on paper."""
    return _must(name, label, Code(_numbered(answers)))


def _codes(name: str, label: str, *answers: str, none: str = "1") -> tuple[Field, ...]:
    """Several answers, the first of them excluding the others, and a text for what is missing."""
    return (
        _must(name, label, Codes(_numbered(answers), none=none)),
        Field(f"{name}_other", f"其他{label}", Text(1, 200)),
    )


def _numbered(answers: tuple[str, ...]) -> dict[str, str]:
    return {str(number): answer for number, answer in enumerate(answers, start=1)}


def _maybe(name: str, label: str, kind: FieldType) -> Field:
    return Field(name, label, kind)


def _with_text(name: str, label: str, codes: dict[str, str]) -> tuple[Field, ...]:
    return (
        _maybe(name, label, Code(codes)),
        _maybe(f"{name}_text", f"{label}说明", Text(1, 500)),
    )


_SYMPTOMS: Final = [
    "无症状",
    "头痛",
    "头晕",
    "心悸",
    "胸闷",
    "胸痛",
    "慢性咳嗽",
    "咳痰",
    "呼吸困难",
    "多饮",
    "多尿",
    "体重下降",
    "乏力",
    "关节肿痛",
    "视力模糊",
    "手脚麻木",
    "尿急",
    "尿痛",
    "便秘",
    "腹泻",
    "恶心呕吐",
    "眼花",
    "耳鸣",
    "乳房胀痛",
    "其他",
]

_GENERAL: Final = (
    *_codes("symptoms", "症状", *_SYMPTOMS),
    _must("temp", "体温", TEMPERATURE),
    _must("pulse", "脉率", Int(30, 220, 45, 130, "次/分")),
    _must("resp", "呼吸频率", Int(8, 60, 12, 30, "次/分")),
    _maybe("bp_l_sys", "左侧收缩压", Int(60, 260, 90, 179, "mmHg")),
    _maybe("bp_l_dia", "左侧舒张压", Int(30, 160, 50, 109, "mmHg")),
    _maybe("bp_r_sys", "右侧收缩压", Int(60, 260, 90, 179, "mmHg")),
    _maybe("bp_r_dia", "右侧舒张压", Int(30, 160, 50, 109, "mmHg")),
    _must("height", "身高", HEIGHT),
    _must("weight", "体重", Scaled(1, 20, 2500, 60, 1500, "kg")),
    _must("waist", "腰围", Scaled(1, 400, 1800, 450, 1400, "cm")),
    _must("bmi", "体质指数", Scaled(1, 100, 600, 140, 400, "kg/m²")),
    _maybe(
        "elder_health_self",
        "老年人健康状态自我评估",
        Code(_numbered(("满意", "基本满意", "说不清楚", "不太满意", "不满意"))),
    ),
    _maybe(
        "elder_selfcare",
        "老年人生活自理能力自我评估",
        Code(
            _numbered(
                (
                    "可自理（0～3 分）",
                    "轻度依赖（4～8 分）",
                    "中度依赖（9～18 分）",
                    "不能自理（19 分及以上）",
                )
            )
        ),
    ),
    _maybe("elder_cognition", "老年人认知功能粗筛", Code({"1": "粗筛阴性", "2": "粗筛阳性"})),
    _maybe("elder_cognition_score", "简易智力状态检查得分", Int(0, 30, unit="分")),
    _maybe("elder_emotion", "老年人情感状态粗筛", Code({"1": "粗筛阴性", "2": "粗筛阳性"})),
    _maybe("elder_emotion_score", "老年人抑郁评分", Int(0, 30, unit="分")),
)
_LIFESTYLE: Final = (
    _code("exercise_freq", "锻炼频率", "每天", "每周一次以上", "偶尔", "不锻炼"),
    _maybe("exercise_min", "每次锻炼时间", Int(0, 360, 0, 240, "分钟")),
    _maybe("exercise_years", "坚持锻炼时间", Int(0, 100, unit="年")),
    _maybe("exercise_way", "锻炼方式", Text(1, 50)),
    _must(
        "diet",
        "饮食习惯",
        Codes(_numbered(("荤素均衡", "荤食为主", "素食为主", "嗜盐", "嗜油", "嗜糖"))),
    ),
    _code("smoke", "吸烟状况", "从不吸烟", "已戒烟", "吸烟"),
    _maybe("smoke_per_day", "日吸烟量", Int(0, 200, 0, 60, "支")),
    _maybe("smoke_start", "开始吸烟年龄", Int(5, 100, 10, 100, "岁")),
    _maybe("smoke_stop", "戒烟年龄", Int(5, 100, 10, 100, "岁")),
    _code("drink_freq", "饮酒频率", "从不", "偶尔", "经常", "每天"),
    _maybe("drink_per_day", "日饮酒量", Scaled(1, 0, 500, 0, 100, "两")),
    _maybe("drink_stop", "是否戒酒", Code({"1": "未戒酒", "2": "已戒酒"})),
    _maybe("drink_start", "开始饮酒年龄", Int(5, 100, 10, 100, "岁")),
    _maybe("drink_drunk", "近一年内是否曾醉酒", Code({"1": "是", "2": "否"})),
    _maybe("drink_kind", "饮酒种类", Codes(_numbered(("白酒", "啤酒", "红酒", "黄酒", "其他")))),
    _must("occ_hazard", "职业病危害因素接触史", Code(NO_YES)),
    _maybe("occ_job", "工种", Text(1, 50)),
    _maybe("occ_years", "从业时间", Int(0, 80, unit="年")),
    _maybe(
        "occ_hazards",
        "危害因素",
        ListOf(
            (
                _code("kind", "种类", "粉尘", "放射物质", "物理因素", "化学物质", "其他"),
                _maybe("name", "名称", Text(1, 50)),
                _maybe("protected", "防护措施", Code(NO_YES)),
            ),
            most=5,
        ),
    ),
)
_VISION: Final = Scaled(1, 0, 53, 40, 53)
_ORGANS: Final = (
    _code("lips", "口唇", "红润", "苍白", "发绀", "皲裂", "疱疹"),
    _must("teeth", "齿列", Codes(_numbered(("正常", "缺齿", "龋齿", "义齿（假牙）")), none="1")),
    _code("throat", "咽部", "无充血", "充血", "淋巴滤泡增生"),
    _must("vision_l", "左眼视力", _VISION),
    _must("vision_r", "右眼视力", _VISION),
    _maybe("corrected_l", "左眼矫正视力", _VISION),
    _maybe("corrected_r", "右眼矫正视力", _VISION),
    _code("hearing", "听力", "听见", "听不清或无法听见"),
    _code("motor", "运动功能", "可顺利完成", "无法独立完成其中任何一个动作"),
)
_BODY: Final = (
    *_with_text("fundus", "眼底", _NORMAL),
    _code("skin", "皮肤", "正常", "潮红", "苍白", "发绀", "黄染", "色素沉着", "其他"),
    _maybe("skin_other", "其他皮肤情况", Text(1, 100)),
    _code("sclera", "巩膜", "正常", "黄染", "充血", "其他"),
    _maybe("sclera_other", "其他巩膜情况", Text(1, 100)),
    _code("lymph", "淋巴结", "未触及", "锁骨上", "腋窝", "其他"),
    _maybe("lymph_other", "其他淋巴结情况", Text(1, 100)),
    _code("barrel", "桶状胸", "否", "是"),
    _code("breath", "呼吸音", "正常", "异常"),
    _code("rales", "罗音", "无", "干罗音", "湿罗音", "其他"),
    _maybe("rales_other", "其他罗音", Text(1, 100)),
    _must("heart_rate", "心率", Int(30, 220, 45, 130, "次/分")),
    _code("rhythm", "心律", "齐", "不齐", "绝对不齐"),
    _must("murmur", "心脏杂音", Code(NO_YES)),
    _must("abd_tender", "腹部压痛", Code(NO_YES)),
    _must("abd_mass", "腹部包块", Code(NO_YES)),
    _must("abd_liver", "肝大", Code(NO_YES)),
    _must("abd_spleen", "脾大", Code(NO_YES)),
    _must("abd_dull", "移动性浊音", Code(NO_YES)),
    _code("edema", "下肢水肿", "无", "单侧", "双侧不对称", "双侧对称"),
    _maybe(
        "dorsalis",
        "足背动脉搏动",
        Code(_numbered(("未触及", "触及双侧对称", "触及左侧弱或消失", "触及右侧弱或消失"))),
    ),
    _maybe(
        "rectal",
        "肛门指诊",
        Code(_numbered(("未及异常", "触痛", "包块", "前列腺异常", "其他"))),
    ),
    _maybe(
        "breast",
        "乳腺",
        Codes(_numbered(("未见异常", "乳房切除", "异常泌乳", "乳腺包块", "其他")), none="1"),
    ),
    _maybe("gyn_vulva", "外阴", Code(_NORMAL)),
    _maybe("gyn_vagina", "阴道", Code(_NORMAL)),
    _maybe("gyn_cervix", "宫颈", Code(_NORMAL)),
    _maybe("gyn_uterus", "宫体", Code(_NORMAL)),
    _maybe("gyn_adnexa", "附件", Code(_NORMAL)),
)
_LAB: Final = (
    _maybe("hb", "血红蛋白", Scaled(1, 300, 2500, 700, 2000, "g/L")),
    _maybe("wbc", "白细胞", Scaled(1, 5, 1000, 20, 200, "×10⁹/L")),
    _maybe("plt", "血小板", Int(5, 1500, 50, 600, "×10⁹/L")),
    _maybe("urine_pro", "尿蛋白", Code(_STRIP)),
    _maybe("urine_glu", "尿糖", Code(_STRIP)),
    _maybe("urine_ket", "尿酮体", Code(_STRIP)),
    _maybe("urine_occ", "尿潜血", Code(_STRIP)),
    _maybe("fpg", "空腹血糖", Scaled(2, 100, 4000, 391, 1669, "mmol/L")),
    *_with_text("ecg", "心电图", _NORMAL),
    _maybe("malb", "尿微量白蛋白", Scaled(1, 0, 10000, 0, 3000, "mg/dL")),
    _maybe("fob", "大便潜血", Code(_NEGATIVE)),
    _maybe("hba1c", "糖化血红蛋白", Scaled(1, 30, 200, 40, 140, "%")),
    _maybe("alt", "血清谷丙转氨酶", Scaled(1, 0, 50000, 0, 2000, "U/L")),
    _maybe("ast", "血清谷草转氨酶", Scaled(1, 0, 50000, 0, 2000, "U/L")),
    _maybe("alb", "白蛋白", Scaled(1, 100, 700, 250, 600, "g/L")),
    _maybe("tbil", "总胆红素", Scaled(1, 0, 8000, 0, 1000, "μmol/L")),
    _maybe("dbil", "结合胆红素", Scaled(1, 0, 5000, 0, 600, "μmol/L")),
    _maybe("cr", "血清肌酐", Scaled(1, 100, 20000, 300, 4000, "μmol/L")),
    _maybe("bun", "血尿素", Scaled(2, 50, 8000, 100, 3000, "mmol/L")),
    _maybe("k", "血钾浓度", Scaled(2, 150, 900, 280, 620, "mmol/L")),
    _maybe("na", "血钠浓度", Scaled(1, 1000, 1800, 1200, 1600, "mmol/L")),
    _maybe("tc", "总胆固醇", Scaled(2, 50, 3000, 150, 1200, "mmol/L")),
    _maybe("tg", "甘油三酯", Scaled(2, 10, 5000, 20, 1500, "mmol/L")),
    _maybe("ldl", "血清低密度脂蛋白胆固醇", Scaled(2, 10, 2000, 30, 900, "mmol/L")),
    _maybe("hdl", "血清高密度脂蛋白胆固醇", Scaled(2, 10, 600, 30, 400, "mmol/L")),
    *_with_text("chest_x", "胸部 X 线", _NORMAL),
    *_with_text("us_abd", "腹部 B 超", _NORMAL),
    _maybe("cervix", "宫颈涂片", Code(_NORMAL)),
)
_PROBLEMS: Final = (
    *_codes(
        "prob_cerebro",
        "脑血管疾病",
        "未发现",
        "缺血性卒中",
        "脑出血",
        "蛛网膜下腔出血",
        "短暂性脑缺血发作",
        "其他",
    ),
    *_codes(
        "prob_kidney",
        "肾脏疾病",
        "未发现",
        "糖尿病肾病",
        "肾功能衰竭",
        "急性肾炎",
        "慢性肾炎",
        "其他",
    ),
    *_codes(
        "prob_heart",
        "心脏疾病",
        "未发现",
        "心肌梗死",
        "心绞痛",
        "冠状动脉血运重建",
        "充血性心力衰竭",
        "心前区疼痛",
        "其他",
    ),
    *_codes("prob_vessel", "血管疾病", "未发现", "夹层动脉瘤", "动脉闭塞性疾病", "其他"),
    *_codes("prob_eye", "眼部疾病", "未发现", "视网膜出血或渗出", "视乳头水肿", "白内障", "其他"),
    _must("prob_neuro", "神经系统疾病", Code(_FOUND)),
    _maybe("prob_neuro_text", "神经系统疾病说明", Text(1, 200)),
    _must("prob_other", "其他系统疾病", Code(_FOUND)),
    _maybe("prob_other_text", "其他系统疾病说明", Text(1, 200)),
)


def _stays(name: str, label: str, came: str, left: str) -> Field:
    stay = (
        _must("in_date", came, Day(past=True)),
        _maybe("out_date", left, Day(past=True)),
        _must("reason", "原因", Text(1, 100)),
        _maybe("org", "医疗机构名称", Text(1, 100)),
        _maybe("case_no", "病案号", Text(1, 30)),
    )
    return _maybe(name, label, ListOf(stay, most=10))


_CARE: Final = (
    _stays("inpatient", "住院史", "入院日期", "出院日期"),
    _stays("home_bed", "家庭病床史", "建床日期", "撤床日期"),
    _maybe(
        "meds",
        "主要用药情况",
        ListOf(
            (
                _must("name", "药物名称", Text(1, 50)),
                _maybe("usage", "用法", Text(1, 50)),
                _maybe("dose", "用量", Text(1, 30)),
                _maybe("duration", "用药时间", Text(1, 30)),
                _maybe("adherence", "服药依从性", Code(ADHERENCE)),
            ),
            most=6,
        ),
    ),
    _maybe(
        "nonplan_vaccines",
        "非免疫规划预防接种史",
        ListOf(
            (
                _must("name", "疫苗名称", Text(1, 50)),
                _must("date", "接种日期", Day(past=True)),
                _maybe("org", "接种机构", Text(1, 100)),
            ),
            most=10,
        ),
    ),
    _must("assessment", "健康评价", Code({"1": "体检无异常", "2": "有异常"})),
    _maybe("abnormals", "异常", ListOf((_must("text", "异常", Text(1, 200)),), most=4)),
    _maybe(
        "guidance", "健康指导", Codes(_numbered(("纳入慢性病患者健康管理", "建议复查", "建议转诊")))
    ),
    _maybe(
        "risk_control",
        "危险因素控制",
        Codes(_numbered(("戒烟", "健康饮酒", "饮食", "锻炼", "减体重", "建议接种疫苗", "其他"))),
    ),
    _maybe("risk_weight_target", "减体重目标", Scaled(1, 20, 2500, 350, 1500, "kg")),
    _maybe("risk_vaccine", "建议接种的疫苗", Text(1, 100)),
    _maybe("risk_control_other", "其他危险因素控制", Text(1, 200)),
    _maybe("feedback_date", "结果反馈日期", Day()),
)

_CHARGED: Final = frozenset(
    {each.name for each in _LAB}
    | {each.name for each in _BODY if each.name.startswith(("fundus", "gyn_"))}
    | {"dorsalis", "rectal", "breast"}
)
_ALL: Final = (*_GENERAL, *_LIFESTYLE, *_ORGANS, *_BODY, *_LAB, *_PROBLEMS, *_CARE)
FIELDS: Final = tuple(replace(each, charged=each.name in _CHARGED) for each in _ALL)


def asked(*names: str) -> tuple[Field, ...]:
    """These questions as the health check asks them, for another form, where they belong to the
    free service. Raises KeyError.
    """
    by_name = {each.name: each for each in _ALL}
    return tuple(by_name[name] for name in names)
