"""The one file that knows the library of PDFs, loaded with the first of them: it brings a reader of
fonts along, and 18 MB.
"""

from fpdf import FPDF

from server.pages.qr import Code


class Canvas(FPDF):
    """What the library does not offer: many squares as one shape."""

    def squares(self, x: float, y: float, module: float, code: Code) -> None:
        """The dark runs of a code, filled in one go, so that no reader sees seams."""
        k = self.k
        scale = f"{module * k:.4f} 0 0 {-module * k:.4f} {x * k:.4f} {(self.h - y) * k:.4f}"
        boxes = " ".join(f"{at} {row} {run} 1 re" for row, at, run in code.runs)
        self._out(f"q 0 g {scale} cm {boxes} f Q")
