"""Writes harmless files as real libraries write them, and what they import and call.

    python tests/integration/benign_pickles.py FOLDER [--uses FILE]

Each library that is installed adds its objects, in every pickle protocol, as joblib files and as `torch.save` files.
Nothing random goes in, so two runs with the same versions write the same objects. `--uses` also writes, one a line,
which globals the files use: opcode, module, name and the first texts among the arguments, separated by tabs.
The expectation is one for all: no finding above a note.
"""

import argparse
import collections
import datetime
import decimal
import enum
import fractions
import functools
import importlib
import io
import ipaddress
import json
import logging
import operator
import pathlib
import pickle
import random
import re
import sys
import types
import uuid
import warnings
import zipfile

warnings.simplefilter("ignore")


class Colour(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


class Settings:
    """A class of the user's own."""

    def __init__(self):
        self.name, self.home, self.rate = "run", "/home/someone/run", 0.5


class Sluggish:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, 2


def standard_library():
    import array
    import configparser
    import zoneinfo

    yield "plain", {"a": [1, 2.5, None, True, "text", b"bytes", 10**30], "t": (1, (2, (3, 4, 5))), "s": {1}, "f": frozenset([2])}
    yield "bytes", [b"", b"\x00\xff", bytearray(b"ab"), "é" * 300, "x" * 70000]
    yield "collections", [
        collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.defaultdict(int), collections.Counter("abca"),
        collections.deque([1, 2], maxlen=3), collections.ChainMap({"a": 1}), collections.UserDict(a=1), collections.UserList([1]),
        collections.defaultdict(functools.partial(dict, a=1)), collections.defaultdict(functools.partial(collections.defaultdict, int)),
    ]
    yield "dates", [
        datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), datetime.date(2024, 1, 2), datetime.time(1, 2),
        datetime.timedelta(1, 2, 3), datetime.timezone(datetime.timedelta(hours=2)), zoneinfo.ZoneInfo("Europe/Berlin"),
    ]
    yield "numbers", [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1 + 2j, decimal.Context(), range(10), slice(1, 2, 3), random.Random(1)]
    yield "identifiers", [uuid.UUID(int=5), ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8"), pathlib.PurePosixPath("/a/b"), pathlib.Path("/etc/hosts")]
    yield "functions", [len, sorted, operator.add, operator.itemgetter(1, 2), operator.attrgetter("a.b"), functools.partial(int, base=2), str.lower, max, math_function()]
    yield "patterns", [re.compile(r"(\w+)\s+(?P<x>\d+)", re.I), re.compile(b"a*")]
    yield "own", [Colour.RED, Point(1, 2), Settings(), Sluggish(), Settings]
    yield "types", [int, dict, type(None), type(...), NotImplemented, Ellipsis, types.SimpleNamespace(a=1), list[int], argparse.Namespace(a="/tmp/x", b=[1])]
    yield "bound", [[1, 2].append, "text".upper, collections.OrderedDict.fromkeys]
    yield "errors", [ValueError("a"), KeyError("b"), OSError(2, "No such file"), RuntimeError("c", {"d": 1})]
    yield "other", [array.array("d", [1.0]), logging.getLogger("a.b"), logging.Formatter("%(message)s"), logging.INFO, io.BytesIO(b"abc"), io.StringIO("abc"), configparser.ConfigParser()]
    yield "typing", typing_objects()
    shared = [1]
    shared.append(shared)
    yield "recursive", [shared, {"again": shared}]


def math_function():
    import math

    return math.sqrt


def typing_objects():
    import typing

    return [typing.List[int], typing.Optional[str], typing.Any, typing.Dict[str, typing.Tuple[int, ...]], typing.Callable[[int], str], typing.Union[int, str]]


def numpy_objects():
    import numpy as np

    yield "arrays", [np.arange(12.0).reshape(3, 4), np.asfortranarray(np.eye(3)), np.array(["a", "bc"]), np.array([True]), np.array(5), np.zeros((0, 3)), np.arange(3)[::2]]
    yield "objects", [np.array([1, "a", None, {"b": 2}], dtype=object), np.array([np.arange(2), np.arange(3)], dtype=object)]
    yield "scalars", [np.float64(1.5), np.int32(3), np.bool_(True), np.complex128(1j), np.str_("a"), np.bytes_(b"a"), np.datetime64("2024-01-01"), np.timedelta64(3, "D"), np.float16(2)]
    yield "dtypes", [np.dtype("f8"), np.dtype(">i2"), np.dtype([("a", "i4"), ("b", "U5")]), np.dtype("M8[ns]"), np.dtype(object), np.float32, np.dtype("S3"), np.dtypes.StringDType() if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType") else None]
    yield "records", [np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), np.ma.array([1, 2], mask=[0, 1]), np.matrix([[1, 2]])]
    yield "random", [np.random.RandomState(1), np.random.default_rng(1), np.random.PCG64(1), np.random.MT19937(1), np.random.SeedSequence(1), np.random.Philox(1), np.random.SFC64(1)]
    yield "functions", [np.add, np.mean, np.float64, np.log1p, np.random.rand, np.exp, np.linalg.norm, np.poly1d([1, 2]), np.sum, np.maximum, np.nan_to_num]
    yield "polynomials", [np.polynomial.Polynomial([1, 2]), np.polynomial.Chebyshev([1, 2]), np.vectorize(len), np.finfo(float).dtype]


def pandas_objects():
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": pd.date_range("2024-01-01", periods=3), "d": pd.Categorical(["u", "v", "u"]), "e": [1.5, None, 2.5]})
    yield "frame", frame
    yield "series", [frame["a"], frame["c"], frame["d"], pd.Series([1, None], dtype="Int64"), pd.Series(["a", None], dtype="string"), pd.Series([True, None], dtype="boolean"), pd.Series([0, 0, 1], dtype=pd.SparseDtype(int))]
    yield "indexes", [pd.RangeIndex(5), pd.Index(["a", "b"]), pd.MultiIndex.from_product([[1, 2], ["a", "b"]]), pd.DatetimeIndex(["2024-01-01"], tz="Europe/Berlin"), pd.PeriodIndex(["2024-01"], freq="M"), pd.TimedeltaIndex(["1D"]), pd.IntervalIndex.from_breaks([0, 1, 2]), pd.CategoricalIndex(["a"])]
    yield "scalars", [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timedelta("1D"), pd.Period("2024-01", freq="M"), pd.Interval(0, 1), pd.NaT, pd.NA, pd.offsets.Day(3), pd.offsets.MonthEnd(), pd.offsets.BDay(), pd.DateOffset(months=1), pd.offsets.CustomBusinessDay()]
    yield "dtypes", [pd.CategoricalDtype(["a"]), pd.DatetimeTZDtype("ns", "UTC"), pd.Int64Dtype(), pd.StringDtype(), pd.PeriodDtype("M"), pd.IntervalDtype("int64"), pd.BooleanDtype(), pd.Float32Dtype()]
    yield "groups", [frame.groupby("b"), frame.rolling(2), frame.style.format("{}") if False else None]
    yield "multi", frame.set_index(["a", "b"]).unstack()
    yield "attributes", frame.copy().assign(f=np.arange(3)).rename_axis("i")
    try:
        import pyarrow  # noqa: F401

        yield "arrow", [pd.Series(["a"], dtype="string[pyarrow]"), pd.Series([1], dtype="int64[pyarrow]"), pd.ArrowDtype(pyarrow.int64())]
    except ImportError:
        return


def scipy_objects():
    import numpy as np
    import scipy.sparse as sp
    from scipy import interpolate, optimize, spatial, stats

    eye = sp.eye(4)
    yield "sparse", [eye.tocsr(), eye.tocsc(), eye.tocoo(), eye.tolil(), eye.todok(), eye.todia(), eye.tobsr(), sp.csr_array(eye)]
    yield "statistics", [stats.norm(0, 1), stats.norm, stats.gaussian_kde(np.arange(10.0)), stats.uniform(0, 1), stats.randint(1, 5), stats.rv_discrete(values=([1, 2], [0.5, 0.5])), stats.multivariate_normal([0, 0])]
    yield "interpolation", [interpolate.interp1d([0, 1, 2], [0, 1, 4]), interpolate.CubicSpline([0, 1, 2], [0, 1, 4]), interpolate.BSpline([0, 1, 2, 3], [1, 2], 1), interpolate.UnivariateSpline(np.arange(5), np.arange(5)), interpolate.RegularGridInterpolator(([0, 1],), [0, 1]), interpolate.PchipInterpolator([0, 1, 2], [0, 1, 4])]
    yield "space", [spatial.KDTree(np.eye(3)), spatial.cKDTree(np.eye(3)), spatial.distance.cosine, spatial.transform.Rotation.from_quat([0, 0, 0, 1])]
    yield "optimum", optimize.minimize(lambda x: (x**2).sum(), [1.0]).x
    yield "result", optimize.OptimizeResult(x=1)


def sklearn_objects():
    import numpy as np
    import sklearn
    from sklearn.utils import all_estimators

    data = np.array([[i % 7, (i * 3) % 5, (i * i) % 11, i % 2] for i in range(40)], dtype=float)
    target = np.array([i % 2 for i in range(40)])
    for name, estimator in all_estimators():
        try:
            model = estimator()
        except Exception:
            continue
        if hasattr(model, "random_state"):
            model.random_state = 0
        if hasattr(model, "max_iter"):
            model.max_iter = 5
        if hasattr(model, "n_jobs"):
            model.n_jobs = 1
        try:
            if name in ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer"):
                model.fit(["a text of words", "another text"])
            elif name == "LabelEncoder":
                model.fit(target)
            elif name in ("LabelBinarizer",):
                model.fit(target)
            elif name == "IsotonicRegression":
                model.fit(data[:, 0], target)
            else:
                model.fit(data, target)
        except Exception:
            pass
        yield name, model
    yield from sklearn_compositions(data, target)
    yield "configuration", sklearn.get_config()


def sklearn_compositions(data, target):
    import numpy as np
    from scipy.stats import uniform
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import make_scorer, mean_squared_error
    from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV, StratifiedKFold
    from sklearn.neighbors import BallTree, KDTree, KNeighborsClassifier
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    from sklearn.utils import Bunch

    yield "pipeline", make_pipeline(StandardScaler(), LogisticRegression()).fit(data, target)
    yield "columns", ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(), [2])]).fit(data)
    yield "grid", GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(data, target)
    yield "random search", RandomizedSearchCV(Ridge(), {"alpha": uniform(0, 1)}, n_iter=2, cv=2, random_state=0).fit(data, target)
    yield "stack", StackingClassifier([("a", LogisticRegression()), ("b", KNeighborsClassifier())], cv=2).fit(data, target)
    yield "votes", VotingClassifier([("a", LogisticRegression()), ("b", RandomForestClassifier(3))]).fit(data, target)
    yield "calibrated", CalibratedClassifierCV(LogisticRegression(), cv=2).fit(data, target)
    yield "text", make_pipeline(TfidfVectorizer(tokenizer=str.split, lowercase=True)).fit(["a b", "c d"])
    yield "functions", [FunctionTransformer(np.log1p), make_scorer(mean_squared_error), make_column_selector("a"), TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)]
    yield "process", GaussianProcessRegressor(RBF() + WhiteKernel()).fit(data, target)
    yield "trees", [KDTree(data), BallTree(data)]
    yield "splits", [KFold(3), StratifiedKFold(2)]
    yield "bunch", Bunch(data=data, target=target, names=["a"])
    yield "union", FeatureUnion([("a", StandardScaler())]).fit(data)


