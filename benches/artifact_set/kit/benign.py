"""Files that real libraries write, and ordinary text, images and archives. Everything here is harmless."""
import array
import bz2
import collections
import csv
import datetime
import decimal
import enum
import fractions
import functools
import gzip
import io
import ipaddress
import json
import logging
import lzma
import operator
import os
import pathlib
import pickle
import random
import re
import sqlite3
import string
import struct
import sys
import tarfile
import traceback
import types
import uuid
import zipfile
import zlib

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["HF_HUB_OFFLINE"] = "1"
ERR = []


def guard(f):
    @functools.wraps(f)
    def g(*a, **k):
        try:
            return f(*a, **k)
        except Exception:
            ERR.append(f.__name__)
            traceback.print_exc(limit=3)
    return g


def step(name, f):
    try:
        f()
    except Exception as e:
        ERR.append(f"{name}: {type(e).__name__}: {e}")


def project(modname, **classes):
    """Puts classes into a module of a made-up project, so that pickles name it."""
    parts = modname.split(".")
    for i in range(1, len(parts) + 1):
        n = ".".join(parts[:i])
        if n not in sys.modules:
            sys.modules[n] = types.ModuleType(n)
            if i > 1:
                setattr(sys.modules[".".join(parts[:i - 1])], parts[i - 1], sys.modules[n])
    for k, c in classes.items():
        c.__module__ = modname
        c.__qualname__ = c.__name__ = k
        setattr(sys.modules[modname], k, c)
    return sys.modules[modname]


