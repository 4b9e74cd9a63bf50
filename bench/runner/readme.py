"""Puts a run's tables and plots between the two marks of bench/README.md."""

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def fill(path, tables, plots):
    before, _, rest = path.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{path}: {BEGIN} … {END} is missing")
    pictures = "\n".join(f"![{name.removesuffix('.svg')}](results/{name})" for name in plots)
    path.write_text(f"{before}{BEGIN}\n{tables}\n{pictures}\n{END}{after}")
