"""Keeps what benchmarks have measured in benchmarks/figures, and makes docs/performance.md and its plots of it.

make bench BENCH=performance     draws them anew from the figures that are there
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = Path(__file__).with_name("figures")
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
INK, PAPER = "#33302b", "#faf8f3"
COLOURS = ["#1f6f5c", "#c2703d", "#a8434b", "#5b6ea6", "#8a8577"]

HEAD = """# Performance

What a request costs, in microseconds of processor time: of the worker, its database server and the programs it starts.
Figures of one machine serve for comparisons on it; each part names the command that measures it anew, draws its plot
and writes this page.
"""


MISSED = """What has "no" is not reached. Half of a note's page is what every request passes (server, framework,
session, site's mode, headers, log line), and no other part of it stands out. A new note here is six rows and their
indexes, a full-text index among them, in one transaction that is on the disk, behind a session that is looked up and a
form that is checked; Flask-Admin inserts one row. The aims of lists and searches were set when a list of ours took
850 µs; its rows show more since, checklists for one."""


def keep(name: str, figures: dict[str, Any]) -> None:
    """Store what the benchmark `name` has measured, and make page and plots of all that is stored."""
    FIGURES.mkdir(exist_ok=True)
    dated = {"measured": str(datetime.now(UTC).date())} | figures
    (FIGURES / f"{name}.json").write_text(json.dumps(dated, indent=1) + "\n")
    write_page()


def write_page() -> None:
    parts = [HEAD]
    for name, part in PARTS.items():
        file = FIGURES / f"{name}.json"
        if file.exists():
            parts.append(part(json.loads(file.read_text())))
    PAGE.write_text("\n".join(parts))


def peers_part(figures: dict[str, Any]) -> str:
    times, versions = figures["microseconds"], figures["versions"]
    save_plot("peers", lambda axes: draw_bars(axes, times))
    names = ", ".join(f"{name} ({version})" for name, version in versions.items() if version != "this tree")
    first = next(iter(times))
    lines = [f"| µs (times ours) | {' | '.join(times)} |", "|---|" + "---:|" * len(times)]
    for action in times[first]:
        cells = [f"{of[action]:,.0f} ({of[action] / times[first][action]:.1f})" for of in times.values()]
        lines.append(f"| {action} | {' | '.join(cells)} |")
    return f"""## Beside what people would pick instead

![Bars: processor time of a list, a search, a note and a new note, by program](performance/peers.svg)

{names}; each with the same 10,000 notes and one process. Nobody signs in to the others, and none of them checks a
form's token; ours does both. `make bench BENCH=peers`, {figures["measured"]}, medians of {figures["rounds"]} rounds.

{chr(10).join(lines)}

What was aimed at, and what came of it:

{chr(10).join(promise_rows(figures["promises"]))}

{MISSED if any(one["times"] < one["least"] for one in figures["promises"]) else ""}
"""


def promise_rows(promises: list[dict[str, Any]]) -> list[str]:
    """Return a table of how many times faster ours is, by name, and of what was promised."""
    lines = ["| ours is faster | times | at least | kept |", "|---|---:|---:|---|"]
    for one in promises:
        kept = "yes" if one["times"] >= one["least"] else "no"
        lines.append(f"| {one['name']} | {one['times']:.1f} | {one['least']:g} | {kept} |")
    return lines


def notes_part(figures: dict[str, Any]) -> str:
    pages = figures["pages"]
    save_plot("pages", lambda axes: draw_lines(axes, pages))
    return f"""## From 100 to 1,000,000 notes

![Lines: processor time of the first page of a list, by the number of notes, on three databases](performance/pages.svg)

