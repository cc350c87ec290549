#!/bin/sh
# Promise: tools/evaluate ends with 1, and names the figure, where what was measured lies outside of the interval that the page publishes, or is not the same figures.
# A small page is made up, and what was measured is that page with one thing changed.
set -eu
cd "$(dirname "$0")/../.."
python3 - <<'END'
import os
import re
import subprocess
import sys
import tempfile
from importlib import machinery, util

TOOL = os.path.abspath("tools/evaluate")
sys.dont_write_bytecode = True
PAGE = """# Made up
Text before, | 1.0 (0.9 to 1.1) | that is no table.
<!-- main: made by tools/evaluate -->
### Visits
| method | recall at 1 % | challenged |
|---|---|---|
| hikeshi | 88.4 (86.9 to 89.8) | 1.40 (1.10 to 1.90) |
| boosted | 86.7 (85.1 to 88.2) | 1.30 (1.00 to 1.80) |
| random | 1.0 (0.5 to 1.6) | never |

### By family: recall of visits at 1 %
|  | incidents | hikeshi |
|---|---|---|
| all | 470 | 88.4 (86.9 to 89.8) |
| infostealer | 20 | 41.0 (31.0 to 51.0) |

<!-- /main -->
Text between.
<!-- policy: made by tools/evaluate -->
<!-- /policy -->
<!-- held: made by tools/evaluate -->
<!-- /held -->
<!-- ablation: made by tools/evaluate -->
### What each part adds
| without | recall at 1 % |
|---|---|
| campaign | -0.4 (-1.2 to 0.3) |

<!-- /ablation -->
Text after.
"""
failed = []


def expect(what, truth, told=""):
    if not truth:
        failed.append(what)
        print(f"FAIL {what}\n{told}")


def evaluate(at, measured, page, *more):
    names = {"measured.md": measured, "page.md": page}
    for name, text in names.items():
        with open(os.path.join(at, name), "w", encoding="utf-8") as f:
            f.write(text)
    files = ["--measured", os.path.join(at, "measured.md"), "--page", os.path.join(at, "page.md")]
    return subprocess.run([sys.executable, TOOL, *files, *more], capture_output=True, text=True, check=False)


def changed(before, after):
    assert PAGE.count(before) == 1, before
    return PAGE.replace(before, after)


# What changes, what was there, what is there now, and the lines that are told; none: it is inside.
VISITS = "outside: Visits; hikeshi; recall at 1 %: "
MEASURED = [
    ("nothing", "Text before", "Text before", []),
    ("a figure within its interval, and its own interval", "88.4 (86.9 to 89.8) | 1.40", "87.0 (80.0 to 95.0) | 1.40", []),
    ("a figure on the lower bound", "88.4 (86.9 to 89.8) | 1.40", "86.9 (86.0 to 89.8) | 1.40", []),
    ("a figure on the upper bound", "88.4 (86.9 to 89.8) | 1.40", "89.8 (86.0 to 90.8) | 1.40", []),
    ("a figure that was always without an interval", "| never |", "| 12.0 |", []),
    ("a figure below", "88.4 (86.9 to 89.8) | 1.40", "86.8 (86.0 to 89.8) | 1.40", [VISITS + "86.8, published 88.4 (86.9 to 89.8)"]),
    ("a figure above", "88.4 (86.9 to 89.8) | 1.40", "89.9 (86.0 to 91.0) | 1.40", [VISITS + "89.9, published 88.4 (86.9 to 89.8)"]),
    ("a figure that would be inside as text", "88.4 (86.9 to 89.8) | 1.40", "9.0 (8.0 to 10.0) | 1.40", [VISITS + "9.0, published 88.4 (86.9 to 89.8)"]),
    ("a negative figure", "-0.4 (-1.2 to 0.3)", "-1.3 (-2.0 to 0.3)", ["outside: What each part adds; campaign; recall at 1 %: -1.3, published -0.4 (-1.2 to 0.3)"]),
    ("a sign", "-0.4 (-1.2 to 0.3)", "0.4 (-1.2 to 1.3)", ["outside: What each part adds; campaign; recall at 1 %: 0.4, published -0.4 (-1.2 to 0.3)"]),
    ("the second column", "1.40 (1.10 to 1.90)", "1.95 (1.10 to 2.90)", ["outside: Visits; hikeshi; challenged: 1.95, published 1.4 (1.1 to 1.9)"]),
    ("a row that is missing", "| random | 1.0 (0.5 to 1.6) | never |\n", "", ["outside: Visits; random; recall at 1 %: is published and was not measured"]),
    ("a figure that lost its interval", "88.4 (86.9 to 89.8) | 1.40", "88.4 | 1.40", [VISITS + "is published and was not measured"]),
    (
        "the name of a row",
        "| infostealer |",
        "| info_stealer |",
        [
            "outside: By family: recall of visits at 1 %; infostealer; hikeshi: is published and was not measured",
            "outside: By family: recall of visits at 1 %; info_stealer; hikeshi: was measured and is not published",
        ],
    ),
    (
        "the name of a column",
        "| without | recall at 1 % |",
        "| without | recall at 0.1 % |",
        [
            "outside: What each part adds; campaign; recall at 1 %: is published and was not measured",
            "outside: What each part adds; campaign; recall at 0.1 %: was measured and is not published",
        ],
    ),
    (
        "the name of a table",
        "### What each part adds",
        "### What parts add",
        [
            "outside: What each part adds; campaign; recall at 1 %: is published and was not measured",
            "outside: What parts add; campaign; recall at 1 %: was measured and is not published",
        ],
    ),
    ("a row more", "| random | 1.0", "| rare_asn | 2.0 (1.0 to 3.0) | never |\n| random | 1.0", ["outside: Visits; rare_asn; recall at 1 %: was measured and is not published"]),
]

