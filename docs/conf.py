"""How Sphinx makes the pages: ``make docs``."""

import sys
from pathlib import Path

import neurospine

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "extensions"))

project = "neurospine"
author = "The neurospine developers"
copyright = author
release = version = neurospine.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "commands",
    "file_tables",
    "import_graph",
    "mathml",
]
exclude_patterns = ["gallery/*.py", "gallery/*.ipynb", "gallery/*.zip"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
default_role = "py:obj"
highlight_language = "none"
smartquotes = False  # options begin with two dashes
math_numfig = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "pictures.Order",
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "min_reported_time": 0,
    "write_computation_times": False,
    "plot_gallery": "True",
    "matplotlib_animations": False,
    "remove_config_comments": True,
    "reset_modules": ("matplotlib",),
    "image_scrapers": ("matplotlib", "pictures"),
}

html_theme = "furo"
html_title = "neurospine"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