@guard
def stdlib(S):
    import argparse
    import dataclasses
    import http
    import signal
    import statistics
    import zoneinfo
    from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque

    @dataclasses.dataclass
    class TrainConfig:
        lr: float = 1e-3
        layers: tuple = (64, 32)
        tags: dict = dataclasses.field(default_factory=dict)

    class Vocab:
        def __init__(self):
            self.itos = ["<pad>", "a", "b"]
            self.stoi = {s: i for i, s in enumerate(self.itos)}

    class Slots:
        __slots__ = ("a", "b")

        def __init__(self):
            self.a, self.b = 1, [2]

    Point = collections.namedtuple("Point", "x y")
    Color = enum.Enum("Color", "RED GREEN")
    project("textclf.config", TrainConfig=TrainConfig, Vocab=Vocab, Slots=Slots, Point=Point, Color=Color)
    dt = datetime.datetime(2024, 5, 17, 12, 30, 1, 5)
    objs = {
        "none": None, "ints": [0, 1, -1, 255, 256, 65536, 2**31, -2**40, 2**200, True], "floats": [0.0, -1.5, 1e300, float("inf")], "strings": ["", "abc", "日本語", "a" * 300, "line\nbreak\\", "\u20ac"], "bytes": [b"", b"abc", bytes(range(256)) * 3], "bytearray": bytearray(b"abc" * 40),
        "complex": [1 + 2j], "nested": {"a": [1, {"b": (2, 3, (4, [5, {6}]))}], "c": frozenset({1, 2})}, "big_dict": {f"key_{i}": i * 1.5 for i in range(500)}, "sets": [{1, 2, 3}, frozenset("abc")], "range_slice": [range(3, 30, 4)], "datetime": [dt, dt.date(), dt.time(), datetime.timedelta(3, 4)],
        "tz": [dt.replace(tzinfo=datetime.timezone.utc), dt.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2), "X"))], "zoneinfo": dt.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), "uuid": [uuid.UUID(int=5), uuid.uuid5(uuid.NAMESPACE_DNS, "x")], "decimal": decimal.Decimal("1.50"), "fraction": fractions.Fraction(3, 7),
        "paths": [pathlib.PurePosixPath("/a/b"), pathlib.PosixPath("data/train.csv"), pathlib.PureWindowsPath("C:/x")], "enum_std": [http.HTTPStatus.OK, signal.Signals.SIGTERM], "enum_own": Color.RED, "namedtuple": Point(1, 2), "dataclass": TrainConfig(tags={"a": 1}), "class_own": Vocab(), "slots_own": Slots(),
        "counter": Counter("hello world"), "ordereddict": OrderedDict(a=1, b=[2]), "defaultdict_list": defaultdict(list, a=[1]), "defaultdict_int": defaultdict(int, a=1), "deque": deque([1, 2, 3], maxlen=5), "chainmap": ChainMap({"a": 1}, {"b": 2}), "userdict": [UserDict(a=1), UserList([1])], "namespace": types.SimpleNamespace(a=1),
        "argparse": argparse.Namespace(lr=0.1, epochs=3, data="train.csv"), "array": array.array("d", [1.0, 2.0]), "regex": [re.compile(r"\w+"), re.compile("a|b", re.I | re.M)], "bound_regex": {"tokenize": re.compile(r"(?u)\b\w\w+\b").findall}, "partial_int": functools.partial(int, base=2), "itemgetter": operator.itemgetter(1, "a"),
        "ip": [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8")], "random_state": random.Random(3).getstate(), "random_obj": random.Random(3), "template": string.Template("$a"), "exceptions": [ValueError("bad value"), KeyError("k"), RuntimeError("x", 2)], "logger": {"log": logging.getLogger("train"), "x": 1},
        "builtin_types": [int, float, str, list, dict, object], "builtin_functions": {"f": len, "g": max, "h": sorted}, "statistics": statistics.NormalDist(1, 2), "recursive": None, "ellipsis": [..., NotImplemented], "text_about_os": {"doc": "call os.system('rm') or subprocess.Popen; eval(x); __import__", "url": "https://example.org/x.pkl"}, "email": None, "memoryview_like": [b"PK\x03\x04", "cos\nsystem\n"], "itertools": None,
    }
    rec = [1]
    rec.append(rec)
    objs["recursive"] = rec
    from email.message import EmailMessage
    m = EmailMessage()
    m["Subject"] = "hi"
    m.set_content("text")
    objs["email"] = m
    del objs["itertools"]
    every = {"nested", "datetime", "uuid", "class_own", "dataclass", "counter", "strings", "ints", "regex", "paths", "ordereddict", "big_dict"}
    ext = ["pkl", "pickle", "p", "bin", "dat", "pkl"]
    for i, (n, o) in enumerate(objs.items()):
        for p in range(6) if n in every else sorted({[2, 4][i % 2], [0, 3, 5][i % 3]}):
            def w(o=o, n=n, p=p):
                d = pickle.dumps(o, p)
                with open(S.place("benign", f"std_{n}_p{p}.{ext[(i + p) % 6]}", "stdlib", n + (" (project's own class)" if "own" in n or n in ("namedtuple", "dataclass") else "")), "wb") as f:
                    f.write(d)
            step(n, w)
    b = io.BytesIO()
    for k in range(5):
        pickle.dump({"step": k}, b)
    S.add("benign", "std_stream_of_five.pkl", b.getvalue(), "stdlib")
    b = io.BytesIO()
    pk = pickle._Pickler(b, 4)
    pk.dump([1, "a" * 70000, b"x" * 70000, list(range(3000))])
    S.add("benign", "std_python_pickler_frames.pkl", b.getvalue(), "stdlib", "", "pure Python pickler, several frames")
    d = pickle.dumps({"a": list(range(1000))})
    for n, f in {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.items():
        S.add("benign", f"std_compressed.pkl.{n}", f(d) if n != "gz" else f(d, mtime=0), "stdlib")
    import shelve
    import dbm.dumb
    p = S.place("benign", "shelf/", "stdlib", "shelve of dbm.dumb")
    os.makedirs(p, exist_ok=True)
    with shelve.Shelf(dbm.dumb.open(os.path.join(p, "s"))) as sh:
        sh["a"] = {"x": 1}
        sh["b"] = [1, 2]
    S.add("benign", "std_surrogate.pkl", b"\x80\x02X\x03\0\0\0\xed\xa0\x80.", "stdlib", "", "a lone surrogate, which pickle allows")


DILL = r"""
import collections, datetime, os, sys
import cloudpickle
d = sys.argv[1]
w = lambda n, b: open(os.path.join(d, n), "wb").write(b)
class Model:
    def __init__(self): self.w = [1, 2]
    def predict(self, x): return x
w("cloudpickle_data.pkl", cloudpickle.dumps({"a": [1, 2], "c": collections.Counter("aab")}))
w("cloudpickle_lambda_real.pkl", cloudpickle.dumps(lambda x: x + 1))
w("cloudpickle_class_real.pkl", cloudpickle.dumps(Model()))
import dill
w("dill_data.dill", dill.dumps({"a": [1, 2], "d": datetime.datetime(2024, 5, 17)}))
w("dill_function_real.dill", dill.dumps(lambda x: x * 2))
w("dill_class_real.dill", dill.dumps(Model()))
"""


def code_in_pickle(S):
    """Harmless functions and classes by dill and cloudpickle: code all the same; and their plain data."""
    # dill changes the picklers of its process, so it has one of its own
    import subprocess
    import tempfile
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([sys.executable, "-c", DILL, d], check=True)
        for n, lab, note in (("dill_data.dill", "benign", ""), ("cloudpickle_data.pkl", "benign", ""), ("cloudpickle_lambda_real.pkl", "suspicious", "a harmless lambda by cloudpickle: code all the same"), ("dill_function_real.dill", "suspicious", "a harmless lambda by dill"), ("dill_class_real.dill", "suspicious", "a harmless class of __main__ by dill"), ("cloudpickle_class_real.pkl", "suspicious", "a harmless class of __main__ by cloudpickle")):
            S.add(lab, n, open(os.path.join(d, n), "rb").read(), "stdlib" if lab == "benign" else "code-in-pickle", "", note)


@guard
def numpy_files(S):
    import numpy as np
    r = np.random.default_rng(1)
    A = {
        "f64": r.normal(size=(20, 3)), "f32": r.normal(size=7).astype("f4"), "f16": np.ones(3, "f2"), "i8": np.arange(5), "u1": np.arange(256, dtype="u1"), "bool": np.array([True, False]), "complex": np.ones(3, complex), "big_endian": np.arange(4, dtype=">i4"), "str": np.array(["a", "bcd"]), "bytes": np.array([b"a", b"bc"]),
        "datetime": np.array(["2024-01-01", "2024-02-01"], "M8[D]"), "timedelta": np.array([1, 2], "m8[s]"), "struct": np.array([(1, 2.0, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U5")]), "fortran": np.asfortranarray(r.normal(size=(3, 4))), "empty": np.zeros((0, 3)), "scalar0d": np.array(3.5), "rec": np.rec.array([(1, 2)], dtype=[("a", int), ("b", int)]),
        "nested_struct": np.zeros(2, dtype=[("p", [("x", "f4"), ("y", "f4", (2,))])]), "dots": np.full(40, 0x2E, "u1"), "void": np.zeros(2, "V8"), "large": np.zeros(20000),
    }
    for n, a in A.items():
        np.save(S.place("benign", f"np_{n}.npy", "numpy"), a)
    for v in ((1, 0), (2, 0), (3, 0)):
        with open(S.place("benign", f"np_version{v[0]}.npy", "numpy"), "wb") as f:
            np.lib.format.write_array(f, A["f64"], version=v)
    O = {"strings": np.array(["a", "bb", None], object), "mixed": np.array([1, "a", {"k": [1]}, None], object), "arrays": np.array([np.arange(3), np.arange(4)], object), "dates": np.array([datetime.date(2024, 1, 1)], object), "decimals": np.array([decimal.Decimal("1.1")], object)}
    for n, a in O.items():
        np.save(S.place("benign", f"np_object_{n}.npy", "numpy", "object array of harmless values"), a, allow_pickle=True)
    np.savez(S.place("benign", "np_arrays.npz", "numpy"), a=A["f64"], b=A["i8"], c=A["str"])
    np.savez_compressed(S.place("benign", "np_compressed.npz", "numpy"), a=A["f64"], b=A["struct"])
    np.savez(S.place("benign", "np_object.npz", "numpy", "object arrays"), words=O["strings"], x=A["f32"])
    np.savetxt(S.place("benign", "np_text.csv", "numpy"), A["f64"])
    A["f64"].tofile(S.place("benign", "np_raw.dat", "numpy", "raw doubles"))
    for i, (n, o) in enumerate({**A, **O, "generator": r, "randomstate": np.random.RandomState(3), "scalars": [np.float64(1.5), np.int32(3), np.str_("x"), np.bool_(True), np.datetime64("2024-01-01")], "dtype": [np.dtype("f4"), np.dtype([("a", "i4")])], "poly1d": np.poly1d([1, 2]), "ufunc": np.add, "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0]), "matrix": np.matrix([[1, 2]]),
                             "memmap_view": A["f64"][::2], "finfo_list": [np.float32, np.int64], "dict_arrays": {"mean": A["f32"], "std": A["f16"]}}.items()):
        for p in {[2, 5, 4][i % 3], [4, 3, 0][i % 3]}:
            step(n, lambda: S.add("benign", f"np_{n}_p{p}.pkl", pickle.dumps(o, p), "numpy"))
    import scipy.sparse as sp
    import scipy.spatial
    import scipy.interpolate
    import scipy.stats
    import scipy.io
    m = sp.random(20, 20, 0.1, format="csr", random_state=1)
    sp.save_npz(S.place("benign", "scipy_csr.npz", "scipy"), m)
    sp.save_npz(S.place("benign", "scipy_csc.npz", "scipy"), m.tocsc(), compressed=False)
    scipy.io.savemat(S.place("benign", "scipy.mat", "scipy"), {"a": A["f64"]})
    for n, o in {"csr": m, "coo": m.tocoo(), "lil": m.tolil(), "dok": m.todok(), "csr_array": sp.csr_array(m), "kdtree": scipy.spatial.cKDTree(A["f64"]), "delaunay": scipy.interpolate.interp1d([1, 2, 3], [4, 5, 6]), "spline": scipy.interpolate.CubicSpline([1, 2, 3], [4, 5, 6]), "frozen_norm": scipy.stats.norm(1, 2), "kde": scipy.stats.gaussian_kde(A["f32"]), "rotation": __import__("scipy.spatial.transform", fromlist=["Rotation"]).Rotation.identity()}.items():
        step(n, lambda: S.add("benign", f"scipy_{n}.pkl", pickle.dumps(o), "scipy"))


@guard
def pandas_files(S):
    import numpy as np
    import pandas as pd
    df = pd.DataFrame({"a": range(5), "b": [1.5, 2, 3, 4, np.nan], "c": list("abcde"), "d": pd.date_range("2024-01-01", periods=5, tz="UTC"), "e": pd.Categorical(list("xyxyx")), "f": pd.array([1, None, 3, 4, 5], dtype="Int64"), "g": [True] * 5})
    O = {"mixed": df, "series": df["a"], "multiindex": df.set_index(["a", "c"]), "period": pd.Series(pd.period_range("2024-01", periods=3, freq="M")), "interval": pd.Series(pd.interval_range(0, 3)), "timedelta": pd.Series(pd.to_timedelta([1, 2], "s")), "object": pd.DataFrame({"x": [1, "a", None]}, dtype=object), "timestamp": [pd.Timestamp("2024-01-01"), pd.Timedelta(3), pd.NaT, pd.NA],
         "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 1])), "string_arrow": pd.Series(["a", "b"], dtype="string"), "rangeindex": pd.RangeIndex(5), "empty": pd.DataFrame(), "cat_dtype": pd.CategoricalDtype(["a", "b"]), "groups": dict(df.groupby("e", observed=True).size()), "offset": pd.offsets.MonthEnd(2), "arrow_df": df.convert_dtypes(dtype_backend="pyarrow")}
    for i, (n, o) in enumerate(O.items()):
        for p in {[2, 5, 4][i % 3], 4}:
            step(n, lambda: S.add("benign", f"pd_{n}_p{p}.pkl", pickle.dumps(o, p), "pandas"))
    for c in ("gzip", "bz2", "xz", "zip", "tar", "zstd"):
        step(c, lambda: df.to_pickle(S.place("benign", f"pd_{c}.pkl.{c}", "pandas"), compression=c))
    df.to_csv(S.place("benign", "pd.csv", "pandas"))
    df.to_csv(S.place("benign", "pd.csv.gz", "pandas"))
    df.to_parquet(S.place("benign", "pd.parquet", "pandas"))
    df.to_feather(S.place("benign", "pd.feather", "pandas"))
    df.drop(columns="d").to_json(S.place("benign", "pd.json", "pandas"))
    step("hdf", lambda: df[["a", "b", "c"]].astype({"c": object}).to_hdf(S.place("benign", "pd_fixed.h5", "pandas", "HDF store, fixed: object column is pickled by PyTables"), key="df", mode="w"))
    step("hdf2", lambda: df[["a", "b"]].to_hdf(S.place("benign", "pd_table.h5", "pandas"), key="df", mode="w", format="table"))
    step("stata", lambda: df[["a", "b"]].to_stata(S.place("benign", "pd.dta", "pandas")))
    import pyarrow as pa
    import polars as pl
    t = pa.table({"a": [1, 2], "b": ["x", "y"]})
    step("pa", lambda: S.add("benign", "pyarrow_table.pkl", pickle.dumps(t), "pandas"))
    step("pl", lambda: S.add("benign", "polars_df.pkl", pickle.dumps(pl.DataFrame({"a": [1, 2]})), "pandas"))
    step("ipc", lambda: pl.DataFrame({"a": [1]}).write_ipc(S.place("benign", "polars.arrow", "pandas")))


@guard
def sklearn_files(S):
    import joblib
    import numpy as np
    from sklearn import calibration, cluster, compose, decomposition, ensemble, feature_extraction, gaussian_process, linear_model, mixture, model_selection, naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm, tree, impute, isotonic
    r = np.random.RandomState(0)
    X, y = r.rand(40, 4), r.randint(0, 2, 40)
    E = {
        "logreg": linear_model.LogisticRegression(), "ridge": linear_model.Ridge(), "sgd": linear_model.SGDClassifier(), "rf": ensemble.RandomForestClassifier(4), "gb": ensemble.GradientBoostingClassifier(n_estimators=4), "hgb": ensemble.HistGradientBoostingClassifier(max_iter=4), "iforest": ensemble.IsolationForest(n_estimators=4), "ada": ensemble.AdaBoostClassifier(n_estimators=3), "tree": tree.DecisionTreeClassifier(), "svc": svm.SVC(), "linearsvc": svm.LinearSVC(),
        "knn_kd": neighbors.KNeighborsClassifier(algorithm="kd_tree"), "knn_ball": neighbors.KNeighborsClassifier(algorithm="ball_tree"), "mlp": neural_network.MLPClassifier((5,), max_iter=20), "gnb": naive_bayes.GaussianNB(), "kmeans": cluster.KMeans(2, n_init=1), "dbscan": cluster.DBSCAN(), "pca": decomposition.PCA(2), "nmf": decomposition.NMF(2), "gp": gaussian_process.GaussianProcessClassifier(), "gmm": mixture.GaussianMixture(2), "scaler": preprocessing.StandardScaler(), "onehot": preprocessing.OneHotEncoder(),
        "poly": preprocessing.PolynomialFeatures(), "imputer": impute.SimpleImputer(), "func": preprocessing.FunctionTransformer(np.log1p), "pipe": pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), "columns": compose.ColumnTransformer([("a", preprocessing.StandardScaler(), [0, 1]), ("b", "passthrough", [2])]), "grid": model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1, 2]}, cv=2), "calibrated": calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2), "voting": ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())]),
        "stack": ensemble.StackingClassifier([("a", tree.DecisionTreeClassifier())], cv=2), "sgd_reg": linear_model.SGDRegressor(), "quantile": preprocessing.QuantileTransformer(n_quantiles=5), "glm": linear_model.PoissonRegressor(),
    }
    comp = [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3), ("zlib", 3)]
    import warnings
    warnings.simplefilter("ignore")
    for i, (n, e) in enumerate(E.items()):
        def w():
            e.fit(X, y)
            S.add("benign", f"sk_{n}.pkl", pickle.dumps(e, [4, 2, 5][i % 3]), "sklearn")
            joblib.dump(e, S.place("benign", f"sk_{n}.joblib", "sklearn", f"compress={comp[i % 8]}"), compress=comp[i % 8])
        step(n, w)
    docs = ["the cat sat on the mat", "eval import os system", "a dog ran"] * 4
    for n, e in {"tfidf": feature_extraction.text.TfidfVectorizer(), "count": feature_extraction.text.CountVectorizer(ngram_range=(1, 2)), "hashing": feature_extraction.text.HashingVectorizer(n_features=16), "textpipe": pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression())}.items():
        e.fit(docs, [0, 1, 0] * 4)
        S.add("benign", f"sk_{n}.pkl", pickle.dumps(e), "sklearn")
        joblib.dump(e, S.place("benign", f"sk_{n}.joblib", "sklearn"))
    obj = {"w": np.arange(200, dtype=float).reshape(10, 20), "names": ["a", "b"], "f": np.asfortranarray(np.ones((3, 4))), "o": np.array(["x", None], object), "empty": np.zeros(0), "dots": np.full(64, 0x2E, "u1"), "tail": {"k": 1}}
    for i, c in enumerate(comp):
        joblib.dump(obj, S.place("benign", f"joblib_arrays_{i}.joblib", "joblib", f"compress={c}"), compress=c)
        joblib.dump([1, "a", {"b": 2}], S.place("benign", f"joblib_plain_{i}.pkl", "joblib", f"compress={c}"), compress=c)
    for e in ("z", "gz", "bz2", "xz", "lzma", "lz4"):
        step(e, lambda: joblib.dump(obj, S.place("benign", f"joblib_ext.pkl.{e}", "joblib")))
    joblib.dump(np.zeros(3000), S.place("benign", "joblib_one_array.joblib", "joblib"))
    joblib.dump({"m": np.matrix([[1, 2]]), "rec": np.rec.array([(1, 2)], dtype=[("a", int), ("b", int)]), "mm": np.arange(3)}, S.place("benign", "joblib_subclasses.joblib", "joblib"))
    for p in (2, 3, 4, 5):
        joblib.dump(obj, S.place("benign", f"joblib_protocol{p}.joblib", "joblib"), protocol=p)
    S.add("benign", "joblib_zf.pkl", b"ZF" + (lambda d: hex(len(d)).encode().ljust(19) + zlib.compress(d))(pickle.dumps({"a": 1}, 2)), "joblib", "", "old ZF container")
    import skops.io as sio
    for n in ("logreg", "pipe", "rf", "scaler", "columns", "knn_kd"):
        step("skops " + n, lambda: sio.dump(E[n], S.place("benign", f"sk_{n}.skops", "skops")))


