"""Writes harmless pickles and what CPython asks for when it loads them.

    python3 tests/pickle_oracle.py FOLDER COUNT SEED

Each pickle becomes FOLDER/N.pkl; FOLDER/cases.jsonl says for each which names are imported and what is called with what,
as recorded by Unpicklers whose `find_class` gives recorders instead of real things. FOLDER/tables.json holds the opcodes of
`pickletools` and the names of `_compat_pickle`. Called by `pickle_oracle.rs`.
"""

import _compat_pickle
import _pickle
import collections
import datetime
import decimal
import fractions
import io
import json
import pathlib
import pickle
import pickletools
import random
import struct
import sys
import uuid


class Log:
    def __init__(self, protocol):
        self.protocol = protocol
        self.imports = []
        self.calls = []


def today(module, name, protocol):
    if protocol < 3:
        pair = _compat_pickle.NAME_MAPPING.get((module, name))
        if pair is not None:
            return ".".join(pair)
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return module + "." + name


def shown(value):
    """A value as far as the comparison goes."""
    if isinstance(type(value), Recorder):
        return "object"
    if isinstance(value, Recorder):
        return "global " + value.path
    if isinstance(value, Persistent):
        return "persistent"
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return "int " + str(value) if -(2**63) <= value < 2**63 else "large"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "text " + value
    if isinstance(value, (bytes, bytearray)):
        return "bytes " + bytes(value).hex()
    if isinstance(value, (tuple, list)):
        return type(value).__name__ + " " + str(min(len(value), 17))
    if isinstance(value, (set, frozenset)):
        return "set"
    return type(value).__name__


class Persistent:
    pass


class Recorder(type):
    """A class whose calls are recorded instead of done."""

    def __call__(cls, *args, **kwargs):
        cls.log.calls.append(["call", cls.path, [shown(a) for a in args], sorted(kwargs)])
        return object.__new__(cls)


def recorder(log, path):
    def new(cls, *args, **kwargs):
        log.calls.append(["new", cls.path, [shown(a) for a in args], sorted(kwargs)])
        return object.__new__(cls)

    def call(self, *args, **kwargs):
        log.calls.append(["call", path + "()", [shown(a) for a in args], sorted(kwargs)])
        return recorder_of(log, path + "()")

    space = {
        "log": log,
        "path": path,
        "__new__": new,
        "__call__": call,
        "__setstate__": lambda self, state: None,
        "append": lambda self, item: None,
        "extend": lambda self, items: None,
        "add": lambda self, item: None,
        "__setitem__": lambda self, key, value: None,
        "__hash__": lambda self: 1,
        "__eq__": lambda self, other: self is other,
    }
    return Recorder("R", (), space)


def recorder_of(log, path):
    return object.__new__(recorder(log, path))


def make(base):
    class Recording(base):
        def __init__(self, file, log):
            super().__init__(file)
            self.log = log
            self.known = {}

        def find_class(self, module, name):
            path = today(module, name, self.log.protocol)
            if path not in self.known:
                self.log.imports.append(path)
                self.known[path] = recorder(self.log, path)
            return self.known[path]

        def persistent_load(self, pid):
            return Persistent()

    return Recording


READERS = [make(_pickle.Unpickler), make(pickle._Unpickler)]


def record(data, protocol):
    """What both unpicklers ask for; `None` if they do not agree or fail."""
    results = []
    for reader in READERS:
        log = Log(protocol)
        try:
            result = reader(io.BytesIO(data), log).load()
        except Exception:
            return None
        results.append({"imports": log.imports, "calls": log.calls, "result": shown(result)})
    return results[0] if results[0] == results[1] else None


