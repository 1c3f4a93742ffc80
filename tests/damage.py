"""What happens to a printed code between the printer and the camera, from a seed."""

import math
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from server.pages.qr import QUIET, card_code, png_of

DOTS: Final = 6  # a module, about what a tablet's camera sees of a card held in front of it
ROOM: Final = 90  # dots around the card
COVERED: Final = 0.08
Box = tuple[float, float, float, float]  # left, top, wide, high
Damage = Callable[[Image.Image, random.Random], Image.Image]


@lru_cache(maxsize=100)
def printed(text: str) -> Image.Image:
    """The code as printed, in the middle of a light ground, grey. Every damage has the same codes,
    and leaves what was printed as it is.
    """
    code = Image.open(BytesIO(png_of(card_code(text), dots=DOTS))).convert("L")
    size = code.width + 2 * ROOM
    ground = Image.new("L", (size, size), 235)
    ground.paste(code, (ROOM, ROOM))
    return ground


def blurred(image: Image.Image, chance: random.Random) -> Image.Image:
    """Out of focus by up to three tenths of a module."""
    return image.filter(ImageFilter.GaussianBlur(DOTS * chance.uniform(0.1, 0.3)))


def noisy(image: Image.Image, chance: random.Random) -> Image.Image:
    """Rough paper, worn print: grain in front of the lens; the light falls from one side."""
    grain = Image.new("L", image.size)
    draws = bytes(max(0, min(255, round(chance.gauss(128, 14)))) for _ in range(image.width))
    rows = [bytes(chance.sample(draws, len(draws))) for _ in range(32)]
    grain.frombytes(b"".join(chance.choice(rows) for _ in range(image.height)))
    shade = Image.linear_gradient("L").resize(image.size).rotate(chance.choice((0, 90, 180, 270)))
    dim = ImageChops.multiply(image, shade.point([175 + value * 80 // 255 for value in range(256)]))
    return ImageChops.add(dim, grain, offset=-128)


def slanted(image: Image.Image, chance: random.Random) -> Image.Image:
    """Held at an angle, turned a little: one edge up to a sixth longer than the opposite one."""
    turned = image.rotate(chance.uniform(-15, 15), Image.Resampling.BICUBIC, fillcolor=235)
    lean = 0.16 / image.width
    g, h = chance.uniform(-lean, lean), chance.uniform(-lean, lean)
    grown = 1 + image.width / 2 * (g + h)  # so that its middle stays where it is
    matrix = (grown, 0, 0, 0, grown, 0, g, h)
    return turned.transform(
        image.size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC, fillcolor=235
    )


def covered(image: Image.Image, chance: random.Random) -> Image.Image:
    """Two to four stains over a twelfth of the code, anywhere but on the eyes in its corners."""
    holed, edge = image.copy(), ROOM + QUIET * DOTS
    draw: Any = ImageDraw.Draw(holed)
    for x, y, wide, high in stains(image.width - 2 * edge, chance):
        place = (x + edge, y + edge, x + edge + wide, y + edge + high)
        draw.ellipse(place, fill=chance.choice((0, 255, 235, 120)))
    return holed


def stains(side: int, chance: random.Random) -> list[Box]:
    """Boxes of ellipses that lie apart, together COVERED of a square with that side."""
    made: list[Box] = []
    count = chance.randint(2, 4)
    around = COVERED * side * side / count * 4 / math.pi
    while len(made) < count:
        wide = math.sqrt(around) * chance.uniform(0.8, 1.25)
        high = around / wide
        box = (chance.uniform(0, side - wide), chance.uniform(0, side - high), wide, high)
        if not _on_an_eye(*box, side) and not any(_meet(box, each) for each in made):
            made.append(box)
    return made


def _meet(one: Box, other: Box) -> bool:
    return (
        abs(one[0] + one[2] / 2 - other[0] - other[2] / 2) < (one[2] + other[2]) / 2
        and abs(one[1] + one[3] / 2 - other[1] - other[3] / 2) < (one[3] + other[3]) / 2
    )


def _on_an_eye(x: float, y: float, wide: float, high: float, side: int) -> bool:
    eye = 9 * DOTS  # a finder pattern and what is written around it
    left, top = x < eye, y < eye
    right, bottom = x + wide > side - eye, y + high > side - eye
    return (top and (left or right)) or (bottom and left)


DAMAGES: Final[Mapping[str, tuple[Damage, ...]]] = {
    "none": (),
    "blur": (blurred,),
    "noise": (noisy,),
    "perspective": (slanted,),
    "8 % covered": (covered,),
    "blur, noise, perspective": (noisy, slanted, blurred),
    "all of it": (covered, noisy, slanted, blurred),
}


def damaged(text: str, name: str, seed: int) -> Image.Image:
    chance = random.Random(f"{name} {seed}")
    image = printed(text)
    for each in DAMAGES[name]:
        image = each(image, chance)
    return image
