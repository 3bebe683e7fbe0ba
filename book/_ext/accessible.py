"""Small repairs to the theme's and docutils' HTML, which screen readers stumble over."""

from docutils import nodes
from sphinx.writers.html5 import HTML5Translator


def visit_citation(self, node):
    """An entry of the bibliography is an item of a list; docutils gives it a role that is no longer in use."""
    HTML5Translator.visit_citation(self, node)
    self.body[-1] = self.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def depart_citation(self, node):
    HTML5Translator.depart_citation(self, node)


def name_the_folds(app, pagename, templatename, context, doctree):
    """The arrows that unfold a chapter in the sidebar are pictures only; give them words."""
    generate = context.get("generate_toctree_html")

    def with_words(*args, **options):
        return str(generate(*args, **options)).replace(
            "<summary>", '<summary aria-label="Pages of this chapter">'
        )

    if generate:
        context["generate_toctree_html"] = with_words


def setup(app):
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.connect("html-page-context", name_the_folds, priority=960)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