with tempfile.TemporaryDirectory() as folder:
    for name, was, now, lines in MEASURED:
        ran = evaluate(folder, changed(was, now), PAGE)
        told = [line for line in ran.stdout.splitlines() if line.startswith("outside: ")]
        expect(f"{name}: ends with {1 if lines else 0}", ran.returncode == (1 if lines else 0), ran.stdout + ran.stderr)
        expect(f"{name}: tells it", sorted(told) == sorted(lines), "\n".join(told))
        expect(f"{name}: counts it", f" figures, {len(lines)} outside of what is published" in ran.stdout, ran.stdout)

    # The page itself: a row struck or without its interval is told as well; text that is no table is no figure.
    ran = evaluate(folder, PAGE, changed("| boosted | 86.7 (85.1 to 88.2) | 1.30 (1.00 to 1.80) |\n", ""))
    expect("a row struck from the page", ran.returncode == 1 and ran.stdout.count(": was measured and is not published") == 2, ran.stdout)
    ran = evaluate(folder, PAGE, changed("41.0 (31.0 to 51.0)", "41.0"))
    expect("an interval struck from the page", ran.returncode == 1 and "infostealer; hikeshi: was measured and is not published" in ran.stdout, ran.stdout)
    ran = evaluate(folder, changed("1.0 (0.9 to 1.1)", "7.0 (6.9 to 7.1)"), PAGE)
    expect("text between the tables", ran.returncode == 0 and "8 figures, 0 outside" in ran.stdout, ran.stdout)
    marks = "".join(line for line in PAGE.splitlines(True) if line.startswith("<!--"))
    ran = evaluate(folder, PAGE, marks)
    expect("a page without figures", ran.returncode == 1 and "publishes no figures" in ran.stdout, ran.stdout)
    ran = evaluate(folder, PAGE, marks, "--parts", "main")
    expect("a part without figures", ran.returncode == 1 and "publishes no figures" in ran.stdout, ran.stdout)
    ran = evaluate(folder, marks, PAGE)
    expect("nothing measured", ran.returncode == 1 and ran.stdout.count("is published and was not measured") == 8, ran.stdout)
    ran = evaluate(folder, changed("-0.4 (-1.2 to 0.3)", "-9.0 (-9.2 to -8.0)"), PAGE, "--parts", "main")
    expect("a part that was not asked for", ran.returncode == 0 and "7 figures, 0 outside" in ran.stdout, ran.stdout)

    # --write takes the tables over, and nothing else; then they are inside.
    fresh = changed("88.4 (86.9 to 89.8) | 1.40", "60.0 (58.0 to 62.0) | 1.40").replace("Text", "Words")
    ran = evaluate(folder, fresh, PAGE, "--write")
    with open(os.path.join(folder, "page.md"), encoding="utf-8") as page:
        written = page.read()
    expect("--write", ran.returncode == 0 and written == fresh.replace("Words", "Text"), written)

# What the tables are written with is what is read from them.
loader = machinery.SourceFileLoader("evaluate", TOOL)
tool = util.module_from_spec(util.spec_from_loader("evaluate", loader))
loader.exec_module(tool)
estimate = {"value": -0.0123, "low": -0.5, "high": 0.25}
text = tool.table("T", ["method", "x", "y"], [["a", tool.cell(estimate), tool.cell({"value": 0.5, "low": None, "high": None})]])
expect("written and read", tool.figures_of(text) == {("T", "a", "x"): (-1.2, -50.0, 25.0)}, text)

# The page that is published is read whole: it is inside of itself, and every cell with an interval is a figure.
ran = subprocess.run([sys.executable, TOOL, "--measured", tool.PAGE], capture_output=True, text=True, check=False)
with open(tool.PAGE, encoding="utf-8") as page:
    intervals = sum(len(re.findall(r"\(-?[0-9.]+ to -?[0-9.]+\) \|", line)) for line in page)
expect("docs/detection.md", ran.returncode == 0 and f"{intervals} figures, 0 outside" in ran.stdout and intervals > 300, f"{intervals}\n{ran.stdout[-300:]}")
sys.exit(1 if failed else 0)
END
