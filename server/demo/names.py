"""Chinese names by chance: common ones mostly, and in a steady trickle the characters that break
software, from outside the basic plane (𠮷), from extension A (㛃) and the late arrivals of GB 18030
(䶮).
"""

from random import Random

SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈陈杨杨赵赵黄黄周周吴吴徐徐孙孙胡胡朱朱高高林林何何郭郭马马"
    "罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
    "廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文丛戚毕鞠岳连隋"
)
COMPOUND_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "夏侯", "慕容")
MALE = "建国军明华强志伟平海波勇斌涛辉刚杰峰磊鹏飞超浩宇轩泽豪俊文博庆德福光荣永成新春胜利松柏山林"
FEMALE = "秀英桂兰芳丽娟敏静霞燕玲红梅莉萍娜颖慧洁琳雪倩婷怡欣雨涵梦瑶佳琪淑珍玉凤翠云爱华春香美琴"
RARE = ("𠮷", "㛃", "䶮")

RARE_EVERY = 331
COMPOUND_EVERY = 211


class Names:
    """An endless supply; the same Random in the same state gives the same names."""

    def __init__(self, rng: Random) -> None:
        self._random = rng.random
        self._given = 0

    def next(self, *, male: bool) -> str:
        """One name of two to four characters."""
        self._given += 1
        pool = MALE if male else FEMALE
        random = self._random
        if self._given % COMPOUND_EVERY == 0:
            surname = COMPOUND_SURNAMES[int(random() * len(COMPOUND_SURNAMES))]
        else:
            surname = SURNAMES[int(random() * len(SURNAMES))]
        first = pool[int(random() * len(pool))]
        if self._given % RARE_EVERY == 0:
            return surname + first + RARE[self._given // RARE_EVERY % len(RARE)]
        if random() < 0.15:
            return surname + first
        return surname + first + pool[int(random() * len(pool))]
