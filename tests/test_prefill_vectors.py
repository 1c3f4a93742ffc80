"""The vectors of what a form begins with; the tablet's app is held to the same file."""

from tests.vectors.generate_prefill import FILE, text


def test_the_vectors_are_what_the_server_begins_a_form_with() -> None:
    assert FILE.read_text("utf-8") == text(), "python -m tests.vectors.generate_prefill"
