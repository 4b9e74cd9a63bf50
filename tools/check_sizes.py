#!/usr/bin/python3
"""Reports the sizes of files and functions, and fails if one is above its limit.

It finds functions by their braces, because the code is formatted by clang-format: the body of a function opens at the end of a
line with no or little indentation, and closes with the same indentation. This is exact enough for a size.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE_LIMIT = 500       # lines of production code in one file
TEST_FILE_LIMIT = 1200  # tests may have long tables
FUNCTION_LIMIT = 100   # lines; only plain tables should have more than 70
LOOK_AGAIN = (40, 70)  # the report says how many functions have more lines than these

SIGNATURE = re.compile(r"^( {0,4})[A-Za-z~\[].*[^:]$")
NOT_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|using|if|for|while|switch|else|do|"
                          r"try|return|case|default|template)\b")
SIGNATURE_LINES = 10  # a longer signature is not recognised


def body_opens_at(lines, number):
    """The number of the line at whose end the body opens, for a signature that starts at `number`. None for a declaration."""
    for i in range(number, min(number + SIGNATURE_LINES, len(lines))):
        if lines[i].endswith("{"):
            return None if lines[i].endswith("= {") else i
        if lines[i].endswith((";", "}")):
            return None
    return None


def functions(lines):
    """(number of the first line, number of lines) of each function at namespace or class level."""
    number = 0
    while number < len(lines):
        start = SIGNATURE.match(lines[number])
        opens = None
        if start and not NOT_FUNCTION.match(lines[number]):
            opens = body_opens_at(lines, number)
        if opens is None:
            number += 1
            continue
        close = start.group(1) + "}"
        end = next((i for i in range(opens + 1, len(lines)) if lines[i].startswith(close)), opens)
        yield number + 1, end - number + 1
        number = end + 1


def percent(part, whole):
    return 100.0 * part / whole if whole else 0.0


def main():
    too_big, lengths, files = [], [], []
    for top in ("src", "apps"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            name, lines = str(path.relative_to(ROOT)), path.read_text(errors="replace").splitlines()
            is_test = name.endswith("_test.cpp")
            limit = TEST_FILE_LIMIT if is_test else FILE_LIMIT
            if len(lines) > limit:
                too_big.append(f"{name}: {len(lines)} lines (limit {limit})")
            if is_test:
                continue
            files.append(len(lines))
            for first, length in functions(lines):
                lengths.append(length)
                if length > FUNCTION_LIMIT:
                    too_big.append(f"{name}:{first}: function of {length} lines (limit {FUNCTION_LIMIT})")
    files.sort()
    print(f"sizes: {len(files)} files, median {files[len(files) // 2] if files else 0} lines, "
          f"{sum(n > FILE_LIMIT for n in files)} over {FILE_LIMIT}; {len(lengths)} functions, " +
          ", ".join(f"{percent(sum(n > limit for n in lengths), len(lengths)):.1f} % over {limit} lines"
                    for limit in LOOK_AGAIN))
    print("\n".join(too_big), end="\n" if too_big else "")
    return 1 if too_big else 0


if __name__ == "__main__":
    sys.exit(main())
