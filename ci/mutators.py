"""Small changes in Python and Bash source, one at a time, for ci/mutants. Pure: text in, changed text out."""

import ast
import re
import subprocess

# Name of the change, pattern, replacement. Each applies at one match in one line.
SHELL = [
    ("condition negated", r"(?<=if )(?=\[\[|has |use |___|in_iuse|contains_word)", "! "),
    ("condition negated", r"(?<=while )(?=\[\[)", "! "),
    ("condition negated", r"(?<=\[\[ )! ", ""),
    ("comparison shifted", r" -lt ", " -le "),
    ("comparison shifted", r" -gt ", " -ge "),
    ("comparison shifted", r" -le ", " -lt "),
    ("comparison shifted", r" -ge ", " -gt "),
    ("comparison shifted", r" == ", " != "),
    ("comparison shifted", r" != ", " == "),
    ("comparison shifted", r" -ne ", " -eq "),
    ("comparison shifted", r" -eq ", " -ne "),
    ("test inverted", r"\[\[ -n ", "[[ -z "),
    ("test inverted", r"\[\[ -z ", "[[ -n "),
    ("test inverted", r"(?<=\[\[ )-[efdhL] ", "! -e "),
    ("quotes dropped", r'"(\$\{[A-Za-z_]\w*\})"', r"\1"),
    ("quotes dropped", r'"\$\{(\w+)\[@\]\}"', r"${\1[*]}"),
    ("quotes dropped", r'"\$@"', "$*"),
    ("and for or", r" \|\| (?=return|continue|die|exit)", " && "),
    ("and for or", r" && (?=return|continue|die|exit)", " || "),
    ("EAPI branch lost", r"___eapi_has_\w+|___eapi_\w+", "false"),
    ("constant changed", r"(?<=return )0\b", "1"),
    ("constant changed", r"(?<=return )1\b", "0"),
    ("return lost", r"\breturn\b(?! [\"$])( \d+)?", ":"),
    ("trim lost", r"\$\{(\w+)(?:##?|%%?)[^}]+\}", r"${\1}"),
    ("pattern loosened", r"(?<!\\)\*\)(?=\s*$)", ")"),
    ("shift lost", r"^(\s*)shift\b.*$", r"\1:"),
]

# A line of one simple command, which may be dropped.
STATEMENT = re.compile(r"^(\s+)(?!if\b|then\b|fi\b|do\b|done\b|else\b|elif\b|case\b|esac\b|for\b|while\b|local\b|#|\}|\{|;;|return\b|break\b)[\w$\"].*[^\\{(&|;]$")

PYTHON_COMPARE = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


def shell(text):
    """Changes of a Bash file: (line from 1, name, changed line)."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#"):
            continue
        for name, pattern, replacement in SHELL:
            for match in re.finditer(pattern, line):
                changed = line[: match.start()] + match.expand(replacement) + line[match.end() :]
                if changed != line:
                    yield number, name, changed
        if STATEMENT.match(line) and not (number > 1 and lines[number - 2].endswith("\\")):
            yield number, "statement dropped", re.match(r"\s*", line).group() + ":"


def python(text):
    """Changes of a Python file, of expressions that stand in one line."""
    lines = text.split("\n")
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return

    def cut(node):
        # Columns are of bytes.
        line = lines[node.lineno - 1].encode()
        return line[: node.col_offset].decode(), line[node.col_offset : node.end_col_offset].decode(), line[node.end_col_offset :].decode()

    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) != getattr(node, "end_lineno", -1):
            continue
        if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            before, _, after = cut(node)
            sign = PYTHON_COMPARE[type(node.ops[0])]
            changed = f"{ast.unparse(node.left)} {sign} {ast.unparse(node.comparators[0])}"
            yield node.lineno, "comparison shifted", f"{before}{changed}{after}"
        elif isinstance(node, ast.BoolOp):
            before, whole, after = cut(node)
            words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield node.lineno, "and for or", before + whole.replace(f" {words[0]} ", f" {words[1]} ", 1) + after
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            before, _, after = cut(node)
            yield node.lineno, "condition negated", f"{before}({ast.unparse(node.operand)}){after}"
        elif isinstance(node, ast.Return) and node.value is not None:
            before, _, after = cut(node)
            yield node.lineno, "return lost", f"{before}return None{after}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
            before, _, after = cut(node)
            yield node.lineno, "constant changed", f"{before}{node.value + 1}{after}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            before, _, after = cut(node)
            yield node.lineno, "constant changed", f"{before}{not node.value}{after}"
        elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
            before, _, after = cut(node)
            first, second = (ast.unparse(it) for it in node.args)
            if first != second:
                yield node.lineno, "argument order", f"{before}{ast.unparse(node.func)}({second}, {first}){after}"
        elif isinstance(node, (ast.Expr, ast.Continue, ast.Break, ast.AugAssign)):
            before, whole, after = cut(node)
            if not whole.startswith(('"', "'")):
                yield node.lineno, "statement dropped", f"{before}pass{after}"
    # Conditions of `if` and `while` stand in their own line.
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)) and node.test.lineno == node.test.end_lineno:
            before, whole, after = cut(node.test)
            yield node.test.lineno, "condition negated", f"{before}not ({whole}){after}"


def is_shell(name, text):
    first = text.split("\n", 1)[0]
    return name.endswith((".sh", ".bash", ".lib")) or (first.startswith("#!") and first.endswith(("bash", "/sh")))


def mutants(name, text):
    """Every change of a file that still is a program: (line, name, old line, new line)."""
    kind = shell if is_shell(name, text) else python
    lines = text.split("\n")
    seen = set()
    for number, what, changed in kind(text):
        if changed != lines[number - 1] and (number, changed) not in seen:
            seen.add((number, changed))
            yield number, what, lines[number - 1], changed


def changed(text, number, line):
    lines = text.split("\n")
    lines[number - 1] = line
    return "\n".join(lines)


def parses(name, text):
    """Whether the changed file still is a program."""
    if not is_shell(name, text):
        try:
            compile(text, name, "exec")
        except (SyntaxError, ValueError):
            return False
        return True
    return subprocess.run(["bash", "-n"], input=text.encode(), stderr=subprocess.DEVNULL).returncode == 0
