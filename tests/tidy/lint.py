#!/usr/bin/env python3
"""The rules of this house that a compiler does not check. One function a rule; each is a ctest.

    lint.py ROOT RULE      prints `path:line: what` for every breach; exit code 1 if there is one
    lint.py ROOT samples   checks the rules themselves, on text that must and must not be flagged

A single line may be excused from a rule by ending it with `// lint: RULE, because …`.
"""

import re
import sys
from pathlib import Path

PROGRAM = ("binlog", "position", "applier", "cli")
LIBRARY = ("binlog", "position", "applier")
SOURCES = PROGRAM + ("tests", "bench")

# The floors of docs/architecture.md, lowest first. A folder may include itself and what stands on a lower floor.
FLOORS = [
    ["binlog/base"],
    ["binlog/coordinates"],
    ["binlog/event"],
    ["binlog/row"],
    ["binlog/schema"],
    ["binlog"],  # transaction.*
    ["binlog/source/mysql"],
    ["binlog/source", "binlog/format"],
    ["binlog/ship"],
    ["position"],
    ["applier"],
    ["cli"],
]
FLOOR_OF = {folder: number for number, floor in enumerate(FLOORS) for folder in floor}

# A library from outside is included by these files only; everyone else calls them.
WRAPPED = {
    r"zstd\w*\.h": {"binlog/base/zstd_stream.cpp"},
    r"libdeflate\.h": {"binlog/base/crc32.cpp", "binlog/base/inflate.cpp"},
    r"zlib\.h": {"binlog/base/inflate.cpp"},
    r"openssl/.*": {"binlog/base/crypto.cpp"},
    r"unicode/.*": {"applier/key_match.cpp"},
    r"sodium\.h": {"binlog/base/ed25519.cpp"},
    r"iconv\.h": {"binlog/row/charset.cpp"},
    r"CLI/.*": {"cli/arguments.cpp", "cli/choice_option.hpp", "cli/hub_arguments.cpp", "cli/parse_error.cpp"},
    r"sqlite3\.h": {"applier/sqlite.hpp", "applier/sqlite.cpp", "applier/wal_vfs.cpp"},
}
NETWORK = re.compile(r"boost/(asio|beast)\b.*")
NETWORK_FILE = re.compile(r".*_(server|client|connection)\.(hpp|cpp)$")

