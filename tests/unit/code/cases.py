"""What people write: functions and classes, each in a module of its own, and what to ask of them.

A case is the module's text, an expression that gives what is saved, and one that asks it something.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple


class Case(NamedTuple):
    text: str
    model: str
    question: str


def load(text: str, folder: Path) -> ModuleType:
    """``text`` as a module named ``case``, imported from a file in ``folder``."""
    folder.mkdir(exist_ok=True)
    path = folder / "case.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("case", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["case"] = module
    spec.loader.exec_module(module)
    return module


def ask(name: str, model: Any) -> Any:
    return eval(CASES[name].question, {"model": model})


CASES: dict[str, Case] = {
    # -- functions ----------------------------------------------------------------------------
    "lambda": Case(
        """\
f = lambda x: x + 1
""",
        "f",
        "model(2)",
    ),
    "lambda_with_default": Case(
        """\
n = 3
f = lambda x, k=n: x + k
n = 9
""",
        "f",
        "model(2)",
    ),
    "lambdas_on_a_line": Case(
        """\
fs = [lambda x: x + 1, lambda x: x + 2, lambda y: y + 1]
""",
        "fs",
        "[f(10) for f in model]",
    ),
    "equal_lambdas_on_a_line": Case(
        """\
a, b = (lambda x: x*2), (lambda x: x * 2)
""",
        "(a, b)",
        "(model[0](4), model[1](4))",
    ),
    "lambda_in_a_call": Case(
        """\
import functools
f = functools.partial(
    lambda a,
        b: a - b,  # why
    10)
""",
        "f.func",
        "model(5, 3)",
    ),
    "lambda_in_a_dict": Case(
        """\
table = {'up': lambda x: x.upper(), 'down': lambda x: x.lower()}
""",
        "table",
        "model['up']('aB') + model['down']('aB')",
    ),
    "lambda_in_a_comprehension": Case(
        """\
fs = [lambda x, i=i: x * i for i in range(3)]
""",
        "fs",
        "[f(5) for f in model]",
    ),
    "closure_in_a_comprehension": Case(
        """\
def make():
    return [lambda x: x * i for i in range(3)]
fs = make()
""",
        "fs",
        "[f(5) for f in model]",
    ),
    "nested_lambdas": Case(
        """\
f = lambda a: lambda b: lambda c: (a, b, c)
""",
        "f(1)(2)",
        "model(3)",
    ),
    "global_value": Case(
        """\
scale = 2.5
def f(x):
    return x * scale
""",
        "f",
        "model(4)",
    ),
    "global_module": Case(
        """\
import math
def f(x):
    return math.sqrt(x)
""",
        "f",
        "model(9)",
    ),
    "submodule": Case(
        """\
import os.path
import xml.etree.ElementTree
def f(x):
    return os.path.basename(x), xml.etree.ElementTree.fromstring('<a/>').tag
""",
        "f",
        "model('/a/b')",
    ),
    "star_import": Case(
        """\
from math import *
def f(x):
    return floor(x)
""",
        "f",
        "model(2.5)",
    ),
    "global_function": Case(
        """\
def inner(x):
    return x + 1
def outer(x):
    return inner(x) * 2
""",
        "outer",
        "model(3)",
    ),
    "shadowed_builtin": Case(
        """\
def len(x):
    return 42
def f(x):
    return len(x), max(x)
""",
        "f",
        "model([1, 2])",
    ),
    "recursion": Case(
        """\
def f(n):
    return 1 if n < 2 else n * f(n - 1)
""",
        "f",
        "model(10)",
    ),
    "mutual_recursion": Case(
        """\
def even(n):
    return n == 0 or odd(n - 1)
def odd(n):
    return n != 0 and even(n - 1)
""",
        "(even, odd)",
        "(model[0](10), model[1](10), model[0].__globals__['odd'] is model[1])",
    ),
    "local_recursion": Case(
        """\
def make():
    def f(n):
        return 1 if n < 2 else n * f(n - 1)
    return f
""",
        "make()",
        "model(10)",
    ),
    "recursive_lambda": Case(
        """\
def make():
    f = lambda n: 1 if n < 2 else n * f(n - 1)
    return f
""",
        "make()",
        "model(10)",
    ),
    "closure": Case(
        """\
def make(n):
    def add(x):
        return x + n
    return add