def boosting_objects():
    import numpy as np

    data, target = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    try:
        import lightgbm

        model = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=2, verbose=-1).fit(data, target)
        yield "lightgbm", [model, model.booster_, lightgbm.LGBMRegressor()]
    except ImportError:
        pass
    try:
        import xgboost

        model = xgboost.XGBClassifier(n_estimators=2).fit(data, target)
        yield "xgboost", [model, model.get_booster(), xgboost.XGBRegressor(), xgboost.XGBRanker()]
    except ImportError:
        pass
    try:
        import catboost

        yield "catboost", catboost.CatBoostClassifier(iterations=2, verbose=False, allow_writing_files=False).fit(data, target)
    except ImportError:
        pass


def networkx_objects():
    import networkx as nx

    yield "graphs", [nx.path_graph(3), nx.DiGraph([(1, 2)]), nx.MultiGraph([(1, 2)]), nx.MultiDiGraph([(1, 2)])]


def sympy_objects():
    import sympy

    x, y = sympy.symbols("x y", positive=True)
    yield "expressions", [x + y**2, sympy.sin(x), sympy.Rational(1, 3), sympy.pi, sympy.Matrix([[x, y]]), sympy.Integral(x, x), sympy.Function("f")(x), sympy.oo, sympy.Eq(x, y), sympy.Piecewise((x, x > 0), (y, True))]


