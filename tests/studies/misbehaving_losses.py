"""Losses that misbehave: what each does, and what it may cost.

Each is a few statements in the hand-written gradient of a problem that is right otherwise. Whatever
they do, the cell has one of the statuses named here, in time; the next cell, of a well-behaved
problem in the same file, is right; no process is left. As data, for tests and studies alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.harness.files import GOOD

OK = ("ok",)
CRASHED = ("crashed",)
TIMEOUT = ("timeout",)
ERROR = ("error",)
ENDED = ("crashed", "timeout", "error")
MEMORY = ("out of memory", "crashed", "error")


@dataclass(frozen=True, slots=True)
class Misbehaving:
    """name; does: statements, `params` and `data` at hand; costs: the statuses that it may have."""

    name: str
    does: str
    costs: tuple[str, ...]

    @property
    def file(self) -> str:
        """A user's file with the problems "misbehaves" and, well-behaved, "mine"."""
        return together({"misbehaves": self})


def together(losses: Mapping[str, Misbehaving]) -> str:
    """A user's file with problems of these names that misbehave, and one that does not, "mine"."""
    text = f"{IMPORTS}{GOOD}\n{FORGERY}"
    for number, (name, loss) in enumerate(losses.items()):
        body = "\n".join(f"    {line}" for line in loss.does.splitlines())
        text += (
            f"\ndef gradient{number}(params, data):\n{body}\n    return gradient(params, data)\n"
        )
        text += f"\nP{number} = replace(PROBLEM, name={name!r}, gradient=gradient{number})\n"
    return text


IMPORTS = """
import atexit, builtins, ctypes, gc, json, locale, math, os, random, resource, signal, socket
import subprocess, sys, threading, time, warnings
"""

FORGERY = """
from dataclasses import replace

ANSWERS = {"ok": {"parameters": 3, "prepare_s": 0, "first_s": 0, "peak_bytes": 0, "reason": ""}}

def onto_every_descriptor(*texts):
    for fd in range(3, 64):
        for text in texts:
            try:
                os.write(fd, text)
            except OSError:
                pass
"""

