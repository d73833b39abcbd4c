#!/usr/bin/env python3
"""Show that `loadlint scan` takes time in proportion to a file, whatever is repeated in it.

    python3 benches/growth.py [COUNT]

Writes each shape below to a temporary folder, with one part of it repeated COUNT (default: 16,000)
and four times COUNT times, from opcodes, headers and fields; nothing is ever loaded. Prints the wall
time of both in seconds, and their ratio, which should stay near four: ten and more for files that
take a second or longer is not linear.

Which program: LOADLINT (default: target/release/loadlint of this repository).

Exit code: 0 all shapes grow as they should, 1 one does not, or is not done after two minutes.
"""

import base64
import contextlib
import io
import json
import os
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

PROGRAM = os.environ.get("LOADLINT", str(Path(__file__).resolve().parent.parent / "target/release/loadlint"))
MOST_SECONDS = 120
MOST_GROWTH = 10


def varint(number):
    out = b""
    while number >= 128:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    """A field of a protocol buffer: a number, or bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def onnx(graph=b"", more=b""):
    opset = field(8, field(1, b"") + field(2, 17))
    return field(1, 8) + opset + field(7, graph) + more


def graph_def(nodes):
    """A SavedModel of TensorFlow."""
    return field(1, 1) + field(2, field(2, nodes))


def many(count, one):
    return b"".join(one(index, str(index).encode()) for index in range(count))


def counted(text):
    return struct.pack("<Q", len(text)) + text


def safetensors(header):
    return counted(json.dumps(header).encode())


def zipped(count, content, *names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(count):
            for name in names:
                archive.writestr(name.format(index), content)
    return out.getvalue()


def tarred(count, link, deep=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for index in range(count):
            member = tarfile.TarInfo(f"folder/{deep}{index}")
            if link:
                member.type, member.linkname = tarfile.SYMTYPE, str(index + 1)
            archive.addfile(member)
    return out.getvalue()


def pickled(count, one):
    return b"\x80\x02" + many(count, one) + b"N."


ARRAY = b"\x93NUMPY\x01\0v\0" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + b"\0" * 4

def database(rows, size):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cache.db")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("create table cache(value blob)")
            values = ((b"\x80\x02X" + size.to_bytes(4, "little") + b"v" * size + b"%d" % row,) for row in range(rows))
            connection.executemany("insert into cache values (?)", values)
            connection.commit()
        return path.read_bytes()


def parquet(content):
    """A footer with this content and Arrow's schema with it once more."""
    schema = base64.b64encode(b"arrow.py_extension_type" + content)
    footer = b"ARROW:schema\x18" + schema + b"\0" + content
    return b"PAR1data" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def number(value):
    """As 7z archives write numbers below 2 ** 32."""
    return b"\xF0" + struct.pack("<I", value)


def seven_zip(count, are_apart):
    """Files of one byte, packed together or each apart."""
    folders, inside = (count, 1) if are_apart else (1, count)
    coder = b"\x01\x01\x00"
    header = b"\x01\x04\x06\x00" + number(folders) + b"\x09" + number(inside) * folders + b"\x00\x07\x0B" + number(folders) + b"\x00"
    header += coder * folders + b"\x0C" + number(inside) * folders + b"\x00\x08\x0D" + number(inside) * folders
    header += (b"\x09" + b"\x01" * (inside - 1) if inside > 1 else b"") + b"\x00\x00"
    names = many(count, lambda _, i: (i + b"\0").decode().encode("utf-16-le"))
    header += b"\x05" + number(count) + b"\x11" + number(len(names) + 1) + b"\x00" + names + b"\x00\x00"
    place = struct.pack("<QQI", count, len(header), zlib.crc32(header))
    return b"7z\xBC\xAF\x27\x1C\x00\x04" + struct.pack("<I", zlib.crc32(place)) + place + b"x" * count + header


CASTAGNOLI = []
for remainder in range(256):
    for _ in range(8):
        remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    CASTAGNOLI.append(remainder)


