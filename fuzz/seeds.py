#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets to seeds/TARGET/: a few small, inert files of each kind, the same bytes at
every run. What a seed calls, if it calls anything, is `os.system("echo loadlint-test")` at most, and nothing here runs it.
Needs Python 3.10 or newer and nothing else."""
import base64
import bz2
import gzip
import io
import json
import lzma
import pathlib
import pickle
import pickletools
import shutil
import struct
import tarfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent / "seeds"
COMMAND = "echo loadlint-test"
CALL = b"\x80\x02cposix\nsystem\nX" + struct.pack("<I", len(COMMAND)) + COMMAND.encode() + b"\x85R."
PLAIN = {"a": [1, -2.5, "x", b"y", None, True], "b": {"c": (1, 2), 3: {4, 5}}, "n": 1 << 70}


def protobuf(number, value):
    """A field: a number as a varint, anything else as bytes."""
    def varint(n):
        out = bytearray()
        while n > 127:
            out.append(n & 127 | 128)
            n >>= 7
        return bytes(out) + bytes([n])
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def stored(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    # One block of zeros ends the archive as well as twenty.
    return out.getvalue().rstrip(b"\0") + bytes(1024)


def checkpoint_pickle():
    """`data.pkl` of a state dictionary with one tensor."""
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0K\x02K\x02\x86K\x02K\x01\x86\x89ccollections\nOrderedDict\n)RtR"
    return b"\x80\x02ccollections\nOrderedDict\n)RX\x06\0\0\0weight" + tensor + b"s."


def checkpoint(data, name="archive"):
    return [(f"{name}/data.pkl", data), (f"{name}/byteorder", b"little"), (f"{name}/data/0", bytes(16)), (f"{name}/version", b"3\n")]


def npy(descr, shape, data, version=1):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    width = "<H" if version == 1 else "<I"
    length = 8 + struct.calcsize(width) + len(header) + 1
    header = header + " " * (-length % 64) + "\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(header)) + header.encode() + data


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def gguf(entries, tensors=(), data=b"", version=3):
    def text(value):
        value = value.encode()
        return struct.pack("<Q", len(value)) + value
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    for key, kind, value in entries:
        out += text(key) + struct.pack("<I", kind) + (text(value) if kind == 8 else value)
    for name, shape, kind, offset in tensors:
        out += text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape) + struct.pack("<IQ", kind, offset)
    return out + (bytes(-len(out) % 32) + data if tensors else b"")


def onnx(graph, more=b""):
    return protobuf(1, 8) + protobuf(2, "seed") + protobuf(8, protobuf(1, "") + protobuf(2, 17)) + protobuf(7, graph) + more


def node(operator, domain="", attributes=b""):
    return protobuf(1, protobuf(1, "x") + protobuf(2, "y") + protobuf(3, "n") + protobuf(4, operator) + attributes + protobuf(7, domain))


def tensor(location=None):
    body = protobuf(1, 2) + protobuf(2, 1) + protobuf(8, "w")
    if location:
        return body + protobuf(13, protobuf(1, "location") + protobuf(2, location)) + protobuf(14, 1)
    return body + protobuf(9, bytes(8))


def hdf5(messages):
    """A superblock of version 2 and a root with these messages."""
    block = b"".join(bytes([kind]) + struct.pack("<H", len(data)) + b"\0" + data for kind, data in messages)
    addresses = struct.pack("<QQQQ", 0, (1 << 64) - 1, 0, 48)
    return b"\x89HDF\r\n\x1a\n\x02\x08\x08\0" + addresses + bytes(4) + b"OHDR\x02\x02" + struct.pack("<I", len(block)) + block + bytes(4)


def hdf5_attribute(name, value):
    sizes = struct.pack("<HHH", len(name) + 1, 8, 4)
    return 0x0C, b"\x03\0" + sizes + b"\0" + name.encode() + b"\0\x13\0\0\0" + struct.pack("<I", len(value)) + b"\x02\0\0\0" + value


def hdf5_link(name, address=None, path=None):
    if path is None:
        return 0x06, bytes([1, 0, len(name)]) + name.encode() + struct.pack("<Q", address)
    value = b"\0" + path.encode() + b"\0/x\0"
    return 0x06, bytes([1, 8, 64, len(name)]) + name.encode() + struct.pack("<H", len(value)) + value


def pickles():
    for protocol in range(6):
        yield f"plain-{protocol}", pickle.dumps(PLAIN, protocol)
    yield "call", CALL
    yield "checkpoint", checkpoint_pickle()
    yield "stack-global", b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85R."
    yield "inst-obj", b"(S'id'\niposix\nsystem\n0(cposix\nsystem\nS'id'\no."
    yield "newobj-ex", b"\x80\x04cbuiltins\nobject\n)}\x92}\x8c\x01ak\x01sb."[:-5] + b"b."
    yield "extension", b"\x80\x02\x82\x01\x83\x01\x02\x84\x01\0\0\0)R."
    yield "buffers", b"\x80\x05\x96\x03\0\0\0\0\0\0\0abc\x97\x98\x86."
    yield "build", b"\x80\x02ccollections\nOrderedDict\n)\x81}X\x0c\0\0\0__setstate__cposix\nsystem\nsbX\x02\0\0\0idb."
    yield "nested", b"\x80\x04cpickle\nloads\nC" + bytes([len(CALL)]) + CALL + b"\x85R."
    yield "encoded", b"\x80\x02c_codecs\nencode\nX\x03\0\0\0abcX\x06\0\0\0latin1\x86R."
    yield "frames", b"\x80\x04\x95\x04\0\0\0\0\0\0\0\x8c\x01a\x94\x95\x01\0\0\0\0\0\0\0."
    yield "array", (b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x08\0\0\0subclasscnumpy\nndarray\nX\x05\0\0\0shapeK\x02\x85"
                    b"X\x05\0\0\0orderX\x01\0\0\0CX\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0f4\x89\x88\x87RX\x0a\0\0\0allow_mmap\x89ub" + bytes(8) + b".")
    yield "several", pickle.dumps(1, 2) + pickle.dumps("a", 4) + b"behind"
    yield "cut", CALL[:-3]
    legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    yield "legacy", legacy + checkpoint_pickle() + pickle.dumps(["0"], 2) + struct.pack("<q", 4) + bytes(16)


def zips():
    yield "checkpoint", stored(checkpoint(checkpoint_pickle()))
    yield "call", stored(checkpoint(CALL))
    yield "deflated", stored(checkpoint(CALL), zipfile.ZIP_DEFLATED)
    yield "bzip2", stored([("a/data.pkl", CALL)], zipfile.ZIP_BZIP2)
    yield "lzma", stored([("a/data.pkl", CALL)], zipfile.ZIP_LZMA)
    yield "script", stored([("m/data.pkl", checkpoint_pickle()), ("m/constants.pkl", b"\x80\x02)."), ("m/code/__torch__.py", b"class M(Module):\n  pass\n")])
    yield "npz", stored([("a.npy", npy("'<f4'", "(2,)", bytes(8)))])
    yield "mar", stored([("MAR-INF/MANIFEST.json", b'{"model": {"handler": "h.py", "serializedFile": "m.pt"}}'), ("h.py", b"import os\n")])
    yield "nested", stored([("inner.zip", stored([("a.pkl", CALL)]))])
    yield "traversal", stored([("../a.pkl", CALL), ("/b", b"x")])
    yield "behind", stored([("a.pkl", CALL)]) + b"behind"
    yield "front", b"front" + stored([("a.pkl", CALL)])
    yield "empty", stored([])
    twice = stored([("a.pkl", CALL), ("b.pkl", pickle.dumps(1))])
    yield "duplicate", twice.replace(b"b.pkl", b"a.pkl")
    yield "names", twice.replace(b"b.pkl", b"c.pkl", 1)
    yield "flags", twice[:6] + b"\x09\x08" + twice[8:]


def arrays():
    yield "float", npy("'<f4'", "(2, 2)", bytes(16))
    yield "object", npy("'|O'", "(1,)", pickle.dumps([1], 4))
    yield "call", npy("'|O'", "(1,)", CALL)
    yield "record", npy("[('a', '<i4'), ('b', '|O', (2,))]", "(1,)", CALL, 2)
    yield "version-3", npy("[('ä', '<U3')]", "()", bytes(12), 3)
    yield "cut", npy("'<f8'", "(1000,)", bytes(8))


def tensors():
    one = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    yield "one", safetensors(one, bytes(8))
    yield "metadata", safetensors({"__metadata__": {"format": "pt"}, **one}, bytes(8))
    yield "hole", safetensors({"a": {"dtype": "I8", "shape": [1], "data_offsets": [1, 2]}}, bytes(4))
    yield "twice", safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x")
    yield "empty", safetensors({})
    yield "cut", safetensors(one, bytes(3))
    yield "escape", safetensors(b'{"\\u0061":{"dtype":"BF16","shape":[0,3],"data_offsets":[0,0]}}  ')


def ggufs():
    name = ("general.architecture", 8, "llama")
    yield "plain", gguf([name, ("general.alignment", 4, struct.pack("<I", 32))], [("a", [8], 0, 0), ("b", [32], 2, 32)], bytes(50))
    yield "template", gguf([name, ("tokenizer.chat_template", 8, "{% for m in messages %}{{ m['content'] }}{% endfor %}")])
    yield "injection", gguf([("tokenizer.chat_template", 8, "{{ cycler.__init__.__globals__.os.popen('echo loadlint-test') }}")])
    tokens = struct.pack("<IQ", 8, 2) + b"".join(struct.pack("<Q", 1) + c for c in (b"a", b"b"))
    yield "array", gguf([name, ("tokenizer.ggml.tokens", 9, tokens), ("x", 9, struct.pack("<IQ", 5, 2) + bytes(8))])
    yield "version-2", gguf([name], version=2)
    yield "behind", gguf([name]) + b"{{ x.__class__ }}" + bytes(60)
    yield "many", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60)


def models():
    yield "plain", onnx(node("Relu") + protobuf(5, tensor()))
    yield "external", onnx(node("Relu") + protobuf(5, tensor("../../secret")))
    yield "subgraph", onnx(node("If", "", protobuf(5, protobuf(1, "then_branch") + protobuf(6, node("Relu") + protobuf(5, tensor("/x"))))))
    yield "custom", onnx(node("Fancy", "own"), protobuf(25, protobuf(1, "Fancy") + protobuf(7, node("Fancy", "own")) + protobuf(10, "own")))
    yield "metadata", onnx(node("Relu"), protobuf(14, protobuf(1, "k") + protobuf(2, "__import__('os')")))
    yield "context", onnx(node("EPContext", "com.microsoft", protobuf(5, protobuf(1, "ep_cache_context") + protobuf(4, "../x.bin"))))


LAMBDA = b'{"class_name": "Lambda", "config": {"name": "l", "function": ["4wAA", null, null]}}'


def hdf5s():
    yield "keras", hdf5([hdf5_attribute("keras_version", b"2.9.0"), hdf5_attribute("model_config", LAMBDA)])
    yield "links", hdf5([hdf5_link("a", 48), hdf5_link("b", path="../x.h5")])
    yield "pickle", hdf5([hdf5_attribute("title", pickle.dumps([1], 0) + CALL)])
    at = len(hdf5([(0x08, bytes(14))]))
    heap = b"GCOL\x01\0\0\0" + struct.pack("<Q", 64) + b"\x01\0\x01\0\0\0\0\0" + struct.pack("<Q", 20) + b"\0" * 9 + b"../x.h5\0/d\0" + bytes(20)
    yield "virtual", hdf5([(0x08, b"\x04\x03" + struct.pack("<QI", at, 1))]) + heap
    objects = hdf5([hdf5_attribute("PSEUDOATOM", b"object")])
    item = b"GCOL\x01\0\0\0" + struct.pack("<Q", 32 + -(-len(CALL) // 8) * 8) + b"\x01\0\x01\0\0\0\0\0" + struct.pack("<Q", len(CALL)) + CALL
    yield "objects", objects + item + bytes(8)
    yield "user-block", bytes(512) + hdf5([hdf5_attribute("model_config", LAMBDA)])


def configurations():
    yield "hydra", b"a:\n  _target_: os.system\n  _args_: ['echo loadlint-test']\n"
    yield "tags", b"- !!python/object/apply:os.system ['echo loadlint-test']\n- &a {x: 1}\n- {<<: *a}\n? !!python/name:os.system\n: 1\n"
    yield "auto-map", b'{"model_type": "x", "auto_map": {"AutoModel": "o/r--m.N"}, "trust_remote_code": true}'
    yield "index", b'{"_class_name": "P", "_diffusers_version": "1", "unet": ["evil", "U"]}'
    yield "keras", LAMBDA
    yield "skops", b'{"__class__": "f", "__module__": "os", "__loader__": "FunctionNode", "content": {"module_path": "os", "function": "system"}}'
    yield "mlmodel", b"flavors:\n  python_function: {loader_module: evil, code: code}\n"
    yield "jsonpickle", b'{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["echo loadlint-test"]}]}'
    yield "template", b'{"chat_template": "{% set x = cycler.__init__ %}{{ x[\'__glo\' ~ \'bals__\'] }}{{ a | attr(\'__class__\') }}"}'
    yield "broken", b'{"auto_map": {"a": [1, {'


def seven_zip(files):
    """Files that are packed together by LZMA, after their differences to the byte before."""
    joint = b"".join(content for _, content in files)
    lzma1 = {"id": lzma.FILTER_LZMA1, "dict_size": 4096}
    packed = lzma.compress(bytes(byte - before & 255 for before, byte in zip(b"\0" + joint, joint)), lzma.FORMAT_RAW, filters=[lzma1])
    coders = b"\x02" + b"\x21\x03\x01\x00" + b"\x23\x03\x01\x01\x05\x5d" + struct.pack("<I", 4096) + b"\x00\x01"
    streams = bytes([6, 0, 1, 9, len(packed), 0, 7, 0x0B, 1, 0]) + coders + bytes([0x0C, len(joint), len(joint), 0])
    streams += bytes([8, 0x0D, len(files), 9]) + bytes(len(content) for _, content in files[:-1]) + b"\x0A\x01"
    streams += b"".join(struct.pack("<I", zlib.crc32(content)) for _, content in files) + b"\x00\x00"
    names = b"".join((name + "\0").encode("utf-16-le") for name, _ in files)
    header = b"\x01\x04" + streams + bytes([5, len(files), 0x11, len(names) + 1, 0]) + names + b"\x00\x00"
    place = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xBC\xAF\x27\x1C\x00\x04" + struct.pack("<I", zlib.crc32(place)) + place + packed + header


def anything():
    yield "gzip", gzip.compress(CALL, mtime=0)
    yield "bzip2", bz2.compress(CALL)
    yield "xz", lzma.compress(CALL)
    yield "lzma", lzma.compress(CALL, lzma.FORMAT_ALONE)
    yield "zlib", zlib.compress(CALL)
    yield "joblib", f"ZF{hex(len(CALL)):<19}".encode() + zlib.compress(CALL)
    yield "tar", tar([("a.pkl", CALL), ("../b", b"x")])
    yield "nemo", tar([("./model_config.yaml", b"a: {_target_: os.system}\n")])
    yield "tar-torch", tar([("sys_info", pickle.dumps({}, 2)), ("storages", pickle.dumps(0, 2)), ("tensors", pickle.dumps(0, 2)), ("pickle", checkpoint_pickle())])
    graph = protobuf(1, protobuf(1, "x") + protobuf(2, "Placeholder")) + protobuf(1, protobuf(1, "w") + protobuf(2, "WriteFile"))
    yield "saved-model", protobuf(1, 1) + protobuf(2, protobuf(1, protobuf(4, "serve")) + protobuf(2, graph))
    yield "graph", graph
    yield "pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"
    kind = 12 + 2 * len(CALL)
    row = bytes([len(CALL) + 3, 1, 3, 0x80 | kind >> 7, kind & 127]) + CALL
    leaf = struct.pack(">BHHHBH", 13, 0, 1, 0, 0, 512 - len(row))
    first = b"SQLite format 3\0" + struct.pack(">H", 512) + bytes(82) + b"\x0d" + bytes(411)
    yield "database", first + leaf + bytes(512 - len(leaf) - len(row)) + row
    schema = struct.pack("<I", 23) + b"arrow.py_extension_type" + struct.pack("<I", len(CALL)) + CALL
    footer = b"ARROW:schema\x18" + base64.b64encode(schema) + b"\0"
    yield "parquet", b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"
    yield "stream", b"\xff" * 4 + struct.pack("<I", len(schema)) + schema
    yield "base64", base64.b64encode(CALL)
    yield "closed", b"Rar!\x1a\x07\x01\x00" + bytes(20)
    yield "seven-zip", seven_zip([("a.pkl", CALL), ("b", b"x")])
    for name, one in (("pickle", CALL), ("zip", stored([("a.pkl", CALL)])), ("hdf5", next(hdf5s())[1]), ("onnx", next(models())[1])):
        yield name, one


def scripts():
    """The first byte says which of the names in `loadlint_fuzz::script` the rest stands in."""
    flag = b"vllm serve a --trust-remote-code"
    why = b"# loadlint: ignore[LL120] T-001: it was read\n"
    yield "shell", b"\x00" + why + b"A=(--b \"$(c 'd' `e`)\" ${F:-1})\ncat <<E && bash -c '" + flag + b"'\n# x\nE\n"
    yield "dockerfile", b"\x01# escape=`\nENV TRUST_REMOTE_CODE=1 `\n # b\n C=d\nRUN <<E\n" + flag + b"\nE\nCMD [\"a\", \"--trust-remote-code\"]\n"
    yield "variables", b"\x02export TRUST_REMOTE_CODE='1' # a\nB=\"c\nd\"\n" + why
    yield "makefile", b"\x03A := $(shell b) # c\nd: e\n\t@" + flag + b" $$f \\\n\t g # h\n"
    yield "justfile", b"\x04a := '--trust-remote-code'\nb:\n  #!/bin/sh\n  hf download {{c}} # d\n"
    yield "toml", b"\x05[a]\nb.trust_remote_code = true # c\nd = [\n 'e', # f\n]\ng = \"\"\"\n" + flag + b"\n\"\"\"\nh = {i = 'j'}\n"
    yield "yaml", b"\x06jobs:\n- run: |\n    " + flag + b" # a\n- args: [b, '--trust-remote-code']\n  command: >-\n    c\n    d\n"


TARGETS = {"script": scripts, "pickle": pickles, "zip": zips, "npy": arrays, "safetensors": tensors, "gguf": ggufs, "onnx": models, "hdf5": hdf5s,
           "configuration": configurations, "anything": anything}


def main():
    for target, seeds in TARGETS.items():
        folder = HERE / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, data in seeds():
            (folder / name).write_bytes(data)
    for name, data in pickles():
        # A seed that is no stream at all would test nothing but the first opcode.
        if name not in ("cut", "buffers", "newobj-ex", "array"):
            for _ in zip(range(3), pickletools.genops(data)):
                pass


if __name__ == "__main__":
    main()
