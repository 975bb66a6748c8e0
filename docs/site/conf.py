"""The documentation as a site: `nox -s docs`. The pages are Markdown that reads as well where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAVIGATION = {
    "Begin": ("tutorial", "onboarding", "development", "testing"),
    "How to": (
        "how-to/own-server",
        "how-to/add-a-service",
        "how-to/rotate-a-secret",
        "how-to/roll-back",
        "how-to/restore-a-database",
        "how-to/debug-a-run",
    ),
    "In use": (
        "pipeline",
        "deploys",
        "migrations",
        "operations",
        "reports",
        "images",
        "versions",
        "servers",
        "secrets",
        "github",
        "doctor",
    ),
    "Reference": ("commands", "configuration", "errors"),
    "Explanation": (
        "explanation/plan-first",
        "explanation/rollout",
        "explanation/compared",
        "architecture",
        "reliability",
        "performance",
    ),
}
"""Every page but the first, as the sidebar shows them; one that is missing here fails the build."""

project = "Shiplane"
language = "en"
extensions = ["myst_parser"]
exclude_patterns = ["site"]
source_suffix = {".md": "markdown"}
highlight_language = "text"
smartquotes = False
# Headings have the anchors that GitHub gives them, so that a link leads to the same place here and there.
myst_heading_anchors = 4

html_theme = "pydata_sphinx_theme"
html_title = "Shiplane"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["pages.html"]}
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_context = {"default_mode": "auto"}  # light or dark as the system asks for
html_theme_options = {
    "logo": {"text": "Shiplane"},
    "navbar_center": [],
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "back_to_top_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def navigate(_app: Sphinx, page: str, text: list[str]) -> None:
    """Give the first page the navigation, which nobody reads where the page is only a file."""
    if page == "index":
        text[0] += "".join(
            f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{chr(10).join(pages)}\n```\n"
            for caption, pages in NAVIGATION.items()
        )


def setup(app: Sphinx) -> None:
    """Let Sphinx know."""
    app.connect("source-read", navigate)