def astropy_objects():
    import astropy.coordinates as c
    import astropy.table as t
    import astropy.time
    import astropy.units as u

    yield "units", [3 * u.m, u.m / u.s, u.Quantity([1, 2], "km"), u.mag, u.dimensionless_unscaled]
    yield "tables", [t.Table({"a": [1, 2], "b": ["x", "y"]}), t.QTable({"a": [1, 2] * u.m})]
    yield "places", [c.SkyCoord(1 * u.deg, 2 * u.deg), astropy.time.Time("2024-01-01"), c.EarthLocation(1, 2, 3)]
    from astropy import cosmology, modeling, wcs

    yield "models", [modeling.models.Gaussian1D(), wcs.WCS(naxis=2), cosmology.Planck18]


def arrow_objects():
    import pyarrow as pa

    yield "arrow", [pa.array([1, 2]), pa.table({"a": [1]}), pa.schema([("a", pa.int64())]), pa.int64(), pa.field("a", pa.string()), pa.chunked_array([[1]]), pa.scalar(3), pa.record_batch({"a": [1]})]


def polars_objects():
    import polars as pl

    yield "polars", [pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pl.Series([1]), pl.col("a") + 1, pl.Int64, pl.Datetime("us"), pl.LazyFrame({"a": [1]})]


