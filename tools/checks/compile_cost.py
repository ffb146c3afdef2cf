#!/usr/bin/env python3
"""What compiling a library costs, held to its budget: `compile_cost.py BUILD`, after a build of BUILD.

What counts is the processor's time, which a busy machine does not lengthen much, and only of what was compiled: of an
object that ccache had there is no figure (timed.sh), so that a library is judged by the rest. A slower machine has a
larger budget by as much as it takes longer for one source that never changes. `--propose` prints a budget of twice
what was measured, for compile_budget.txt.
"""
import collections
import pathlib
import resource
import subprocess
import sys

BUDGET = pathlib.Path(__file__).with_name("compile_budget.txt")
ROOM = 2.0
REFERENCE = "#include <functional>\n#include <map>\n#include <string>\nstd::map<std::string, std::function<void()>> all;\n"


def seconds(text):
    """0m1.250000s"""
    minutes, rest = text.rstrip("s").split("m")
    return 60 * int(minutes) + float(rest)


def reference():
    """The processor's seconds for the reference: the least of three, as what disturbs only adds."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["c++", "-std=c++20", "-O1", "-x", "c++", "-", "-c", "-o", "/dev/null"], input=REFERENCE, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)


def library_of(path):
    """certes_config, of common/config/CMakeFiles/certes_config.dir/value.cpp.o; all tests are one."""
    parts = path.parts
    if parts[0] in ("tests", "examples", "bench"):
        return parts[0]
    return next((part.removesuffix(".dir") for part in parts if part.endswith(".dir")), None)


def measured(build):
    """{library: {source: seconds}} of what was compiled, and not taken from ccache since."""
    costs = collections.defaultdict(dict)
    for file in build.rglob("*.cpu"):
        made = file.with_suffix("")
        library = library_of(file.relative_to(build))
        if library is None or not made.exists() or made.stat().st_mtime > file.stat().st_mtime + 1:
            continue
        of_compiler = file.read_text().splitlines()[1].split()
        source = str(made.relative_to(build)).split(".dir/")[-1].removesuffix(".o")
        costs[library][source] = sum(map(seconds, of_compiler))
    return costs


def budgets():
    lines = [line.split() for line in BUDGET.read_text().splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def main():
    build = pathlib.Path(sys.argv[1])
    costs = measured(build)
    if "--propose" in sys.argv:
        print(f"reference {reference():.2f}")
        for library, sources in sorted(costs.items()):
            print(f"{library} {max(1, round(ROOM * sum(sources.values())))}")
        return 0
    if not costs:
        print("compile cost: nothing was compiled that ccache did not have")
        return 0
    budget = budgets()
    slower = max(1.0, reference() / budget.pop("reference"))
    over = 0
    for library, sources in sorted(costs.items()):
        took = sum(sources.values())
        allowed = slower * budget.get(library, 0)
        if took <= allowed:
            continue
        over += 1
        slowest = sorted(sources.items(), key=lambda item: -item[1])[:3]
        said = f"its budget is {allowed:.0f} s" if library in budget else "it has no budget"
        print(f"compile cost: {library} took {took:.1f} s of processor, {said} ({BUDGET.name}); the slowest: " +
              ", ".join(f"{source} {cost:.1f} s" for source, cost in slowest), file=sys.stderr)
    objects = sum(map(len, costs.values()))
    print(f"compile cost: {objects} objects of {len(costs)} libraries took {sum(sum(s.values()) for s in costs.values()):.0f} s"
          f" of processor, {over} over budget; the budgets are those of the table times {slower:.2f}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