MAX_LINES = 600
MAX_COLUMNS = 120
# Files that may be longer or wider, each with the reason.
LARGE_FILES = {
    "binlog/row/charset_tables.cpp": "a table, made by scripts/make_charset_tables.py",
    "tests/unit/schema/schema_dump_test.cpp": "dumps as mysqldump writes them, in raw strings",
    "tests/unit/schema/shop_history_test.cpp": "statements as the server logs them, in raw strings",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
PRINTS = re.compile(r"\b(std::(cout|cerr|clog)|(f|v|vf)?printf\s*\(|f?puts\s*\(|putchar\s*\(|fmt::print\w*\s*\(|spdlog::)")
EXITS = re.compile(r"\b(?:std::)?(_?exit|quick_exit|abort|terminate)\s*\(")
CLOCKS = re.compile(r"\b(\w+_clock::now|clock_gettime|gettimeofday|std::time|time\(nullptr\))")


def folder_of(path):
    return path.rsplit("/", 1)[0]


def is_in(path, folders):
    return path.split("/", 1)[0] in folders


def includes(lines):
    for number, line in enumerate(lines, 1):
        if match := INCLUDE.match(line):
            yield number, match.group(1)


def code_of(line):
    """The line without string literals and comments, near enough for word searches."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return re.sub(r"//.*", "", line)


def is_excused(line, rule):
    return re.search(rf"// lint: {rule}, because .{{10,}}", line) is not None


def include_direction(path, lines):
    if not is_in(path, PROGRAM):
        return
    folder = folder_of(path)
    if folder not in FLOOR_OF:
        yield 1, f"the folder {folder} has no floor: add it to FLOORS"
        return
    for number, included in includes(lines):
        other = folder_of(included) if "/" in included else ""
        if not is_in(included, SOURCES):
            if '"' in lines[number - 1]:
                yield number, f'"{included}" is not written from the root'
        elif other not in FLOOR_OF:
            yield number, f"{path} includes {included}, which is no part of the program"
        elif other != folder and FLOOR_OF[other] >= FLOOR_OF[folder]:
            yield number, f"{folder} includes {other}, which does not stand below it"


def wrapped_libraries(path, lines):
    if not is_in(path, PROGRAM):
        return
    for number, included in includes(lines):
        for pattern, allowed in WRAPPED.items():
            if re.fullmatch(pattern, included) and path not in allowed:
                yield number, f"<{included}> belongs behind {' or '.join(sorted(allowed))}"
        if NETWORK.fullmatch(included) and not NETWORK_FILE.match(path):
            yield number, f"<{included}> belongs in files named *_server, *_client or *_connection"


def library_code_is_silent(path, lines):
    if not is_in(path, LIBRARY):
        return
    for number, line in enumerate(lines, 1):
        code = code_of(line)
        if is_excused(line, "library_code_is_silent"):
            continue
        if PRINTS.search(code):
            yield number, "library code prints; return it, or call a callback"
        if EXITS.search(code):
            yield number, "library code ends the process; return an Error"
        if CLOCKS.search(code):
            yield number, "library code reads a clock that it was not given"


def headers_open_with_what_they_are(path, lines):
    if not path.endswith(".hpp"):
        return
    if not lines or not lines[0].startswith("// "):
        yield 1, "a header opens with a comment: what it is, who owns, how long views live"
    if "#pragma once" not in lines:
        yield 1, "no #pragma once"


def length(path, lines):
    if path in LARGE_FILES:
        return
    if len(lines) > MAX_LINES:
        yield MAX_LINES + 1, f"{len(lines)} lines, more than {MAX_LINES}: split it, or say in LARGE_FILES why not"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns, more than {MAX_COLUMNS}"


def whitespace(path, lines):
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "trailing whitespace"
    if lines and lines[-1] == "":
        yield len(lines), "an empty line at the end"


def suppressions_give_reasons(path, lines):
    for number, line in enumerate(lines, 1):
        if "NOLINT" in line and not re.search(r"NOLINT\w*\([\w.,* -]+\): .{10,}", line):
            yield number, "a NOLINT names its check and gives a reason: `NOLINT(check): reason`"
        if re.match(r"\s*#pragma (GCC|clang) diagnostic ignored", line) and "//" not in line:
            above = number - 2
            while above >= 0 and lines[above].lstrip().startswith("#pragma"):
                above -= 1
            if above < 0 or not lines[above].lstrip().startswith("//"):
                yield number, "a silenced warning gives its reason on the line or above the block"


def sources_are_built(path, lines, root):
    """A .cpp that no CMakeLists.txt names is never compiled, and so never tested."""
    if not path.endswith(".cpp") or re.fullmatch(r"tests/fuzz/\w+_fuzz\.cpp|tests/compile_fail/\w+\.cpp", path):
        return
    folder = (root / path).parent
    while folder != root:
        cmake = folder / "CMakeLists.txt"
        name = (root / path).relative_to(folder).as_posix()
        if cmake.exists() and re.search(rf"(^|[\s/(]){re.escape(name)}\b", cmake.read_text(encoding="utf-8"), re.M):
            return
        folder = folder.parent
    yield 1, "no CMakeLists.txt names it"


def links_lead_somewhere(path, lines, root):
    """A relative link of a document names a file that is there."""
    for number, line in enumerate(lines, 1):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", line):
            if not re.match(r"\w+:", target) and not ((root / path).parent / target).exists():
                yield number, f"the link to {target} leads nowhere"


RULES = {
    rule.__name__: rule
    for rule in (
        include_direction,
        wrapped_libraries,
        library_code_is_silent,
        headers_open_with_what_they_are,
        length,
        whitespace,
        suppressions_give_reasons,
    )
}

# Rules that look at other files too.
TREE_RULES = {rule.__name__: rule for rule in (sources_are_built, links_lead_somewhere)}

# (rule, path, text, is it a breach)
SAMPLES = [
    ("include_direction", "binlog/base/a.hpp", '#include "binlog/row/value.hpp"', True),
    ("include_direction", "binlog/format/a.cpp", '#include "binlog/source/b.hpp"', True),
    ("include_direction", "binlog/row/a.cpp", '#include "binlog/transaction.hpp"', True),
    ("include_direction", "binlog/row/a.cpp", '#include "value.hpp"', True),
    ("include_direction", "binlog/row/a.cpp", '#include "tests/unit/support/b.hpp"', True),
    ("include_direction", "binlog/novelty/a.cpp", "", True),
    ("include_direction", "binlog/row/a.cpp", '#include "binlog/row/value.hpp"\n#include <fmt/format.h>', False),
    ("include_direction", "binlog/source/a.cpp", '#include "binlog/transaction.hpp"', False),
    ("include_direction", "cli/a.cpp", '#include "binlog/base/result.hpp"', False),
    ("wrapped_libraries", "binlog/event/a.cpp", "#include <zstd.h>", True),
    ("wrapped_libraries", "applier/row_writer.cpp", "#include <sqlite3.h>", True),
    ("wrapped_libraries", "binlog/ship/session.cpp", "#include <boost/beast/core.hpp>", True),
    ("wrapped_libraries", "binlog/ship/hub_server.cpp", "#include <boost/asio.hpp>", False),
    ("wrapped_libraries", "binlog/base/crypto.cpp", "#include <openssl/evp.h>", False),
    ("library_code_is_silent", "binlog/a.cpp", '  std::cout << "x";', True),
    ("library_code_is_silent", "binlog/a.cpp", "  std::printf(x);", True),
    ("library_code_is_silent", "binlog/a.cpp", "  std::exit(1);", True),
    ("library_code_is_silent", "binlog/a.cpp", "  auto now = std::chrono::system_clock::now();", True),
    ("library_code_is_silent", "binlog/a.cpp", "  abort();  // lint: library_code_is_silent, because no", True),
    ("library_code_is_silent", "binlog/a.cpp", "  // std::cout is not for us", False),
    ("library_code_is_silent", "binlog/a.cpp", "  std::snprintf(buffer, 4, format);", False),
    ("library_code_is_silent", "cli/a.cpp", "  std::puts(text);", False),
    ("headers_open_with_what_they_are", "binlog/a.hpp", "#pragma once", True),
    ("headers_open_with_what_they_are", "binlog/a.hpp", "// What it is.", True),
    ("headers_open_with_what_they_are", "binlog/a.hpp", "// What it is.\n#pragma once", False),
    ("length", "binlog/a.cpp", "x\n" * 600 + "x", True),
    ("length", "binlog/a.cpp", "x" * 121, True),
    ("length", "binlog/a.cpp", "x" * 120, False),
    ("whitespace", "binlog/a.cpp", "x ", True),
    ("whitespace", "binlog/a.cpp", "\tx", True),
    ("whitespace", "binlog/a.cpp", "x\r", True),
    ("whitespace", "binlog/a.cpp", "x", False),
    ("suppressions_give_reasons", "binlog/a.cpp", "x;  // NOLINT", True),
    ("suppressions_give_reasons", "binlog/a.cpp", "x;  // NOLINT(bugprone-x)", True),
    ("suppressions_give_reasons", "binlog/a.cpp", 'x;\n#pragma GCC diagnostic ignored "-Wfoo"', True),
    ("suppressions_give_reasons", "binlog/a.cpp", '// Why.\n#pragma GCC diagnostic ignored "-Wfoo"', False),
    ("suppressions_give_reasons", "binlog/a.cpp", "x;  // NOLINT(bugprone-x): C wants it this way", False),
]


def check_samples():
    wrong = 0
    for name, path, text, breach in SAMPLES:
        found = list(RULES[name](path, text.split("\n")))
        if bool(found) != breach:
            wrong += 1
            print(f"{name} on {text[:60]!r} in {path}: expected {'a breach' if breach else 'none'}, got {found}")
    print(f"{len(SAMPLES)} samples, {wrong} wrong")
    return wrong


def check_tree(root, name):
    patterns = [f"{top}/**/*.{suffix}" for top in SOURCES for suffix in ("hpp", "cpp")]
    if name == "links_lead_somewhere":
        patterns = ["*.md", "docs/**/*.md", "fixtures/**/*.md"]
    files = [file for pattern in patterns for file in sorted(root.glob(pattern))]
    breaches = 0
    for file in files:
        path = file.relative_to(root).as_posix()
        text = file.read_bytes().decode("utf-8")
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        elif name == "whitespace":
            breaches += 1
            print(f"{path}:{len(lines)}: no newline at the end")
        found = TREE_RULES[name](path, lines, root) if name in TREE_RULES else RULES[name](path, lines)
        for number, what in found:
            breaches += 1
            print(f"{path}:{number}: {what}")
    print(f"{name}: {len(files)} files, {breaches} breaches")
    if not files:
        print(f"no files to check under {root}")
        return 1
    return breaches


def main():
    root, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    sys.exit(1 if (check_samples() if name == "samples" else check_tree(root, name)) else 0)


if __name__ == "__main__":
    main()