def shapely_objects():
    import shapely

    yield "shapes", [shapely.Point(1, 2), shapely.Polygon([(0, 0), (1, 0), (1, 1)]), shapely.LineString([(0, 0), (1, 1)]), shapely.STRtree([shapely.Point(0, 0)])]


def pillow_objects():
    from PIL import Image

    yield "pictures", [Image.new("RGB", (4, 4)), Image.new("P", (2, 2))]


def omegaconf_objects():
    import omegaconf

    yield "settings", [omegaconf.OmegaConf.create({"a": 1, "b": [1, 2], "c": {"d": "${a}", "p": "/data/x"}}), omegaconf.ListConfig([1])]


def gensim_objects():
    import gensim

    texts = [["a", "b", "c"], ["a", "c", "d"]] * 5
    words = gensim.models.Word2Vec(texts, vector_size=4, min_count=1, workers=1, seed=1)
    dictionary = gensim.corpora.Dictionary(texts)
    corpus = [dictionary.doc2bow(text) for text in texts]
    yield "models", [words, words.wv, dictionary, gensim.models.TfidfModel(corpus), gensim.models.LsiModel(corpus, num_topics=2), gensim.models.LdaModel(corpus, num_topics=2, random_state=1), gensim.models.Phrases(texts)]


def nltk_objects():
    from nltk import FreqDist, NaiveBayesClassifier, Tree
    from nltk.stem import PorterStemmer, SnowballStemmer, WordNetLemmatizer
    from nltk.tag import DefaultTagger, UnigramTagger
    from nltk.tokenize import RegexpTokenizer, WordPunctTokenizer
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    yield "nltk", [FreqDist("abca"), Tree("S", ["a"]), NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")]), PorterStemmer(), SnowballStemmer("english"), DefaultTagger("NN"), UnigramTagger([[("a", "DT")]]), RegexpTokenizer(r"\w+"), PunktSentenceTokenizer("One. Two."), WordPunctTokenizer()]


def transformers_objects():
    import transformers

    yield "settings", [transformers.BertConfig(), transformers.GPT2Config(), transformers.GenerationConfig()]
    yield "encodings", [transformers.BatchEncoding({"input_ids": [1, 2]})]


def statsmodels_objects():
    import numpy as np
    import statsmodels.api as sm

    yield "results", [sm.OLS(np.arange(9.0), sm.add_constant(np.arange(9.0) ** 2)).fit()]


def spacy_objects():
    import spacy

    nlp = spacy.blank("en")
    yield "documents", [nlp("A text."), nlp.vocab]


def xarray_objects():
    import xarray

    yield "arrays", [xarray.DataArray([1, 2], dims="x"), xarray.Dataset({"a": ("x", [1, 2])})]


def tree_objects():
    import cloudpickle
    import joblib

    yield "joblib", [joblib.delayed(len), joblib.hash("a")]
    del cloudpickle


def torch_objects():
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 2))
    yield "state", net.state_dict()
    yield "tensors", {"f": torch.ones(2, 3), "h": torch.ones(2).half(), "b": torch.ones(2).bfloat16(), "i": torch.arange(3), "c": torch.ones(1, dtype=torch.complex64), "t": torch.tensor(True), "p": nn.Parameter(torch.ones(2)), "e": torch.empty(0), "v": torch.arange(10)[2:7:2], "g": torch.ones(2, requires_grad=True)}
    yield "sparse", [torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()]
    yield "quantised", torch.quantize_per_tensor(torch.ones(3), 0.1, 10, torch.qint8)
    yield "values", {"size": torch.Size([1, 2]), "dtype": torch.float16, "device": torch.device("cpu"), "layout": torch.strided, "generator": torch.get_rng_state()}
    yield "module", net
    yield "layers", [nn.Conv2d(3, 4, 3), nn.LSTM(4, 3), nn.GRU(4, 3), nn.Embedding(5, 2), nn.LayerNorm(3), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2), nn.ModuleList([nn.Identity()]), nn.ModuleDict({"a": nn.GELU()}), nn.ParameterList([nn.Parameter(torch.ones(1))]), nn.CrossEntropyLoss(), nn.Softmax(dim=1), nn.Upsample(scale_factor=2), nn.Flatten(), nn.SiLU(), nn.Hardswish(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.ConvTranspose2d(2, 2, 2), nn.GroupNorm(1, 2), nn.utils.weight_norm(nn.Linear(2, 2)) if False else nn.PReLU()]
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    yield "training", {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "epoch": 3, "args": argparse.Namespace(lr=0.1, data="/data/set"), "time": datetime.datetime(2024, 1, 1)}
    yield "optimizer", [optimizer, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)]
    yield "lightning", {"epoch": 1, "state_dict": net.state_dict(), "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_path": "/x/y.ckpt"}}, "hyper_parameters": {"lr": 0.1, "path": pathlib.PosixPath("/a/b")}, "loops": {}}
    yield "data", [torch.utils.data.TensorDataset(torch.ones(2)), torch.utils.data.Subset(torch.utils.data.TensorDataset(torch.ones(2)), [0])]
    yield "distributions", [torch.distributions.Normal(0.0, 1.0), torch.distributions.Categorical(torch.ones(2))]
    import numpy as np

    yield "scalars", {"best": np.float64(0.5), "array": np.arange(3), "seed": np.random.get_state()}
    yield "buffer", {"bytes": b"abc", "set": {1, 2}, "counter": collections.Counter("ab"), "complex": 1j, "default": collections.defaultdict(float)}