@guard
def boosters(S):
    import numpy as np
    r = np.random.RandomState(0)
    X, y = r.rand(60, 4), r.randint(0, 2, 60)

    def xgb():
        import xgboost
        m = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, y)
        m.save_model(S.place("benign", "xgb.json", "boosters"))
        m.save_model(S.place("benign", "xgb.ubj", "boosters"))
        S.add("benign", "xgb_sklearn.pkl", pickle.dumps(m), "boosters")
        S.add("benign", "xgb_booster.pkl", pickle.dumps(m.get_booster()), "boosters")
        import joblib
        joblib.dump(m, S.place("benign", "xgb.joblib", "boosters"), compress=3)

    def lgb():
        import lightgbm
        m = lightgbm.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1).fit(X, y)
        m.booster_.save_model(S.place("benign", "lgb.txt", "boosters"))
        S.add("benign", "lgb_sklearn.pkl", pickle.dumps(m), "boosters")
        S.add("benign", "lgb_booster.pkl", pickle.dumps(m.booster_), "boosters")

    def nx():
        import networkx
        for n, g in {"graph": networkx.karate_club_graph(), "digraph": networkx.DiGraph([(1, 2)]), "multi": networkx.MultiGraph([(1, 2), (1, 2)])}.items():
            S.add("benign", f"nx_{n}.pkl", pickle.dumps(g), "libraries")
        networkx.write_graphml(networkx.karate_club_graph(), S.place("benign", "nx.graphml", "libraries"))

    def sm():
        import statsmodels.api
        res = statsmodels.api.OLS(X[:, 0], X[:, 1:]).fit()
        S.add("benign", "sm_ols.pkl", pickle.dumps(res), "libraries")
        S.add("benign", "sm_params.pkl", pickle.dumps({"p": res.params, "r2": res.rsquared}), "libraries")

    def sym():
        import sympy
        x, z = sympy.symbols("x z")
        S.add("benign", "sympy.pkl", pickle.dumps(x**2 + sympy.sin(z) / 3), "libraries")

    def om():
        import omegaconf
        c = omegaconf.OmegaConf.create({"a": {"b": [1, 2]}, "lr": 0.1, "ref": "${lr}"})
        S.add("benign", "omegaconf.pkl", pickle.dumps(c), "libraries")
        omegaconf.OmegaConf.save(c, S.place("benign", "omegaconf.yaml", "libraries"))

    def pil():
        from PIL import Image
        im = Image.fromarray((r.rand(20, 20, 3) * 255).astype("u1"))
        for e in ("png", "jpg", "gif", "bmp", "webp", "tiff"):
            im.save(S.place("benign", f"img.{e}", "images"))
        S.add("benign", "pil_image.pkl", pickle.dumps(im), "libraries")
    for f in (xgb, lgb, nx, sm, sym, om, pil):
        step(f.__name__, f)


