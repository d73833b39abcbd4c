"""A small pickle assembler: values, calls and raw opcodes to bytes. Nothing here ever unpickles."""
import pickle as _p
import struct
from dataclasses import dataclass, field

ECHO = "echo loadlint-test"
PYECHO = "import os; os.system('echo loadlint-test')"


@dataclass
class G:
    """An imported name."""
    module: str
    name: str


@dataclass
class C:
    """A call: target (G, C or Raw), positional arguments, opcode to use."""
    target: object
    args: tuple = ()
    op: str = "reduce"
    kwargs: dict = field(default_factory=dict)


@dataclass
class B:
    """BUILD of an object with a state."""
    obj: object
    state: object


@dataclass
class Raw:
    """Opcodes as they are."""
    data: bytes


@dataclass
class Pers:
    """A persistent id."""
    pid: object


class Asm:
    def __init__(self, proto=2, header=True):
        self.proto = proto
        self.b = bytearray()
        self.header = header and proto >= 2

    # --- primitives
    def raw(self, data):
        self.b += data
        return self

    def text(self, s):
        if self.proto == 0:
            e = s.encode("raw-unicode-escape").replace(b"\n", b"\\u000a")
            return self.raw(b"V" + e + b"\n")
        e = s.encode("utf-8", "surrogatepass")
        if self.proto >= 4 and len(e) < 256:
            return self.raw(b"\x8c" + bytes([len(e)]) + e)
        return self.raw(b"X" + struct.pack("<I", len(e)) + e)

    def binary(self, d):
        if self.proto >= 3:
            if len(d) < 256:
                return self.raw(b"C" + bytes([len(d)]) + d)
            return self.raw(b"B" + struct.pack("<I", len(d)) + d)
        return self.val(C(G("_codecs", "encode"), (d.decode("latin1"), "latin1")))

    def glob(self, module, name):
        if self.proto >= 4:
            return self.text(module).text(name).raw(b"\x93")
        return self.raw(b"c" + module.encode() + b"\n" + name.encode() + b"\n")

    def integer(self, n):
        if self.proto == 0:
            return self.raw(b"I%d\n" % n if abs(n) < 2**31 else b"L%dL\n" % n)
        if 0 <= n < 256:
            return self.raw(b"K" + bytes([n]))
        if 0 <= n < 65536:
            return self.raw(b"M" + struct.pack("<H", n))
        if -2**31 <= n < 2**31:
            return self.raw(b"J" + struct.pack("<i", n))
        if self.proto >= 2:
            e = _p.encode_long(n)
            return self.raw(b"\x8a" + bytes([len(e)]) + e)
        return self.raw(b"L%dL\n" % n)

    def val(self, x):
        if x is None:
            return self.raw(b"N")
        if x is True:
            return self.raw(b"\x88" if self.proto >= 2 else b"I01\n")
        if x is False:
            return self.raw(b"\x89" if self.proto >= 2 else b"I00\n")
        if isinstance(x, int):
            return self.integer(x)
        if isinstance(x, float):
            return self.raw(b"F%r\n" % x if self.proto == 0 else b"G" + struct.pack(">d", x)) if self.proto else \
                self.raw(b"F" + repr(x).encode() + b"\n")
        if isinstance(x, str):
            return self.text(x)
        if isinstance(x, (bytes, bytearray)):
            return self.binary(bytes(x))
        if isinstance(x, tuple):
            if self.proto >= 2 and len(x) <= 3:
                for e in x:
                    self.val(e)
                return self.raw([b")", b"\x85", b"\x86", b"\x87"][len(x)])
            if not x and self.proto >= 1:
                return self.raw(b")")
            self.raw(b"(")
            for e in x:
                self.val(e)
            return self.raw(b"t")
        if isinstance(x, list):
            self.raw(b"]" if self.proto else b"(l")
            if self.proto and x:
                self.raw(b"(")
                for e in x:
                    self.val(e)
                return self.raw(b"e")
            for e in x:
                self.val(e).raw(b"a")
            return self
        if isinstance(x, dict):
            self.raw(b"}" if self.proto else b"(d")
            if self.proto and x:
                self.raw(b"(")
                for k, v in x.items():
                    self.val(k).val(v)
                return self.raw(b"u")
            for k, v in x.items():
                self.val(k).val(v).raw(b"s")
            return self
        if isinstance(x, G):
            return self.glob(x.module, x.name)
        if isinstance(x, Raw):
            return self.raw(x.data)
        if isinstance(x, B):
            return self.val(x.obj).val(x.state).raw(b"b")
        if isinstance(x, Pers):
            return self.val(x.pid).raw(b"Q") if self.proto else self.raw(b"P" + str(x.pid).encode() + b"\n")
        if isinstance(x, C):
            return self.call(x)
        raise TypeError(type(x))

    def call(self, c):
        op = c.op
        if op == "reduce":
            return self.val(c.target).val(tuple(c.args)).raw(b"R")
        if op == "obj":
            self.raw(b"(").val(c.target)
            for a in c.args:
                self.val(a)
            return self.raw(b"o")
        if op == "inst":
            self.raw(b"(")
            for a in c.args:
                self.val(a)
            return self.raw(b"i" + c.target.module.encode() + b"\n" + c.target.name.encode() + b"\n")
        if op == "newobj":
            return self.val(c.target).val(tuple(c.args)).raw(b"\x81")
        if op == "newobj_ex":
            return self.val(c.target).val(tuple(c.args)).val(c.kwargs).raw(b"\x92")
        raise ValueError(op)

    # --- finishing
    def done(self, stop=True, frame=False):
        body = bytes(self.b) + (b"." if stop else b"")
        if frame and self.proto >= 4:
            body = b"\x95" + struct.pack("<Q", len(body)) + body
        return (b"\x80" + bytes([self.proto]) if self.header else b"") + body


def pk(x, proto=2, frame=None, stop=True):
    """Bytes of a pickle of the description x."""
    return Asm(proto).val(x).done(stop=stop, frame=(proto >= 4 and frame is not False))


def evil(proto=2, module="os", name="system", args=(ECHO,), op="reduce"):
    return pk(C(G(module, name), args, op), proto)


def dis(data):
    """Well-formedness of a generated stream (for the generator's own check)."""
    import pickletools
    return [o.name for o, _, _ in pickletools.genops(data)]