LIBRARIES = {
    "stdlib": standard_library, "numpy": numpy_objects, "pandas": pandas_objects, "scipy": scipy_objects, "sklearn": sklearn_objects,
    "boosting": boosting_objects, "networkx": networkx_objects, "sympy": sympy_objects, "astropy": astropy_objects, "pyarrow": arrow_objects,
    "polars": polars_objects, "shapely": shapely_objects, "pillow": pillow_objects, "omegaconf": omegaconf_objects, "gensim": gensim_objects,
    "nltk": nltk_objects, "transformers": transformers_objects, "statsmodels": statsmodels_objects, "spacy": spacy_objects, "xarray": xarray_objects,
    "joblib": tree_objects, "torch": torch_objects,
}


class Stub:
    """Stands for what cannot be made here: a storage, or what a call that failed would have given."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub()

    def __call__(self, *arguments):
        return Stub()

    def __setitem__(self, key, value):
        pass

    def __setstate__(self, state):
        pass


class Recorder(pickle._Unpickler):
    """Loads one of the files above and notes each global that is imported, called or given state."""

    def __init__(self, file, uses):
        super().__init__(file)
        self.uses, self.names = uses, {}

    def find_class(self, module, name):
        found = super().find_class(module, name)
        self.names.setdefault(id(found), (module, name))
        self.note("import", found, ())
        return found

    def persistent_load(self, pid):
        return Stub()

    def note(self, opcode, found, arguments):
        module, name = self.names.get(id(found), (getattr(found, "__module__", None), getattr(found, "__qualname__", repr(type(found)))))
        texts = [a.decode("latin1") if isinstance(a, bytes) else a for a in arguments if isinstance(a, (str, bytes))][:4]
        kinds = [self.describe(a) for a in list(arguments)[:6]]
        self.uses[(opcode, str(module), str(name), json.dumps(texts), json.dumps(kinds))] += 1

    def describe(self, value):
        if id(value) in self.names:
            return "global " + ".".join(self.names[id(value)])
        return type(value).__name__

    dispatch = dict(pickle._Unpickler.dispatch)

    def load_reduce(self):
        self.note("reduce", self.stack[-2], self.stack[-1])
        arguments = self.stack[-1]
        try:
            super().load_reduce()
        except Exception:
            if self.stack[-1] is arguments:
                self.stack.pop()
            self.stack[-1] = Stub()

    def load_newobj(self):
        self.note("newobj", self.stack[-2], self.stack[-1])
        super().load_newobj()

    def load_newobj_ex(self):
        self.note("newobj-ex", self.stack[-3], self.stack[-2])
        super().load_newobj_ex()

    def load_build(self):
        self.note("build", type(self.stack[-2]), ())
        super().load_build()

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex
    dispatch[pickle.BUILD[0]] = load_build


def record(data, uses):
    try:
        Recorder(io.BytesIO(data), uses).load()
    except Exception as error:  # what is recorded up to here counts
        print("not recorded to the end:", repr(error)[:120], file=sys.stderr)


def write(folder, library, name, value, uses):
    stem = f"{library}-{name}".replace(" ", "-").replace("/", "-")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            data = pickle.dumps(value, protocol)
        except Exception as error:
            print("not pickled:", stem, protocol, repr(error)[:100], file=sys.stderr)
            continue
        (folder / f"{stem}-{protocol}.pkl").write_bytes(data)
        if uses is not None:
            record(data, uses)


def write_joblib(folder, library, name, value):
    import joblib

    stem = f"{library}-{name}".replace(" ", "-").replace("/", "-")
    for compress, ending in [(0, "joblib"), (("zlib", 3), "joblib.z"), (("gzip", 3), "joblib.gz"), (("lzma", 1), "joblib.xz"), (("bz2", 1), "joblib.bz2")]:
        try:
            joblib.dump(value, folder / f"{stem}.{ending}", compress=compress)
        except Exception as error:
            print("not dumped:", stem, repr(error)[:100], file=sys.stderr)
            return


def write_torch(folder, name, value, uses):
    import torch

    for legacy in (False, True):
        path = folder / f"torch-{name}{'-legacy' if legacy else ''}.pt"
        try:
            torch.save(value, path, _use_new_zipfile_serialization=not legacy)
        except Exception as error:
            print("not saved:", path.name, repr(error)[:100], file=sys.stderr)
            continue
        if uses is not None and not legacy:
            with zipfile.ZipFile(path) as archive:
                member = next(m for m in archive.namelist() if m.endswith("data.pkl"))
                record(archive.read(member), uses)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--uses", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", choices=sorted(LIBRARIES))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    uses = collections.Counter() if arguments.uses else None
    for library, objects in LIBRARIES.items():
        if arguments.only and library not in arguments.only:
            continue
        try:
            for name, value in objects():
                if library == "torch":
                    write_torch(arguments.folder, name, value, uses)
                else:
                    write(arguments.folder, library, name, value, uses)
                    if library in ("numpy", "pandas", "scipy", "sklearn", "boosting") and importlib.util.find_spec("joblib"):
                        write_joblib(arguments.folder, library, name, value)
        except ImportError as error:
            print("left out:", library, error, file=sys.stderr)
        except Exception as error:
            print("broken off:", library, repr(error)[:200], file=sys.stderr)
    if uses is not None:
        arguments.uses.write_text("".join("\t".join(use) + "\n" for use in sorted(uses)))


if __name__ == "__main__":
    sys.modules["own_project"] = sys.modules["__main__"]
    for own in (Colour, Point, Settings, Sluggish):
        own.__module__ = "own_project"
    main()