class Program:
    """A random valid program: it keeps track of what lies on the stack."""

    def __init__(self, rng):
        self.rng = rng
        self.out = bytearray()
        self.frames = [[]]
        self.memo = {}
        self.names = 0

    @property
    def stack(self):
        return self.frames[-1]

    def push(self, kind, hashable=True):
        self.stack.append((kind, hashable))

    def emit(self, *parts):
        for part in parts:
            self.out += part

    def text(self):
        rng = self.rng
        return "".join(rng.choice("abcXYZ_09") for _ in range(rng.randrange(0, 12)))

    def constant(self):
        rng = self.rng
        number = rng.choice([0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**63, -(2**70), 2**80])
        choice = rng.randrange(22)
        text = self.text()
        raw = text.encode()
        if choice == 0:
            self.emit(b"N")
            self.push("none")
        elif choice == 1:
            self.emit(rng.choice([b"\x88", b"\x89", b"I01\n", b"I00\n"]))
            self.push("bool")
        elif choice == 2:
            self.emit(b"I%d\n" % number)
            self.push("int")
        elif choice == 3:
            self.emit(b"L%dL\n" % number)
            self.push("int")
        elif choice == 4:
            self.emit(b"K", bytes([rng.randrange(256)]))
            self.push("int")
        elif choice == 5:
            self.emit(b"M", struct.pack("<H", rng.randrange(65536)))
            self.push("int")
        elif choice == 6:
            self.emit(b"J", struct.pack("<i", rng.randrange(-(2**31), 2**31)))
            self.push("int")
        elif choice == 7:
            body = pickle.encode_long(number)
            self.emit(*rng.choice([(b"\x8a", bytes([len(body)]), body), (b"\x8b", struct.pack("<i", len(body)), body)]))
            self.push("int")
        elif choice == 8:
            self.emit(*rng.choice([(b"F1.5\n",), (b"G", struct.pack(">d", 1.5)), (b"F-1e10\n",)]))
            self.push("float")
        elif choice == 9:
            escaped = rng.choice([raw, b"".join(b"\\x%02x" % b for b in raw), b"".join(b"\\%03o" % b for b in raw)])
            quote = rng.choice([b"'", b'"'])
            self.emit(b"S", quote, escaped, quote, b"\n")
            self.push("str")
        elif choice == 10:
            self.emit(b"T", struct.pack("<I", len(raw)), raw)
            self.push("str")
        elif choice == 11:
            self.emit(b"U", bytes([len(raw)]), raw)
            self.push("str")
        elif choice == 12:
            escaped = rng.choice([raw, b"".join(b"\\u%04x" % b for b in raw), raw + b"\xe4"])
            self.emit(b"V", escaped, b"\n")
            self.push("str")
        elif choice == 13:
            raw = rng.choice([raw, (text + "ä€").encode()])
            self.emit(
                *rng.choice(
                    [
                        (b"X", struct.pack("<I", len(raw)), raw),
                        (b"\x8c", bytes([len(raw)]), raw),
                        (b"\x8d", struct.pack("<Q", len(raw)), raw),
                    ]
                )
            )
            self.push("str")
        elif choice == 14:
            self.emit(
                *rng.choice(
                    [
                        (b"B", struct.pack("<I", len(raw)), raw),
                        (b"C", bytes([len(raw)]), raw),
                        (b"\x8e", struct.pack("<Q", len(raw)), raw),
                    ]
                )
            )
            self.push("bytes")
        elif choice == 15:
            self.emit(b"\x96", struct.pack("<Q", len(raw)), raw)
            self.push("bytearray", False)
        elif choice == 16:
            self.emit(b")")
            self.push("tuple")
        elif choice == 17:
            self.emit(b"]")
            self.push("list", False)
        elif choice == 18:
            self.emit(b"}")
            self.push("dict", False)
        elif choice == 19:
            self.emit(b"\x8f")
            self.push("set", False)
        elif choice == 20:
            self.emit(b"P", raw, b"\n")
            self.push("object")
        else:
            self.name()

    def name(self):
        self.names += 1
        module = self.rng.choice(["m", "pkg.mod", "a.b.c"])
        name = "f%d" % self.rng.randrange(1, 6)
        if self.rng.random() < 0.5:
            self.emit(b"c", module.encode(), b"\n", name.encode(), b"\n")
        else:
            for part in (module, name):
                raw = part.encode()
                self.emit(
                    *self.rng.choice(
                        [
                            (b"\x8c", bytes([len(raw)]), raw),
                            (b"X", struct.pack("<I", len(raw)), raw),
                            (b"V", raw, b"\n"),
                            (b"S'", raw, b"'\n"),
                        ]
                    )
                )
                if self.rng.random() < 0.3:
                    self.push("str")
                    self.store()
                    self.stack.pop()
            self.emit(b"\x93")
        self.push("global")

    def arguments(self):
        count = self.rng.randrange(0, 4)
        for _ in range(count):
            self.constant()
        if len(self.stack) >= count and count:
            self.emit([b"", b"\x85", b"\x86", b"\x87"][count])
            items = self.stack[len(self.stack) - count :]
            del self.stack[len(self.stack) - count :]
            self.push("tuple", all(h for _, h in items))
        else:
            self.emit(b")")
            self.push("tuple")

    def store(self):
        choice = self.rng.randrange(4)
        index = self.rng.choice([self.rng.randrange(20), self.rng.randrange(300), self.rng.randrange(5000)])
        if choice == 0:
            self.emit(b"p%d\n" % index)
        elif choice == 1:
            index %= 256
            self.emit(b"q", bytes([index]))
        elif choice == 2:
            self.emit(b"r", struct.pack("<I", index))
        else:
            index = len(self.memo)
            self.emit(b"\x94")
        self.memo[index] = self.stack[-1]

    def fetch(self):
        index = self.rng.choice(sorted(self.memo))
        forms = [(b"g%d\n" % index,), (b"j", struct.pack("<I", index))]
        if index < 256:
            forms.append((b"h", bytes([index])))
        self.emit(*self.rng.choice(forms))
        self.stack.append(self.memo[index])

    def kinds(self, count):
        return [kind for kind, _ in self.stack[-count:]] if len(self.stack) >= count else []

    def collect(self):
        """An opcode that takes what lies above the mark."""
        items = self.frames[-1]
        below = self.frames[-2][-1][0] if self.frames[-2] else None
        hashable = all(h for _, h in items)
        keys = all(h for _, h in items[::2]) and len(items) % 2 == 0
        choices = [(b"t", "tuple", hashable), (b"l", "list", False), (b"1", None, None)]
        if hashable:
            choices.append((b"\x91", "set", True))
        if keys:
            choices.append((b"d", "dict", False))
        if below == "list":
            choices += [(b"e", None, None)] * 4
        if below == "dict" and keys:
            choices += [(b"u", None, None)] * 4
        if below == "set" and hashable and self.frames[-2][-1][1] is False:
            choices += [(b"\x90", None, None)] * 4
        if items and items[0][0] == "global":
            choices += [(b"o", "object", True)] * 6
        choices.append((b"im\nf%d\n" % self.rng.randrange(1, 6), "object", True))
        code, kind, hashable = self.rng.choice(choices)
        self.emit(code)
        self.frames.pop()
        if kind:
            self.push(kind, hashable)

    def step(self):
        rng = self.rng
        choice = rng.random()
        if choice < 0.35:
            self.constant()
        elif choice < 0.45:
            self.name()
            self.arguments()
            form = rng.randrange(3)
            if form == 0:
                self.emit(b"R")
            elif form == 1:
                self.emit(b"\x81")
            else:
                self.emit(b"}\x8c\x01kK\x01s\x92")
            self.stack.pop()
            self.stack.pop()
            self.push("object")
        elif choice < 0.5 and self.kinds(1) == ["object"] and rng.random() < 0.5:
            self.emit(b"}\x8c\x01kK\x01sb")
        elif choice < 0.6 and self.stack:
            self.store()
        elif choice < 0.7 and self.memo:
            self.fetch()
        elif choice < 0.78 and len(self.frames) < 6:
            self.emit(b"(")
            self.frames.append([])
        elif choice < 0.88 and len(self.frames) > 1:
            self.collect()
        elif choice < 0.9 and self.stack:
            self.emit(b"2")
            self.stack.append(self.stack[-1])
        elif choice < 0.92 and (self.stack or len(self.frames) > 1):
            self.emit(b"0")
            if self.stack:
                self.stack.pop()
            else:
                self.frames.pop()
        elif choice < 0.94 and self.kinds(2)[:1] == ["list"]:
            self.emit(b"a")
            self.stack.pop()
        elif choice < 0.96 and self.kinds(3)[:1] == ["dict"] and self.stack[-2][1]:
            self.emit(b"s")
            del self.stack[-2:]
        elif choice < 0.97:
            self.emit(b"\x80", bytes([rng.randrange(6)]))
        elif len(self.stack) >= 2:
            self.emit(b"\x86")
            hashable = all(h for _, h in self.stack[-2:])
            del self.stack[-2:]
            self.push("tuple", hashable)

    def write(self):
        for _ in range(self.rng.randrange(5, 60)):
            self.step()
        if not self.stack:
            self.constant()
        self.emit(b".")
        body = bytes(self.out)
        if self.rng.random() < 0.3:
            body = b"\x95" + struct.pack("<Q", len(body)) + body
        return b"\x80\x04" + body


