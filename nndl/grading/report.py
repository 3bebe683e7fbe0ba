"""The instructor's page: one static file without scripts, every text escaped, light and dark."""

from collections import Counter
from html import escape

from nndl.grading.format import STATUSES

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --line: #d0d4da; --soft: #f4f5f7; --good: #1a6b3c; --bad: #a5320f; --wait: #6b5a00;
  --quiet: #5c6570; }
@media (prefers-color-scheme: dark) { :root { --line: #3b4048; --soft: #22262c; --good: #7ccf9b; --bad: #ff9d7a;
  --wait: #e2c55a; --quiet: #a3abb5; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; white-space: nowrap; }
td, h2 { overflow-wrap: anywhere; }
.exercises th:nth-child(-n+3) { width: 6.5rem; }
.exercises { min-width: 34rem; table-layout: fixed; }
p.message { margin: 0 0 .25rem; white-space: pre-wrap; }
.passed { color: var(--good); } .partial, .manual { color: var(--wait); }
.failed, .time-limit, .memory, .exit, .crash, .unreadable, .environment { color: var(--bad); }
.no-answer, .note { color: var(--quiet); }
.status { white-space: nowrap; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; scroll-margin-top: 1rem; }
"""
_SUMMARY = (
    "<thead><tr><th>Submission</th><th class='n'>Points</th><th>Exercises</th><th>Isolation</th></tr></thead>"
)
_DETAIL = "<thead><tr><th>Exercise</th><th class='n'>Points</th><th>Status</th><th>Why</th></tr></thead>"


def page(results):
    """The page for a dict from submission to Result, as HTML."""
    rows = "\n".join(_row(n, name, result) for n, (name, result) in enumerate(results.items()))
    details = "\n".join(_detail(n, name, result) for n, (name, result) in enumerate(results.items()))
    count = len(results)
    title = f"Grades of {count} submission{'' if count == 1 else 's'}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<div class="scroll"><table>{_SUMMARY}<tbody>\n{rows}\n</tbody></table></div>\n{details}\n'
        "</main>\n</body>\n</html>\n"
    )


def _row(n, name, result):
    counts = Counter(one.status for one in result.exercises)
    said = ", ".join(f"{counts[status]} {_status(status)}" for status in STATUSES if counts[status])
    link = f'<a href="#s{n}">{escape(name)}</a>'
    where = escape(result.isolation)
    return f'<tr><td>{link}</td><td class="n">{_points(result)}</td><td>{said}</td><td class="status">{where}</td></tr>'


def _detail(n, name, result):
    rows = "\n".join(_exercise(one) for one in result.exercises)
    about = [f"{result.seconds:.2f} s"] + ([result.source] if result.source else [])
    news = [note for note in result.notes if all(note not in one.messages for one in result.exercises)]
    notes = "".join(f'<p class="note">{escape(text)}</p>' for text in [", ".join(about), *news])
    table = f'<div class="scroll"><table class="exercises">{_DETAIL}<tbody>\n{rows}\n</tbody></table></div>'
    return f'<section>\n<h2 id="s{n}">{escape(name)}</h2>\n{notes}\n{table}\n</section>'


def _exercise(one):
    why = "".join(f'<p class="message">{escape(message)}</p>' for message in one.messages)
    return (
        f'<tr><td>{escape(one.id) or "–"}</td><td class="n">{_points(one)}</td>'
        f'<td class="status">{_status(one.status)}</td><td>{why}</td></tr>'
    )


def _points(scored):
    return f"{scored.score:g} / {scored.max_score:g}"


def _status(status):
    return f'<span class="{escape(status).replace(" ", "-")}">{escape(status)}</span>'
