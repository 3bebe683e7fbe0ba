"""One visit of one page: the page, and all that went wrong on it."""

HEIGHT = {1280: 900, 320: 700}


class Visit:
    """Opens a page of the site from its file, with the network off.

    complaints collects failed and external requests, console warnings and errors, and uncaught exceptions.
    """

    def __init__(self, browser, site, page, width=1280, theme="light", touch=False):
        self.site, self.complaints = site, []
        viewport = {"width": width, "height": HEIGHT.get(width, 800)}
        self.context = browser.new_context(
            viewport=viewport, color_scheme=theme, has_touch=touch, reduced_motion="reduce"
        )
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.listen()
        self.page.goto((site / page).as_uri())
        self.settle()

    def listen(self):
        def complain(text):
            self.complaints.append(text)

        self.page.on("requestfailed", lambda request: complain(f"failed: {request.url[:200]}"))
        self.page.on("request", lambda r: r.url.startswith("http") and complain(f"external: {r.url}"))
        self.page.on("console", lambda m: m.type in {"error", "warning"} and complain(f"console: {m.text}"))
        self.page.on("pageerror", lambda error: complain(f"uncaught: {error}"))

    def settle(self):
        """Wait until formulas are set and figures drawn."""
        self.page.wait_for_function("() => !window.MathJax || !!window.MathJax.startup?.promise")
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        self.page.wait_for_function(
            "() => !document.querySelector('script[type$=\"widget-state+json\"]')"
            " || document.documentElement.dataset.figures === 'ready'"
        )
        self.page.evaluate("() => document.fonts.ready.then(() => true)")

    def count(self, selector):
        return self.page.locator(selector).count()

    def close(self):
        self.context.close()