class Plain:
    def __init__(self, value):
        self.value = value


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, 2


class Named(collections.namedtuple("Named", "x y")):
    pass


class Reduced:
    def __reduce__(self):
        return (Plain, (1,), {"value": 2}, iter([1, 2]), iter([("k", "v")]))

    def append(self, item):
        pass


class Keywords(dict):
    def __getnewargs_ex__(self):
        return (("a",), {"b": 1})

    def __new__(cls, *args, **kwargs):
        return dict.__new__(cls)


class Numbers(list):
    pass


def objects(rng):
    shared = [1, 2]
    loop = [shared]
    loop.append(loop)
    base = [
        None, True, 1, -5, 2**40, 2**100, 1.5, "text", "ä€\n\\", b"bytes", bytearray(b"array"), (), (1,), (1, 2, 3, 4), [],
        list(range(1500)), {}, {"a": 1, "b": {"c": [1]}}, set(), {1, 2}, frozenset([1]), loop, (shared, shared),
        Plain(Plain(3)), Slots(), Named(1, 2), Reduced(), Keywords(), Numbers([1, 2]), len, str.join, "x".join, [].append,
        datetime.datetime(2020, 1, 2), datetime.timedelta(3), decimal.Decimal("1.5"), fractions.Fraction(1, 3), uuid.UUID(int=7),
        pathlib.PurePosixPath("/a/b"), collections.OrderedDict(a=1), collections.Counter("abc"), collections.deque([1]),
        collections.defaultdict(list, a=[1]), range(3), complex(1, 2), int, ValueError("x"), Plain, {"x" * 300: b"y" * 70000},
    ]
    rng.shuffle(base)
    for value in base:
        yield value
    for _ in range(20):
        yield [rng.choice(base) for _ in range(rng.randrange(5))]