@guard
def torch_files(S):
    import numpy as np
    import torch
    from torch import nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    sd = net.state_dict()

    def put(name, obj, note="", **k):
        step("torch " + name, lambda: torch.save(obj, S.place("benign", name, "torch", note), **k))
    for e in ("pt", "pth", "bin", "ckpt"):
        put(f"t_state.{e}", sd)
    put("t_state_legacy.pth", sd, _use_new_zipfile_serialization=False)
    put("t_state_legacy_p4.pth", sd, _use_new_zipfile_serialization=False, pickle_protocol=4)
    put("t_state_p4.pt", sd, pickle_protocol=4)
    put("t_state_p5.pt", sd, pickle_protocol=5)
    put("t_module.pt", net, "whole module of torch.nn")
    put("t_module_legacy.pt", nn.Linear(2, 2), "whole module, legacy: carries the class's source", _use_new_zipfile_serialization=False)
    opt = torch.optim.Adam(net.parameters())
    net(torch.rand(2, 3, 8, 8)).sum().backward()
    opt.step()
    sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 10)
    put("t_checkpoint.pt", {"epoch": 3, "model": sd, "optimizer": opt.state_dict(), "scheduler": sch.state_dict(), "rng": torch.get_rng_state(), "args": {"lr": 0.1}})
    import argparse
    put("t_checkpoint_args.pth", {"state_dict": sd, "args": argparse.Namespace(lr=0.1, arch="resnet18"), "best": np.float64(0.5)}, "Namespace and numpy scalar")
    put("t_numpy_inside.pt", {"x": np.arange(5), "m": sd})
    for d in ("float64", "float16", "bfloat16", "int64", "int8", "uint8", "bool", "complex64", "float8_e4m3fn", "uint16"):
        put(f"t_dtype_{d}.pt", torch.zeros(4, dtype=getattr(torch, d)))
    put("t_parameter.pt", nn.Parameter(torch.ones(3)))
    put("t_sparse.pt", torch.eye(3).to_sparse())
    put("t_sparse_csr.pt", torch.eye(3).to_sparse_csr())
    put("t_quantized.pt", torch.quantize_per_tensor(torch.rand(3), 0.1, 0, torch.qint8))
    put("t_views.pt", [torch.arange(10)[::2], torch.arange(10)[1:], torch.ones(2, 3).t()])
    put("t_requires_grad.pt", torch.ones(2, requires_grad=True))
    put("t_conj.pt", torch.ones(2, dtype=torch.complex64).conj())
    put("t_size_device.pt", {"s": torch.Size([1, 2]), "d": torch.device("cpu"), "t": torch.float32})
    put("t_storage.pt", torch.ones(3).untyped_storage())
    put("t_lstm.pt", nn.LSTM(2, 3), "whole module")
    put("t_transformer.pt", nn.TransformerEncoderLayer(8, 2), "whole module")
    put("t_empty_dict.pt", {})
    put("t_list.pt", [1, "a", 2.5, torch.ones(1)])
    put("t_scaler.pt", {"scaler": torch.amp.GradScaler("cpu").state_dict(), "step": 1})
    put("t_nested.pt", torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]))
    put("t_many.pt", {f"p{i}": torch.full((3,), i) for i in range(300)})
    put("t_meta.pt", torch.empty(3, device="meta"))
    put("t_ordered.pt", collections.OrderedDict(a=torch.ones(1), b=collections.OrderedDict(c=1)))
    put("t_generator_state.pt", torch.Generator().get_state())
    S.add("benign", "t_tensor_pickled.pkl", pickle.dumps(torch.arange(6.0)), "torch", "", "a tensor by plain pickle: torch.storage._load_from_bytes")
    S.add("benign", "t_module_pickled.pkl", pickle.dumps(net), "torch", "", "module by plain pickle")
    import joblib
    step("jl", lambda: joblib.dump({"t": torch.ones(3), "m": nn.Linear(2, 2)}, S.place("benign", "t_joblib.joblib", "torch")))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.c = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.c(x)

    class DetectionModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(Block(), Block())
            self.names = {0: "cat"}
            self.yaml = {"nc": 1}

        def forward(self, x):
            return self.model(x)

    class Cfg(dict):
        pass

    class IterableSimpleNamespace(types.SimpleNamespace):
        pass
    project("ultralytics.nn.modules.block", Block=Block)
    project("ultralytics.nn.tasks", DetectionModel=DetectionModel)
    project("ultralytics.utils", IterableSimpleNamespace=IterableSimpleNamespace)
    put("t_yolo_like.pt", {"epoch": -1, "model": DetectionModel().half(), "ema": None, "train_args": {"lr": 0.1, "data": "coco.yaml"}, "date": "2024-05-01T10:00:00", "version": "8.2.0"}, "classes of ultralytics")
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(2, 2)
    project("myproject.models.net", Net=Net, Cfg=Cfg)
    put("t_own_module.pt", Net(), "whole module of a project's own class")
    put("t_own_config.pt", {"state_dict": Net().state_dict(), "cfg": Cfg(a=1)}, "dict subclass of a project")
    # TorchScript

    class Scr(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Linear(2, 2)
            self.k: int = 3

        def forward(self, x: torch.Tensor, names: list[str]) -> torch.Tensor:
            for n in names:
                if n == "double":
                    x = x * 2
            assert x.dim() > 0, "bad"
            return self.f(x).relu() + self.k

        @torch.jit.export
        def helper(self, d: dict[str, torch.Tensor]) -> list[torch.Tensor]:
            return [v for k, v in d.items()]
    import warnings
    warnings.simplefilter("ignore")
    for n, f in {"traced": lambda: torch.jit.trace(net.eval(), torch.rand(1, 3, 8, 8)), "scripted": lambda: torch.jit.script(net), "frozen": lambda: torch.jit.freeze(torch.jit.script(net.eval())), "lstm": lambda: torch.jit.script(nn.LSTM(2, 3)), "transformer": lambda: torch.jit.script(nn.TransformerEncoderLayer(8, 2)), "embedding": lambda: torch.jit.script(nn.EmbeddingBag(5, 3))}.items():
        step("ts " + n, lambda: f().save(S.place("benign", f"ts_{n}.pt", "torchscript")))
    step("ts extra", lambda: torch.jit.trace(net.eval(), torch.rand(1, 3, 8, 8)).save(S.place("benign", "ts_extra_files.pt", "torchscript"), _extra_files={"labels.txt": "cat\ndog", "meta.json": "{}"}))
    for n, src in {}.items():
        pass
    step("export", lambda: torch.export.save(torch.export.export(net.eval(), (torch.rand(1, 3, 8, 8),)), S.place("benign", "exported.pt2", "torch")))
    step("export2", lambda: torch.export.save(torch.export.export(nn.Sequential(nn.Linear(2, 3), nn.GELU()).eval(), (torch.rand(1, 2),)), S.place("benign", "exported_linear.pt2", "torch")))

    def pkg():
        with torch.package.PackageExporter(S.place("benign", "package_state.pt", "torch", "torch.package with a state dict only")) as ex:
            ex.extern(["torch.**", "collections"])
            ex.save_pickle("model", "state.pkl", dict(sd))
            ex.save_text("meta", "readme.txt", "hello")
    step("pkg", pkg)

    def dcp():
        import torch.distributed.checkpoint as d
        d.save({"model": sd, "step": torch.tensor(3)}, checkpoint_id=S.place("benign", "dcp/", "torch", "distributed checkpoint folder (.metadata is a pickle)"), no_dist=True)
    step("dcp", dcp)

    def td():
        from tensordict import TensorDict
        put("t_tensordict.pt", TensorDict({"a": torch.ones(2)}, [2]))
    step("td", td)
    from safetensors.torch import save_file
    save_file({k: v.contiguous() for k, v in sd.items()}, S.place("benign", "s_torch.safetensors", "safetensors"), metadata={"format": "pt"})
    save_file({"bf": torch.ones(3, dtype=torch.bfloat16), "e": torch.zeros(0), "f8": torch.zeros(4, dtype=torch.float8_e4m3fn), "b": torch.ones(2, dtype=torch.bool)}, S.place("benign", "s_types.safetensors", "safetensors"))
    save_file({}, S.place("benign", "s_empty.safetensors", "safetensors"))
    save_file({f"l{i}": torch.full((2,), float(i)) for i in range(100)}, S.place("benign", "s_many.safetensors", "safetensors"), metadata={"format": "pt", "note": "x" * 500, "config": json.dumps({"a": 1})})
    from safetensors.numpy import save_file as snp
    snp({"a": np.arange(4), "z": np.ones((2, 2), "f4")}, S.place("benign", "s_numpy.safetensors", "safetensors"))


@guard
def lightning_files(S):
    import torch
    import lightning as L
    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Lit(L.LightningModule):
        def __init__(self, lr=0.1, sizes=(2, 1), opts=None):
            super().__init__()
            self.save_hyperparameters()
            self.l = torch.nn.Linear(2, 1)

        def training_step(self, b, i):
            loss = self.l(b).mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self):
            o = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
            return [o], [torch.optim.lr_scheduler.StepLR(o, 3)]
    project("litproj.module", Lit=Lit)
    import omegaconf
    import tempfile
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
    for i, hp in enumerate(({"lr": 0.1}, {"lr": 0.1, "opts": omegaconf.OmegaConf.create({"a": {"b": 1}})}, {"sizes": (3, 4), "opts": {"p": pathlib.Path("data")}})):
        with tempfile.TemporaryDirectory() as d:
            t = L.Trainer(max_steps=2, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=d, callbacks=[EarlyStopping("loss", check_on_train_epoch_end=True), ModelCheckpoint(dirpath=d)])
            t.fit(Lit(**hp), torch.utils.data.DataLoader(torch.rand(8, 2), 4))
            t.save_checkpoint(S.place("benign", f"lightning_{i}.ckpt", "lightning"))
            t.save_checkpoint(S.place("benign", f"lightning_weights_{i}.ckpt", "lightning"), weights_only=True)


