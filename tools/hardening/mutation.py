"""Change texts, TOML tables and bytes in ways that break readers."""

import math
import tomllib
from collections.abc import Callable
from random import Random
from typing import Any

#: Texts that are code, or that a parser may trip over.
TEXTS = (
    "", " ", "\x00", "é", "\u202e", "x" * 300, "1e999 s", "-1 s", "nan s", "9**9**9", "ms", "mV",
    "mV**13", "1/ms/ms", "second**0.5", "__import__('os').system('touch ran')",
    "open('ran', 'w').write('x')", "().__class__.__base__.__subclasses__()", "eval('1')",
    "exec('import os')", "lambda: 0", "[x for x in (1,)]", "f'{1}'", "x if x else y", "(x := 1)",
    "x[0]", "x.y", "x()", "exp()", "exp(x, x)", "clip(x)", "int(x)", "rand()", "True", "1j", "1_0",
    "0x10", "1//0", "x % 0", "x**x**x", "not x", "a < b < c", "a and b", "x : 1", "x = y : volt",
    "dx/dt = -x/tau : 1", "dx/dt = x : 1 (unless refractory)", "x += 1", "drive = x", "x /= 0",
    "pair", "pair_stdp", "../../etc/passwd", "/dev/zero", "%s%n", "{}", "[", "#", "'", '"', "\\",
    "presynaptic", "v", "t", "dt", "weight", "volume", "i_synaptic += 1*amp", "inf", "pi", "-", "*",
)  # fmt: skip
#: Values of every type of TOML.
VALUES: tuple[Any, ...] = (
    0, 1, -1, 2**31, -(2**63), 2**64, 10**30, 10**400, 0.0, -0.0, 1e-320, 1e308, -1.5, math.inf,
    -math.inf, math.nan, True, False, [], {}, [[]], [1, "a"], [math.nan], {"value": 1},
    {"": ""}, {"rule": "all_to_all"}, {"value": math.nan, "unit": "1"}, *TEXTS,
)  # fmt: skip
_DEPTHS = (3, 60, 300, 3000)


def changed_text(text: str, random: Random) -> str:
    """Return a text with characters, or lines, taken out, put in or moved."""
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(text) + 1)
        lines = text.split("\n")
        match random.randrange(8):
            case 0:
                text = text[:place] + text[place + random.randint(1, 5) :]
            case 1:
                text = text[:place] + random.choice(TEXTS) + text[place:]
            case 2:
                text = (
                    text[:place] + random.choice("()[]{}*/+-=<>:,.'\"#\\ \t\n0e^_;") + text[place:]
                )
            case 3:
                text = text[:place] + text[: random.randrange(len(text) + 1)]
            case 4:
                del lines[random.randrange(len(lines))]
                text = "\n".join(lines)
            case 5:
                lines.insert(random.randrange(len(lines)), random.choice(lines))
                text = "\n".join(lines)
            case 6:
                depth = random.choice(_DEPTHS)
                text = f"{text[:place]}{'(' * depth}x{')' * depth}{text[place:]}"
            case _:
                number = random.randrange(len(lines))
                key, equals, _ = lines[number].partition("=")
                lines[number] = f"{key}{equals} {written(random.choice(VALUES))}"
                text = "\n".join(lines)
    return text


def changed_table(text: str, random: Random) -> str:
    """Return a TOML text with keys and values of its table changed; any text where it is none."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):
        return changed_text(text, random)
    for _ in range(random.randint(1, 3)):
        places = list(_places(table))
        if not places:
            break
        _change(*random.choice(places), places, random)
    return "\n".join(f"{_key(key)} = {written(value)}" for key, value in table.items())


Place = tuple[Any, Any]


class Written(str):
    """A value as it is written, too deep to be made."""


def _places(table: Any) -> Any:
    """Yield every container with each of its keys or numbers."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield table, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _change(holder: Any, key: Any, places: list[Place], random: Random) -> None:
    value = holder[key]
    other_holder, other_key = random.choice(places)
    other = other_holder[other_key] if _has(other_holder, other_key) else value
    match random.randrange(10):
        case 0:
            del holder[key]
        case 1:
            holder[key] = random.choice(VALUES)
        case 2 if isinstance(value, int | float):
            factor = random.choice((-1, 0, 0.5, 2, 1e3, 1e9, 1e18, 1e-9, math.inf))
            holder[key] = value * factor
        case 3 if isinstance(value, str):
            holder[key] = changed_text(value, random)
        case 4 if isinstance(holder, dict):
            names = (str(other_key), key[:-1], f"{key}s", key.upper(), random.choice(TEXTS))
            holder[random.choice(names)] = holder.pop(key)
        case 5 if not isinstance(other, dict | list):
            holder[key] = other
        case 6:
            holder[key] = random.choice(([value], {"x": value}, [value, value], [value] * 40))
        case 7 if isinstance(holder, dict):
            names = (str(other_key), f"{key}_2", random.choice(TEXTS))
            holder[random.choice(names)] = _copied(value)
        case 8:
            depth = random.choice(_DEPTHS)
            start, end = random.choice((("[", "]"), ("{a = ", "}"), ("[{a = ", "}]")))
            holder[key] = Written(f"{start * depth}1{end * depth}")
        case _:
            holder[key] = random.choice(TEXTS)


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def written(value: Any) -> str:
    """Return a value as TOML writes it, tables inline."""
    if isinstance(value, Written):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{_escaped(value)}"'
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {written(v)}" for k, v in value.items()) + "}"
    return str(value)


def _key(key: str) -> str:
    return f'"{_escaped(str(key))}"'


def _escaped(text: str) -> str:
    return "".join(
        c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text
    )  # fmt: skip


def changed_toml(data: bytes, random: Random) -> bytes:
    """Return a TOML file changed as a table, as a text or as bytes."""
    text = data.decode(errors="replace")
    match random.randrange(8):
        case 0:
            return changed_bytes(data, random)
        case 1 | 2:
            return changed_text(text, random).encode(errors="replace")
    return changed_table(text, random).encode(errors="replace")


def changed_words(data: bytes, random: Random) -> bytes:
    """Return a text file changed as a text, or as bytes."""
    if random.random() < 0.1:
        return changed_bytes(data, random)
    return changed_text(data.decode(errors="replace"), random).encode(errors="replace")


def changed_bytes(data: bytes, random: Random) -> bytes:
    """Return bytes with bits flipped, numbers replaced, parts lost, doubled or moved."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        place = random.randrange(len(changed) + 1)
        size = random.choice((1, 2, 4, 8, 64))
        match random.randrange(8):
            case 0 | 1 if place < len(changed):
                changed[place] ^= 1 << random.randrange(8)
            case 2:
                changed[place : place + 1] = bytes([random.choice((0, 1, 127, 128, 255))])
            case 3:
                width = random.choice((2, 4, 8))
                place -= place % width
                number = random.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
                changed[place : place + width] = (number % 256**width).to_bytes(width, "little")
            case 4:
                del changed[place : place + size]
            case 5:
                changed[place:place] = changed[: random.randrange(64)] or b"\x00"
            case 6:
                del changed[place:]
            case _:
                other = random.randrange(len(changed) + 1)
                changed[place : place + size] = changed[other : other + size]
    return bytes(changed)


Mutation = Callable[[bytes, Random], bytes]
