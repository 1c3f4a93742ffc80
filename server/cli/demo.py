"""`demo`: a district and a field day in it, from nothing to a page to open."""

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> int:
    """Play a field day in a demo district, over HTTP.

    A new district is loaded and served; the report is a page of it.

    \b
    Example:
      python -m server demo --scale 100
    """
    from server.demo import field_day  # only here: no other command needs its report and sheets

    return field_day.main(arguments)
