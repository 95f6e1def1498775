"""The picture that moves, in the README: `python -m tests.studies.moving_picture`, into docs/.

Descent on a profit, step by step, at three rates: one that arrives, one that just converges, one that
does not. Each frame is the live page in the state of its address, without the chart of the secant's
error, which stays as it is. Needs Chromium, playwright, Pillow.
"""

from __future__ import annotations

from collections import Counter
from io import BytesIO

from PIL import Image

from tests.studies.screenshots import DOCS, live_page

RATES = (0.03, 0.115, 0.128)
STEPS = range(11)
WIDTH, COLOURS = 860, 255
SIDE_BY_SIDE = "<style>.charts figure:nth-of-type(3) { display: none !important }</style>"
FRAME_MS, LAST_MS = 400, 2200
FILE = DOCS / "play.gif"
MOST = 1_500_000
"""Bytes that a README may take."""
COLOUR_ERROR = 24
"""How far, of 255, a channel may be from what the page shows, where a colour covers a line or more."""


def taken() -> tuple[list[Image.Image], list[int]]:
    """The frames, all as tall as the tallest, and the milliseconds that each stays."""
    frames, times = [], []
    with live_page() as shown:
        for rate in RATES:
            for step in STEPS:
                page = shown(f"view=slope&rate={rate}&step={step}", WIDTH)
                page.evaluate(
                    "css => document.body.insertAdjacentHTML('beforeend', css)", SIDE_BY_SIDE
                )
                page.wait_for_timeout(200)
                picture = page.locator("section.view").screenshot()
                page.close()
                frames.append(Image.open(BytesIO(picture)).convert("RGB"))
                times.append(LAST_MS if step == STEPS[-1] else FRAME_MS)
    tallest = max(frame.height for frame in frames)
    whole = [Image.new("RGB", (frames[0].width, tallest), one.getpixel((2, 2))) for one in frames]
    for canvas, frame in zip(whole, frames, strict=True):
        canvas.paste(frame)
    return whole, times


def palette(frames: list[Image.Image]) -> Image.Image:
    """The colours that cover most of all frames: a line's own, before any shade of a letter's edge."""
    counted: Counter[tuple[int, ...]] = Counter()
    for frame in frames:
        counted.update({colour: count for count, colour in frame.getcolors(1 << 24)})
    chosen = Image.new("P", (1, 1))
    chosen.putpalette([level for colour, _ in counted.most_common(COLOURS) for level in colour])
    return chosen


def main() -> None:
    """Write the GIF, and look whether it has the page's colours."""
    frames, times = taken()
    colours = palette(frames)
    first, *others = (one.quantize(palette=colours, dither=Image.Dither.NONE) for one in frames)
    first.save(FILE, save_all=True, append_images=others, duration=times, loop=0, optimize=True)
    assert FILE.stat().st_size <= MOST, FILE.stat().st_size
    shown = Image.open(FILE).convert("RGB")
    for count, colour in frames[0].getcolors(1 << 24):
        if count >= WIDTH // 4:
            nearest = min(
                max(abs(a - b) for a, b in zip(colour, other, strict=True))
                for _, other in shown.getcolors(1 << 24)
            )
            assert nearest <= COLOUR_ERROR, f"{colour} of {count} pixels is not in the picture"


if __name__ == "__main__":
    main()
