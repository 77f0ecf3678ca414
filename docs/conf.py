"""The user guide and the notes beside it as pages: `python -m sphinx -W docs site`, with the extra [docs]."""

from colorizer_cli.version import __version__

project = "colorizer-cli"
author = "The colorizer-cli authors"
copyright = f"2026, {author}"
release = version = __version__

extensions = ["myst_parser"]
exclude_patterns = ["model-card.md"]  # a form; the filled-in card is included by model.md
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"colorizer-cli {release}"
html_copy_source = False
html_show_sphinx = False
