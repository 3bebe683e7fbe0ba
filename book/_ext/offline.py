"""Make the built book self-contained: MathJax and fonts come from installed packages, nothing from elsewhere.

Only the files that pages ask for are copied, so the site stays near 10 MB. Fonts are cut to the Latin and
Greek letters of the book; where the font packages are not installed, the reader's own fonts stand in.
"""

import importlib.util
import shutil
import warnings
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging

log = logging.getLogger(__name__)

MATHJAX = (
    "tex-chtml.js",
    "input/tex/extensions/*.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "a11y/*.js",  # the menu's spoken formulas
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)

# file name: (name in our style sheets, family, style, optical size). "Source" is a reserved name, so the
# cut font goes by another.
FONTS = {
    "serif.woff": ("Book Serif", "Source Serif 4", "normal", 12),
    "serif-italic.woff": ("Book Serif", "Source Serif 4", "italic", 12),
    "sans.woff": ("Inter", "Inter", "normal", 14),
}
COPYRIGHT, LICENSE, LICENSE_ADDRESS = 0, 13, 14  # the entries of a font's name table that stay
WEIGHTS = (400, 700)
LETTERS = [
    *range(0x20, 0x180),  # Latin
    *range(0x370, 0x400),  # Greek
    *range(0x2010, 0x2028),  # dashes, quotes, dots
    *map(ord, "′€←↑→↓−∑√∞≈≠≤≥"),
]


def copy_mathjax(static):
    """Copy MathJax from the package sphinx-mathjax-offline to static/mathjax."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None:
        raise ExtensionError("MathJax is missing: pip install sphinx-mathjax-offline, or run `make setup`.")
    source = Path(spec.origin).parent / "static" / "mathjax"
    for pattern in MATHJAX:
        files = sorted(source.glob(pattern))
        if not files:
            raise ExtensionError(
                f"sphinx-mathjax-offline has no {pattern}; this version is not the one we know."
            )
        for file in files:
            target = static / "mathjax" / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def cut_font(path, optical_size, target):
    """Write the book's letters of a variable font as WOFF, at one optical size, weights 400 to 700."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(path)
    subsetter = subset.Subsetter(
        subset.Options(notdef_outline=True, name_IDs=[COPYRIGHT, LICENSE, LICENSE_ADDRESS])
    )
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, {"opsz": optical_size, "wght": WEIGHTS})
    font.flavor = "woff"
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)


def copy_fonts(static, store):
    """Cut each font once into the store, then copy it to static/fonts."""
    try:
        import fontpkg
    except ImportError:
        log.info("[offline] fontpkg is not installed: the pages use the reader's own fonts")
        return
    for name, (_, family, style, optical_size) in FONTS.items():
        if not (store / name).exists():
            try:
                source = fontpkg.path(family, style=style)
            except fontpkg.FamilyNotInstalled:
                log.info(
                    f"[offline] the package of {family} is not installed: the reader's own font stands in"
                )
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # fontTools on tables that the web does not use
                cut_font(source, optical_size, store / name)
        (static / "fonts").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(store / name, static / "fonts" / name)


def font_css(static):
    """The @font-face rules of the fonts that were copied; an empty sheet where there are none."""
    rules = []
    for name, (family, _, style, _) in FONTS.items():
        if (static / "fonts" / name).exists():
            rules.append(
                f'@font-face {{ font-family: "{family}"; font-style: {style}; font-display: swap;\n'
                f'  font-weight: {WEIGHTS[0]} {WEIGHTS[1]}; src: url(fonts/{name}) format("woff"); }}\n'
            )
    (static / "fonts.css").write_text("".join(rules), "utf8")


def copy_assets(app):
    """Put MathJax and the fonts into the site before pages are written."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    copy_mathjax(static)
    copy_fonts(static, Path(app.outdir).parent / "fonts")
    font_css(static)
    app.add_css_file("fonts.css", priority=300)


def drop_source_maps(app, exception):
    """Source maps are a third of the theme's size, and only developers' tools read them."""
    if exception is None and app.builder.format == "html":
        for file in (Path(app.outdir) / "_static").rglob("*.map"):
            file.unlink()


def clean_scripts(app, pagename, templatename, context, doctree):
    """Drop the theme's loader of remote kernels and doubled inline scripts; report what is not local."""
    seen, kept = set(), []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body")
        remote_kernel = "thebe" in str(getattr(script, "filename", "")) or "THEBE" in (body or "")
        if remote_kernel or (body is not None and body in seen):
            continue
        seen.add(body)
        kept.append(script)
    context["script_files"][:] = kept
    for asset in [*kept, *context.get("css_files", [])]:
        name = str(getattr(asset, "filename", asset) or "")
        if name.startswith(("http:", "https:", "//")):
            log.warning("%s asks for %s; the book works without a network", pagename, name, type="offline")


def setup(app):
    app.connect("builder-inited", copy_assets)
    app.connect("html-page-context", clean_scripts, priority=950)
    app.connect("build-finished", drop_source_maps)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
