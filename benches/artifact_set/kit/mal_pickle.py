"""Malicious and suspicious pickles, bare and framed by joblib, numpy and torch's legacy formats."""
import base64
import io
import marshal
import pickle
import struct
import zlib

from .gadgets import GADGETS, IMPORT_ONLY
from .ops import ECHO, PYECHO, Asm, B, C, G, Pers, Raw, evil, pk
from . import zips as Z

WEAK = {("gc", "get_objects"), ("numpy", "DataSource"), ("mmap", "mmap"), ("resource", "setrlimit"), ("sys", "exit"), ("PIL.Image", "open"), ("joblib", "Memory"), ("netrc", "netrc"),
        ("faulthandler", "_sigsegv"), ("trace", "main"), ("builtins", "input"), ("optparse", "OptionParser.exit"), ("sched", "scheduler.run"), ("os", "_exit"), ("os", "abort"), ("os", "fork"),
        ("timm", "create_model"), ("h2o", "init"), ("wandb", "restore"), ("redis", "Redis"), ("pymongo", "MongoClient"), ("boto3", "client"), ("ray", "init"), ("tensorrt", "Runtime.deserialize_cuda_engine"),
        ("coverage", "Coverage.load"), ("kedro.io", "DataCatalog.load"), ("triton.runtime.build", "_build"), ("distributed", "x"), ("dask.distributed", "Client"), ("py4j.java_gateway", "launch_gateway"), ("aiohttp", "ClientSession"),
        ("xml.dom.minidom", "parse"), ("cv2", "VideoCapture"), ("soundfile", "read"), ("tkinter", "Tcl"), ("sentence_transformers", "SentenceTransformer"), ("_tkinter", "create"), ("nis", "cat"), ("asyncore", "dispatcher_with_send"), ("optuna.storages", "RDBStorage"), ("langchain.chains", "load_chain"), ("signal", "alarm"),
        ("idlelib.run", "Executive"), ("concurrent.futures.process", "_process_worker"), ("rsa.cli", "keygen"), ("babel.messages.frontend", "main"), ("numba.pycc", "CC.compile"), ("vllm.distributed.device_communicators.shm_broadcast", "MessageQueue"), ("torch._functorch.deprecated", "vmap")}

GHSA = {("pip", "main"): "GHSA-655q-fx9r-782v CVE-2025-1716", ("timeit", "timeit"): "GHSA-v7x6-rv5q-mhwc", ("ensurepip", "_run_pip"): "GHSA-xp4f-hrf8-rxw7", ("pkgutil", "resolve_name"): "GHSA-vvpj-8cmc-gx39",
        ("profile", "run"): "GHSA-7wx9-6375-f5wh", ("uuid", "_get_command_stdout"): "GHSA-g38g-8gr9-h9xp", ("_osx_support", "_read_output"): "GHSA-g38g-8gr9-h9xp", ("_aix_support", "_read_cmd_output"): "GHSA-g38g-8gr9-h9xp",
        ("_pyrepl.pager", "pipe_pager"): "GHSA-g38g-8gr9-h9xp", ("imaplib", "IMAP4_stream"): "GHSA-g38g-8gr9-h9xp", ("test.support.script_helper", "assert_python_ok"): "GHSA-g38g-8gr9-h9xp",
        ("numpy.f2py.crackfortran", "getlincoef"): "GHSA-r8g5-cgf2-4m4m", ("distutils.file_util", "write_file"): "GHSA-m273-6v24-x4m4", ("_interpreters", "run_string"): "GHSA-6ggj-6f2q-f7mx",
        ("multiprocessing.util", "spawnv_passfds"): "modelscan #338", ("mlflow.projects.backend.local", "_run_entry_point"): "modelscan #338", ("pandas", "read_csv"): "modelscan #338",
        ("asyncio.unix_events", "_UnixSubprocessTransport._start"): "GHSA-f7qq-56ww-84cr CVE-2025-10157"}

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
SYSINFO = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def tensor(key="0", n=4, module="torch", cls="FloatStorage", view=()):
    """A tensor as torch.save describes it inside data.pkl."""
    return C(G("torch._utils", "_rebuild_tensor_v2"), (Pers(("storage", G(module, cls), key, "cpu", n, *view)), 0, (n,), (1,), False, C(G("collections", "OrderedDict"))))


def ltensor():
    """The same in the legacy format, whose ids carry view metadata."""
    return tensor(view=(None,))


def od(items):
    """OrderedDict built as torch.save does: REDUCE then SETITEMS."""
    a = Asm(2, header=False).val(C(G("collections", "OrderedDict"))).raw(b"(")
    for k, v in items.items():
        a.val(k).val(v)
    return Raw(bytes(a.b) + b"u")


