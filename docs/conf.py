"""Settings of Sphinx for the guide; `python scripts/guide.py` builds it.

The source folder is the repository, so that a link between two Markdown files works on the site and on a code host.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

project = "What a recurrent network computes"
author = "the project's authors"
html_title = "What a recurrent network computes, line by line"
root_doc = "docs/index"
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "guide_pages.mathml",
    "guide_pages.repository",
    "guide_pages.beside_code",
    "guide_pages.docstrings",
    "guide_pages.typography",
]
include_patterns = [
    "*.md",
    "data/mnist/README.md",
    "docs/*.md",
    "docs/*/*.md",
    "docs/notebooks/solutions/*.ipynb",
    "parity_tests/README.md",
    "scripts/README.md",
]
exclude_patterns = [".*", "site", "runs", "studies", "benchmark", "gpu", "build", "dist"]

# Markdown
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

# Docstrings
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_typehints = "none"
autodoc_preserve_defaults = True  # as in the source, and no path of the machine that builds the site
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "code"
highlight_language = "text"
suppress_warnings = ["ref.python"]  # two classes are called Training

# Notebooks are shown with the outputs that they hold
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

# HTML
html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = [str(ROOT / "scripts" / "guide_pages" / "static")]
templates_path = [str(ROOT / "scripts" / "guide_pages" / "templates")]
sidebar = ["brand", "search", "scroll-start", "see-it-run", "navigation", "scroll-end"]
html_sidebars = {"**": [f"sidebar/{part}.html" for part in sidebar]}
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # a summary is fetched, which browsers refuse for files
html_show_sourcelink = False
html_last_updated_fmt = None
pygments_style = "default"
pygments_dark_style = "github-dark"
html_theme_options = {"navigation_with_keys": False}