""",
        "make(4)",
        "model(1)",
    ),
    "shared_cell": Case(
        """\
def make():
    n = 0
    def up():
        nonlocal n
        n += 1
    def get():
        return n
    return up, get
""",
        "make()",
        "(model[0](), model[0](), model[1]())",
    ),
    "empty_cell": Case(
        """\
def make():
    def f():
        try:
            return later
        except NameError:
            return 'none'
    return f
    later = 1
""",
        "make()",
        "model()",
    ),
    "shared_global": Case(
        """\
count = 0
def up():
    global count
    count += 1
def get():
    return count
""",
        "(up, get)",
        "(model[0](), model[0](), model[1]())",
    ),
    "keyword_only": Case(
        """\
def f(a, /, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw
""",
        "f",
        "model(1, c=3), model(1, 5, 6, c=7, e=8)",
    ),
    "mutable_default": Case(
        """\
def f(x, seen=[]):
    seen.append(x)
    return list(seen)
f(1)
""",
        "f",
        "model(2)",
    ),
    "computed_default": Case(
        """\
import itertools
n = itertools.count()
next(n)
def f(k=next(n)):
    return k
""",
        "f",
        "model()",
    ),
    "annotations": Case(
        """\
def f(x: int, y: 'str' = '') -> float:
    z: list = [x]
    return z
""",
        "f",
        "(model(1), model.__annotations__)",
    ),
    "text_annotations": Case(
        """\
from __future__ import annotations
def f(x: Nope, *, y: int = 1) -> Nothing:
    def g(z: Nowhere): return z
    return x, g.__annotations__
""",
        "f",
        "(model(1), model.__annotations__)",
    ),
    "docstring": Case(
        '''\
def make():
    def f():
        """Says.

            More.
        """
        return """a
  b
        c"""
    return f
''',
        "make()",
        "(model.__doc__.split(), model())",
    ),
    "attributes": Case(
        """\
def f():
    return f.n
f.n = [1, 2]
""",
        "f",
        "(model(), model.n)",
    ),
    "other_doc": Case(
        """\
def f():
    'old'
f.__doc__ = 'new'
""",
        "f",
        "model.__doc__",
    ),
    "other_name": Case(
        """\
def f():
    pass
f.__name__ = 'g'
f.__qualname__ = 'h.g'
""",
        "f",
        "(model.__name__, model.__qualname__, model.__module__)",
    ),
    "decorated": Case(
        """\
import functools
def twice(f):
    @functools.wraps(f)
    def wrapper(*a):
        return f(f(*a))
    return wrapper
@twice
def inc(x):
    'Adds.'
    return x + 1
""",
        "inc",
        "(model(1), model.__name__, model.__doc__, model.__wrapped__(1))",
    ),
    "decorated_with_arguments": Case(
        """\
def times(n):
    def deco(f):
        def wrapper(x):
            return [f(x)] * n
        return wrapper
    return deco
@times(2)
@times(
    3
)
def f(x):
    return x
""",
        "f",
        "model(1)",
    ),
    "generator": Case(
        """\
def f(n):
    got = yield 1
    yield from range(n)
    yield got
""",
        "f",
        "list(model(2))",
    ),
    "coroutine": Case(
        """\
async def f(x):
    return [y async for y in g(x)]
async def g(x):
    yield x
""",
        "f",
        "__import__('asyncio').run(model(3))",
    ),
    "fstring": Case(
        """\
name = 'n'
def f(x):
    return f'{x!r:>{len(name) + 3}} {name=} {{}} {x:%d}' if 0 else f'{name}-{x:>{len(name) + 2}}'
""",
        "f",
        "model(7)",
    ),
    "fstring_over_lines": Case(
        """\
def make():
    def f(x):
        return f'''{x}
          {
  x + 1}
   z'''
    return f
""",
        "make()",
        "model(1)",
    ),
    "walrus": Case(
        """\
def f(xs):
    return [y for x in xs if (y := x * 2) > 2], y
""",
        "f",
        "model([1, 2, 3])",
    ),
    "nested_comprehensions": Case(
        """\
k = 3
def f(xs):
    return {i: [j * k for j in range(i)] for i in xs if k}
""",
        "f",
        "model([1, 2])",
    ),
    "match": Case(
        """\
def f(x):
    match x:
        case {'a': [b, *c], **d}:
            return b, c, d
        case int() as n:
            return n
""",
        "f",
        "(model({'a': [1, 2], 'e': 3}), model(4))",
    ),
    "exceptions": Case(
        """\
class Bad(Exception):
    pass
def f(x):
    try:
        raise Bad(x)
    except* Bad as group:
        y = repr(group)
    return y
""",
        "f",
        "model(3)",
    ),
    "local_class": Case(
        """\
def f(x):
    class Local:
        y = x
        def get(self):
            return self.y, __class__.__qualname__
    return Local().get()
""",
        "f",
        "model(4)",
    ),
    "local_import": Case(
        """\
def f(x):
    import math as m
    from os.path import join
    return m.floor(x), join('a', 'b')
""",
        "f",
        "model(2.5)",
    ),
    "module_name": Case(
        """\
def f():
    return __name__
""",
        "f",
        "model()",
    ),
    "one_line_def": Case(
        """\
def f(x): return x + 1  # adds
""",
        "f",
        "model(1)",
    ),
    "tabs": Case(
        """\
if True:
	def f(x):
		if x:
			return 1
		return 0
""",
        "f",
        "(model(0), model(1))",
    ),
    "odd_indents": Case(
        """\
def make():
      def f(x):
# a comment far left
        y = (x +
  1)
        return y
      return f
""",
        "make()",
        "model(1)",
    ),
    "unicode": Case(
        """\
def f(é):
    return 'ü😀' + é; 'ß'
""",
        "f",
        "model('ñ')",
    ),
    "minus_zero": Case(
        """\
f = lambda: (0.0, -0.0, 1, True, 1.0, 1j)
""",
        "f",
        "model()",
    ),
    "conditional_definition": Case(
        """\
import sys
if sys.version_info < (3,):
    def f():
        return 2
else:
    def f():
        return 3
""",
        "f",
        "model()",
    ),
    "redefinition": Case(
        """\
def f():
    return 1
g = f
def f():
    return 2
""",
        "(f, g)",
        "(model[0](), model[1]())",
    ),
    # -- methods ------------------------------------------------------------------------------
    "method_alone": Case(
        """\
class A:
    def __init__(self):
        self.__x = 3
    def m(self):
        return self.__x
""",
        "(A.m, A())",
        "model[0](model[1])",
    ),
    "static_method_alone": Case(
        """\
class A:
    @staticmethod
    def m(x):
        return x + 1
""",
        "A.m",
        "model(1)",
    ),
    "lambda_in_a_class": Case(
        """\
class A:
    f = lambda self: 5
""",
        "A()",
        "model.f()",
    ),
    # -- classes ------------------------------------------------------------------------------
    "instance": Case(
        """\
class A:
    'Doc.'
    kind = 'a'
    def __init__(self, x):
        self.x = x
    def get(self):
        return self.x
""",
        "A(3)",
        "(model.get(), model.kind, type(model).__name__, type(model).__doc__, "
        "type(model).__module__)",
    ),
    "inheritance": Case(
        """\
class A:
    def __init__(self, x):
        self.x = x
class B(A):
    def __init__(self, x):
        super().__init__(x + 1)
""",
        "B(3)",
        "(model.x, [c.__name__ for c in type(model).__mro__])",
    ),
    "class_refers_to_itself": Case(
        """\
class A:
    def make(self):
        return A()
    def same(self):
        return isinstance(self.make(), A)
""",
        "A()",
        "model.same(), type(model.make()) is type(model)",
    ),
    "class_of_a_function": Case(
        """\
def make(n):
    class A:
        def get(self):
            return n, A.__name__
    return A
""",
        "make(3)()",
        "model.get()",
    ),
    "class_with_a_local_base": Case(
        """\
class Base:
    k = 7
def make(base, meta=type):
    class A(base, metaclass=meta):
        pass
    return A
""",
        "make(Base)()",
        "model.k",
    ),
    "class_reads_a_local": Case(
        """\
def make(n):
    class A:
        size = n
        def m(self, k=n):
            return k
    return A
""",
        "make(3)()",
        "(model.size, model.m())",
    ),
    "class_attribute_set_later": Case(
        """\
class A:
    seen = []
    n = 1
A.seen.append(4)
A.n = 2
A.extra = {'a': (1, 2)}
""",
        "A()",
        "(model.seen, model.n, model.extra)",
    ),
    "method_set_later": Case(
        """\
class A:
    def m(self):
        return 1
    def k(self):
        return 5
def other(self):
    return 2
A.m = other
A.new = lambda self: 3
""",
        "A()",
        "(model.m(), model.new(), model.k())",
    ),
    "class_refers_to_an_instance": Case(
        """\
class A:
    only = None
    def me(self):
        return self
A.only = A()
""",
        "A.only",
        "(model.me() is type(model).only, model is type(model).only)",
    ),
    "computed_attribute": Case(
        """\
ids = iter(range(5, 99))
class A:
    id = next(ids)
    names = [str(i) for i in range(3)]
""",
        "A()",
        "(model.id, model.names)",
    ),
    "body_reads_globals": Case(
        """\
import math
size = 4
class A:
    area = size * size
    root = math.sqrt(area)
    if size > 3:
        big = True
    else:
        small = True
""",
        "A()",
        "(model.area, model.root, model.big, hasattr(model, 'small'))",
    ),
    "body_calls_its_function": Case(
        """\
offset = 10
class A:
    def helper(x):
        return x + offset
    value = helper(1)
    thing = {helper(2): object}
""",
        "A()",
        "(model.value, list(model.thing))",
    ),
    "property": Case(
        """\
class A:
    def __init__(self):
        self._x = 1
    @property
    def x(self):
        'The x.'
        return self._x
    @x.setter
    def x(self, v):
        self._x = v * 2
""",
        "A()",
        "(model.x, setattr(model, 'x', 5), model.x, type(model).x.__doc__)",
    ),
    "static_and_class_methods": Case(
        """\
class A:
    n = 1
    @staticmethod
    def s(x):
        return x
    @classmethod
    def c(cls, k=[2]):
        return cls.n, k
A.c.__func__.__defaults__[0].append(3)
""",
        "A()",
        "(model.s(1), model.c())",
    ),
    "cached_property": Case(
        """\
import functools
class A:
    @functools.cached_property
    def x(self):
        return 5
    @functools.lru_cache
    def y(self):
        return 6
""",
        "A()",
        "(model.x, model.y())",
    ),
    "slots": Case(
        """\
class A:
    __slots__ = ('a', '__b')
    def __init__(self):
        self.a = 1
        self.__b = 2
    def get(self):
        return self.a, self.__b
""",
        "A()",
        "(model.get(), hasattr(model, '__dict__'))",
    ),
    "private_names": Case(
        """\
class _A:
    __k = 3
    def __m(self):
        return self.__k
    def get(self):
        return self.__m()
""",
        "_A()",
        "model.get()",
    ),
    "nested_class": Case(
        """\
class A:
    class B:
        limit = 2
        def get(self):
            return self.limit
    def make(self):
        return self.B()
A.B.limit = 9
""",
        "(A(), A.B())",
        "(model[0].make().get(), model[1].get(), type(model[1]) is type(model[0]).B)",
    ),
    "dataclass": Case(
        """\
from dataclasses import dataclass, field
@dataclass(order=True)
class P:
    x: int
    y: float = 2.0
    tags: list = field(default_factory=list)
    def total(self):
        return self.x + self.y
""",
        "P(1)",
        "(repr(model), model.total(), model == type(model)(1), model < type(model)(2))",
    ),
    "plain_dataclass": Case(
        """\
import dataclasses as dc
@dc.dataclass(frozen=True)
class P:
    x: int = 1
""",
        "P(2)",
        "(repr(model), hash(model) == hash(type(model)(2)))",
    ),
    "slotted_dataclass": Case(
        """\
from dataclasses import dataclass
@dataclass(slots=True)
class P:
    x: int = 1
""",
        "P(2)",
        "(repr(model), hasattr(model, '__dict__'))",
    ),
    "text_annotated_dataclass": Case(
        """\
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar
@dataclass
class P:
    x: Unknown
    n: ClassVar[int] = 3
""",
        "P(2)",
        "(repr(model), type(model).__annotations__, model.n)",
    ),
    "enum": Case(
        """\
import enum
class Colour(enum.Enum):
    RED = 1
    BLUE = 'b'
    def hello(self):
        return self.name
""",
        "Colour",
        "([(m.name, m.value) for m in model], model.RED.hello(), model('b'))",
    ),
    "int_flag": Case(
        """\
import enum
class F(enum.IntFlag):
    A = enum.auto()
    B = enum.auto()
""",
        "F",
        "(list(model), model(3))",
    ),
    "named_tuple": Case(
        """\
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: int = 2
    def s(self):
        return self.x + self.y
""",
        "P(1)",
        "(model, model.s(), model._replace(x=5), model._fields)",
    ),
    "abstract": Case(
        """\
import abc
class A(abc.ABC):
    @abc.abstractmethod
    def m(self): ...
class B(A):
    def m(self):
        return 1
""",
        "B()",
        "(model.m(), sorted(type(model).__mro__[1].__abstractmethods__))",
    ),
    "generic": Case(
        """\
from typing import Generic, TypeVar
T = TypeVar('T')
class Box(Generic[T]):
    def __init__(self, x: T):
        self.x = x
""",
        "Box(3)",
        "(model.x, type(model)[int].__args__)",
    ),
    "protocol": Case(
        """\
from typing import Protocol
class Sized(Protocol):
    def size(self) -> int: ...
class A(Sized):
    def size(self):
        return 3
""",
        "A()",
        "model.size()",
    ),
    "metaclass": Case(
        """\
class Meta(type):
    def __new__(m, name, bases, ns, tag='none'):
        c = super().__new__(m, name, bases, ns)
        c.tag = tag
        return c
    def __init__(c, *a, **k):
        pass
    def hello(c):
        return c.__name__
class A(metaclass=Meta, tag='yes'):
    pass
""",
        "A()",
        "(model.tag, type(model).hello(), type(type(model)).__name__)",
    ),
    "init_subclass": Case(
        """\
class Base:
    known = []
    def __init_subclass__(cls, word='', **kw):
        super().__init_subclass__(**kw)
        cls.word = word
class A(Base, word='hi'):
    pass
""",
        "A()",
        "model.word",
    ),
    "class_decorator": Case(
        """\
def tag(word):
    def deco(cls):
        cls.word = word
        cls.say = lambda self: word
        return cls
    return deco
@tag('w')
class A:
    pass
""",
        "A()",
        "(model.word, model.say())",
    ),
    "total_ordering": Case(
        """\
import functools
@functools.total_ordering
class A:
    def __init__(self, n):
        self.n = n
    def __eq__(self, o):
        return self.n == o.n
    def __lt__(self, o):
        return self.n < o.n
""",
        "A(1)",
        "(model >= type(model)(1), model > type(model)(2), type(model).__hash__)",
    ),
    "descriptor": Case(
        """\
class D:
    def __set_name__(self, owner, name):
        self.name = '_' + name
    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name, 0)
    def __set__(self, obj, v):
        setattr(obj, self.name, v)
