"""What mutation.py changes: one place of a file at a time, drawn at random.

Places are those of cosmic-ray's operators; a change of an annotation, a mark of parameters, zip's
`strict`, or to an operator that no float has (`<<`) is left out.
"""

import ast
import difflib
import random
from collections import Counter, defaultdict
from pathlib import Path

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
SWAPS = {"Add": "Sub", "Sub": "Add", "Mul": "Div", "Div": "Mul", "Pow": "Mul", "FloorDiv": "Mul"}
SWAPS |= {"Mod": "Add", "BitAnd": "BitOr", "BitOr": "BitAnd"}
ORDERS = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}


def sensible(name):
    """Tell whether an operator's change can pass for a slip of the pen."""
    family, *words = name.partition("/")[2].split("_")
    if family == "ReplaceBinaryOperator":
        return SWAPS.get(words[0]) == words[1]
    if family == "ReplaceComparisonOperator":
        return set(words) <= ORDERS or not set(words) & ORDERS
    return not family.startswith("Variable")


OPERATORS = {name: get_operator(name) for name in operator_names() if sensible(name)}


class Bare(ast.NodeTransformer):
    """What runs of code: no annotations, marks of parameters, types' imports, no zip's `strict`."""

    def visit_If(self, node):
        self.generic_visit(node)
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    def visit_keyword(self, node):
        return None if node.arg == "strict" else self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns, given = None, node.args
        given.args = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        given.defaults = [*given.defaults, *filter(None, given.kw_defaults)]
        given.posonlyargs = given.kwonlyargs = given.kw_defaults = []
        return node

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(0)
        return self.generic_visit(node)


def runs(text):
    """Dump what runs of a text; nothing where it is no Python."""
    try:
        return ast.dump(Bare().visit(ast.parse(text)))
    except SyntaxError:
        return None


def nodes(tree):
    """List the nodes of a tree in cosmic-ray's order."""
    yield tree
    for child in getattr(tree, "children", ()):
        yield from nodes(child)


def sites(path):
    """List changes of a file by the place that they change: {place: [(operator, number)]}."""
    found, text = defaultdict(list), path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), list(nodes(parso.parse(text)))
    for name, kind in OPERATORS.items():
        operator = kind()
        places = [place for node in tree for place in operator.mutation_positions(node)]
        for number, ((line, column), _) in enumerate(places):
            found[line, column, name.split("_")[0]].append((name, number))
    seen, named = Counter(), {}
    for line, column, family in sorted(found):
        text = lines[line - 1]
        words = path.name, text.strip(), column - len(text) + len(text.lstrip()), family
        named[path, line, (*words, seen[words])] = found[line, column, family]
        seen[words] += 1
    return named


def sample(room, each, seed):
    """Draw sites of a room without replacement, and a change of each.

    Each site has a lot of its own, by its line of code: what changes elsewhere moves no other.
    """
    paths = sorted((ROOT / "src" / "w2slens" / room).rglob("*.py"))
    every = {at: changes for path in paths for at, changes in sites(path).items()}
    lots = {at: random.Random(f"{seed} {room} {at[2]}") for at in every}
    order, drawn = {at: lot.random() for at, lot in lots.items()}, []
    for path, line, words in sorted(every, key=order.__getitem__):
        name, number = lots[path, line, words].choice(every[path, line, words])
        text = path.read_text(encoding="utf-8")
        mutant = mutate_code(text, OPERATORS[name](), number)
        if mutant is not None and runs(mutant) not in (None, runs(text)):
            drawn.append((path.relative_to(ROOT).as_posix(), line, name.partition("/")[2], mutant))
        if len(drawn) == each:
            break
    return drawn


def difference(path, mutant):
    """Show the lines that a mutant changes."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines(), mutant.splitlines()
    return [
        line[0] + " " + line[1:].strip()
        for line in difflib.unified_diff(*lines, n=0, lineterm="")
        if line[0] in "+-" and line[:3] not in ("+++", "---") and line[1:].strip()
    ]