@guard
def transformers_files(S):
    import numpy as np
    import torch
    import transformers as T
    cfgs = {"bert": T.BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, max_position_embeddings=16), "gpt2": T.GPT2Config(vocab_size=30, n_embd=8, n_layer=1, n_head=2, n_positions=16), "llama": T.LlamaConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8), "t5": T.T5Config(vocab_size=30, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2), "vit": T.ViTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, image_size=16, patch_size=8)}
    cls = {"bert": "BertModel", "gpt2": "GPT2LMHeadModel", "llama": "LlamaForCausalLM", "t5": "T5ForConditionalGeneration", "vit": "ViTModel"}
    for n, c in cfgs.items():
        def w():
            m = getattr(T, cls[n])(c)
            p = S.place("benign", f"hf_{n}/", "transformers", "save_pretrained")
            m.save_pretrained(p)
            torch.save(m.state_dict(), os.path.join(p, "pytorch_model.bin"))
        step("hf " + n, w)

    def targs():
        a = T.TrainingArguments(output_dir="out", report_to=[], use_cpu=True)
        torch.save(a, S.place("benign", "training_args.bin", "transformers", "TrainingArguments as Trainer writes it"))
        S.add("benign", "training_args.pkl", pickle.dumps(a), "transformers")
    step("targs", targs)
    torch.save({"python": random.getstate(), "numpy": np.random.RandomState(3).get_state(), "cpu": torch.get_rng_state()}, S.place("benign", "rng_state.pth", "transformers", "rng_state.pth of Trainer"))

    def tok():
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
        t = Tokenizer(models.BPE(unk_token="<unk>"))
        t.pre_tokenizer = pre_tokenizers.ByteLevel()
        t.train_from_iterator(["hello world", "the cat"] * 10, trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "<s>"], show_progress=False))
        t.save(S.place("benign", "tokenizer.json", "transformers"))
        S.add("benign", "tokenizer_fast.pkl", pickle.dumps(t), "transformers", "", "tokenizers.Tokenizer by pickle")
        f = T.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="<unk>")
        f.save_pretrained(S.place("benign", "hf_tokenizer/", "transformers"))
    step("tok", tok)
    step("cfgpkl", lambda: S.add("benign", "config_object.pkl", pickle.dumps(cfgs["bert"]), "transformers"))