class A:
    x = D()
""",
        "A()",
        "(model.x, setattr(model, 'x', 3), model.x)",
    ),
    "callable_instance": Case(
        """\
class A:
    def __call__(self, x):
        return x * 2
    def __eq__(self, other):
        return True
""",
        "A()",
        "(model(2), model == 3, type(model).__hash__)",
    ),
    "subclass_of_dict": Case(
        """\
class A(dict):
    def __missing__(self, key):
        return key * 2
""",
        "A(a=1)",
        "(model['a'], model['b'])",
    ),
    "exception_class": Case(
        """\
class E(ValueError):
    def __init__(self, code):
        super().__init__(f'code {code}')
        self.code = code
""",
        "E",
        "(str(model(3)), model(3).code)",
    ),
    "estimator": Case(
        """\
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
class Clip(TransformerMixin, BaseEstimator):
    def __init__(self, low=0.0):
        self.low = low
    def fit(self, X, y=None):
        self.top_ = X.max()
        return self
    def transform(self, X):
        return np.clip(X, self.low, self.top_)
""",
        "Clip(1.0).fit(np.arange(6.0).reshape(3, 2))",
        "(model.transform(__import__('numpy').array([[-3.0, 9.0]])).tolist(), "
        "model.get_params(), repr(model))",
    ),
    "estimator_with_constraints": Case(
        """\
from numbers import Real
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval
class A(BaseEstimator):
    _parameter_constraints: dict = {'a': [Interval(Real, 0, None, closed='left')]}
    def __init__(self, a=1):
        self.a = a
""",
        "A()",
        "(str(type(model)._parameter_constraints), model._validate_params())",
    ),
}
