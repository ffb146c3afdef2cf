#!/usr/bin/env python3
"""What is there is named in the documents, and what they, alerts and dashboards name is there: settings, metrics, links. A
rule of ./dev lint."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What is made of the code (docs/reference) says nothing that a person has written.
WRITTEN = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "reference" not in path.parts]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *WRITTEN, ROOT / "deploy/prometheus/alerts.yml"]
SOURCES = [path for folder in ("common", "gateway", "api", "dispatcher", "client", "certes") for path in (ROOT / folder).rglob("*.[ch]pp")]
USERS = sorted((ROOT / "deploy/grafana").rglob("*.json")) + sorted((ROOT / "tests/prometheus").glob("*.yml"))
CMAKE = [ROOT / "CMakeLists.txt", *(ROOT / "cmake").rglob("*.cmake"), *(ROOT / "tests").rglob("CMakeLists.txt"),
         *(ROOT / "client").rglob("CMakeLists.txt")]


def settings_of_examples(text):
    """kafka.ca_file, of an example in TOML."""
    for block in re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        section = ""
        for line in block.splitlines():
            if title := re.match(r"\[(\w+)\]", line):
                section = title[1]
            elif member := re.match(r"(\w+) =", line):
                yield f"{section}.{member[1]}"


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def broken_links(page, text):
    links = [(page.parent, link) for link in re.findall(r"\]\(([^)]+)\)", text)]
    links += [(ROOT, link) for link in re.findall(r"^ *runbook: (\S+)$", text, re.MULTILINE)]
    for folder, link in links:
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        to = (folder / path).resolve() if path else page
        if not to.exists() or (anchor and anchor not in anchors(to.read_text())):
            yield f"{page.relative_to(ROOT)}: the link {link} leads nowhere"


def missing_tests(page, text):
    """Of the tests that a page names those that there are not."""
    made = set()
    for path in (ROOT / "tests").rglob("CMakeLists.txt"):
        for words in re.findall(r"certes_(?:\w*test|system_parts)\(([^)]+)\)", path.read_text()):
            name, *more = words.split()
            made |= {name, *(f"{name}_{part.lower()}" for part in more)}
    for name in sorted(set(re.findall(r"`(system_\w+|\w+_test)`", text)) - made):
        yield f"{page.relative_to(ROOT)}: there is no test {name}"


def faults():
    texts = {page: page.read_text() for page in PAGES}
    every = "\n".join(texts.values())
    named = set(re.findall(r"[a-z]\w*(?:\.\w+)*", every)) | set(settings_of_examples(every))
    settings = set(re.findall(r'^    \{"([a-z_.]+)",', (ROOT / "common/config/table.cpp").read_text(), re.MULTILINE))
    for name in sorted(settings - named):
        yield f"the setting {name} stands in no document"
    sections = "|".join({name.partition(".")[0] for name in settings if "." in name})
    for page, text in texts.items():
        for name in sorted(set(re.findall(rf"`((?:{sections})\.[a-z_]+)[` ]", text)) - settings):
            yield f"{page.relative_to(ROOT)}: there is no setting {name}"
    code = "\n".join(path.read_text() for path in SOURCES)
    for name in sorted(set(re.findall(r'"(certes_[a-z0-9_]+)"', code))):
        if name not in named:
            yield f"the metric {name} stands in no document"
    known = set(re.findall(r"certes_\w+", code + "\n".join(path.read_text() for path in CMAKE)))
    series = {name + ending for name in known for ending in ("_bucket", "_count", "_sum")}
    for page, text in texts.items():
        yield from broken_links(page, text)
    testing = ROOT / "docs/testing.md"
    yield from missing_tests(testing, texts[testing])
    for page, text in (texts | {page: page.read_text() for page in USERS}).items():
        for name in sorted(set(re.findall(r"\bcertes_[a-z0-9_]+\b(?!\*)", text)) - known - series):
            yield f"{page.relative_to(ROOT)}: there is no {name}"


found = list(faults())
for fault in found:
    print(f"documented: {fault}", file=sys.stderr)
sys.exit(1 if found else 0)
