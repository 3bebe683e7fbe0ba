"""Where the project lives in public: one address, and everything that follows from it.

The address is `Repository` in pyproject.toml. The buttons of the pages, the install cells of the
notebooks and their links into the book are computed from it; `tools/address.py` changes it everywhere.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
BRANCH = "main"


def repository(root=ROOT):
    """The address of the repository, as pyproject.toml gives it: https://github.com/OWNER/NAME."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["project"]
    address = project["urls"]["Repository"].rstrip("/")
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise ValueError(
            f"Repository in pyproject.toml must be https://github.com/OWNER/NAME, got {address!r}."
        )
    return address


def slug(root=ROOT):
    """OWNER/NAME."""
    return repository(root).removeprefix("https://github.com/")


def site(root=ROOT):
    """Where GitHub Pages shows the built book."""
    owner, name = slug(root).split("/")
    return f"https://{owner.lower()}.github.io/{name}"


def files(root=ROOT):
    """Where GitHub shows the files of the repository."""
    return f"{repository(root)}/blob/{BRANCH}"


def colab(notebook, root=ROOT):
    """The address that opens book/notebooks/<notebook> in Colab."""
    return f"https://colab.research.google.com/github/{slug(root)}/blob/{BRANCH}/book/notebooks/{notebook}"


def set_repository(app, config):
    config.html_theme_options["repository_url"] = repository()
    config.html_theme_options["repository_branch"] = BRANCH


def plain_name(pagename):
    """The plain notebook made from a page: book/chapters/01_x -> 01_x.ipynb."""
    return pagename.rsplit("/", 1)[-1] + ".ipynb"


def point_buttons_at_notebooks(app, pagename, templatename, context, doctree):
    """Colab and the download button give the plain notebook, not the MyST source."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if "colab.research.google.com" in button.get("url", ""):
                button["url"] = colab(plain_name(pagename))
            if button.get("label") == "download-notebook-button":
                button["url"] = context["pathto"](f"notebooks/{plain_name(pagename)}", 1)


def setup(app):
    app.connect("config-inited", set_repository, priority=100)
    app.connect("html-page-context", point_buttons_at_notebooks, priority=940)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