@guard
def keras_files(S):
    import keras
    import numpy as np
    from keras import layers as l
    M = {
        "seq": keras.Sequential([keras.Input((4,)), l.Dense(3, activation="relu"), l.Dropout(0.1), l.Dense(1)]), "conv": keras.Sequential([keras.Input((8, 8, 3)), l.Conv2D(2, 3), l.BatchNormalization(), l.MaxPooling2D(), l.Flatten(), l.Dense(2, activation="softmax")]), "lstm": keras.Sequential([keras.Input((5,)), l.Embedding(10, 4), l.Bidirectional(l.LSTM(3)), l.Dense(1)]),
        "rescale": keras.Sequential([keras.Input((8, 8, 3)), l.Rescaling(1 / 255), l.RandomFlip(), l.GlobalAveragePooling2D()]), "td": keras.Sequential([keras.Input((3, 4)), l.TimeDistributed(l.Dense(2)), l.LayerNormalization()]),
    }
    i = keras.Input((4,), name="a")
    x = l.Dense(4, kernel_regularizer="l2")(i)
    M["functional"] = keras.Model(i, l.Add()([x, l.Activation("gelu")(x)]))
    M["nested"] = keras.Sequential([keras.Input((4,)), M["functional"], l.Dense(1)])
    M["ops"] = keras.Model(i, keras.ops.sum(x * 2 + 1, axis=-1))
    for n, m in M.items():
        def w():
            m.compile("adam", "mse", metrics=["mae"])
            m.save(S.place("benign", f"k_{n}.keras", "keras"))
            m.save(S.place("benign", f"k_{n}.h5", "keras"))
            m.save_weights(S.place("benign", f"k_{n}.weights.h5", "keras"))
            S.add("benign", f"k_{n}.json", m.to_json(), "keras")
        step("keras " + n, w)

    def vocab():
        m = keras.Sequential([keras.Input((1,), dtype="int64"), l.CategoryEncoding(5)])
        m.save(S.place("benign", "k_category.keras", "keras"))
    step("vocab", vocab)
    import h5py
    with h5py.File(S.place("benign", "h5_data.h5", "h5"), "w") as f:
        f["x"] = np.arange(30).reshape(5, 6)
        f.create_dataset("z", data=np.zeros((50, 50)), compression="gzip", chunks=True)
        f["s"] = ["a", "b"]
        f.attrs["note"] = "hello"
        f["soft"] = h5py.SoftLink("/x")
    with h5py.File(S.place("benign", "h5_latest.hdf5", "h5"), "w", libver="latest") as f:
        for k in range(60):
            f[f"g{k}/d"] = np.ones(3)
            f[f"g{k}"].attrs["i"] = k


