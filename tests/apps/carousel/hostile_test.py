"""Bad and hostile input to every command: it ends in one sentence and exit code 2 (or 1, where the system refuses), within
seconds, by no signal, with no word of a fault of the program, and leaves nothing behind. A row a case: name, words."""

import concurrent.futures
import os
import subprocess

import carousel_test

HUGE = [
    "9223372036854775808",
    "-9223372036854775809",
    "1e999",
    "-1e999",
    "1e39",
    "nan",
    "inf",
    "-inf",
    "0x10",
    "1_0",
    "",
    " ",
    "1 ",
    "١",
    "9" * 5000,
]
FILES = [
    "empty",
    "folder",
    "missing",
    "z" * 300,
    "unreadable",
    "zeros",
    "noise",
    "latin1",
    "utf16",
    "long-line",
    "deep.json",
    "/dev/null",
    "/dev/zero",
    "n\udcff\udcfe",
]
NAMES = ["", ".", "..", "/", "a/b", "x" * 300, "a\nb"]
RUN = "runs/run"

# The options that take a number, of the commands that take no long time to come to them.
NUMBERS = {
    "train": ["hidden", "layers", "embedding", "dropout", "lr", "momentum", "eps", "weight-decay", "clip-norm", "clip-value", "forget-bias"]
    + [
        "chrono-tmax",
        "init-std",
        "accumulate",
        "tbptt",
        "patience",
        "train-for",
        "validate-every",
        "flow-every",
        "warmup",
        "seed",
        "threads",
    ]
    + ["batch", "length", "log-every", "stop-at", "min-lr"],
    "sample": ["length", "count", "temperature", "seed"],
    "flow": ["sequences", "steps"],
    "bench": ["rounds", "seconds", "threads"],
    "compare": ["updates"],
    "eval": ["batches"],
}


def cases():
    for command, options in NUMBERS.items():
        for number, option in enumerate(options):
            value = HUGE[number % len(HUGE)]  # every value with some options: all with all would take minutes
            run = [RUN] if command in ("sample", "eval") else []
            yield f"{command} --{option}={value[:20]}", [command, *run, f"--{option}={value}"]
    for number, file in enumerate(FILES):
        if file != "deep.json":  # a text like any other
            yield f"text {file}", ["train", "charlm", "--text", file]
        yield f"data {file}", ["train", ("music", "vowels", "mnist")[len(file) % 3], "--data", file]
        yield f"import {file}", ["import", file, "adding"]
        if number % 2:
            yield f"names {file}", ["train", "names", "--text", file]
        else:
            yield f"alphabet {file}", ["import", "m.safetensors", "charlm", "--text", "text.txt", "--alphabet", file]
        yield f"checkpoint {file}", ["eval", RUN, "--checkpoint", file]
        if file not in ("empty", "/dev/null"):  # no options are a configuration too
            yield f"config {file}", ["train", "--config", file]
        for command in [("eval", "sample", "flow", "report", "export")[(number + more) % 5] for more in (0, 2)]:
            yield f"{command} {file}", [command, file]
        yield f"resume {file}", ["train", "--resume", file]
    for name in NAMES[1:]:
        yield f"name {name[:20]!r}", ["train", "--train-for", "1u", "--name", name]
    for command in ("train", "eval", "flow", "compare", "sample", "report", "demo", "export", "import", "bench", "list", ""):
        yield f"{command} --nonsense", [command, "--nonsense"]
        yield f"{command} with a long word", [command, "--" + "x" * 100_000]
        yield f"{command} not UTF-8", [command, "--\udcff\udcfe"]
        yield f"{command} -", [command, "--=1"]
    for word in ("tra\0in"[:3], "x" * 100_000, "\udcff", "--", "-", "\n", "\x1b[31m"):
        yield f"command {word[:10]!r}", [word]
    for output in ("folder/none/x", "/dev/full", "/proc/x", "x" * 300):
        yield f"export to {output[:20]}", ["export", RUN, "--output", output, "--format", "pt", "--overwrite"]
    yield "prime", ["sample", RUN, "--prime", "\udcff"]
    yield "many shapes", ["bench", "--shape", "1,1,1"]
    yield "two tasks", ["train", "adding", "copy"]
    yield "device", ["train", "--device", "cuda:99999999999999999999"]


class Hostile(carousel_test.ProgramTest):
    def prepare(self):
        def put(name, content):
            (self.folder / name).write_bytes(content)

        put("empty", b"")
        put("zeros", bytes(100_000))
        put("noise", bytes(i * i * 7919 % 251 for i in range(50_000)))
        put("latin1", "caf\u00e9\n".encode("latin1") * 100)
        put("utf16", "text\n".encode("utf-16") * 100)
        put("long-line", b"a" * 300 + b"\xff" + b"x" * 2_000_000)
        put("deep.json", b"[" * 300_000)
        put("text.txt", b"abcd" * 500)
        put("unreadable", b"x")
        (self.folder / "unreadable").chmod(0)
        (self.folder / "folder").mkdir()
        put(b"n\xff\xfe".decode("utf-8", "surrogateescape"), b"\x80\x81" * 20)
        self.train("--hidden", "4")
        self.carousel("export", RUN, "--output", "m.safetensors")
        self.before = self.listing()

    def listing(self):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names)

    def try_one(self, case):
        name, words = case
        limits = dict(cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        try:
            done = subprocess.run([os.environ["CAROUSEL_BINARY"], *words], **limits)
        except subprocess.TimeoutExpired:
            return name, "still runs after a minute"
        said = done.stderr.decode(errors="replace")
        wrong = []
        if done.returncode not in (1, 2):
            wrong.append(f"exit code {done.returncode}")
        if not said.startswith("carousel: ") or said.count("\n") != 1:
            wrong.append("not one sentence")
        if "please report" in said or "unexpected" in said:
            wrong.append("takes it for a fault of the program")
        if len(said) > 2000:
            wrong.append(f"{len(said)} letters")
        if done.stdout:
            wrong.append("something on stdout")
        return name, f"{', '.join(wrong)}: {said[:300]!r}" if wrong else ""

    def test_ends_in_one_sentence_and_leaves_nothing(self):
        self.prepare()
        rows = list(cases())
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, wrong in pool.map(self.try_one, rows):
                with self.subTest(name):
                    self.assertEqual(wrong, "", name)
        self.assertEqual(self.listing(), self.before)
        self.assertGreater(len(rows), 200)


carousel_test.main()
