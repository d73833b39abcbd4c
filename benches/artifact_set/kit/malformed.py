"""Truncated, corrupt and abusive files. Each must end in a notice or finding, never in silence, a crash or a hang."""
import bz2
import json
import lzma
import random
import struct
import zlib

from .mal_formats import BASE, CHATML, DENSE, graph, gguf, h5_bytes, keras_zip, model, onnx_node, onnx_tensor, pf, savedmodel, seq, NORMAL_OPS
from .mal_pickle import joblib_stream, legacy, ltensor, npy, od, tensor, torch_tar, zfile
from .ops import Asm, C, G, Raw, pk
from . import zips as Z
from .zips import Entry as E, build


def files(S):
    def m(name, data, tech, note=""):
        S.add("malformed", name, data, tech, "", note)

    def odd(name, data, tech, note=""):
        """Loads without an error, or nobody would call it a model: silence is acceptable."""
        S.add("suspicious", name, data, "odd", "", f"{tech}; silence is acceptable; {note}")
    rnd = random.Random(7)
    data = {"w": [1.5, 2, "x" * 50], "b": {"k": list(range(60))}, "t": ("a", "b")}
    ok2, ok4 = pk(data, 2), pk(data, 4)
    tz = build(Z.torch_zip(pk(od({f"layer{i}": tensor(str(i)) for i in range(8)})), storages=[b"\1" * 64] * 8), align=64)
    big = h5_bytes({"model_config": json.dumps(seq(DENSE))}, {"a/b/c": [[1.0] * 20] * 20})
    onnx = model(graph([onnx_node("Relu"), onnx_node("Gemm")], [onnx_tensor(raw=bytes(2000))]))
    gg = gguf({**BASE, "tokenizer.chat_template": CHATML}, [("w", (64,), 0, 0)], data=b"\0" * 256)
    sft = (lambda h: struct.pack("<Q", len(h)) + h + b"\0" * 64)(json.dumps({"a": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}}).encode())
    jl = bytes(joblib_stream([{"a": 1}], struct.pack("<40d", *range(40)), (40,), ["end"]))
    full = {"pickle_p2.pkl": ok2, "pickle_p4.pkl": ok4, "pickle_p0.pkl": pk(data, 0), "torch.pt": tz, "legacy.pt": legacy({"w": ltensor()}), "model.h5": big, "model.onnx": onnx, "model.gguf": gg, "model.safetensors": sft, "x.joblib": jl, "x.npy": npy(struct.pack("<8d", *range(8)), "'<f8'", "(8,)"),
            "x.npz": build([E("a.npy", npy(struct.pack("<8d", *range(8)), "'<f8'", "(8,)"), 8)]), "x.pkl.gz": Z.gz(ok2 * 20), "x.pkl.bz2": bz2.compress(ok2 * 20), "x.pkl.xz": lzma.compress(ok2 * 20), "x.pkl.z": zlib.compress(ok2 * 20), "x.pkl.lz4": Z.lz4f(ok2 * 20), "x.pkl.zst": Z.zst(ok2 * 20), "x.tar": Z.tar([{"name": "a.pkl", "data": ok2}]),
            "x.keras": keras_zip(seq(DENSE)), "saved_model.pb": savedmodel(NORMAL_OPS), "x.7z": Z.seven([("a.pkl", ok2)]), "x.lzma": lzma.compress(ok2 * 20, format=lzma.FORMAT_ALONE)}
    for n, d in full.items():
        for i, f in enumerate((0.2, 0.55, 0.9)):
            cut = max(12, int(len(d) * f))
            if n in ("x.tar",) and i == 2:
                continue                                   # cuts only end blocks
            if n == "saved_model.pb" and i == 0:
                continue
            m(f"cut{i}_{n}", d[:cut], "truncated", f"cut at {cut} of {len(d)}")
    # corrupt bytes
    for n, d in full.items():
        if n in ("model.safetensors", "x.npy", "saved_model.pb", "x.tar", "x.lzma", "model.gguf", "model.onnx", "model.h5", "torch.pt", "legacy.pt", "x.joblib", "x.keras", "pickle_p0.pkl"):
            continue
        b = bytearray(d)
        for _ in range(12):
            b[rnd.randrange(8 if len(b) > 40 else 2, len(b))] ^= 0x5A
        m(f"flip_{n}", bytes(b), "corrupt", "bytes flipped")
    # random bytes with the right magic
    R = lambda n: bytes(rnd.randrange(256) for _ in range(n))
    for n, mg in {"r.pt": b"PK\x03\x04", "r.h5": b"\x89HDF\r\n\x1a\n", "r.npy": b"\x93NUMPY\x01\x00", "r.gguf": b"GGUF\x03\0\0\0", "r.pkl": b"\x80\x04\x95", "r.gz": b"\x1f\x8b\x08\0", "r.bz2": b"BZh9", "r.xz": b"\xfd7zXZ\0", "r.zst": b"\x28\xb5\x2f\xfd", "r.lz4": b"\x04\x22\x4d\x18", "r.7z": b"7z\xbc\xaf\x27\x1c", "r.rar": b"Rar!\x1a\x07\x00", "r5.rar": b"Rar!\x1a\x07\x01\x00",
                  "r.z": b"\x78\x9c", "r.keras": b"PK\x03\x04", "r.onnx": b"\x08\x07\x12\x07pytorch", "r.joblib": b"ZF0x100              ", "r.npz": b"PK\x05\x06", "r.pt2": b"PK\x06\x06"}.items():
        m(f"random_{n}", mg + R(300), "random", "right magic, then noise")
    for e in ("pkl", "pt", "onnx", "safetensors", "h5", "gguf", "npy", "joblib", "keras", "bin"):
        m(f"noise.{e}", b"\xf3" + R(400), "random", "noise under a model's name" + ("; .bin may be anything, doubtful" if e == "bin" else ""))
    for e in ("pkl", "pt", "pth", "joblib", "h5", "onnx", "safetensors", "npy", "npz", "gguf", "keras", "ckpt", "zip", "gz", "nemo", "mar"):
        m(f"empty.{e}", b"", "empty", "empty file with a model's extension")
    # wrong lengths
    W = {
        "pkl_unicode_len": b"\x80\x02X\xff\xff\xff\xff" + b"abc.", "pkl_unicode8_len": b"\x80\x04\x8d" + b"\xff" * 8 + b"abc.", "pkl_bytes8_len": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.", "pkl_bytearray8": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.", "pkl_long4": b"\x80\x02\x8b\xff\xff\xff\x7f.", "pkl_long1": b"\x80\x02\x8a\xff\x01.",
        "pkl_memo_huge": b"\x80\x02K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xfe.", "pkl_frame": b"\x80\x04\x95" + struct.pack("<Q", 2**63) + b"K\x01.", "pkl_put_text_huge": b"I1\np99999999999999999999\n.", "pkl_put_neg": b"I1\np-5\n.", "pkl_int_text_huge": b"I" + b"9" * 5000 + b"\n.", "pkl_long_text": b"L" + b"7" * 100000 + b"L\n.", "pkl_float_text": b"Fabc\n.", "pkl_bad_escape": b"S'\\xzz'\n.", "pkl_unterminated": b"Vabc", "pkl_string_noquote": b"Sabc\n.",
        "pkl_bad_proto": b"\x80\xffK\x01.", "pkl_underflow": b"\x80\x02000R.", "pkl_pop_mark": b"\x80\x0211.", "pkl_dup_empty": b"\x80\x022.", "pkl_stop_empty": b"\x80\x02.", "pkl_get_missing": b"\x80\x02h\x09.", "pkl_bad_op": b"\x80\x02K\x01\xfe.", "pkl_stack_global_int": b"\x80\x04K\x01K\x02\x93.", "pkl_appends_int": b"\x80\x02K\x01(K\x01e.", "pkl_setitems_odd": b"\x80\x02}(K\x01u.", "pkl_dict_odd": b"(K\x01d.", "pkl_ext_zero": b"\x80\x02\x82\x00.", "pkl_ext4_neg": b"\x80\x02\x84\xff\xff\xff\xff.",
        "pkl_readonly_buffer": b"\x80\x05\x98.", "pkl_buffer_missing": b"\x80\x05\x97.", "pkl_newobj_int": b"\x80\x02K\x01)\x81.", "pkl_obj_nomark": b"\x80\x02o.", "pkl_global_newline": b"\x80\x02c\n\n.", "pkl_frozenset_nomark": b"\x80\x04\x91.", "pkl_long_list_no_end": b"\x80\x02](" + b"K\x01" * 50000,
    }
    for n, d in W.items():
        m(f"{n}.pkl", d, "pickle-errors")
    # recursion, depth, size
    odd("deep_tuples.pkl", b"\x80\x02)" + b"\x85" * 200000 + b".", "depth", "200,000 nested tuples")
    m("deep_marks.pkl", b"(" * 300000 + b".", "depth", "300,000 marks")
    odd("deep_lists.pkl", b"\x80\x02" + b"]" * 100000 + b"a" * 99999 + b".", "depth")
    odd("deep_dicts.pkl", b"\x80\x02" + b"}K\x01" * 50000 + b"}" + b"s" * 50000 + b".", "depth")
    odd("memo_doubling.pkl", b"\x80\x02]q\x00" + b"".join(b"(h" + bytes([i]) + b"h" + bytes([i]) + b"lq" + bytes([i + 1]) for i in range(200)) + b".", "billion-laughs", "each list holds the one before twice")
    m("memo_doubling_called.pkl", b"\x80\x02]q\x00" + b"".join(b"(h" + bytes([i]) + b"h" + bytes([i]) + b"tq" + bytes([i + 1]) for i in range(100)) + b"0cacme\nf\nh\x64R.", "billion-laughs", "argument of a call is 2^100 long when printed")
    m("str_doubling.pkl", b"\x80\x04\x8c\x01aq\x00" + b"".join(b"0c_operator\nadd\nh" + bytes([i]) + b"h" + bytes([i]) + b"\x86Rq" + bytes([i + 1]) for i in range(64)) + b"h\x40h\x40\x93.", "billion-laughs", "computed name of 2^64 characters")
    m("million_ops_no_stop.pkl", b"\x80\x02" + b"K\x010" * 1000000, "million-ops", "3 million bytes of push and pop, no STOP")
    m("million_calls.pkl", b"\x80\x02](" + b"cacme\nf\n)R" * 100000 + b"e", "million-ops", "100,000 unknown calls, truncated")
    m("million_memo.pkl", b"\x80\x04](" + b"K\x01\x94" * 700000 + b"e", "million-ops", "700,000 memo entries, no STOP")
    m("self_list.pkl", b"\x80\x02]q\x00h\x00ah\x00", "depth", "list in itself, no STOP")
    hb = b"\x80\x02}" + b")" + b"q\x00h\x00\x86" * 60 + b"K\x01s."
    m("hash_bomb_frozenset.pkl", b"\x80\x04(" + b")" + b"q\x00h\x00\x86" * 60 + b"\x91.", "hash-bomb")
    m("hash_bomb_additems.pkl", b"\x80\x04\x8f(" + b")" + b"q\x00h\x00\x86" * 60 + b"\x90.", "hash-bomb")
    m("hash_bomb_in_zip.pt", build(Z.torch_zip(hb)), "hash-bomb")
    # bombs
    zeros = b"\0" * (30 << 20)
    c = zlib.compressobj(9, 8, -15)
    block = c.compress(zeros) + c.flush(zlib.Z_FULL_FLUSH)
    bomb = block * 300 + b"\x03\0"
    n = len(zeros) * 300
    over = {"lusize": n & 0xFFFFFFFF, "cusize": n & 0xFFFFFFFF}
    m("bomb.zip", build([E("a.pkl", b"", 8, stored=block + b"\x03\0", lusize=len(zeros), cusize=len(zeros), lcrc=zlib.crc32(zeros), ccrc=zlib.crc32(zeros))]), "bomb", "30 MB of zeros under a pickle's name")
    m("bomb_lied_size.zip", build([E("a.pkl", b"", 8, stored=bomb, lusize=10, cusize=10)]), "bomb", "declares 10 bytes, inflates to 9 GB")
    m("bomb_9gb.zip", build([E("model.pkl", b"", 8, stored=bomb, lusize=0xFFFFFFF0, cusize=0xFFFFFFF0)]), "bomb", "inflates to 9 GB")
    m("bomb_nested.zip", build([E("b.zip", build([E("a.pkl", b"", 8, stored=bomb, **over)]), 8)]), "bomb")
    m("bomb_gz3.pkl.gz", Z.gz(Z.gz(Z.gz(zeros) * 300)), "bomb", "gzip in gzip in gzip, 9 GB")
    for nm, f in {"bomb.pkl.gz": Z.gz, "bomb.bz2": bz2.compress, "bomb.xz": lzma.compress, "bomb.zst": Z.zst, "bomb.lz4": Z.lz4f}.items():
        m(nm, f(zeros) * (60 if "lz4" in nm else 300), "bomb", "gigabytes of zeros in many streams")
    m("bomb_pickle.pkl.gz", Z.gz(b"\x80\x02](" + b"K\x01" * (8 << 20)) + Z.gz(b"K\x01" * (8 << 20)) * 100, "bomb", "1.7 GB of pickle without an end")
    d = ok2
    for i in range(60):
        d = build([E("x.zip", d)])
    m("depth60.zip", d, "bomb", "60 zips deep")
    d = ok2
    for i in range(60):
        d = Z.gz(d)
    m("depth60.gz", d, "bomb", "60 gzip layers")
    d = ok2
    for i in range(25):
        d = Z.tar([{"name": "x.tar", "data": d}])
    m("depth25.tar", d, "bomb")
    d = ok2
    for i in range(40):
        d = pk(C(G("pickle", "loads"), (d,)), 4)
    S.add("malicious", "nested_pickle_40.pkl", d, "nested-pickle", "", "40 nested pickle.loads")
    # overlapping zip bomb: one deflate body, many central entries
    e0 = E("a", b"", 8, stored=bomb, **over)
    m("bomb_overlap.zip", build([e0] + [E("a", b"", 8, stored=bomb, ghost=True, coffset=0, cname=b"f%d" % i, cusize=over["cusize"]) for i in range(300)]), "bomb", "300 entries over one body")
    m("many_members.zip", build([E(f"d/{i}", b"") for i in range(70000)], zip64=True)[:-40], "bomb", "70,000 members, end cut off")
    m("zip64_lies.zip", build([E("a", b"x")], zip64=True, eocd={"size": 2**62, "offset": 2**62}), "zip-errors")
    m("zip_cd_outside.pt", build(Z.torch_zip(ok2), eocd={"offset": 0x7FFFFFF0}), "zip-errors")
    m("zip_cd_garbage.pt", build(Z.torch_zip(ok2), central=b"\x99" * 200), "zip-errors")
    m("zip_name_len.pt", build([E("archive/data.pkl", ok2)]).replace(b"PK\x01\x02", b"PK\x01\x02", 1)[:-22] + b"PK\x05\x06" + b"\xff" * 18, "zip-errors")
    m("zip_deflate_broken.pt", build([E("archive/data.pkl", ok2, 8, stored=b"\xff\xff\xff\xff" * 20), E("archive/version", b"3\n")]), "zip-errors", "deflate stream of the pickle is broken")
    m("zip_offset_outside.pt", build([E("archive/data.pkl", ok2, coffset=0x7FFFFFFF), E("archive/version", b"3\n")]), "zip-errors")
    m("zip_member_truncated.pt", build([E("archive/data.pkl", ok2[:40]), E("archive/version", b"3\n")]), "zip-errors", "the pickle inside is cut")
    m("zip_only_eocd_count.zip", struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 5, 5, 230, 0, 0), "zip-errors")
    odd("torch_zip_no_data.pt", build([E("archive/version", b"3\n"), E("archive/byteorder", b"little")]), "zip-errors", "torch archive without data.pkl; doubtful")
    # formats
    m("npy_header_len.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{", "format-errors")
    m("npy_version9.npy", b"\x93NUMPY\x09\x00" + b"\x76\0" + b" " * 118, "format-errors")
    m("npy_shape_huge.npy", npy(b"\0" * 8, "'<f8'", "(4611686018427387904, 16)"), "format-errors")
    m("npy_bad_dict.npy", npy(b"\0" * 8, "'<f8'", "(1,"), "format-errors")
    m("npy_short_data.npy", npy(b"\0" * 8, "'<f8'", "(1000,)"), "format-errors")
    m("npy_deep_descr.npy", npy(b"", "[" * 3000 + "]" * 3000), "format-errors", "header nested 3,000 deep")
    m("gguf_counts.gguf", gguf(BASE, counts=(2**40, 2**40)), "format-errors")
    m("gguf_string_len.gguf", b"GGUF\x03\0\0\0" + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 2**62) + b"abc", "format-errors")
    m("gguf_array_len.gguf", b"GGUF\x03\0\0\0" + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 4, 2**61), "format-errors")
    m("gguf_array_depth.gguf", b"GGUF\x03\0\0\0" + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 20000, "format-errors", "arrays nested 20,000 deep")
    m("gguf_tensor_offset.gguf", gguf(BASE, [("w", (4,), 0, 2**40)], data=b"\0" * 16), "format-errors")
    m("gguf_tensor_dims.gguf", gguf(BASE, [("w", (2**40, 2**40, 2**40), 0, 0)], data=b"\0" * 16), "format-errors")
    m("gguf_bad_type.gguf", gguf({"a": struct.pack("<I", 77)}), "format-errors")
    m("gguf_version99.gguf", gguf(BASE, version=99), "format-errors")
    m("gguf_alignment0.gguf", gguf({**BASE, "general.alignment": 0}, [("w", (4,), 0, 0)], data=b"\0" * 16), "format-errors")
    m("gguf_dims_many.gguf", gguf(BASE)[:-1] + b"", "format-errors") if False else None
    m("gguf_ndims.gguf", b"GGUF\x03\0\0\0" + struct.pack("<QQ", 1, 0) + struct.pack("<Q", 1) + b"w" + struct.pack("<I", 0xFFFFFFFF), "format-errors")
    m("onnx_varint.onnx", b"\x08\x07\x12\x07pytorch\x3a" + b"\xff" * 11, "format-errors")
    m("onnx_len.onnx", b"\x08\x07\x12\x07pytorch\x3a\xff\xff\xff\xff\x0f" + b"x" * 30, "format-errors")
    g = graph([onnx_node("Relu")])
    for i in range(600):
        g = graph([onnx_node("If", attrs=[pf(1, "then_branch") + pf(6, g) + pf(20, 5)])])
    m("onnx_deep.onnx", model(g), "depth", "600 nested graphs")
    m("onnx_group.onnx", b"\x08\x07\x12\x07pytorch" + b"\x3b" * 5000, "format-errors", "protobuf groups")
    fn = pf(1, "F") + pf(4, "x") + pf(5, "y") + pf(7, onnx_node("F", "local")) + pf(10, "local")
    S.add("suspicious", "onnx_recursive_function.onnx", model(graph([onnx_node("F", "local")]), ("", "local"), [fn]), "onnx-domain", "", "a function that calls itself")
    m("h5_superblock.h5", b"\x89HDF\r\n\x1a\n" + b"\0" + b"\xff" * 90, "format-errors")
    m("h5_v3_superblock.h5", b"\x89HDF\r\n\x1a\n\x03\x08\x08\0" + struct.pack("<QQQQI", 0, 2**64 - 1, 48, 48, 0), "format-errors")
    m("h5_loop.h5", big[:1000].ljust(2000, b"\x18"), "format-errors")
    m("keras_config_json.keras", keras_zip(b"{not json"), "format-errors")
    m("keras_config_deep.keras", keras_zip(b'{"a":' * 20000 + b"1" + b"}" * 20000), "depth")
    m("keras_no_config.keras", build([E("metadata.json", b"{}"), E("model.weights.h5", big)]), "format-errors", "no config.json; doubtful")
    m("keras_config_cut.keras", keras_zip(json.dumps(seq(DENSE)).encode()[:60]), "format-errors")
    m("tar_size.tar", Z.tar([{"name": "a.pkl", "data": ok2, "size": 8 ** 11 - 1}]), "format-errors", "size beyond the end")
    m("tar_checksum.tar", (lambda b: b[:148] + b"777777\0 " + b[156:])(Z.tar([{"name": "a.pkl", "data": ok2}])), "format-errors", "header checksum wrong")
    m("tar_member_cut.nemo", Z.tar([{"name": "model_config.yaml", "data": b"a: 1\n" * 300}])[:900], "format-errors")
    m("joblib_shape.joblib", bytes(joblib_stream([], b"\0" * 32, (2**40,), ["x"])), "format-errors", "array larger than the file")
    m("joblib_neg_shape.joblib", bytes(joblib_stream([], b"\0" * 32, (-4,), ["x"])), "format-errors")
    m("joblib_zf_len.joblib", zfile(ok2)[:2] + b"0xzzzz             " + zfile(ok2)[21:], "format-errors")
    m("legacy_storage_cut.pt", legacy({"w": ltensor()})[:-10], "format-errors")
    m("legacy_storage_huge.pt", legacy({"w": ltensor()}, storages=()) + struct.pack("<q", 2**60) + b"\0" * 20, "format-errors")
    m("legacy_four.pt", pk(0x1950A86A20F9469CFC6C) + pk(1001) + pk({"little_endian": True}) + pk({"w": 1}), "format-errors", "fifth pickle is missing; doubtful")
    m("torch_tar_cut.pt", torch_tar()[:2000], "format-errors")
    m("json_cut.json", b'{"auto_map": {"AutoModel": "x.y"', "format-errors", "config cut; doubtful") if False else None
    m("config_cut", {"config.json": '{"model_type": "llama", "auto_map": {"AutoModel": '}, "config-errors", "broken config.json")
    m("modules_cut", {"modules.json": '[{"idx": 0, "type": "sent'}, "config-errors")
    m("index_notjson", {"model.safetensors.index.json": "{{{{"}, "config-errors", "doubtful: an index names no code")
    odd("yaml_deep.yaml", b"a: " + b"[" * 20000, "depth", "20,000 open lists; may be read as text, doubtful")
    odd("yaml_bomb.yaml", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)), "billion-laughs", "aliases; nothing needs to be expanded: doubtful")
    m("lfs_pointer_broken.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:zzzz\nsize -1\n", "format-errors", "pointer with a bad digest; doubtful")
    m("sevenzip_header_crc.7z", (lambda b: b[:8] + b"\0\0\0\0" + b[12:])(Z.seven([("a.pkl", ok2)])), "format-errors")
    m("sevenzip_next_header.7z", (lambda b: b[:12] + struct.pack("<Q", 2**60) + b[20:])(Z.seven([("a.pkl", ok2)])), "format-errors")
    m("rar5_cut.rar", Z.rar5("m.pkl", ok2)[:60], "format-errors")
    m("skops_schema.skops", build([E("schema.json", b"{broken")]), "format-errors")
    m("mar_manifest.mar", build([E("MAR-INF/MANIFEST.json", b"{broken"), E("h.py", b"x = 1\n")]), "format-errors")
    odd("nemo_no_config.nemo", Z.tar([{"name": "weights.bin", "data": b"\xf1" * 90}]), "format-errors", "nemo without config; doubtful")
    m("gz_isize.gz", Z.gz(b"hello world" * 100)[:-4] + b"\1\1\1\1", "format-errors", "length in the trailer is wrong")
    m("xz_check.xz", (lambda b: b[:-20] + bytes([b[-20] ^ 1]) + b[-19:])(lzma.compress(ok2 * 9)), "format-errors")
    m("safetensors_index_dir", {"model.safetensors": sft[:30], "config.json": "{}"}, "truncated")