SLEEPS = "time.sleep(1000)"
DETACHED = "subprocess.Popen(['sleep', '1000'], start_new_session=True, env={env})"
DOUBLE_FORK = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
"""

HANGING = (
    Misbehaving("sleeps", SLEEPS, TIMEOUT),
    Misbehaving("loops", "while True: pass", TIMEOUT),
    Misbehaving("closes everything and sleeps", f"os.closerange(0, 256)\n{SLEEPS}", CRASHED),
    Misbehaving("closes everything and loops", "os.closerange(0, 256)\nwhile True: pass", CRASHED),
    Misbehaving("closes everything", "os.closerange(0, 256)", CRASHED),
    Misbehaving("closes everything but three", "os.closerange(3, 256)", CRASHED),
    Misbehaving("closes standard output", "os.close(1)", ("ok", "error")),
    Misbehaving("closes standard error", "os.close(2)", ("ok", "error")),
    Misbehaving("reads standard input", "sys.stdin.read()", OK),
    Misbehaving("asks for input", "input('? ')", ERROR),
    Misbehaving(
        "ignores SIGTERM",
        "for n in (15, 1, 2): signal.signal(n, signal.SIG_IGN)\n" + SLEEPS,
        TIMEOUT,
    ),
    Misbehaving("blocks signals", f"signal.pthread_sigmask(0, range(1, 32))\n{SLEEPS}", TIMEOUT),
    Misbehaving("stops itself", "os.kill(os.getpid(), signal.SIGSTOP)", TIMEOUT),
    Misbehaving("stops its group", "os.killpg(0, signal.SIGSTOP)", TIMEOUT),
    Misbehaving(
        "catches everything",
        "while True:\n  try: time.sleep(1)\n  except BaseException: pass",
        TIMEOUT,
    ),
    Misbehaving("hangs at exit", "atexit.register(time.sleep, 1000)\nraise SystemExit(3)", ERROR),
    Misbehaving(
        "hangs in its error",
        "class E(Exception):\n  def __str__(self): time.sleep(1000)\nraise E",
        TIMEOUT,
    ),
    Misbehaving(
        "a thread that never ends", "threading.Thread(target=time.sleep, args=(1000,)).start()", OK
    ),
    Misbehaving(
        "a busy thread",
        "def spin():\n  while True: pass\nthreading.Thread(target=spin, daemon=True).start()",
        OK,
    ),
    Misbehaving("deadlocks", "lock = threading.Lock()\nlock.acquire()\nlock.acquire()", TIMEOUT),
    Misbehaving("reads an empty pipe", "os.read(os.pipe()[0], 1)", TIMEOUT),
    Misbehaving(
        "waits for a connection",
        "s = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\ns.accept()",
        TIMEOUT,
    ),
)

PROCESSES = (
    Misbehaving("a child", "subprocess.Popen(['sleep', '1000'])", OK),
    Misbehaving("a child in a session of its own", DETACHED.format(env="None"), OK),
    Misbehaving("a child without an environment", DETACHED.format(env="{}"), OK),
    Misbehaving("a child, and hangs", f"subprocess.Popen(['sleep', '1000'])\n{SLEEPS}", TIMEOUT),
    Misbehaving("a daemon, and hangs", DOUBLE_FORK + SLEEPS, TIMEOUT),
    Misbehaving("a daemon, and dies", DOUBLE_FORK + "os._exit(3)", CRASHED),
    Misbehaving("a daemon", DOUBLE_FORK, OK),
    Misbehaving("a shell in the background", "os.system('sleep 1000 &')", OK),
    Misbehaving("forks, and both go on", "os.fork()", OK),
    Misbehaving("forks in C, and both go on", "ctypes.CDLL(None).fork()", OK),
    Misbehaving("forks, and the child answers first", "if os.fork(): time.sleep(0.5)", OK),
    Misbehaving(
        "a child that ignores SIGTERM",
        "subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP; sleep 1000'])",
        OK,
    ),
    Misbehaving(
        "leaves its group",
        "try: os.setpgid(0, os.getppid())\nexcept OSError: pass\n" + SLEEPS,
        TIMEOUT,
    ),
    Misbehaving("forks ten, all asleep", f"for _ in range(10):\n  if os.fork() == 0: {SLEEPS}", OK),
)

DYING = (
    Misbehaving("exits", "sys.exit(3)", ERROR),
    Misbehaving("exits at once", "os._exit(3)", CRASHED),
    Misbehaving("exits as if all were well", "os._exit(0)", CRASHED),
    Misbehaving("aborts", "os.abort()", CRASHED),
    Misbehaving("segfaults", "ctypes.string_at(0)", CRASHED),
    Misbehaving("kills itself", "os.kill(os.getpid(), 9)", CRASHED),
    Misbehaving("terminates itself", "os.kill(os.getpid(), 15)", CRASHED),
    Misbehaving("kills its group", "os.killpg(0, 9)", CRASHED),
    Misbehaving("becomes another program", "os.execv('/bin/sleep', ['sleep', '1000'])", ENDED),
    Misbehaving("raises", "raise ValueError('no')", ERROR),
    Misbehaving("raises without words", "raise AssertionError", ERROR),
    Misbehaving("raises KeyboardInterrupt", "raise KeyboardInterrupt", ERROR),
    Misbehaving("raises GeneratorExit", "raise GeneratorExit", ERROR),
    Misbehaving(
        "raises what cannot be told",
        "class E(Exception):\n  def __str__(self): raise E\nraise E",
        ERROR,
    ),
    Misbehaving(
        "raises lines and brackets", "raise ValueError('[/red]\\n::error::x\\n\\x1b[31m')", ERROR
    ),
    Misbehaving("recurses", "f = lambda n: f(n + 1)\nf(0)", ERROR),
    Misbehaving(
        "overflows the stack",
        "sys.setrecursionlimit(10**9)\nf = lambda: max([1], key=lambda _: f())\nf()",
        ENDED,
    ),
    Misbehaving("asks for all memory", "np.ones(1 << 50)", MEMORY),
    Misbehaving("raises MemoryError", "raise MemoryError", MEMORY),
)

CHANNEL = (
    Misbehaving("prints JSON", "print(json.dumps(ANSWERS), flush=True)", OK),
    Misbehaving(
        "garbage onto every descriptor",
        "onto_every_descriptor(b'garbage\\n')",
        ("ok", "crashed", "error"),
    ),
    Misbehaving(
        "an answer onto every descriptor",
        "onto_every_descriptor(json.dumps(ANSWERS).encode() + b'\\n')",
        ("crashed",),
    ),
    Misbehaving(
        "bytes without an end", "onto_every_descriptor(b'\\x00' * 1000)", ("crashed", "ok")
    ),
    Misbehaving(
        "a numbered answer",
        "onto_every_descriptor(b'0123456789abcdef ' + json.dumps(ANSWERS).encode() + b'\\n')",
        CRASHED,
    ),
    Misbehaving("floods standard output", "while True: os.write(1, b'x' * 65536)", TIMEOUT),
    Misbehaving("floods standard error", "while True: print('x' * 1000, file=sys.stderr)", TIMEOUT),
    Misbehaving("a gigabyte of output", "for _ in range(1 << 12): os.write(2, b'x' * 65536)", OK),
    Misbehaving("exchanges standard output", "os.dup2(os.open('/dev/null', os.O_WRONLY), 1)", OK),
    Misbehaving("exchanges sys.stdout", "sys.stdout = sys.stderr = open(os.devnull, 'w')", OK),
    Misbehaving("closes sys.stdout", "sys.stdout.close()", OK),
)

STATE = (
    Misbehaving(
        "few descriptors", "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))", ("ok", "error")
    ),
    Misbehaving(
        "no memory", "resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))", ("ok", *MEMORY)
    ),
    Misbehaving("no files", "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", ("ok", *ENDED)),
    Misbehaving("little time", "resource.setrlimit(resource.RLIMIT_CPU, (600, 600))", OK),
    Misbehaving("an alarm", "signal.alarm(2)", ("ok", "crashed")),
    Misbehaving("a handler", "signal.signal(signal.SIGUSR1, lambda *_: None)", OK),
    Misbehaving("another folder", "os.chdir('/')", OK),
    Misbehaving(
        "a folder that is gone",
        "import tempfile\nd = tempfile.mkdtemp()\nos.chdir(d)\nos.rmdir(d)",
        OK,
    ),
    Misbehaving("the environment", "os.environ['HOME'] = '/nowhere'", OK),
    Misbehaving("an empty environment", "os.environ.clear()", OK),
    Misbehaving("a mask", "os.umask(0o777)", ("ok", "error")),
    Misbehaving("low priority", "os.nice(5)", OK),
    Misbehaving("other cores", "os.sched_setaffinity(0, range(os.cpu_count()))", OK),
    Misbehaving("no path", "sys.path.clear()", OK),
    Misbehaving(
        "no modules",
        "for n in [*sys.modules]:\n  if n.startswith(('numpy', 'gradparity')): del sys.modules[n]",
        ("ok", "error"),
    ),
    Misbehaving("a shallow stack", "sys.setrecursionlimit(60)", ("ok", "error")),
    Misbehaving("a trace", "sys.settrace(lambda *_: None)", OK),
    Misbehaving("a profile", "sys.setprofile(lambda *_: None)", OK),
    Misbehaving("no collector", "gc.disable()", OK),
    Misbehaving("a lazy collector", "gc.set_threshold(0)", OK),
    Misbehaving("warnings as errors", "warnings.simplefilter('error')", OK),
    Misbehaving("raising floats", "np.seterr(all='raise')", OK),
    Misbehaving("seeds", "np.random.seed(1)\nrandom.seed(1)", OK),
    Misbehaving("draws", "np.random.normal()", OK),
    Misbehaving(
        "flushes small numbers to zero", "import torch\ntorch.set_flush_denormal(True)", OK
    ),
    Misbehaving(
        "rounds upwards",
        "ctypes.CDLL(None).fesetround(0x800)",
        ("ok", "formula", "unstable", "nonfinite"),
    ),
    Misbehaving("patches numpy", "np.mean = lambda *_: np.float64(0)", ("ok", "formula")),
    Misbehaving("patches numpy's sum", "np.sum = None", ("ok", "error")),
    Misbehaving("patches math", "math.sqrt = None", OK),
    Misbehaving("patches time", "time.perf_counter = lambda: 0.0", OK),
    Misbehaving("patches os", "os.getpid = lambda: 1", OK),
    Misbehaving("patches json", "json.dumps = json.loads = None", OK),
    Misbehaving("patches len", "builtins.len = lambda _: 0", ("ok", *ENDED)),
    Misbehaving("patches isinstance", "builtins.isinstance = lambda *_: True", ("ok", *ENDED)),
    Misbehaving("patches open", "builtins.open = None", ("ok", "error")),
    Misbehaving(
        "patches our problem",
        "import gradparity.problems.problem as p\np.Problem.instance = None",
        ("ok", "error"),
    ),
    Misbehaving(
        "patches our judge",
        "import gradparity.harness.judging.answers as a\na.save = None",
        ("ok", "error"),
    ),
    Misbehaving(
        "patches its file",
        "global PROBLEM, gradient\nkept, gradient = gradient, None\nreturn kept(params, data)",
        ("ok", "error"),
    ),
    Misbehaving("keeps what it allocates", "global KEPT\nKEPT = np.ones(1 << 22)", OK),
    Misbehaving(
        "opens a thousand files",
        "global KEPT\nKEPT = [open(os.devnull) for _ in range(900)]",
        ("ok", "error"),
    ),
    Misbehaving("changes its parameters", "params['w'] *= 2", ("ok", "formula", "error")),
    Misbehaving("frees what is in use", "ctypes.memset(id(gradient) + 16, 0, 64)", ENDED),
    Misbehaving("deletes itself", "os.remove(__file__)", ("ok", "error")),
    Misbehaving(
        "empties our catalogue", "import gradparity.problems.catalogue as c\nc.PROBLEMS.clear()", OK
    ),
    Misbehaving("another user", "os.setresuid(65534, 65534, -1)", ("ok", "error", "crashed")),
    Misbehaving(
        "another policy", "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))", OK
    ),
    Misbehaving("torch without gradients", "import torch\ntorch.set_grad_enabled(False)", OK),
    Misbehaving("torch in float64", "import torch\ntorch.set_default_dtype(torch.float64)", OK),
    Misbehaving("autocast", "import torch\ntorch.autocast('cpu').__enter__()", OK),
    Misbehaving("patches torch", "import torch\ntorch.Tensor.backward = None", OK),
    Misbehaving("settings of JAX", "import jax\njax.config.update('jax_disable_jit', True)", OK),
    Misbehaving("a context of JAX", "import jax\njax.disable_jit().__enter__()", OK),
    Misbehaving("another locale", "locale.setlocale(locale.LC_ALL, 'C')", OK),
)

MISBEHAVING = (*HANGING, *PROCESSES, *DYING, *CHANNEL, *STATE)