def main(folder, count, seed):
    folder = pathlib.Path(folder)
    rng = random.Random(seed)
    opcodes = [[ord(o.code), o.name, o.proto, o.arg.name if o.arg else None] for o in pickletools.opcodes]
    names = [[*old, *new] for old, new in sorted(_compat_pickle.NAME_MAPPING.items())]
    modules = sorted(_compat_pickle.IMPORT_MAPPING.items())
    (folder / "tables.json").write_text(json.dumps({"opcodes": opcodes, "names": names, "modules": modules}))
    written = 0
    with open(folder / "cases.jsonl", "w") as cases:

        def keep(data, protocol, exact):
            nonlocal written
            recorded = record(data, protocol)
            if recorded is None:
                return
            (folder / ("%d.pkl" % written)).write_bytes(data)
            cases.write(json.dumps({"exact": exact, **recorded}) + "\n")
            written += 1

        for value in objects(rng):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                for dumps in (pickle.dumps, pickle._dumps):
                    try:
                        data = dumps(value, protocol)
                    except Exception:
                        continue
                    keep(data, protocol, False)
                    keep(pickletools.optimize(data), protocol, False)
        tried = 0
        while written < count and tried < 10 * count:
            tried += 1
            keep(Program(rng).write(), 4, True)
    print(written)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