def legacy(obj, proto=2, first=None, keys=("0",), storages=(b"\0" * 16,), sysinfo=SYSINFO, last=None):
    out = first or pk(TORCH_MAGIC, proto)
    out += pk(1001, proto) + (sysinfo if isinstance(sysinfo, bytes) else pk(sysinfo, proto)) + (obj if isinstance(obj, bytes) else pk(obj, proto))
    out += last or pk(list(keys), proto)
    for s in storages:
        out += struct.pack("<q", len(s) // 4) + s
    return out


def torch_tar(obj=None, sysinfo=None, storages=None, tensors=None):
    """The tar layout of torch 0.1.x."""
    st = pk(1) + pk((1, "cpu", G("torch", "FloatStorage"))) + struct.pack("<q", 4) + b"\0" * 16 + pk([])
    te = pk(1) + pk((2, 1, G("torch", "FloatTensor"))) + struct.pack("<i", 1) + b"\0" * 4 + struct.pack("<qqq", 4, 1, 0)
    body = obj or pk({"w": Pers("2")})
    return Z.tar([{"name": "sys_info", "data": sysinfo or pk(SYSINFO)}, {"name": "storages", "data": storages or st}, {"name": "tensors", "data": tensors or te}, {"name": "pickle", "data": body}])


def npy(payload, descr="'|O'", shape="(1,)", version=(1, 0)):
    h = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    pre = 10 if version[0] == 1 else 12
    h += b" " * (-(pre + len(h) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", len(h)) + h + payload


def wrapper(shape, dtype="<f8", pad=None, proto=4, subclass=("numpy", "ndarray"), obj=False, order="C", mmap=False):
    """joblib's NumpyArrayWrapper up to its BUILD, followed by padding byte(s); array bytes follow."""
    d = C(G("numpy", "dtype"), (dtype.lstrip("<|"), False, True))
    d = B(d, (3, "|" if obj else "<", None, None, None, -1, -1, 63 if obj else 0))
    w = B(C(G("joblib.numpy_pickle", "NumpyArrayWrapper"), (), "newobj"), {"subclass": G(*subclass), "shape": tuple(shape), "order": order, "dtype": d, "allow_mmap": mmap, "numpy_array_alignment_bytes": 16})
    return bytes(Asm(proto, header=False).val(w).b) + (b"" if pad is None else bytes([pad]) + b"\xff" * pad)


def joblib_stream(before, arr, shape, after, proto=4, pad=3, obj=False, **k):
    """[before, array, after...] with the array's bytes inline, as joblib.dump writes."""
    a = Asm(proto).raw(b"](")
    for x in before:
        a.val(x)
    a.raw(wrapper(shape, pad=None if obj else pad, proto=proto, obj=obj, **k)).raw(arr)
    for x in after:
        a.val(x)
    return a.raw(b"e.").b


def zfile(d):
    """joblib's old ZF container."""
    c = zlib.compress(d)
    ln = hex(len(d)).encode()
    return b"ZF" + ln + b" " * (19 - len(ln)) + c


def gadget_files(S):
    ops = ["reduce", "inst", "obj", "reduce", "newobj_popen"]
    exts = [".pkl", ".pickle", ".pt", ".bin", ".joblib", ".pth", ".ckpt", ".dat", ".p", ".model", ".sav", ".dill"]
    for i, (m, n, args, kind) in enumerate(GADGETS):
        dotted = "." in n
        proto = [2, 4, 0, 3, 5, 1, 4, 2][i % 8]
        if dotted:
            proto = [4, 5][i % 2]
        op = ["reduce", "reduce", "obj", "reduce", "inst", "reduce"][(i * 7) % 6]
        if op == "inst" and (dotted or proto >= 4):
            op = "reduce"
        call = C(G(m, n), args, op)
        shape = (i * 5) % 7
        if shape == 0:
            x = call
        elif shape == 1:
            x = {"epoch": 3, "state": call, "lr": 0.1}
        elif shape == 2:
            x = [1, 2, (call, "x")]
        elif shape == 3:
            x = Raw(bytes(Asm(proto, header=False).val(call).b) + b"0" + bytes(Asm(proto, header=False).val({"w": [1, 2]}).b))
        elif shape == 4:
            x = {"state_dict": od({f"layer{j}.weight": [0.5, j] for j in range(20)}) if proto >= 2 else {}, "hook": call}
        elif shape == 5:
            x = B(C(G("collections", "OrderedDict")), {"x": call})
        else:
            x = (1, call)
        data = pk(x, proto)
        container = i % 9
        ext = exts[i % len(exts)]
        if container == 7:
            data, ext = Z.build(Z.torch_zip(pk(x, max(proto, 2))), align=64), ".pt"
        elif container == 8:
            data, ext = Z.gz(data), ".pkl.gz"
        label = "suspicious" if (m, n) in WEAK else "malicious"
        S.add(label, f"gadget_{i:03d}_{m.replace('.', '_')}__{n.replace('.', '_')}{ext}", data, f"gadget:{kind}", GHSA.get((m, n), ""), f"{m}.{n} by {op}, protocol {proto}")
    for i, (m, n) in enumerate(IMPORT_ONLY):
        S.add("malicious" if m not in ("ctypes.wintypes", "os", "subprocess", "builtins") else "suspicious", f"import_only_{i:02d}_{m.replace('.', '_')}.pkl", pk({"x": G(m, n)}, [2, 4, 0][i % 3]) if "." not in n else pk({"x": G(m, n)}, 4), "import-only", "", f"{m}.{n} imported, not called")


def structure_files(S):
    def a(name, data, tech, adv="", note=""):
        S.add("malicious", name, data, tech, adv, note)
    # every protocol by every calling opcode
    for p in range(6):
        for op in ("reduce", "obj", "inst"):
            a(f"call_{op}_p{p}.pkl", evil(p, op=op), f"opcode:{op}")
    # NEWOBJ only: map object consumed by bytes()/tuple()/frozenset
    for cons in ("bytes", "tuple", "frozenset", "list"):
        for op, p in (("newobj", 2), ("newobj_ex", 4)):
            m = C(G("builtins", "map"), (G("os", "system"), [ECHO]), op)
            a(f"newobj_map_{cons}_{op}.pkl", pk(C(G("builtins", cons), (m,), op), p), f"opcode:{op}", "", "map consumed by a constructor")
    a("newobj_ex_kwargs.pkl", pk(C(G("functools", "partial"), (G("os", "system"), ECHO), "newobj_ex", {"x": 1}), 4), "opcode:newobj_ex", "", "partial of os.system with keywords")
    a("newobj_memmap.pkl", pk(C(G("numpy", "memmap"), ("/tmp/loadlint-test", "u1", "w+", 0, 4), "newobj"), 2), "opcode:newobj", "", "memmap.__new__ creates a file")
    a("newobj_functiontype.pkl", pk(C(C(G("types", "FunctionType"), (C(G("marshal", "loads"), (marshal.dumps(compile(PYECHO, "x", "exec")),)), {"__builtins__": G("builtins", "__dict__")}), "newobj"), ()), 4), "opcode:newobj", "", "code object by marshal")
    a("newobj_ex_popen.pkl", pk(C(G("subprocess", "Popen"), ("echo x",), "newobj_ex", {"shell": True}), 4), "opcode:newobj_ex", "", "Popen by NEWOBJ_EX (constructor __init__ not run; the name is enough)")
    # OBJ popped (fickling GHSA-mxhj-88fx-4pcv)
    for i, tail in enumerate((b"0N", b"0}", b"\x94" b"0N", b"q\x000N", b"0](K\x01K\x02e")):
        p = 4 if tail[:1] == b"\x94" else 1
        a(f"obj_popped_{i}.pkl", Asm(p).val(C(G("os", "system"), (ECHO,), "obj")).raw(tail).done(), "result-popped", "GHSA-mxhj-88fx-4pcv")
    a("reduce_popped_by_mark.pkl", Asm(2).raw(b"(").val(C(G("os", "system"), (ECHO,))).raw(b"1N").done(), "result-popped", "", "POP_MARK drops the result")
    # BUILD
    st = Asm(2).val(C(G("collections", "OrderedDict"))).raw(b"q\x01").val({"__setstate__": G("os", "system")}).raw(b"b").raw(b"h\x01").val(ECHO).raw(b"b").done()
    a("build_plants_setstate.pkl", st, "build:setstate", "", "first BUILD plants __setstate__, second calls it")
    st = Asm(4).val(C(G("argparse", "Namespace"), (), "newobj")).raw(b"\x94").val({"__setstate__": G("subprocess", "getoutput")}).raw(b"bh\x00").val(ECHO).raw(b"b").done()
    a("build_plants_setstate_ns.pkl", st, "build:setstate")
    st = Asm(2).val(C(G("collections", "OrderedDict"))).raw(b"q\x01").val((None, {"__setstate__": G("os", "system")})).raw(b"b").raw(b"h\x01").val(ECHO).raw(b"b").done()
    a("build_slotstate_setstate.pkl", st, "build:setstate", "", "through the slot state")
    for k, (m, n) in enumerate((("torch", "nn"), ("torch.nn", "Module"), ("collections", "OrderedDict"), ("builtins", "print"), ("numpy", "ndarray"), ("pickle", "Unpickler"))):
        a(f"build_on_import_{k}.pkl", Asm(2).glob(m, n).val((None, {"forward": G("os", "system"), "__reduce_ex__": G("os", "system")})).raw(b"b").done(), "build:on-import", "", "attributes set on an imported object")
    a("build_append_then_appends.pkl", Asm(2).val(C(G("collections", "UserList"))).raw(b"q\x00").val({"append": G("os", "system")}).raw(b"bh\x00").raw(b"(").val(ECHO).raw(b"e").done(), "build:method", "ShadowPickle", "APPENDS calls the planted append")
    a("build_extend.pkl", Asm(4).val(C(G("argparse", "Namespace"), (), "newobj")).raw(b"\x94").val({"extend": G("os", "system")}).raw(b"bh\x00").raw(b"(").val(ECHO).raw(b"e").done(), "build:method", "ShadowPickle")
    a("build_setitem.pkl", Asm(2).val(C(G("types", "SimpleNamespace"), (), "reduce")).raw(b"q\x00").val({"__class__": G("os", "system")}).raw(b"b").done(), "build:method", "ShadowPickle")
    a("build_class_setitem.pkl", Asm(2).glob("collections", "UserDict").raw(b"q\x00").val((None, {"__setitem__": G("os", "system")})).raw(b"b0").val(C(G("collections", "UserDict"))).val("x").val(ECHO).raw(b"s").done(), "build:method", "ShadowPickle", "BUILD replaces a method of a class, SETITEM calls it")
    a("build_additems.pkl", Asm(4).val(C(G("argparse", "Namespace"), (), "newobj")).raw(b"\x94").val({"add": G("os", "system")}).raw(b"bh\x00").raw(b"(").val(ECHO).raw(b"\x90").done(), "build:method", "ShadowPickle", "ADDITEMS calls the planted add")
    a("numpy_builtins_build.pkl", Asm(4).glob("numpy", "size").val((None, {"__builtins__": G("numpy", "__builtins__")})).raw(b"b").val(C(G("numpy", "__builtins__.get"), ("exec",))).val((PYECHO,)).raw(b"R").done(), "build:builtins", "modelscan #330")
    a("numpy_builtins_getitem.pkl", pk(C(C(G("operator", "getitem"), (G("numpy", "__builtins__"), "eval")), ("1+1",)), 4), "build:builtins", "modelscan #330")
    a("setitem_sys_modules.pkl", Asm(2).glob("sys", "modules").val("json").val(G("os", "path")).raw(b"s").done(), "build:on-import", "", "writes sys.modules")
    a("setitem_builtins_dict.pkl", Asm(4).glob("builtins", "__dict__").val("print").val(G("os", "system")).raw(b"s").done(), "build:on-import")
    a("setitem_environ.pkl", Asm(2).glob("os", "environ").val("LD_PRELOAD").val("/tmp/x.so").raw(b"s").done(), "build:on-import", "", "writes os.environ")
    # sys.modules override
    a("sys_modules_override.pkl", Asm(2).glob("sys", "modules").raw(b"q\x00").val("sys").raw(b"h\x00s0").val(C(G("sys", "get"), ("os",))).raw(b"q\x01h\x00").val("sys").raw(b"h\x01s0").val(C(G("sys", "system"), (ECHO,))).done(), "sys-modules", "", "sys is replaced by its module table")
    # EXT
    for k, op in enumerate((b"\x82\x07", b"\x83\x07\x01", b"\x84\x07\x00\x01\x00")):
        code = int.from_bytes(op[1:], "little")
        a(f"ext{2 ** k}_add_extension.pkl", Asm(2).val(C(G("copyreg", "add_extension"), ("os", "system", code))).raw(b"0").raw(op).val((ECHO,)).raw(b"R").done(), "ext")
        a(f"ext{2 ** k}_inverted_registry.pkl", Asm(2).glob("copyreg", "_inverted_registry").val(code).val(("os", "system")).raw(b"s0").raw(op).val((ECHO,)).raw(b"R").done(), "ext", "new here")
        a(f"ext{2 ** k}_bare.pkl", Asm(4).raw(op).val((ECHO,)).raw(b"R").done(), "ext", "", "an extension code the process knows is called")
    a("ext_extension_cache.pkl", Asm(2).glob("copyreg", "_extension_cache").val(9).val(G("os", "system")).raw(b"s0\x82\x09").val((ECHO,)).raw(b"R").done(), "ext")
    a("ext_py2_copy_reg.pkl", Asm(2).glob("copy_reg", "_inverted_registry").val(9).val(("os", "system")).raw(b"s0\x82\x09").val((ECHO,)).raw(b"R").done(), "ext")
    # persistent ids
    a("persid_storage_is_system.pt", Z.build(Z.torch_zip(pk({"w": tensor(module="os", cls="system")})), align=64), "persid", "", "storage class of the persistent id is os.system")
    a("persid_storage_is_popen.pt", Z.build(Z.torch_zip(pk({"w": tensor(module="subprocess", cls="Popen")})), align=64), "persid")
    a("persid_legacy_storage_is_system.pt", legacy({"w": C(G("torch._utils", "_rebuild_tensor_v2"), (Pers(("storage", G("os", "system"), "0", "cpu", ECHO, None)), 0, (4,), (1,), False, {}))}), "persid")
    a("persid_call_inside.pkl", Asm(2).val(C(G("os", "system"), (ECHO,))).raw(b"Q").done(), "persid", "", "the id itself is computed by a call")
    a("persid_called.pkl", Asm(2).val("runner").raw(b"Q").val((ECHO,)).raw(b"R").done(), "persid", "", "what persistent_load returns is called")
    a("persid_module_legacy.pt", legacy({"m": Pers(("module", G("os", "system"), "x.py", PYECHO))}), "persid", "", "legacy module record with source")
    # strings
    s = [("string_single", b"cos\nsystem\n(S'echo loadlint-test'\ntR."), ("string_double", b"cos\nsystem\n(S\"echo loadlint-test\"\ntR."), ("string_escapes", b"cos\nsystem\n(S'\\x65cho loadlint\\055test'\ntR."),
         ("unicode_escapes", b"cos\nsystem\n(V\\u0065cho loadlint-test\ntR."), ("inst_p0", b"(S'echo loadlint-test'\nios\nsystem\n."), ("inst_double", b"(S\"echo loadlint-test\"\nios\nsystem\n."),
         ("stackglobal_S_double", b"\x80\x04S\"os\"\nS\"system\"\n\x93(S\"echo loadlint-test\"\ntR."), ("stackglobal_V", b"\x80\x04Vos\nV\\u0073ystem\n\x93\x8c\x14echo loadlint-test!!\x85R."),
         ("stackglobal_U", b"\x80\x04U\x02osU\x06system\x93\x8c\x14echo loadlint-test!!\x85R."), ("stackglobal_T", b"\x80\x04T\x02\0\0\0osT\x06\0\0\0system\x93\x8c\x14echo loadlint-test!!\x85R."),
         ("stackglobal_X", b"\x80\x04X\x02\0\0\0osX\x06\0\0\0system\x93\x8c\x14echo loadlint-test!!\x85R."), ("stackglobal_X8", b"\x80\x04\x8d\x02\0\0\0\0\0\0\0os\x8d\x06\0\0\0\0\0\0\0system\x93\x8c\x14echo loadlint-test!!\x85R."),
         ("stackglobal_S_escape", b"\x80\x04S'\\x6fs'\nS'sys\\x74em'\n\x93(S'echo x'\ntR."), ("stackglobal_S_octal", b"\x80\x04S'\\157s'\nS'\\163ystem'\n\x93(S'echo x'\ntR."), ("stackglobal_in_p0", b"Vos\nVsystem\n\x93(Vecho x\ntR."),
         ("stackglobal_S_trailing_space", b"\x80\x04S'os' \nS'system'\t\n\x93(S'echo x'\ntR."), ("global_crlf", b"cos\nsystem\n(S'echo x'\r\ntR."), ("no_proto_binary_ops", b"\x8c\x02os\x8c\x06system\x93\x8c\x06echo x\x85R."),
         ("long_ops", b"\x80\x02cos\nsystem\n(U\x06echo xtR."), ("proto_late", b"cos\nsystem\n\x80\x02(U\x06echo xtR."), ("proto_255_arg", b"\x80\x00cos\nsystem\n(S'echo x'\ntR.")]
    for n, d in s:
        lab = "suspicious" if n in ("stackglobal_S_trailing_space", "global_crlf") else "malicious"
        S.add(lab, f"str_{n}.pkl", d, "string-forms", "GHSA-9gvj-pp9x-gcfr" if "stackglobal" in n else "", "Python 3 refuses the operand, Python 2 ran it" if lab == "suspicious" else "")
    # memo tricks
    m = {
        "binput_then_memoize": b"\x80\x04\x8c\x04math\x8c\x02osq\x00\x8c\x06system\x940h\x00h\x01\x93\x8c\x06echo x\x85R.",
        "memoize_after_sparse_binput": b"\x80\x04\x8c\x04mathq\x05\x8c\x02os\x940\x8c\x06system\x940h\x01h\x02\x93\x8c\x06echo x\x85R.",
        "put_overwrites": b"\x80\x04\x8c\x04mathq\x00\x8c\x02osq\x000\x8c\x06systemq\x010h\x00h\x01\x93\x8c\x06echo x\x85R.",
        "memoize_hits_used": b"\x80\x04\x8c\x04mathq\x01\x8c\x02os\x940\x8c\x06systemq\x020h\x01h\x02\x93\x8c\x06echo x\x85R.",
        "long_binput": b"\x80\x04\x8c\x02osr\x00\x00\x10\x000\x8c\x06systemr\x01\x00\x10\x000j\x00\x00\x10\x00j\x01\x00\x10\x00\x93\x8c\x06echo x\x85R.",
        "text_put": b"Vos\np777\n0Vsystem\np778\n0g777\ng778\n\x93(Vecho x\ntR.",
        "put_leading_zero": b"\x80\x04\x8c\x02osp007\n0\x8c\x06systemp8\n0h\x07h\x08\x93\x8c\x06echo x\x85R.",
        "function_memoized": b"\x80\x02cos\nsystem\nq\x000cmath\nsqrt\nq\x010h\x00U\x06echo x\x85R.",
        "function_overwritten": b"\x80\x02cmath\nsqrt\nq\x00cos\nsystem\nq\x000h\x00U\x06echo x\x85R.",
        "dup_name": b"\x80\x04\x8c\x05posix2\x940\x8c\x06system\x93\x8c\x06echo x\x85R.",
        "name_from_list": b"\x80\x04](\x8c\x02os\x94\x8c\x06system\x94eh\x00h\x01\x93\x8c\x06echo x\x85R.",
        "name_popped_decoy": b"\x80\x04\x8c\x02os\x8c\x04math0\x8c\x06system\x8c\x04sqrt0\x93\x8c\x06echo x\x85R.",
        "name_popmark_decoy": b"\x80\x04\x8c\x02os(\x8c\x04math1\x8c\x06system(\x8c\x04sqrtK\x011\x93\x8c\x06echo x\x85R.",
        "name_across_ops": b"\x80\x04\x8c\x02os\x94]\x940\x8c\x06system\x94K\x050\x93\x94\x8c\x06echo x\x94\x85\x94R\x94.",
        "memo_of_result": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x940\x8c\x01x\x94h\x000\x8c\x06echo x\x85\x940h\x00h\x02R.",
        "tuple_call_memo": b"\x80\x02U\x06echo x\x85q\x030cos\nsystem\nh\x03R.",
        "mark_in_middle": b"\x80\x02(cos\nsystem\n(U\x06echo xtR1N.",
        "put_negative_like": b"\x80\x02cos\nsystem\nr\xff\xff\xff\x000j\xff\xff\xff\x00U\x06echo x\x85R.",
    }
    for n, d in m.items():
        a(f"memo_{n}.pkl", d, "memo", "picklescan #14" if "memoize" in n else "")
    # computed names
    sysm = lambda mod, name: Asm(4, header=False).val(mod).val(name).raw(b"\x93")
    rot = C(G("_codecs", "encode"), ("bf", "rot13"))
    comp = {
        "rot13": (C(G("codecs", "encode"), ("bf", "rot13")), C(G("codecs", "encode"), ("flfgrz", "rot13"))),
        "codecs_private_rot13": (C(G("_codecs", "encode"), ("bf", "rot_13")), C(G("_codecs", "encode"), ("flfgrz", "rot_13"))),
        "decode_hex": (C(G("_codecs", "decode"), (b"os", "latin1")), C(G("_codecs", "decode"), (b"system", "ascii"))),
        "encode_chain": (C(G("_codecs", "decode"), (C(G("_codecs", "encode"), ("os", "utf8")),)), C(G("_codecs", "decode"), (C(G("_codecs", "encode"), ("system", "latin1")), "latin1"))),
        "join": (C(G("builtins", "str.join"), ("", ["o", "s"])), C(G("builtins", "str.join"), ("", ["sys", "tem"]))),
        "replace": (C(G("builtins", "str.replace"), ("ox", "x", "s")), C(G("builtins", "str.replace"), ("sysxxm", "xx", "te"))),
        "format": (C(G("builtins", "str.format"), ("{}{}", "o", "s")), C(G("builtins", "str.format"), ("sys{}", "tem"))),
        "add": (C(G("operator", "add"), ("o", "s")), C(G("_operator", "concat"), ("sys", "tem"))),
        "reversed": (C(G("operator", "getitem"), ("so", C(G("builtins", "slice"), (None, None, -1)))), C(G("operator", "getitem"), ("metsys", C(G("builtins", "slice"), (None, None, -1))))),
        "base64": (C(G("builtins", "bytes.decode"), (C(G("base64", "b64decode"), ("b3M=",)),)), C(G("builtins", "bytes.decode"), (C(G("base64", "b64decode"), ("c3lzdGVt",)),))),
        "str_of_bytes": (C(G("builtins", "str"), (b"os", "ascii")), C(G("builtins", "str"), (b"system", "ascii"))),
        "chr": (C(G("builtins", "str.join"), ("", C(G("builtins", "map"), (G("builtins", "chr"), [111, 115])))), "system"),
        "strip": (C(G("builtins", "str.strip"), (" os ",)), C(G("builtins", "str.lower"), ("SYSTEM",))),
        "doc_slice": (C(G("operator", "itemgetter"), (0,)), "system"),
    }
    for n, (x, y) in comp.items():
        a(f"computed_{n}.pkl", Asm(4).val(x).val(y).raw(b"\x93").val((ECHO,)).raw(b"R").done(), "computed-name", "ShadowPickle" if "codecs" in n or "encode" in n else "modelscan #331")
    # getattr chains
    gm = C(G("importlib", "import_module"), ("os",))
    chains = {
        "import_module_getattr": (C(C(G("builtins", "getattr"), (gm, "system")), (ECHO,)), "picklescan #66"),
        "dunder_import_getattr": (C(C(G("builtins", "getattr"), (C(G("builtins", "__import__"), ("os",)), "system")), (ECHO,)), "picklescan #66"),
        "vars_getitem": (C(C(G("operator", "getitem"), (C(G("builtins", "vars"), (gm,)), "system")), (ECHO,)), "picklescan #66"),
        "attrgetter": (C(C(C(G("operator", "attrgetter"), ("system",)), (gm,)), (ECHO,)), ""),
        "attrgetter_safe_root": (C(C(C(G("operator", "attrgetter"), ("_os.system",)), (C(G("importlib", "import_module"), ("random",)),)), (ECHO,)), ""),
        "methodcaller": (C(C(G("operator", "methodcaller"), ("system", ECHO)), (gm,)), "GHSA-955r-x9j8-7rhh"),
        "_operator_methodcaller": (C(C(G("_operator", "methodcaller"), ("system", ECHO)), (gm,)), "GHSA-955r-x9j8-7rhh"),
        "itemgetter_modules": (C(C(G("builtins", "getattr"), (C(C(G("operator", "itemgetter"), ("os",)), (G("sys", "modules"),)), "system")), (ECHO,)), ""),
        "sys_modules_get": (C(C(G("builtins", "getattr"), (C(G("sys", "modules.get"), ("os",)), "system")), (ECHO,)), ""),
        "getattr_globals": (C(C(G("operator", "getitem"), (C(G("builtins", "getattr"), (G("collections", "namedtuple"), "__globals__")), "_sys")), ("x",)), ""),
        "subclasses": (C(C(G("operator", "itemgetter"), (140,)), (C(G("builtins", "type.__subclasses__"), (G("builtins", "object"),)),)), ""),
        "getattr_on_torch": (C(C(G("builtins", "getattr"), (C(G("builtins", "getattr"), (G("torch", "serialization"), "os")), "system")), (ECHO,)), ""),
        "partial": (C(C(G("functools", "partial"), (G("os", "system"), ECHO)), ()), ""),
        "partial_nested": (C(C(G("functools", "partial"), (C(G("functools", "partial"), (G("os", "system"),)), ECHO)), ()), ""),
        "map_list": (C(G("builtins", "list"), (C(G("builtins", "map"), (G("os", "system"), [ECHO])),)), ""),
        "filter_set": (C(G("builtins", "set"), (C(G("builtins", "filter"), (G("os", "system"), [ECHO])),)), ""),
        "reduce_functools": (C(G("functools", "reduce"), (G("os", "spawnlp"), [0, "echo"])), ""),
        "starmap": (C(G("builtins", "tuple"), (C(G("itertools", "starmap"), (G("os", "system"), [(ECHO,)])),)), ""),
        "iter_callable": (C(G("builtins", "list"), (C(G("builtins", "iter"), (C(G("functools", "partial"), (G("os", "system"), ECHO)), 0)),)), ""),
        "accumulate": (C(G("collections", "deque"), (C(G("itertools", "accumulate"), ([ECHO, "x"], G("os", "system"))),)), ""),
        "defaultdict_missing": (C(G("collections", "defaultdict.__missing__"), (C(G("collections", "defaultdict"), (C(G("functools", "partial"), (G("os", "system"), ECHO)),)), "x")), ""),
        "re_sub": (C(G("re", "sub"), (".*", G("os", "system"), ECHO)), ""),
        "reconstructor": (C(G("copyreg", "_reconstructor"), (G("subprocess", "Popen"), G("builtins", "object"), None)), ""),
        "copyreg_newobj": (C(G("copyreg", "__newobj__"), (G("builtins", "map"), G("os", "system"), [ECHO])), ""),
        "copyreg_newobj_ex": (C(G("copyreg", "__newobj_ex__"), (G("functools", "partial"), (G("os", "system"), ECHO), {})), ""),
        "type_subclass": (C(C(G("builtins", "type"), ("X", (G("builtins", "object"),), {"__del__": G("os", "system")})), ()), ""),
        "type_call": (C(G("builtins", "type.__call__"), (G("subprocess", "Popen"), "echo")), ""),
        "object_getattribute": (C(C(G("builtins", "object.__getattribute__"), (gm, "system")), (ECHO,)), ""),
        "setattr_print": (C(G("builtins", "setattr"), (G("builtins", "Exception"), "__str__", G("os", "system"))), ""),
        "exec_b64": (C(G("builtins", "exec"), (C(G("base64", "b64decode"), (base64.b64encode(PYECHO.encode()),)),)), ""),
        "exec_zlib": (C(G("builtins", "exec"), (C(G("zlib", "decompress"), (zlib.compress(PYECHO.encode()),)),)), ""),
        "eval_bytes": (C(G("builtins", "eval"), (b"__import__('os').system('echo x')",)), ""),
        "rebuild_from_type": (C(G("torch._tensor", "_rebuild_from_type_v2"), (G("os", "system"), G("torch", "Tensor"), (ECHO,), None)), ""),
        "rebuild_from_type_utils": (C(G("torch._utils", "_rebuild_wrapper_subclass"), (G("os", "system"), None, (1,), (1,), 0, None, None, False)), ""),
        "rebuild_parameter_call": (C(G("torch._utils", "_rebuild_parameter"), (C(G("os", "system"), (ECHO,)), True, C(G("collections", "OrderedDict")))), ""),
        "np_frompyfunc": (C(C(G("numpy", "frompyfunc"), (G("os", "system"), 1, 1)), (ECHO,)), ""),
        "np_reconstruct_callable": (C(G("numpy.core.multiarray", "_reconstruct"), (G("os", "system"), (0,), b"b")), ""),
        "np_fromfunction": (C(G("numpy", "fromfunction"), (G("os", "system"), (1,))), ""),
        "np_piecewise": (C(G("numpy", "piecewise"), ([1.0], [True], [G("os", "system")])), ""),
        "pd_series_apply": (C(G("pandas", "Series.apply"), (C(G("pandas", "Series"), ([ECHO],)), G("os", "system"))), ""),
        "pd_new_index": (C(G("pandas.core.indexes.base", "_new_Index"), (G("os", "system"), {"command": ECHO})), "", ),
        "pd_unpickle_block": (C(G("pandas._libs.internals", "_unpickle_block"), (C(G("os", "system"), (ECHO,)), 0, 2)), ""),
        "str_format_attr": (C(G("builtins", "str.format"), ("{0.__globals__}", G("collections", "namedtuple"))), ""),
        "json_hook": (C(G("json", "loads"), ('{"a":1}', None)), ""),
        "max_key": (C(G("builtins", "sorted"), ([ECHO],)), ""),
        "heapq_merge": (C(G("builtins", "list"), (C(G("itertools", "groupby"), ([ECHO], G("os", "system"))),)), ""),
        "contextlib_exitstack": (C(G("contextlib", "ExitStack.callback"), (C(G("contextlib", "ExitStack")), G("os", "system"), ECHO)), ""),
        "executor_submit": (C(G("concurrent.futures", "ThreadPoolExecutor.submit"), (C(G("concurrent.futures", "ThreadPoolExecutor")), G("os", "system"), ECHO)), ""),
        "joblib_parallel": (C(C(G("joblib.parallel", "Parallel")), ([(G("os", "system"), (ECHO,), {})],)), ""),
        "property_get": (C(G("builtins", "property.__get__"), (C(G("builtins", "property"), (G("os", "system"),)), ECHO)), ""),
        "classmethod_get": (C(C(G("types", "MethodType"), (G("os", "system"), ECHO)), ()), ""),
        "singledispatch": (C(C(G("functools", "singledispatch"), (G("os", "system"),)), (ECHO,)), ""),
        "cached_property": (C(C(G("functools", "lru_cache"), (G("os", "system"),)), (ECHO,)), ""),
        "lambda_code": (C(C(G("types", "FunctionType"), (C(G("marshal", "loads"), (marshal.dumps(compile("1", "x", "eval")),)), {})), ()), ""),
        "hydra_like": (C(G("hydra.utils", "call"), ({"_target_": "os.system", "command": ECHO},)), ""),
    }
    drop = {"json_hook", "max_key"}
    for n, (x, adv) in chains.items():
        if n in drop:
            continue
        a(f"chain_{n}.pkl", pk(x, 4), "indirection", adv)
    for n in ("import_module_getattr", "attrgetter", "methodcaller", "map_list", "partial"):
        a(f"chain_{n}_p2.pkl", pk(chains[n][0], 2), "indirection", chains[n][1], "protocol 2")
    # dotted names
    for i, (m, n) in enumerate((("torch", "os.system"), ("random", "_os.system"), ("logging", "os.system"), ("collections", "_sys.modules"), ("numpy", "os.system"), ("sklearn", "os.system"), ("joblib", "os.system"), ("torch.serialization", "os.system"),
                                ("collections", "abc.sys.modules.get"), ("torch._utils", "sys.exit"), ("pathlib", "os.system"), ("datetime", "sys.exit"), ("numpy.core.multiarray", "os.system"), ("torch", "hub.load"), ("copyreg", "_inverted_registry.update"), ("pickle", "codecs.open"), ("decimal", "sys.exit"), ("uuid", "os.system"))):
        a(f"dotted_{i:02d}.pkl", pk(C(G(m, n), (ECHO,)), [4, 5][i % 2]), "dotted-name", "GHSA-5j3x-jp52-966f", f"{m}.{n}")
    a("dotted_global_p4.pkl", b"\x80\x04crandom\n_os.system\n\x8c\x06echo x\x85R.", "dotted-name", "GHSA-5j3x-jp52-966f", "GLOBAL with a dotted name under protocol 4")
    a("dotted_inst_p4.pkl", b"\x80\x04(\x8c\x06echo xirandom\n_os.system\n.", "dotted-name", "", "INST with a dotted name under protocol 4")
    a("dotted_class_method.pkl", pk(C(G("torch", "nn.Module.__init__.__globals__.get"), ("x",)), 4), "dotted-name", "", "dunder walk")
    # protocol tricks, fix_imports
    for i, (m, n, arg) in enumerate((("commands", "getoutput", ECHO), ("urllib", "urlopen", "http://127.0.0.1:9/"), ("__builtin__", "reduce", ECHO), ("cPickle", "loads", "N."), ("itertools", "imap", ECHO), ("__builtin__", "apply", ECHO), ("os", "popen2", ECHO), ("httplib", "HTTPConnection", "127.0.0.1"), ("dumbdbm", "open", "/tmp/x"), ("thread", "start_new_thread", ECHO), ("multiprocessing", "Process", ECHO), ("whichdb", "whichdb", "/tmp/x"))):
        a(f"fiximports_{i:02d}.pkl", pk(C(G(m, n), (arg,)), 2 if "." not in n else 4), "fix-imports", "", f"{m}.{n}")
    a("proto_lowered.pkl", b"\x80\x04\x80\x02ccommands\ngetoutput\n(U\x06echo xtR.", "protocol-switch")
    a("proto_raised.pkl", b"\x80\x02\x80\x04\x8c\x06random\x8c\x0a_os.system\x93\x8c\x06echo x\x85R.", "protocol-switch")
    a("proto_mid.pkl", b"\x80\x02}\x80\x00cos\nsystem\n\x80\x05\x8c\x06echo x\x85R.", "protocol-switch")
    # frames
    b = b"\x8c\x02os\x8c\x06system\x93\x8c\x06echo x\x85R."
    fr = lambda n: b"\x95" + struct.pack("<Q", n)
    frames = {"none": b, "zero": fr(0) + b, "short": fr(4) + b, "cut_opcode": fr(5) + b, "too_long": fr(len(b) + 50) + b, "huge": fr(2**62) + b, "two": fr(4) + b[:4] + fr(len(b) - 4) + b[4:], "nested": fr(len(b) + 9) + fr(len(b)) + b, "after_stop": fr(len(b) + 30) + b + b"\0" * 30}
    for n, d in frames.items():
        if n in ("too_long", "huge"):
            S.add("suspicious", f"frame_{n}.pkl", b"\x80\x04" + d, "frame", "", "CPython stops at the frame header; other readers run the payload")
        else:
            a(f"frame_{n}.pkl", b"\x80\x04" + d, "frame")
    disagree = {
        "global": fr(12) + b"ccollections" + b"os\nsystem\n\x8c\x06echo x\x85R.",
        "global2": fr(5) + b"cnump" + b"posix\nsystem\n\x8c\x06echo x\x85R.",
        "V": fr(11) + b"Vsix.moves." + b"builtins\n" + fr(9) + b"Vliteral_" + b"eval\n\x93\x8c\x031+1\x85R.",
        "S": fr(2) + b"I1" + b"00\n0cos\nsystem\n\x8c\x06echo x\x85R.",
        "name": b"cast\n"[:0] + fr(14) + b"cos\npath_" b"x_x_x"[:5] + b"system\n\x8c\x06echo x\x85R.",
    }
    for n, d in disagree.items():
        a(f"frame_boundary_{n}.pkl", b"\x80\x04" + d, "frame-boundary", "cpython #154848", "text line crosses the end of the frame")
    # nested pickles
    inner = {p: evil(p) for p in range(6)}
    nest = {
        "pickle_loads": C(G("pickle", "loads"), (inner[2],)), "_pickle_loads": C(G("_pickle", "loads"), (inner[4],)), "torch_load_from_bytes_zip": C(G("torch.storage", "_load_from_bytes"), (Z.build(Z.torch_zip(inner[2]), align=64),)),
        "torch_load_from_bytes_legacy": C(G("torch.storage", "_load_from_bytes"), (legacy(C(G("os", "system"), (ECHO,)), storages=(), keys=()),)), "torch_load_bytesio": C(G("torch", "load"), (C(G("_io", "BytesIO"), (inner[2],)),)),
        "torch_load_from_bytes_bare": C(G("torch.storage", "_load_from_bytes"), (inner[2],)),
        "torch_load_from_bytes_two": C(G("torch.storage", "_load_from_bytes"), (legacy(ltensor(), first=evil(2)),)),
        "joblib_load_bytesio": C(G("joblib.numpy_pickle", "load"), (C(G("io", "BytesIO"), (inner[3],)),)), "numpy_load_bytesio": C(G("numpy", "load"), (C(G("_io", "BytesIO"), (npy(inner[3]),)), None, True)),
        "pandas_read_pickle": C(G("pandas", "read_pickle"), (C(G("_io", "BytesIO"), (inner[3],)),)), "zlib_then_loads": C(G("pickle", "loads"), (C(G("zlib", "decompress"), (zlib.compress(inner[2]),)),)),
        "b64_then_loads": C(G("pickle", "loads"), (C(G("base64", "b64decode"), (base64.b64encode(inner[2]),)),)), "unpickler_load": C(G("pickle", "Unpickler.load"), (C(G("pickle", "Unpickler"), (C(G("_io", "BytesIO"), (inner[2],)),)),)),
        "hex_then_loads": C(G("pickle", "loads"), (C(G("builtins", "bytes.fromhex"), (inner[2].hex(),)),)), "bytearray_loads": C(G("pickle", "loads"), (C(G("builtins", "bytearray"), (inner[2],)),)),
        "thrice": C(G("pickle", "loads"), (pk(C(G("pickle", "loads"), (pk(C(G("pickle", "loads"), (inner[0],)), 3),)), 4),)), "dill_loads": C(G("dill", "loads"), (inner[2],)), "cloudpickle_loads": C(G("cloudpickle", "loads"), (inner[2],)),
        "marshal_exec": C(G("builtins", "exec"), (C(G("marshal", "loads"), (marshal.dumps(compile(PYECHO, "x", "exec")),)),)),
    }
    for n, x in nest.items():
        a(f"nested_{n}.pkl", pk(x, 4), "nested-pickle", "new here" if "load_from_bytes" in n else "")
    a("nested_torch_load_from_bytes_p2.pkl", pk(nest["torch_load_from_bytes_zip"], 2), "nested-pickle", "new here", "bytes through _codecs.encode")
    a("nested_in_str_p0.pkl", pk(C(G("pickle", "loads"), (C(G("_codecs", "encode"), (inner[0].decode(), "latin1")),)), 0), "nested-pickle")
    S.add("suspicious", "nested_dormant_bytes.pkl", pk({"blob": inner[2], "n": 1}, 4), "nested-pickle", "", "a pickle in bytes that nobody loads in the stream")
    S.add("suspicious", "nested_dormant_b64.pkl", pk({"blob": base64.b64encode(inner[2]).decode()}, 4), "nested-pickle", "", "base64 text of a pickle, not loaded in the stream; hard: silent is arguable")
    a("bytearray8_nested.pkl", b"\x80\x05cpickle\nloads\n\x96" + struct.pack("<Q", len(inner[2])) + inner[2] + b"\x85R.", "nested-pickle")
    # broken after payload
    body = bytes(Asm(2).val(C(G("os", "system"), (ECHO,))).b)
    hd = b"\x80\x02" + body if not body.startswith(b"\x80") else body
    broken = {"no_stop": b"", "bad_opcode": b"\xff\xff.", "zero_byte": b"\0\0\0.", "get_missing": b"h\x63.", "underflow": b"00000.", "bad_utf8": b"X\x02\0\0\0\xff\xfe.", "long_text": b"X\xff\xff\xff\x7fabc", "frame_overrun": b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", "proto_99": b"\x80\x63.",
              "mark_missing": b"t.", "bad_int": b"Iabc\n.", "bad_global": b"cnope", "neg_long": b"\x8b\xff\xff\xff\xff.", "text_garbage": b"Traceback (most recent call last)", "setitem_on_int": b"K\x01K\x02K\x03s.", "build_on_int": b"K\x01b.", "truncated_arg": b"J\x01", "stack_global_ints": b"K\x01K\x02\x93.", "reduce_int": b"K\x01)R.", "bad_string": b"S'abc\n."}
    for n, t in broken.items():
        a(f"broken_{n}.pkl", hd + t, "broken-after", "nullifAI" if n in ("bad_opcode", "no_stop") else "")
    a("broken_torch_data_pkl.pt", Z.build(Z.torch_zip(hd + b"\xff\xfe")), "broken-after", "nullifAI")
    a("broken_gz.pkl.gz", Z.gz(hd + b"\xff"), "broken-after", "nullifAI")
    a("broken_legacy.pt", pk(TORCH_MAGIC) + pk(1001) + hd + b"\xff", "broken-after", "nullifAI")
    S.add("suspicious", "invalid_bytes_module.pkl", b"\x80\x02c\xff\xfe\nx\n0cos\nsystem\nU\x06echo x\x85R.", "broken-before", "picklescan malicious-invalid-bytes", "an undecodable name first; CPython stops there, salvage readers run on")
    a("payload_before_undecodable.pkl", b"\x80\x02cos\nsystem\nU\x06echo x\x85R0c\xff\xfe\nx\n.", "broken-after")
    # several pickles, garbage, prefixes
    ok = pk({"a": 1, "b": [1.5, "x"]}, 2)
    a("second_pickle.pkl", ok + inner[2], "several-pickles")
    a("third_after_zeros.pkl", ok + ok + b"\0" * 64 + inner[4], "several-pickles", "", "zeros between (a reader that seeks)")
    a("hundredth_pickle.pkl", ok * 99 + inner[2], "several-pickles")
    a("first_pickle_then_garbage.pkl", inner[2] + bytes(range(256)) * 8, "trailing-garbage")
    a("first_pickle_then_text.pkl", inner[0] + b"\nThis is a text file.\n" * 50, "trailing-garbage")
    a("first_pickle_then_zip.pkl", inner[2] + Z.build([Z.Entry("readme.txt", b"hi")]), "trailing-garbage")
    a("big_prefix.pkl", Asm(2).raw(b"](").raw(b"K\x01" * 600000).val(C(G("os", "system"), (ECHO,))).raw(b"e").done(), "big-prefix", "", "1.2 MB of data before the call")
    a("many_strings_prefix.pkl", Asm(4).raw(b"](" + b"\x8c\x04abcd" * 200000).val(C(G("os", "system"), (ECHO,))).raw(b"e").done(), "big-prefix")
    a("big_bytes_prefix.pkl", Asm(4).raw(b"](").raw(b"B" + struct.pack("<I", 3 << 20) + b"\0" * (3 << 20)).val(C(G("os", "system"), (ECHO,))).raw(b"e").done(), "big-prefix", "", "3 MB bytes object first")
    a("deep_state.pkl", pk({"a": {"b": {"c": [{"d": (1, {"e": [C(G("os", "system"), (ECHO,))]})}]}}}, 2), "deep")
    a("deep_lists.pkl", Asm(2).raw(b"]" * 3000).val(C(G("os", "system"), (ECHO,))).raw(b"a" * 3000).done(), "deep", "", "3000 nested lists")
    a("hash_bomb_then_call.pkl", Asm(2).raw(b")" + b"q\x00h\x00\x86" * 60 + b"}").raw(b"q\x01h\x00K\x01s").val(C(G("os", "system"), (ECHO,))).raw(b"\x86").done(), "hash-bomb", "", "nested 2-tuples as dictionary key beside a call (hayward hangs)")
    t = b")" + b"".join(b"q\x00h\x00\x86" for _ in range(60))
    S.add("malformed", "hash_bomb.pkl", b"\x80\x02}" + t + b"K\x01s.", "hash-bomb", "", "60 nested 2-tuples used as a dictionary key: hashing is 2^60 steps; must not hang")
    # disguised names, no extension, hidden files
    for i, n in enumerate(("model.safetensors", "weights", ".hidden", "README.md", "config.json", "logo.png", "notes.txt", "data.csv", "model.onnx", "model.gguf", "model.h5", "model.keras", "archive.zip", "table.parquet", "tokenizer.model", "LICENSE", "optimizer", ".gitattributes", "x.npy", "x.npz", "main.py", "vocab.json", "a.b.c", "events.out.tfevents.1", "pdf.pdf", "model.tflite", "module.pyc", "db.sqlite", "core", "thumbs.db", "weights.001", "model.msgpack", "x.html", "x.log", "x.yaml", "__init__.py", "0", "model.pt.tmp")):
        a(f"disguise_{i:02d}/{n}", evil([2, 0, 4, 1, 3][i % 5]), "disguise", "GHSA-jgw4-cr84-mqxg" if n.endswith(".pt.tmp") else "", "a pickle under another name")
    a("paddle.pdparams", pk({"w": C(G("os", "system"), (ECHO,))}, 2), "extension")
    for e in ("pt", "pth", "bin", "ckpt", "t7", "nemo", "mar", "tar", "jit", "pt2", "joblib", "npy"):
        a(f"bare_pickle_as.{e}", evil(2 if e != "joblib" else 3), "extension", "GHSA-jgw4-cr84-mqxg CVE-2025-10155" if e in ("pt", "bin") else "")


def framework_files(S):
    def a(name, data, tech, adv="", note=""):
        S.add("malicious", name, data, tech, adv, note)
    call = C(G("os", "system"), (ECHO,))
    rare = C(G("numpy.f2py.diagnose", "run_command"), (ECHO,))
    # joblib
    arr = struct.pack("<4d", 1, 2, 3, 4)
    a("joblib_before.joblib", bytes(joblib_stream([call], arr, (4,), [])), "joblib")
    a("joblib_after.joblib", bytes(joblib_stream([], arr, (4,), [call])), "joblib", "HF PoC", "call after inline array bytes")
    a("joblib_after_p3.joblib", bytes(joblib_stream([1], arr, (4,), [call], proto=3)), "joblib", "HF PoC")
    a("joblib_pad_46.joblib", bytes(joblib_stream([], arr, (4,), [call], pad=46)), "joblib", "HF PoC", "padding byte 0x2e reads as STOP")
    a("joblib_pad_0.joblib", bytes(joblib_stream([], arr, (4,), [call], pad=0)), "joblib", "HF PoC")
    a("joblib_array_stop.joblib", bytes(joblib_stream([], b"." * 32, (4,), [call])), "joblib", "HF PoC", "array bytes are all STOP")
    for i, op in enumerate((b"B\x00\x10\x00\x00", b"X\xff\xff\xff\x7f", b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x8d" + struct.pack("<Q", 4000), b"T\x00\x01\x00\x00", b"C\xff", b"\x96" + struct.pack("<Q", 2**40))):
        tail = (b"0" * 32 + op)[-32:]
        a(f"joblib_swallow_{i}.joblib", bytes(joblib_stream([], tail, (4,), [call if i % 2 == 0 else rare])), "joblib", "HF PoC", "array bytes end in an opcode that swallows the tail")
    a("joblib_two_arrays.joblib", bytes(Asm(4).raw(b"](").raw(wrapper((4,), pad=2)).raw(arr).raw(wrapper((4,), pad=5)).raw(arr).val(call).raw(b"e.").b), "joblib", "HF PoC")
    a("joblib_object_array.joblib", bytes(joblib_stream([1], pk([call], 4), (1,), [2], obj=True, dtype="O8")), "joblib", "HF PoC", "nested pickle in an object array")
    a("joblib_object_array_gadget.joblib", bytes(joblib_stream([1], pk([C(G("joblib", "load"), ("/tmp/x",))], 4), (1,), [2], obj=True, dtype="O8")), "joblib", "HF PoC", "nested pickle, joblib.load")
    a("joblib_object_array_eval_expr.joblib", bytes(joblib_stream([1], pk([C(G("joblib._utils", "eval_expr"), ("1",))], 4), (1,), [2], obj=True, dtype="O8")), "joblib", "HF PoC")
    a("joblib_object_p2.joblib", bytes(joblib_stream([], pk([call], 2), (1,), [], obj=True, dtype="O8", proto=2)), "joblib")
    a("joblib_wrapper_subclass.joblib", bytes(joblib_stream([], arr, (4,), [], subclass=("os", "system"))), "joblib", "", "subclass of the wrapper is os.system")
    a("joblib_order_F.joblib", bytes(joblib_stream([], arr, (2, 2), [call], order="F")), "joblib")
    a("joblib_mmap_flag.joblib", bytes(joblib_stream([], arr, (4,), [call], mmap=True, pad=11)), "joblib")
    a("joblib_no_pad_old.joblib", bytes(Asm(3).raw(b"](").val(B(C(G("joblib.numpy_pickle", "NumpyArrayWrapper"), (), "newobj"), {"subclass": G("numpy", "ndarray"), "shape": (4,), "order": "C", "dtype": B(C(G("numpy", "dtype"), ("f8", 0, 1)), (3, "<", None, None, None, -1, -1, 0)), "allow_mmap": True})).raw(arr).val(call).raw(b"e.").b), "joblib", "", "layout before joblib 1.2: no padding byte")
    base = {"plain": bytes(joblib_stream([], arr, (4,), [call])), "simple": evil(3)}
    for n, f in Z.compressors().items():
        for k, d in base.items():
            a(f"joblib_{k}.joblib.{n}", f(d), f"joblib:{n}", "HF PoC")
            a(f"joblib_{k}_{n}.pkl", f(d), f"joblib:{n}", "HF PoC", "compressed, name says pkl")
    a("joblib_zf.pkl", zfile(evil(2)), "joblib:ZF", "HF PoC")
    a("joblib_zf_arrays.joblib", zfile(bytes(joblib_stream([1], arr, (4,), [rare]))), "joblib:ZF", "HF PoC")
    a("joblib_ndarray_wrapper.pkl", pk({"x": B(C(G("joblib.numpy_pickle_compat", "NDArrayWrapper"), (), "newobj"), {"filename": "../../../../etc/passwd.npy", "subclass": G("numpy", "ndarray"), "allow_mmap": True})}, 2), "joblib", "", "old wrapper names a file outside the folder")
    a("joblib_ndarray_wrapper_dir", {"model.pkl": pk({"x": B(C(G("joblib.numpy_pickle", "NDArrayWrapper"), (), "newobj"), {"filename": "model.pkl_01.npy", "subclass": G("numpy", "ndarray")})}, 2), "model.pkl_01.npy": npy(evil(3))}, "joblib", "", "old wrapper, object array beside it")
    a("joblib_zndarray.pkl", pk({"x": B(C(G("joblib.numpy_pickle", "ZNDArrayWrapper"), (), "newobj"), {"filename": "/tmp/x.z", "init_args": (G("os", "system"), (0,), b"b"), "state": (1,)})}, 2), "joblib", "", "init_args of the old compressed wrapper name os.system")
    # npy, npz
    for v in ((1, 0), (2, 0), (3, 0)):
        a(f"object_v{v[0]}.npy", npy(evil(3), version=v), "npy", "HF PoC")
    a("object_struct.npy", npy(evil(2), descr="[('a', '<i4'), ('b', '|O')]"), "npy", "", "structured dtype with an object field")
    a("object_nested_struct.npy", npy(evil(4), descr="[('a', [('x', '|O')])]"), "npy")
    a("object_O8.npy", npy(evil(4), descr="'O'"), "npy")
    a("object_reduced.npy", npy(pk(C(G("numpy.core.multiarray", "_reconstruct"), (G("os", "system"), (0,), b"b")), 3)), "npy")
    a("object_after_array.npy", npy(struct.pack("<d", 1), descr="'<f8'") + npy(evil(3)), "npy", "", "second array in one stream (np.load called twice)")
    a("float_header_pickle_tail.npy", npy(struct.pack("<d", 1), descr="'<f8'") + evil(2), "npy", "", "pickle after the array")
    a("fallback_pickle.npy", evil(0), "npy", "", "numpy falls back to pickle")
    a("huge_header.npy", npy(evil(3), descr="'|O'" + " " * 20000, version=(2, 0)), "npy")
    a("header_expr.npy", npy(b"", descr="__import__('os').system('echo x')"), "npy", "", "header is an expression; old readers used eval")
    ent = [Z.Entry("a.npy", npy(struct.pack("<d", 1), descr="'<f8'")), Z.Entry("b.npy", npy(evil(3)))]
    a("object.npz", Z.build(ent), "npz")
    a("object_deflated.npz", Z.build([Z.Entry("b.npy", npy(evil(3)), 8)]), "npz")
    a("object_noext.npz", Z.build([Z.Entry("b", npy(evil(3)), 8)]), "npz", "", "member without .npy")
    a("pickle_member.npz", Z.build([Z.Entry("x.npy", evil(2))]), "npz", "", "a bare pickle as .npy member")
    a("npz_in_zip.zip", Z.build([Z.Entry("data/x.npz", Z.build(ent, ), 8)]), "nested")
    a("npz_in_targz.tar.gz", Z.gz(Z.tar([{"name": "x.npz", "data": Z.build(ent)}])), "nested")
    # torch legacy and tar
    a("legacy_object.pt", legacy({"w": ltensor(), "x": call}), "torch-legacy")
    a("legacy_first.pt", legacy({"w": ltensor()}, first=evil(2)), "torch-legacy", "HF PoC", "call in the first pickle")
    a("legacy_first_magic.pt", legacy({"w": ltensor()}, first=Asm(2).val(call).raw(b"0").val(TORCH_MAGIC).done()), "torch-legacy", "HF PoC", "call, then the magic number")
    a("legacy_second.pt", pk(TORCH_MAGIC) + Asm(2).val(call).raw(b"0").val(1001).done() + pk(SYSINFO) + pk({}) + pk([]), "torch-legacy", "HF PoC")
    a("legacy_sysinfo.pt", legacy({}, sysinfo=pk(dict(SYSINFO, x=call)), keys=(), storages=()), "torch-legacy", "HF PoC")
    a("legacy_fifth.pt", legacy({"w": ltensor()}, last=Asm(2).val(call).raw(b"0").val(["0"]).done()), "torch-legacy", "HF PoC", "call in the fifth pickle")
    a("legacy_fifth_rare.pt", legacy({"w": ltensor()}, last=Asm(2).val(rare).raw(b"0").val(["0"]).done()), "torch-legacy", "HF PoC")
    a("legacy_p4.bin", legacy({"w": ltensor(), "x": rare}, proto=4), "torch-legacy")
    S.add("suspicious", "legacy_after_storages.pt", legacy({"w": ltensor()}) + evil(2), "torch-legacy", "", "a further pickle after the storages; torch.load does not reach it")
    a("legacy_in_storage.pt", legacy({"w": ltensor()}, storages=(evil(2).ljust(64, b"\0"),)), "torch-legacy", "", "pickle inside storage bytes: nothing loads it; doubtful") if False else None
    a("tar_pickle.pt", torch_tar(obj=pk({"x": call})), "torch-tar", "CVE-2025-32434 class")
    a("tar_sys_info.pt", torch_tar(sysinfo=pk(dict(SYSINFO, x=call))), "torch-tar", "CVE-2025-32434 class")
    a("tar_storages.pt", torch_tar(storages=Asm(2).val(call).raw(b"0").val(0).done()), "torch-tar", "CVE-2025-32434 class")
    a("tar_storages_type.pt", torch_tar(storages=pk(1) + pk((1, ECHO, G("os", "system"))) + b"\0" * 24), "torch-tar", "CVE-2025-32434 class", "storage type is os.system")
    a("tar_tensors.pt", torch_tar(tensors=pk(1) + pk((2, 1, call)) + b"\0" * 40), "torch-tar", "CVE-2025-32434 class")
    S.add("benign", "hand_tar_0_1.pt", torch_tar(), "torch-old", "", "tar layout of torch 0.1, which torch.load reads")
    S.add("benign", "hand_legacy.pt", legacy({"w": ltensor()}), "torch-old", "", "legacy layout, which torch.load reads")
    S.add("benign", "hand_zip.pt", Z.build(Z.torch_zip(pk(od({"w": tensor()}))), align=64), "torch-old", "", "zip layout, which torch.load reads")
    S.add("benign", "hand_joblib.joblib", bytes(joblib_stream([1], arr, (4,), ["x"], pad=46)), "torch-old", "", "joblib layout with 46 bytes of padding, which joblib.load reads")

    # torch zip
    def tz(x, **k):
        return Z.build(Z.torch_zip(x if isinstance(x, bytes) else pk(x), **k), align=64)
    a("zip_state.pt", tz(od({"w": tensor(), "x": call})), "torch-zip")
    a("zip_state_old_layout.pth", tz({"w": tensor(), "x": rare}, modern=False, root="model"), "torch-zip")
    a("zip_p4.ckpt", tz(pk({"state_dict": od({"w": tensor()}), "hyper_parameters": C(G("hydra.utils", "instantiate"), ({"_target_": "os.system"},))}, 2)), "torch-zip", "", "Lightning checkpoint")
    a("zip_callbacks.ckpt", tz({"callbacks": {"x": call}, "epoch": 1, "state_dict": od({"w": tensor()})}), "torch-zip")
    a("zip_rebuild_parameter.pt", tz({"w": C(G("torch._utils", "_rebuild_parameter"), (tensor(), call, C(G("collections", "OrderedDict"))))}), "torch-zip")
    a("zip_tensor_hooks.pt", tz({"w": C(G("torch._utils", "_rebuild_tensor_v2"), (Pers(("storage", G("torch", "FloatStorage"), "0", "cpu", 4)), 0, (4,), (1,), False, B(C(G("collections", "OrderedDict")), {"x": call})))}), "torch-zip")
    a("zip_pt2_sample.pt2", Z.build([Z.Entry("m/archive_format", b"pt2"), Z.Entry("m/archive_version", b"0"), Z.Entry("m/models/model.json", b"{}"), Z.Entry("m/data/sample_inputs/model.pt", tz({"x": call})), Z.Entry("m/data/weights/weight_0", b"\0" * 16), Z.Entry("m/version", b"3")]), "pt2", "", "example inputs are a pickle")
    a("zip_pt2_weights.pt2", Z.build([Z.Entry("m/archive_format", b"pt2"), Z.Entry("m/models/model.json", b"{}"), Z.Entry("m/data/weights/model.pt", tz({"x": rare})), Z.Entry("m/data/constants/custom_obj_0", evil(2))]), "pt2")
    a("zip_pt2_old.pt2", Z.build([Z.Entry("archive/serialized_exported_program.json", b"{}"), Z.Entry("archive/serialized_state_dict.pt", tz({"x": call})), Z.Entry("archive/version", b"8.5")]), "pt2")
    src = b"import torch\nimport os\nos.system('echo loadlint-test')\nclass Net(torch.nn.Module):\n    pass\n"
    pkgs = lambda s, p, extra=(): Z.build([Z.Entry("m/.data/version", b"6"), Z.Entry("m/.data/extern_modules", b"torch\n"), Z.Entry("m/.data/python_version", b"3.11.7"), Z.Entry("m/model/model.pkl", p), Z.Entry("m/mymodel.py", s), Z.Entry("m/version", b"3"), *extra])
    a("package_source.pt", pkgs(src, pk(C(G("mymodel", "Net"), (), "newobj"))), "torch-package", "Hide and Seek", "packaged source runs at import")
    a("package_source_init.pt", Z.build([Z.Entry("m/.data/version", b"6"), Z.Entry("m/.data/extern_modules", b"torch\n"), Z.Entry("m/model/model.pkl", pk(C(G("pkg.net", "Net"), (), "newobj"))), Z.Entry("m/pkg/__init__.py", b"__import__('subprocess').call(['echo','loadlint-test'])\n"), Z.Entry("m/pkg/net.py", b"class Net: pass\n")]), "torch-package", "Hide and Seek")
    a("package_extern.pt", Z.build([Z.Entry("m/.data/version", b"6"), Z.Entry("m/.data/extern_modules", b"os\n"), Z.Entry("m/model/model.pkl", pk(call))]), "torch-package")
    a("package_reduce_package.pt", pkgs(b"class Net: pass\n", pk(C(G("torch.fx.graph_module", "reduce_package_graph_module"), (G("sys_importer", "x"), {"_code": PYECHO}, "gen_module")))), "torch-package")
    a("graph_module_code.pt", tz({"m": C(G("torch.fx.graph_module", "reduce_graph_module"), ({"_code": "def forward(self, x):\n    __import__('os').system('echo loadlint-test')\n    return x\n"}, "import torch"))}), "torch-fx", "", "FX graph module carries Python source")
    ts = lambda data, consts, extra=(): Z.build([Z.Entry("m/version", b"3\n"), Z.Entry("m/data.pkl", data), Z.Entry("m/code/__torch__.py", b"class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    return torch.add(x, 1)\n"), Z.Entry("m/code/__torch__.py.debug_pkl", pk(())), Z.Entry("m/constants.pkl", consts), *extra], align=64)
    good = pk(B(C(G("__torch__", "M"), (), "newobj"), {"training": False}))
    a("torchscript_data.pt", ts(pk(B(C(G("__torch__", "M"), (), "newobj"), {"training": call})), pk(())), "torchscript")
    a("torchscript_constants.pt", ts(good, pk((call,))), "torchscript")
    a("torchscript_debug.pt", ts(good, pk(()), [Z.Entry("m/code/x.py.debug_pkl", evil(2))]), "torchscript")
    a("torchscript_extra.pt", ts(good, pk(()), [Z.Entry("m/extra/hook.pkl", evil(2))]), "torchscript")
    for n, code in {"from_file": "torch.from_file(\"/etc/passwd\", False, 10)", "save": "ops.aten.save(x, \"/tmp/loadlint-test\")", "print": "ops.myops.run_shell(\"echo loadlint-test\")", "unknown_ns": "ops.evil_ns.exec(x)", "prim_python": "ops.prim.PythonOp(x)", "load_lib": "ops.torch.load_library(\"/tmp/x.so\")"}.items():
        S.add("suspicious", f"torchscript_op_{n}.pt", Z.build([Z.Entry("m/version", b"3\n"), Z.Entry("m/data.pkl", good), Z.Entry("m/constants.pkl", pk(())), Z.Entry("m/code/__torch__.py", f"class M(Module):\n  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    y = {code}\n    return y\n".encode())], align=64), "torchscript-op", "", code)
    S.add("suspicious", "aotinductor.pt2", Z.build([Z.Entry("m/archive_format", b"pt2"), Z.Entry("m/data/aotinductor/model/c1.so", b"\x7fELF\x02\x01\x01" + b"\0" * 200), Z.Entry("m/data/aotinductor/model/c1.cpp", b"int main(){}")]), "pt2", "", "compiled library inside")
    # several opcodes via real-looking models
    a("sklearn_like.pkl", pk(B(C(G("copyreg", "_reconstructor"), (G("sklearn.linear_model._logistic", "LogisticRegression"), G("builtins", "object"), None)), {"C": 1.0, "coef_": call, "_sklearn_version": "1.5.0"}), 2), "realistic")
    a("sklearn_functiontransformer.pkl", pk(B(C(G("sklearn.preprocessing._function_transformer", "FunctionTransformer"), (), "newobj"), {"func": G("os", "system"), "inverse_func": None, "_sklearn_version": "1.5.0"}), 4), "realistic", "", "func is os.system, runs at transform")
    a("sklearn_pipeline_partial.pkl", pk(B(C(G("sklearn.pipeline", "Pipeline"), (), "newobj"), {"steps": [("x", B(C(G("sklearn.preprocessing._function_transformer", "FunctionTransformer"), (), "newobj"), {"func": C(G("functools", "partial"), (G("subprocess", "call"), "echo"))}))]}), 4), "realistic")
    a("xgb_like.pkl", pk(B(C(G("xgboost.sklearn", "XGBClassifier"), (), "newobj"), {"objective": G("builtins", "eval"), "n_estimators": 3}), 4), "realistic")
    a("cloudpickle_lambda.pkl", pk(C(C(G("cloudpickle.cloudpickle", "_make_function"), (C(G("cloudpickle.cloudpickle", "_builtin_type"), ("CodeType",)), {}, "f", None, None)), ()), 4), "realistic")
    a("ultralytics_like.pt", tz({"model": B(C(G("ultralytics.nn.tasks", "DetectionModel"), (), "newobj"), {"training": False, "_modules": od({"x": call})}), "epoch": -1}), "realistic")


def suspicious_files(S):
    def s(name, data, tech, note="", adv=""):
        S.add("suspicious", name, data, tech, adv, note)
    U = [("acme_models.loader", "run_hook", ("x",)), ("mycompany.utils", "build", ({},)), ("models.yolo", "attempt_load", ("w.pt",)), ("utils", "f", ()), ("helpers.io", "fetch", ("http://127.0.0.1/x",)), ("project.config", "from_code", ("a=1",)), ("foo", "bar", (1, 2)), ("__main__", "main", ()), ("__main__", "load", ("x",)),
         ("some.deep.module.path", "restore_state", ({"a": 1},)), ("src.train", "resume", ()), ("plugins", "activate", ("p",)), ("evil", "pwn", ()), ("x", "y", ()), ("_private", "_unpickle", (b"abc",)), ("my_ext", "rebuild", (b"\x80\x02N.",)), ("custom_ops", "load_lib", ("libx.so",)), ("tools", "cmd", ("ls -la",)), ("legacy.compat", "construct", (1,)), ("app.models", "factory", ("A",))]
    for i, (m, n, args) in enumerate(U):
        p = [2, 4, 0, 3][i % 4]
        c = C(G(m, n), args, ["reduce", "obj", "reduce", "inst"][i % 4] if p < 4 else "reduce")
        d = pk({"model": c} if i % 2 else c, p)
        s(f"unknown_call_{i:02d}.pkl", d, "unknown-function", f"{m}.{n}")
        if i % 4 == 0:
            s(f"unknown_call_{i:02d}.pt", Z.build(Z.torch_zip(pk(od({"w": tensor(), "x": c})) if p == 2 else pk({"x": c})), align=64), "unknown-function", f"{m}.{n}")
    for i, (m, n, args) in enumerate((("acme.net", "Downloader", ("http://127.0.0.1/x",)), ("acme.fs", "Writer", ("/etc/cron.d/x",)), ("acme.exec", "Command", ("rm -rf x",)), ("acme.code", "Source", ("import os\nos.system('x')",)), ("lib.jobs", "ShellTask", ("bash -c id",)))):
        s(f"unknown_class_args_{i}.pkl", pk(C(G(m, n), args), [2, 4][i % 2]), "unknown-class-args", f"{m}.{n}{args}")
        s(f"unknown_class_newobj_args_{i}.pkl", pk(C(G(m, n), args, "newobj"), [2, 4][i % 2]), "unknown-class-args", f"NEWOBJ {m}.{n}{args}")
    for i, (m, n) in enumerate((("numpy", "fft.fft"), ("torch", "compile"), ("torch", "manual_seed"), ("random", "seed"), ("gc", "collect"), ("sys", "setrecursionlimit"), ("warnings", "simplefilter"), ("time", "sleep"), ("getpass", "getuser"), ("socket", "gethostname"), ("platform", "uname"), ("os", "getcwd"), ("os", "getenv"), ("locale", "setlocale"), ("builtins", "id"), ("builtins", "globals"), ("inspect", "stack"), ("sys", "_getframe"), ("tempfile", "mkdtemp"), ("matplotlib", "use"))):
        s(f"odd_call_{i:02d}.pkl", pk(C(G(m, n), ("x",) if n not in ("collect", "getcwd", "globals", "stack", "uname", "getuser", "gethostname", "mkdtemp", "_getframe") else ()), 4), "odd-call", f"{m}.{n} is no data constructor")
    s("unknown_reduce_of_getattr.pkl", pk(C(G("builtins", "getattr"), (G("acme", "Model"), "from_parts")), 4), "unknown-getattr")
    s("unknown_getattr_called.pkl", pk(C(C(G("builtins", "getattr"), (G("acme.models", "Model"), "from_parts")), (1,)), 4), "unknown-getattr")
    s("unknown_persid.pkl", Asm(2).val(("x", 1)).raw(b"Q").done(), "persid", "a persistent id outside of torch")
    s("unknown_ext.pkl", b"\x80\x02\x82\x05.", "ext", "an extension code, not called")
    s("unknown_partial.pkl", pk(C(G("functools", "partial"), (G("acme.hooks", "on_load"), 1)), 4), "unknown-partial", "not called")
    s("unknown_defaultdict_factory.pkl", pk(C(G("collections", "defaultdict"), (G("acme.hooks", "make"),)), 2), "unknown-factory")
    s("unknown_reconstructor_base.pkl", pk(C(G("copyreg", "_reconstructor"), (G("acme", "Model"), G("acme", "Base"), 1)), 2), "unknown-reconstructor")
    s("unknown_rebuild_from_type.pt", Z.build(Z.torch_zip(pk({"x": C(G("torch._tensor", "_rebuild_from_type_v2"), (G("acme.tensors", "rebuild"), G("acme.tensors", "MyTensor"), (1,), {}))})), align=64), "unknown-function")
    s("buffer_oob.pkl", b"\x80\x05\x97\x85.", "buffers", "NEXT_BUFFER: out of band data")
    s("callable_imported_uncalled.pkl", pk({"fn": G("acme.hooks", "on_load")}, 2), "unknown-import")
