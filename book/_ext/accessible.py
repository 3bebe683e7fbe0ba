"""Pages for everyone: pictures where no script runs, and repairs to HTML that screen readers stumble over."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

VIEW = "application/vnd.jupyter.widget-view+json"


class PictureWithoutScript(SphinxPostTransform):
    """Where scripts are off, a moving figure leaves its still picture, with its words."""

    default_priority = 3  # MyST-NB keeps one form of each output, at 4

    def run(self, **kwargs):
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            forms = {form.get("mime_type"): form for form in bundle.children}
            picture = next(forms["image/png"].findall(nodes.image), None) if "image/png" in forms else None
            if VIEW in forms and picture is not None:
                still = picture.deepcopy()
                still["alt"] = (
                    forms["text/plain"].astext() if "text/plain" in forms else "A figure that moves."
                )
                tags = [nodes.raw("", tag, format="html") for tag in ("<noscript>", "</noscript>")]
                place = bundle.parent.index(bundle) + 1
                bundle.parent[place:place] = [tags[0], still, tags[1]]


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
    app.add_post_transform(PictureWithoutScript)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.connect("html-page-context", name_the_folds, priority=960)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