def block(entries):
    """A block of TensorFlow's tables, with its checksum."""
    content = b"".join(b"\x00" + varint(len(key)) + varint(len(value)) + key + value for key, value in entries)
    content += struct.pack("<II", 0, 1) + b"\x00"
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ CASTAGNOLI[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return content + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def index(count):
    """The index of a checkpoint, each of whose tensors is in a file of its own."""
    handle = lambda start, content: varint(start) + varint(len(content) - 5)
    tensors = [(b"%08d" % at, field(3, at) + field(5, 4)) for at in range(count)]
    data = block([(b"", field(1, count))] + tensors)
    of_data = block([(b"z", handle(0, data))])
    footer = (b"\x00\x00" + handle(len(data), of_data)).ljust(40, b"\x00")
    return data + of_data + footer + (0xDB4775248B80FB57).to_bytes(8, "little")


NOWHERE = b"\xFF" * 8


def hdf5(messages, behind):
    """A file of HDF5 whose root has these messages; both are asked for with the address of what is behind the root."""
    head = b"\x89HDF\r\n\x1A\n\x02\x08\x08\x00" + struct.pack("<Q", 0) + NOWHERE + struct.pack("<QQI", 0, 48, 0)
    body = lambda at: b"".join(struct.pack("<BHB", kind, len(data), 0) + data for kind, data in messages(at))
    root = lambda at: b"OHDR\x02\x02" + struct.pack("<I", len(body(at))) + body(at) + bytes(4)
    at = len(head) + len(root(0))
    return head + root(at) + behind(at)


def texts(count):
    """Attributes of 4,000 texts each, all of which are in one heap."""
    def messages(heap):
        for first in range(0, count, 4_000):
            values = range(first, first + 4_000 if first + 4_000 < count else count)
            start = struct.pack("<BBHHHB", 3, 0, 2, 20, 12, 0) + b"a\0" + b"\x19\x01\x00\x00" + struct.pack("<I", 16) + bytes(12)
            space = b"\x02\x01\x00\x01" + struct.pack("<Q", len(values))
            yield 12, start + space + b"".join(struct.pack("<IQI", 1, heap, value % 65_535 + 1) for value in values)
    objects = many(count, lambda at, _: struct.pack("<HHIQ", at % 65_535 + 1, 1, 0, 8) + b"x" * 8)
    return hdf5(messages, lambda _: b"GCOL\x01\0\0\0" + struct.pack("<Q", 16 + len(objects)) + objects)


def tangled(count):
    """A group with an index each of whose entries leads to the index again."""
    heap = b"HEAP\0\0\0\0" + struct.pack("<QQQ", 8, 0, 0)
    index = lambda at: b"TREE\x00" + struct.pack("<BH", 1, min(count, 65_535)) + NOWHERE * 2 + struct.pack("<QQ", 0, at) * count
    return hdf5(lambda at: [(17, struct.pack("<QQ", at + len(heap), at))], lambda at: heap + index(at + len(heap)))


def pieces(count):
    """A data set of HDF5 in pieces, 16,000 of them in one node of its index."""
    most = 16_000
    messages = [(1, b"\x02\x01\x00\x01" + struct.pack("<Q", 4 * count)), (3, b"\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x08\x00")]
    leaves = [count - at if count - at < most else most for at in range(0, count, most)]
    key = lambda child: struct.pack("<IIQQQ", 4, 0, 0, 0, child)
    node = lambda level, children: b"TREE\x01" + struct.pack("<BH", level, len(children)) + NOWHERE * 2 + b"".join(map(key, children)) + bytes(24)

    def tree(root):
        nodes = [node(0, [0] * leaf) for leaf in leaves]
        starts = [root + len(node(1, leaves)) + sum(map(len, nodes[:at])) for at in range(len(leaves))]
        return node(1, starts) + b"".join(nodes)

    layout = lambda root: (8, b"\x03\x02\x02" + struct.pack("<QII", root, 4, 1))
    return hdf5(lambda root: [*messages, layout(root)], tree)


# The name of a file, and its content for so many repetitions.
def tar_header(name, size=0, kind=b"0", link=b""):
    """A header by hand, for sizes and links that `tarfile` would not write."""
    header = bytearray(512)
    header[:len(name)] = name
    header[100:136] = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size
    header[136:157] = b"00000000000\0" + b" " * 8 + kind
    header[157:157 + len(link)] = link
    header[257:265] = b"ustar\x0000"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tar_member(name, data, kind=b"0"):
    return tar_header(name, len(data), kind) + data + bytes(-len(data) % 512)


def pax(key, value):
    """A header for all that follow."""
    body = b" " + key + b"=" + value + b"\n"
    length = len(body)
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return tar_member(b"g", str(length).encode() + body, kind=b"g")


TAR_END = bytes(1024)


def bare_seven_zip(header):
    place = struct.pack("<QQI", 0, len(header), zlib.crc32(header))
    return b"7z\xBC\xAF\x27\x1C\0\4" + struct.pack("<I", zlib.crc32(place)) + place + header


def folders(n, coders, more=b""):
    """The header of a 7z archive of n empty streams, each a folder."""
    number = b"\xF0" + struct.pack("<I", n)
    streams = b"\x06\0" + number + b"\x09" + bytes(n) + b"\0\x07\x0B" + number + b"\0" + coders + b"\x0C" + bytes(n) + b"\0"
    return bare_seven_zip(b"\x01\x04" + streams + more + b"\0\0")


def ar_member(name, data):
    return b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(data)) + data + b"\n" * (len(data) % 2)