The first page of the list, on each database; with a million notes, that of a person with a thousand of them.
`make bench`, {figures["measured"]}, medians of {figures["rounds"]} rounds; all figures are in
[benchmarks/RESULTS.md](../benchmarks/RESULTS.md).
"""


def stack_part(figures: dict[str, Any]) -> str:
    lines = ["| database | action | requests a second | p50, ms | p99, ms | app servers' processor, ms |"]
    lines.append("|---|---|---:|---:|---:|---:|")
    for where, loads in figures["loads"].items():
        for action, one in loads.items():
            cells = f"{one['rate']:,.0f} | {one['p50']:.1f} | {one['p99']:.1f} | {one['processor']:.2f}"
            lines.append(f"| {where} | {action} | {cells} |")
    return f"""## The three tiers together

Nginx with TLS, two app servers and a database with 10,000 notes that lies 0, 1 or 5 ms away, sixteen connections. All
tiers and the load share one machine, so the rates are no promise; the processor time of a request is what
[the price of a million](cost.md) follows from. `make bench BENCH=stack`, {figures["measured"]}, medians of
{figures["rounds"]} rounds.

{chr(10).join(lines)}
"""


def sizes_part(figures: dict[str, Any]) -> str:
    return f"""## What an instance takes and carries

The server with its default settings, and as two of the compositions on AWS run it; each with 10,000 notes, medians of
{figures["rounds"]} rounds. Memory is the PSS of all its processes: after the start, and after all threads have shown
lists. The two columns of a quarter of a vCPU are calculated from processor time; a host that throttles the processor
makes both somewhat worse. `make bench BENCH=sizes`, {figures["measured"]}.

{sizes_table(figures)}
"""


def sizes_table(figures: dict[str, Any]) -> str:
    vcpu = figures["vcpu"]
    head = f"first answer on {vcpu} vCPU, s | lists a second on {vcpu} vCPU"
    head += " | told to come again"
    lines = [f"| instance | processes × threads | idle, MB | busy, MB | {head} |", "|---|---|---:|---:|---:|---:|---:|"]
    for name, one in figures["instances"].items():
        cells = f"{one['processes']} × {one['threads']} | {one['idle']:.0f} | {one['busy']:.0f}"
        cells += f" | {one['start'] / vcpu:.1f} | {1000 * vcpu / one['request']:.0f} | {one['refused']:.1%}"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


PARTS = {"peers": peers_part, "notes": notes_part, "stack": stack_part, "sizes": sizes_part}


# --- Plots -------------------------------------------------------------------------------------------------------


def save_plot(name: str, draw: Any) -> None:
    """Write docs/performance/NAME.svg; the same figures make the same file."""
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "text.color": INK}
    style |= {"axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK}
    import matplotlib as mpl  # noqa: PLC0415 - takes longer than all else here, and most benchmarks draw nothing
    from matplotlib.figure import Figure  # noqa: PLC0415 - the same

    with mpl.rc_context(style):
        figure = Figure(figsize=(8, 4), facecolor=PAPER, layout="constrained")
        axes = figure.add_subplot(facecolor=PAPER)
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        PLOTS.mkdir(exist_ok=True)
        figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})


def draw_bars(axes: Axes, times: dict[str, dict[str, float]]) -> None:
    actions = list(next(iter(times.values())))
    width = 0.8 / len(times)
    for number, (name, of) in enumerate(times.items()):
        at = [place + number * width for place in range(len(actions))]
        bars = axes.bar(at, [of[action] for action in actions], width * 0.9, label=name, color=COLOURS[number])
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7, padding=2)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(actions))], actions)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylabel("µs of processor time")
    axes.legend(frameon=False)


def draw_lines(axes: Axes, pages: dict[str, dict[str, float]]) -> None:
    for number, (kind, of) in enumerate(pages.items()):
        sizes = [int(size.replace(",", "")) for size in of]
        axes.plot(sizes, list(of.values()), marker="o", label=kind, color=COLOURS[number])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("notes")
    axes.set_ylabel("µs of processor time")
    axes.legend(frameon=False)


if __name__ == "__main__":
    write_page()