@guard
def onnx_gguf(S):
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    X, Y = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4]), helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])
    W = numpy_helper.from_array(np.random.RandomState(0).rand(4, 3).astype("f4"), "w")
    g = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Relu", ["m"], ["y"])], "g", [X], [Y], [W])
    m = helper.make_model(g, producer_name="pytorch", opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(m, S.place("benign", "o_plain.onnx", "onnx"))
    m2 = helper.make_model(g, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
    helper.set_model_props(m2, {"author": "x", "names": "{0: 'cat'}"})
    onnx.save(m2, S.place("benign", "o_ml.onnx", "onnx"))
    p = S.place("benign", "o_external/", "onnx", "external data beside the model")
    os.makedirs(p)
    onnx.save_model(m, os.path.join(p, "model.onnx"), save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    m = helper.make_model(g)
    onnx.save_model(m, os.path.join(p, "sub.onnx"), save_as_external_data=True, location="weights.bin", size_threshold=0)
    big = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [X], [Y], [numpy_helper.from_array(np.zeros((300, 300), "f4"), "z")])
    onnx.save(helper.make_model(big), S.place("benign", "o_big.onnx", "onnx"))
    ms = helper.make_model(helper.make_graph([helper.make_node("QAttention", ["x"], ["y"], domain="com.microsoft")], "g", [X], [Y]), opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    onnx.save(ms, S.place("benign", "o_com_microsoft.onnx", "onnx", "contrib operator of onnxruntime"))
    tg = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "t", [X], [Y])
    iff = helper.make_model(helper.make_graph([helper.make_node("Constant", [], ["c"], value=helper.make_tensor("v", TensorProto.BOOL, [], [True])), helper.make_node("If", ["c"], ["y"], then_branch=tg, else_branch=tg)], "g", [X], [Y]))
    onnx.save(iff, S.place("benign", "o_if.onnx", "onnx"))
    import torch
    import gguf
    for n, t in list(TEMPLATES.items())[:6]:
        def w():
            wr = gguf.GGUFWriter(S.place("benign", f"g_{n}.gguf", "gguf"), "llama")
            wr.add_block_count(1)
            wr.add_context_length(64)
            wr.add_tokenizer_model("gpt2")
            wr.add_token_list(["a", "b", "<s>"])
            wr.add_chat_template(t)
            wr.add_tensor("blk.0.w", np.ones((8, 4), "f4"))
            wr.add_tensor("out", np.ones(32, "f2"))
            wr.write_header_to_file()
            wr.write_kv_data_to_file()
            wr.write_tensors_to_file()
            wr.close()
        step("gguf " + n, w)

    def named():
        wr = gguf.GGUFWriter(S.place("benign", "g_named_templates.gguf", "gguf"), "llama")
        wr.add_chat_template([{"name": "default", "template": TEMPLATES["chatml"]}, {"name": "tool_use", "template": TEMPLATES["tools"]}])
        wr.write_header_to_file()
        wr.write_kv_data_to_file()
        wr.write_tensors_to_file()
        wr.close()
    step("gguf named", named)


TEMPLATES = {
    "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "llama3": "{{- bos_token }}{%- set ns = namespace(first=true) %}{%- for msg in messages %}{%- set text = '<|start_header_id|>' + msg.role + '<|end_header_id|>\\n\\n' + msg.content | trim + '<|eot_id|>' %}{%- if loop.index0 == 0 %}{%- set ns.first = false %}{%- endif %}{{- text }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}",
    "mistral": "{%- if messages[0]['role'] == 'system' %}{%- set sys = messages[0]['content'] %}{%- set turns = messages[1:] %}{%- else %}{%- set turns = messages %}{%- endif %}{{- bos_token }}{%- for m in turns %}{%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{- raise_exception('user and assistant turns must alternate') }}{%- endif %}{%- if m['role'] == 'user' %}{{- '[INST] ' + m['content'] + ' [/INST]' }}{%- else %}{{- ' ' + m['content']|trim + eos_token }}{%- endif %}{%- endfor %}",
    "tools": "{%- if tools %}{{- '<|im_start|>system\\nYou may call these functions:\\n<tools>' }}{%- for t in tools %}{{- '\\n' + t | tojson }}{%- endfor %}{{- '\\n</tools><|im_end|>\\n' }}{%- endif %}{%- for m in messages %}{%- if m.role == 'tool' %}{{- '<tool_response>' + m.content + '</tool_response>' }}{%- elif m.tool_calls is defined and m.tool_calls %}{%- for c in m.tool_calls %}{%- set f = c.function if c.function is defined else c %}{{- '<tool_call>{\"name\": \"' + f.name + '\", \"arguments\": ' + f.arguments | tojson + '}</tool_call>' }}{%- endfor %}{%- else %}{{- m.role + ': ' + m.content }}{%- endif %}{%- endfor %}",
    "gemma": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turn here') }}{% endif %}{% for message in messages %}{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}",
    "macro_date": "{%- macro show(v, depth=0) %}{%- if v is mapping %}{%- for k, x in v.items() %}{{ '  ' * depth + k }}: {{ show(x, depth + 1) }}{%- endfor %}{%- elif v is string %}{{ v }}{%- else %}{{ v | tojson(indent=2) }}{%- endif %}{%- endmacro %}{%- set today = strftime_now('%d %b %Y') if strftime_now is defined else '26 Jul 2024' %}Date: {{ today }}\n{%- for m in messages %}{{ show(m) }}{%- endfor %}",
    "deepseek": "{% set ns = namespace(is_tool=false, system='') %}{%- for m in messages %}{%- if m['role'] == 'system' %}{% set ns.system = m['content'] %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system }}{%- for m in messages %}{%- if m['role'] == 'assistant' %}{% set c = m['content'] %}{% if '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}{{ c + eos_token }}{%- endif %}{%- endfor %}",
    "vision": "{% for m in messages %}{{ m.role | capitalize }}:{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}{% if part.type == 'image' %}<image>{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}\n{% endfor %}{{ 'Assistant:' if add_generation_prompt else '' }}",
    "zephyr": "{% for m in messages %}\n{% if m['role'] == 'user' %}\n{{ '<|user|>\n' + m['content'] + eos_token }}\n{% elif m['role'] == 'system' %}\n{{ '<|system|>\n' + m['content'] + eos_token }}\n{% elif m['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + m['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
    "reasoning": "{%- set last = namespace(i=messages|length - 1, found=false) %}{%- for m in messages[::-1] %}{%- set idx = (messages|length - 1) - loop.index0 %}{%- if not last.found and m.role == 'user' and m.content is string and not (m.content.startswith('<tool_response>') and m.content.endswith('</tool_response>')) %}{%- set last.found = true %}{%- set last.i = idx %}{%- endif %}{%- endfor %}{%- for m in messages %}{%- if m.reasoning_content is defined and m.reasoning_content is not none and loop.index0 > last.i %}{{- '<think>\\n' + m.reasoning_content.strip('\\n') + '\\n</think>\\n\\n' }}{%- endif %}{{- m.content.lstrip('\\n') }}{%- endfor %}",
}


@guard
def text_files(S):
    from . import zips as Z
    from .mal_formats import NORMAL_OPS, savedmodel
    from .mal_pickle import od, tensor
    from .ops import pk

    def b(name, data, tech, note=""):
        S.add("benign", name, data, tech, "", note)
    for n, t in TEMPLATES.items():
        b(f"tok_{n}", {"tokenizer_config.json": json.dumps({"add_bos_token": True, "bos_token": "<s>", "chat_template": t, "model_max_length": 4096, "tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": {"0": {"content": "<unk>", "special": True}}}, indent=1), "special_tokens_map.json": '{"bos_token": "<s>"}'}, "configs")
        b(f"jinja_{n}", {"config.json": '{"model_type": "llama"}', "chat_template.jinja": t}, "configs")
    b("tok_named", {"tokenizer_config.json": json.dumps({"chat_template": [{"name": "default", "template": TEMPLATES["chatml"]}, {"name": "tool_use", "template": TEMPLATES["tools"]}]})}, "configs")
    C = {
        "llama": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "rope_scaling": {"type": "linear", "factor": 2.0}, "torch_dtype": "bfloat16", "transformers_version": "4.40.0"}, "bert": {"architectures": ["BertForMaskedLM"], "model_type": "bert", "id2label": {"0": "NEG"}, "_name_or_path": "bert-base-uncased"}, "quant": {"model_type": "qwen2", "quantization_config": {"quant_method": "gptq", "bits": 4}},
        "vlm": {"model_type": "llava", "vision_config": {"model_type": "clip_vision_model"}, "text_config": {"model_type": "llama", "_attn_implementation": "sdpa"}}, "attn": {"model_type": "mistral", "_attn_implementation": "flash_attention_2", "attn_implementation": "eager"}, "empty_automap": {"model_type": "x", "auto_map": {}}, "task": {"model_type": "bert", "task_specific_params": {"summarization": {"max_length": 3}}},
    }
    for n, c in C.items():
        b(f"config_{n}", {"config.json": json.dumps(c, indent=2), "generation_config.json": '{"temperature": 0.6}'}, "configs")
    b("st_folder", {"modules.json": json.dumps([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]), "1_Pooling/config.json": '{"word_embedding_dimension": 384}', "config_sentence_transformers.json": '{"__version__": {"pytorch": "2.1.0"}}', "sentence_bert_config.json": '{"max_seq_length": 256}'}, "configs")
    b("diffusers", {"model_index.json": json.dumps({"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "unet": ["diffusers", "UNet2DConditionModel"], "text_encoder": ["transformers", "CLIPTextModel"], "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "feature_extractor": [None, None]}), "scheduler/scheduler_config.json": '{"_class_name": "PNDMScheduler"}', "unet/config.json": '{"_class_name": "UNet2DConditionModel"}'}, "configs")
    b("lora", {"adapter_config.json": json.dumps({"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-2-7b", "auto_mapping": None, "r": 8, "target_modules": ["q_proj"], "revision": "0123456789abcdef0123456789abcdef01234567"}), "README.md": "# Adapter\n\nLoad it with peft.\n"}, "configs")
    b("lora_auto", {"adapter_config.json": json.dumps({"peft_type": "LORA", "base_model_name_or_path": "x/y", "auto_mapping": {"base_model_class": "BertModel", "parent_library": "transformers.models.bert.modeling_bert"}, "revision": "0123456789abcdef0123456789abcdef01234567"})}, "configs")
    b("index", {"model.safetensors.index.json": json.dumps({"metadata": {"total_size": 99}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors", "b.weight": "model-00002-of-00002.safetensors"}})}, "configs")
    b("preprocessor", {"preprocessor_config.json": '{"image_processor_type": "ViTImageProcessor", "size": 224}', "processor_config.json": '{"processor_class": "LlavaProcessor"}'}, "configs")
    Y = {
        "hydra": "model:\n  _target_: torch.nn.Linear\n  in_features: 2\noptim:\n  _target_: torch.optim.Adam\n  _partial_: true\n  lr: 1e-3\ncallbacks:\n  es:\n    _target_: lightning.pytorch.callbacks.EarlyStopping\n    monitor: val\n", "lightning_cli": "trainer:\n  max_epochs: 3\n  callbacks:\n  - class_path: lightning.pytorch.callbacks.ModelCheckpoint\n    init_args: {monitor: val}\noptimizer:\n  class_path: torch.optim.AdamW\n", "hydra_logger": "_target_: lightning.pytorch.loggers.WandbLogger\nproject: x\n", "transforms": "a:\n  _target_: torchvision.transforms.Compose\n  transforms:\n  - _target_: torchvision.transforms.ToTensor\nsk:\n  _target_: sklearn.preprocessing.StandardScaler\n",
        "hydra_defaults": "defaults:\n- model: base\n- override hydra/launcher: basic\nseed: 1\n", "conda": "name: x\nchannels: [conda-forge]\ndependencies: [python=3.11, pip: [torch]]\n", "compose": "services:\n  web:\n    image: nginx:1.27\n    ports: ['80:80']\n", "dataset": "path: ../coco\ntrain: images/train\nnames: {0: person}\n", "hparams": "lr: 0.1\nsizes: [1, 2]\nname: run\nnull_value: null\n", "tags_safe": "a: !!str 5\nb: !!int '3'\nc: !!set {x, y}\nd: !!binary aGk=\n", "cfn": "Resources:\n  X: !Ref Y\n  Z: !Sub '${A}'\n", "openapi": "openapi: 3.0.0\ninfo: {title: x, version: '1'}\npaths: {}\n",
    }
    for n, y in Y.items():
        b(f"{n}.yaml", y, "yaml")
    b("workflow", {".github/workflows/ci.yml": "name: ci\non: [push]\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: actions/checkout@v4\n    - run: |\n        python -m pytest\n        echo done\n"}, "yaml")
    b("package.json", json.dumps({"name": "x", "version": "1.0.0", "scripts": {"build": "tsc"}, "dependencies": {"left-pad": "^1.0.0"}}), "text")
    b("main.py", "import json\n\n\ndef main():\n    print(json.dumps({'a': 1}))\n\n\nif __name__ == '__main__':\n    main()\n", "text")
    b("model.py", "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.l = nn.Linear(2, 2)\n\n    def forward(self, x):\n        return self.l(x)\n", "text")
    b("README.md", "# Model\n\nDo not call `pickle.load` on files you do not trust; `os.system` could run.\n\n```python\nimport pickle\n```\n", "text")
    b("data.csv", "a,b\n1,2\ncos,system\n(S'echo'\n", "text", "text that looks like pickle lines")
    b("notes.txt", "Notes\n" * 100, "text")
    b("starts_with_paren.txt", "(see the appendix for details)\nfoo.\n", "text", "begins like a protocol 0 pickle")
    b("starts_with_c.txt", "cats and dogs\nlive together\n.\n", "text", "begins like a GLOBAL opcode")
    b("dots.txt", "." * 200 + "\n", "text", "begins with STOP")
    b("N_dot.txt", "N.\nB.\n", "text", "two letters that are a whole pickle: None")
    b("list.txt", "I am a list\n1. one\n", "text")
    b("merges.txt", "#version: 0.2\nĠ t\nh e\n", "text")
    b("vocab.txt", "[PAD]\n[UNK]\nthe\n", "text")
    b("requirements.txt", "numpy==2.0\ntorch>=2\n", "text")
    b("Dockerfile", "FROM python:3.12\nCOPY . /app\n", "text")
    b("LICENSE", "Permission is hereby granted, free of charge\n" * 20, "text")
    b("page.html", "<!doctype html><html><body><p>Hello</p></body></html>\n", "text")
    b("style.css", "body { color: red }\n", "text")
    b("script.sh", "#!/bin/sh\nset -e\necho hello\n", "text")
    b("notebook.ipynb", json.dumps({"cells": [{"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["import numpy as np\n", "np.arange(3)"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "text")
    b("data.jsonl", "\n".join(json.dumps({"i": i, "text": "cos\nsystem"}) for i in range(30)), "text")
    b("utf16.txt", "hello world".encode("utf-16"), "text")
    b("latin1.txt", "caf\xe9\n".encode("latin1") * 30, "text")
    b("audio.wav", b"RIFF" + struct.pack("<I", 36 + 800) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", 800) + b"\1\0" * 400, "images")
    b("icon.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>', "images")
    b("doc.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n", "images")
    b("lfs_pointer.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n", "lfs", "LFS pointer: a notice is right, a finding is not")
    b("lfs_pointer.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0f" * 32 + "\nsize 99999999\n", "lfs", "LFS pointer")
    b("gitattributes", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}, "text")
    b("empty.txt", b"", "text", "empty text file")
    b("pkg_init", {"pkg/__init__.py": ""}, "text", "empty module")
    bb = io.BytesIO()
    with zipfile.ZipFile(bb, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("a/readme.txt", (2024, 1, 1, 0, 0, 0)), "hi" * 50)
        z.writestr(zipfile.ZipInfo("a/data.csv", (2024, 1, 1, 0, 0, 0)), "a,b\n1,2\n")
    b("plain.zip", bb.getvalue(), "archives")
    for n, k in {"plain.tar": "w", "plain.tar.gz": "w:gz", "plain.tar.bz2": "w:bz2", "plain.tar.xz": "w:xz"}.items():
        bb = io.BytesIO()
        with tarfile.open(fileobj=bb, mode=k) as t:
            for f, d in (("x/readme.txt", b"hello"), ("x/data.json", b"{}"), ("x/" + "long" * 40 + ".txt", b"1")):
                ti = tarfile.TarInfo(f)
                ti.size = len(d)
                t.addfile(ti, io.BytesIO(d))
            ln = tarfile.TarInfo("x/link")
            ln.type, ln.linkname = tarfile.SYMTYPE, "readme.txt"
            t.addfile(ln)
        b(n, bb.getvalue(), "archives", "with a relative link inside")
    for f in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        bb = io.BytesIO()
        with tarfile.open(fileobj=bb, mode="w", format=f) as t:
            ti = tarfile.TarInfo("d/file.txt")
            ti.size = 2
            t.addfile(ti, io.BytesIO(b"ok"))
        b(f"format{f}.tar", bb.getvalue(), "archives")
    b("text.txt.gz", Z.gz(b"hello\n" * 100), "archives")
    b("text.txt.bz2", bz2.compress(b"hello\n" * 100), "archives")
    b("text.txt.zst", Z.zst(b"hello\n" * 100), "archives")
    b("text.txt.lz4", Z.lz4f(b"hello\n" * 100), "archives")
    b("text.txt.xz", lzma.compress(b"hello\n" * 100), "archives")
    b("text.7z", Z.seven([("readme.txt", b"hello" * 20)]), "archives", "7z of text; a notice is acceptable")
    b("wheel.whl", (lambda bb: ([zipfile.ZipFile(bb, "w").writestr("pkg/__init__.py", "x = 1\n")], bb.getvalue())[1])(io.BytesIO()) if False else Z.build([Z.Entry("pkg/__init__.py", b"x = 1\n", 8), Z.Entry("pkg-1.0.dist-info/METADATA", b"Name: pkg\n", 8), Z.Entry("pkg-1.0.dist-info/RECORD", b"", 8)]), "archives")
    b("docx.docx", Z.build([Z.Entry("[Content_Types].xml", b"<Types/>", 8), Z.Entry("word/document.xml", b"<w/>", 8)]), "archives")
    p = S.place("benign", "db.sqlite", "archives")
    cx = sqlite3.connect(p)
    cx.execute("create table t (a, b)")
    cx.execute("insert into t values (1, 'x')")
    cx.commit()
    cx.close()
    b("saved_model", {"saved_model.pb": savedmodel(NORMAL_OPS, NORMAL_OPS[:5]), "variables/variables.index": b"\0" * 40, "variables/variables.data-00000-of-00001": b"\0" * 64}, "savedmodel", "hand-made, ordinary operations; variable shards are zeros")
    b("saved_model_text_ops.pb", savedmodel(NORMAL_OPS + ["HashTableV2", "LookupTableFindV2", "ParseExampleV2", "DecodeJpeg", "Conv2D", "FusedBatchNormV3", "MaxPool", "While", "If", "TensorListReserve", "Softmax"]), "savedmodel")
    ck = Z.build(Z.torch_zip(pk(od({"w": tensor()}))), align=64)
    b("nemo.nemo", Z.tar([{"name": "./", "type": b"5"}, {"name": "./model_config.yaml", "data": b"sample_rate: 16000\ntarget: nemo.collections.asr.models.EncDecCTCModel\noptim:\n  name: adamw\npreprocessor:\n  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor\n  n_mels: 80\nencoder:\n  _target_: nemo.collections.asr.modules.ConvASREncoder\n"}, {"name": "./model_weights.ckpt", "data": ck}]), "nemo")
    b("builtin_handler.mar", Z.build([Z.Entry("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": {"modelName": "m", "handler": "image_classifier", "serializedFile": "m.pt", "modelVersion": "1.0"}, "archiverVersion": "0.9.0"}).encode()), Z.Entry("m.pt", ck), Z.Entry("index_to_name.json", b'{"0": ["cat"]}')]), "mar", "handler of TorchServe itself")
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    b("mlflow_sklearn", {"MLmodel": "artifact_path: model\nflavors:\n  python_function:\n    env: {conda: conda.yaml}\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    python_version: 3.12.1\n  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n    sklearn_version: 1.5.0\nmlflow_version: 2.15.0\n", "model.pkl": pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1])), "requirements.txt": "scikit-learn==1.5.0\n"}, "mlflow")


OLD = r"""
import sys, os, pickle, collections
import torch
from torch import nn
d = sys.argv[1]
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).eval()
torch.save(net.state_dict(), d + "/old_state.pt")
torch.save(net.state_dict(), d + "/old_state_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(net, d + "/old_module.pt")
torch.save({"model": net.state_dict(), "epoch": 3, "names": ["a"]}, d + "/old_checkpoint.ckpt")
torch.jit.script(net).save(d + "/old_scripted.pt")
torch.jit.trace(net, torch.rand(1, 2)).save(d + "/old_traced.pt")
pickle.dump(torch.ones(3), open(d + "/old_tensor.pkl", "wb"))
torch.save(torch.quantize_per_tensor(torch.rand(3), 0.1, 0, torch.quint8), d + "/old_quantized.pt")
"""


@guard
def old_torch(S):
    """Files of Debian's torch 1.13, when it is installed."""
    import subprocess
    import tempfile
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["/usr/bin/python3", "-c", OLD, d], check=True, env={"PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL)
        for n in sorted(os.listdir(d)):
            S.add("benign", n, open(os.path.join(d, n), "rb").read(), "torch-1.13")


def files(S):
    for f in (old_torch, stdlib, numpy_files, pandas_files, sklearn_files, boosters, text_files, onnx_gguf, torch_files, lightning_files, transformers_files, keras_files):
        f(S)
    print("benign: not written:", *ERR, sep="\n  ", file=sys.stderr)