def one_text(text):
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + counted(b"general.description") + struct.pack("<I", 8) + counted(text)


def in_itself(outer, times, content):
    return b'{"%s":' % outer * times + content + b"}" * times


def words(n):
    return b"[" + b",".join([b'"a.b"'] * n) + b"]"


def branches(n):
    """Graphs in nodes of graphs, in the innermost of which n nodes take what the outermost gives."""
    value = field(1, 1)
    graph = many(n, lambda _, i: field(1, field(1, b"x" + i) + field(2, b"y" + i) + field(4, b"Relu")))
    for _ in range(40):
        graph = field(1, field(4, b"If") + field(5, field(1, b"then") + field(20, 5) + field(6, graph)))
    return onnx(graph + many(n, lambda _, i: field(11, field(1, b"x" + i) + field(2, field(1, value)))))


SHAPES = {
    "wired.onnx": lambda n: onnx(many(n, lambda k, i: field(1, field(1, b"x" + i) + field(2, b"x" + str(k + 1).encode()) + field(4, b"Relu")))),
    "branches.onnx": branches,
    "groups.onnx": lambda n: onnx(more=(b"\xA3\x06" * 90 + b"\xA4\x06" * 90) * (n // 16)),
    "globalpath.tar": lambda n: pax(b"path", b"p" * 1_000_000) + tar_header(b"x") * (n // 32) + TAR_END,
    "sizes.tar": lambda n: b"".join(pax(b"size", b"0") + tar_header(b"m", (n // 64 - 1 - i) * 1536 + 1024) for i in range(n // 64)) + TAR_END,
    "dots.tar": lambda n: tar_member(b"k", b"./" * 2047 + b"\0", b"K") + tar_header(b"a", kind=b"2")
    + b"".join(tar_header(b"a/" * 39 + b"%d" % i) for i in range(n // 4)) + TAR_END,
    "old.tar": lambda n: b"".join(tar_member(name, data) for name, data in [
        (b"sys_info", b"}."), (b"pickle", b"}."), (b"storages", b"K\0." + b"N." * (16 * n)), (b"tensors", b"K\0.")]) + TAR_END,
    "names.a": lambda n: b"!<arch>\n" + ar_member(b"//", b"n" * 1_000_000) + ar_member(b"/0", b"") * (n // 32),
    "files.7z": lambda n: bare_seven_zip(b"\x01" + (b"\x05\xF0" + struct.pack("<I", n * 5) + b"\0") * n + bytes(n * 5 + 64)),
    "substreams.7z": lambda n: folders(n, b"\1\1\0" * n, b"\x08\0" * n),
    "methods.7z": lambda n: folders(n, b"".join(b"\1\4" + struct.pack(">I", 0x11000000 + i) for i in range(n))),
    "same.json": lambda n: b"{" + b",".join([b'"_target_":"a.b"'] * n) + b"}",
    "kinds.json": lambda n: b"{" + b",".join([b'"__kind__":1'] * n) + b"}",
    "resolved.json": lambda n: b"{" + b",".join(b'"k%d":{"_target_":"${zz}"}' % i for i in range(n)) + b"}",
    "pipelines.json": lambda n: in_itself(b"custom_pipelines", 240, in_itself(b"impl", 240, words(n // 16))),
    "automap.json": lambda n: in_itself(b"auto_map", 480, words(n)),
    "chats.json": lambda n: in_itself(b"chat_template", 480, words(n)),
    "downloads.yaml": lambda n: b"".join(b'--- {names: a, train: b, download: "f(%07d)"}\n' % i for i in range(n // 4)),
    "spoken.gguf": lambda n: one_text(b"Never call " + b"os.system( " * n),
    "set.jinja": lambda n: b'{% set a = "' + b"x" * (16 * n) + b'" %}' + b"{{a}}" * n,
    "list.jinja": lambda n: b'{{ "' + b"x" * (16 * n) + b'"|list }}',
    "names.jinja": lambda n: b'{{ "' + b"\\N" * (16 * n) + b'" }}',
    "nodes.onnx": lambda n: onnx(many(n, lambda _, i: field(1, field(3, i) + field(4, b"Conv")))),
    "operators.onnx": lambda n: onnx(many(n, lambda _, i: field(1, field(4, b"Op" + i) + field(7, b"other")))),
    "attributes.onnx": lambda n: onnx(field(1, field(4, b"Conv") + many(n, lambda _, i: field(5, field(1, i) + field(4, i))))),
    "strings.onnx": lambda n: onnx(field(1, field(4, b"Conv") + field(5, many(n, lambda _, i: field(9, i)) + field(1, b"words")))),
    "external.onnx": lambda n: onnx(many(n, lambda _, i: field(5, field(8, i) + field(13, field(1, b"location") + field(2, b"../" + i))))),
    "metadata.onnx": lambda n: onnx(more=many(n, lambda _, i: field(14, field(1, i) + field(2, i)))),
    "functions.onnx": lambda n: onnx(more=many(n, lambda k, i: field(25, field(1, i) + field(7, field(4, str(k + 1).encode()))))),
    "saved_model.pb": lambda n: graph_def(many(n, lambda _, i: field(1, field(1, i) + field(2, b"PyFunc")))),
    "saves.pb": lambda n: graph_def(many(n, lambda _, i: field(1, field(1, i) + field(2, b"SaveV2") + field(3, b"c" + i)))),
    "tensors.safetensors": lambda n: safetensors({f"t{i}": {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]} for i in range(n)}) + bytes(n),
    "metadata.safetensors": lambda n: safetensors({"__metadata__": {f"k{i}": "{{ x }} import os" for i in range(n)}}),
    "keys.gguf": lambda n: b"GGUF" + struct.pack("<IQQ", 3, 0, n) + many(n, lambda _, i: counted(i) + struct.pack("<I", 8) + counted(b"x")),
    "targets.json": lambda n: json.dumps({f"k{i}": {"_target_": f"a.b{i}"} for i in range(n)}).encode(),
    "hyperparams.yaml": lambda n: many(n, lambda _, i: b"k" + i + b": !new:a.B" + i + b" {}\n"),
    "members.zip": lambda n: zipped(n, b"xxxx", "a/data/{}"),
    "pipelines.zip": lambda n: zipped(n // 2, b"x = 1", "{}/meta.json", "x{}/__init__.py"),
    "arrays.npz": lambda n: zipped(n, ARRAY, "{}.npy"),
    "members.tar": lambda n: tarred(n, link=False),
    "links.tar": lambda n: tarred(n, link=True),
    "rows.db": lambda n: database(n, 10),
    "long.db": lambda n: database(20, 50 * n),
    "starts.parquet": lambda n: parquet(b"\x80\x04\x95" * n),
    "texts.parquet": lambda n: parquet(b"\x10\0\0\0\x80\x02}." * n),
    "paths.tar": lambda n: tarred(20, link=True, deep="d/" * n),
    "beside.onnx": lambda n: onnx(many(n, lambda _, i: field(5, field(8, i) + field(13, field(1, b"location") + field(2, i)) + field(14, 1)))),
    "joint.7z": lambda n: seven_zip(n, are_apart=False),
    "apart.7z": lambda n: seven_zip(n, are_apart=True),
    "model.ckpt-1.index": index,
    "pieces.h5": pieces,
    "texts.h5": texts,
    "tangled.h5": tangled,
    "imports.pkl": lambda n: pickled(n, lambda _, i: b"cm" + i + b"\nname\n0"),
    "calls.pkl": lambda n: pickled(n, lambda _, i: b"cm" + i + b"\nname\n(S'" + i + b"'\ntR0"),
    "objects.pkl": lambda n: pickled(n, lambda _, i: b"cm" + i + b"\nC\n)\x81}U\x01aK\x01sb0"),
    "attributes.pkl": lambda n: pickled(n, lambda _, i: b"cbuiltins\ngetattr\n(cm" + i + b"\nC\nS'x'\ntR0"),
    "streams.pkl": lambda n: b"\x80\x02cm\nf\n)R." * n,
    "memo.pkl": lambda n: b"\x80\x02]q\x05." + b"\x80\x02h\x05." * n,
    "bytes.pkl": lambda n: b"\x80\x03](" + many(n, lambda _, i: (lambda b: b"B" + struct.pack("<I", len(b)) + b)(b"\x80\x02cm" + i + b"\nf\n)R.")) + b"e.",
    "nested.pkl": lambda n: b"\x80\x02" + b"(" * n + b"t" * n + b".",
    "keys.msgpack": lambda n: b"\xdf" + struct.pack(">I", n) + many(n, lambda _, i: bytes([0xA0 + len(i)]) + i + b"\x01"),
    "keys.ubj": lambda n: b"{" + many(n, lambda _, i: b"U" + bytes([len(i)]) + i + b"[]") + b"}",
    "blocks.jinja": lambda n: many(n, lambda _, i: b"{{ a" + i + b".b() }}{% for x in y %}{% endfor %}\n"),
    "open.jinja": lambda n: b"{% if x %}" * n,
}


def seconds(path):
    """How long a scan takes; `None` if it does not end."""
    start = time.perf_counter()
    try:
        subprocess.run([PROGRAM, "scan", "--no-config", "--exit-zero", "-q", path], capture_output=True,
                       timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - start


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 16_000
    bad = 0
    print(f"| shape | {count:,} | {4 * count:,} | ratio |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in SHAPES.items():
            path, times = Path(folder, name), []
            for repeated in (count, 4 * count):
                path.write_bytes(write(repeated))
                times.append(seconds(path))
            path.unlink()
            is_bad = None in times or times[1] > 1 and times[1] / times[0] > MOST_GROWTH
            bad += is_bad
            shown = [f"{one:.3f}" if one else "-" for one in times]
            ratio = f"{times[1] / times[0]:.1f}" if None not in times else "-"
            print(f"| {name} | {shown[0]} | {shown[1]} | {ratio}{' (!)' if is_bad else ''} |")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
