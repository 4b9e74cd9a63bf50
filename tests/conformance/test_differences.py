"""Checks that each difference that a test allows has a row in docs/compatibility.md."""

import ast
from pathlib import Path

import pytest
from support.differences import rows

HERE = Path(__file__).parent


def named_rows():
    """(file, line, row) of each differs(router, "row", ...). The row may also be a constant of the file."""
    for file in sorted(HERE.glob("test_*.py")):
        tree = ast.parse(file.read_text())
        names = {target.id: node.value.value for node in tree.body if isinstance(node, ast.Assign)
                 for target in node.targets if isinstance(node.value, ast.Constant)}
        local = {target.id: node.value.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
                 for target in node.targets if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "differs":
                row = node.args[1]
                yield file.name, node.lineno, row.value if isinstance(row, ast.Constant) else (local | names)[row.id]


@pytest.mark.parametrize("file,line,row", sorted(named_rows()))
def test_the_row_exists(file, line, row):
    assert row in rows(), f"{file}:{line} relies on a row that docs/compatibility.md does not have"
