#!/usr/bin/env python3
"""Measures the whole program in a pseudo-terminal, as a person's terminal would see it.

    measure.py BINARY [--btm PATH] [--runs N] [--only WORD] [--cached N]

Prints one table: what was measured, the median, the bound, and whether it holds. Python's standard library, Linux.

How it is measured:
- Time runs from the call of execve (the child notes the clock just before it) to the arrival of the last byte of a frame.
- The first full frame is there when every title has arrived and 30 ms pass without another byte.
- btm waits for the answer to a cursor query; it is given at once. Its first full frame is judged by its own titles.
- Of a key: from the write to the last byte before 5 ms of quiet.
- Of a start from the state folder (--cached N): the folder is filled by the example `fill`, built beside the binary, with N
  incidents of the demo's world; its host answers nothing. The first full frame must name how many are open, and show the
  first rows of all; the rest is read after it. One start goes before, as somebody would have had one before.
- CPU is what the scheduler counted for all threads; wake-ups are their voluntary switches.
"""
import argparse, fcntl, json, os, re, select, signal, sqlite3, statistics, struct, subprocess, sys, tempfile, termios, time

NOW = "2026-11-20T03:12:00Z"
OURS = ("Incidents", "SLA", "Release", "Metrics")
BTM = ("CPU", "Memory", "Network", "Processes")
CLEAR = b"\x1b[r\x1b[m\x0f\x1b(B\x1b[H\x1b[J"
CODES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()].|\x1b\][^\x07]*\x07|[\r\n\x0e\x0f\x08]")


class Term:
    """A program in a pseudo-terminal."""

    def __init__(self, argv, columns=120, rows=40, **env):
        clock_out, clock_in = os.pipe()
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
            base = {"TERM": "xterm-256color", "LANG": "C.UTF-8", **kept, **env}
            os.write(clock_in, struct.pack("d", time.perf_counter()))
            os.execve(argv[0], argv, base)
        os.close(clock_in)
        self.start = struct.unpack("d", os.read(clock_out, 8))[0]
        os.close(clock_out)
        os.set_blocking(self.fd, False)
        self.raw = bytearray()
        self.last = self.start

    def receive(self, limit):
        """Takes what came; False when nothing did."""
        if not select.select([self.fd], [], [], limit)[0]:
            return False
        try:
            got = os.read(self.fd, 1 << 20)
        except OSError:
            return False
        self.last = time.perf_counter()
        if b"\x1b[6n" in got:
            os.write(self.fd, b"\x1b[1;1R")
        self.raw += got
        return bool(got)

    def quiet(self, length):
        while self.receive(length):
            pass

    def first_frame(self, titles, limit=60):
        """Milliseconds from exec to the last byte of the first frame with every title."""
        end = time.perf_counter() + limit
        while time.perf_counter() < end:
            self.receive(0.5)
            text = CODES.sub(b"", bytes(self.raw)).decode("utf-8", "replace")
            if all(title in text for title in titles):
                self.quiet(0.03)
                return (self.last - self.start) * 1e3
        raise SystemExit(f"no first frame: {bytes(self.raw)[-400:]!r}")

    def send(self, keys):
        view = memoryview(keys)
        while view:
            try:
                view = view[os.write(self.fd, view):]
            except BlockingIOError:
                self.receive(0.001)

    def key(self, keys, quiet=0.005):
        """Bytes and milliseconds from writing a key to the last byte it caused."""
        before, start = len(self.raw), time.perf_counter()
        self.send(keys)
        # Where the answer takes longer than the quiet that ends it, it must have begun first.
        self.receive(0.25)
        self.quiet(quiet)
        changed = len(self.raw) - before
        return changed, (self.last - start) * 1e3 if changed else None

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def per_task(self, name, read):
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/{name}") as file:
                    total += read(file.read())
            except OSError:
                pass
        return total

    def cpu(self):
        """Seconds."""
        return self.per_task("schedstat", lambda text: int(text.split()[0])) / 1e9

    def wakeups(self):
        return self.per_task("status", lambda text: int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", text)[1]))

    def pss(self):
        """Megabytes."""
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            return int(re.search(r"\nPss:\s*(\d+)", file.read())[1]) / 1024

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


ROWS = []


def row(what, value, unit, must=None):
    shown = f"{value:.3f}" if isinstance(value, float) and abs(value) < 1 else f"{value:.1f}" if isinstance(value, float) else str(value)
    verdict = "" if must is None else "holds" if value <= must else "MISSES"
    ROWS.append((what, shown, unit, "" if must is None else f"{must:g}", verdict))
    print(f"{what:<58} {shown:>10} {unit:<6} {ROWS[-1][3]:>7} {verdict}", flush=True)


def first_frames(binary, btm, runs):
    def one(argv, titles):
        term = Term(argv)
        taken = term.first_frame(titles)
        term.end()
        return taken

    ours, theirs = [], []
    for _ in range(runs):  # Turn by turn, so that a busy machine is busy for both.
        ours.append(one([binary, "demo", "--paused", "--now", NOW], OURS))
        if btm:
            theirs.append(one([btm], BTM))
    row("first full frame, demo, 120x40", statistics.median(ours), "ms")
    if btm:
        row("first full frame, btm, 120x40", statistics.median(theirs), "ms")
        row("ratio to btm", statistics.median(ours) / statistics.median(theirs), "", 0.6)


def idle(binary, seconds=20):
    for name, args, bounds in (("paused", ["--paused", "--now", NOW], (0, 1, 0)), ("running", ["--now", NOW], (100, None, 0.1))):
        term = Term([binary, "demo", *args])
        term.first_frame(OURS)
        time.sleep(1)
        while term.receive(0):
            pass
        size, cpu, woken, start = len(term.raw), term.cpu(), term.wakeups(), time.perf_counter()
        while time.perf_counter() - start < seconds:
            term.receive(0.5)
        spent = time.perf_counter() - start
        row(f"idle, {name}: bytes a second", (len(term.raw) - size) / spent, "B/s", bounds[0])
        row(f"idle, {name}: wake-ups a second", (term.wakeups() - woken) / spent, "/s", bounds[1])
        row(f"idle, {name}: CPU", (term.cpu() - cpu) / spent * 100, "%", bounds[2])
        if name == "paused":
            row("memory, demo (PSS)", term.pss(), "MB", 15)
        term.end()


def moves(binary):
    for color, env in (("256 colors", {}), ("24-bit", {"COLORTERM": "truecolor"})):
        term = Term([binary, "demo", "--paused", "--now", NOW, "--incidents", "300"], 80, 24, **env)
        term.first_frame(OURS)
        row(f"full frame, 80x24, {color}", len(term.raw), "B", 4500)
        for name, keys, n_page in (("glance", b"", 5), ("zoomed", b"+", 15)):
            if keys:
                term.key(keys, 0.05)
            inside, scrolled = [], []
            while len(inside) < 20:
                term.key(b"g", 0.03)
                inside += [term.key(b"j", 0.03)[0] for _ in range(n_page)]
            for _ in range(25):
                term.key(b"j", 0.01)
            scrolled = [term.key(b"j", 0.03)[0] for _ in range(20)]
            back = [term.key(b"k", 0.03)[0] for _ in range(5)]
            row(f"bytes per j inside the page, {name}, {color}", statistics.median(inside), "B", 250)
            row(f"bytes per j that scrolls, {name}, {color}", statistics.median(scrolled), "B", 800)
            row(f"   the worst of 20, {name}, {color}", max(scrolled), "B")
            row(f"bytes per k inside the page, {name}, {color}", statistics.median(back), "B", 250)
        term.end()


def large(binary):
    mix = [b"j"] * 12 + [b"\x04"] * 3 + [b"G", b"k", b"k", b"g"] + [b"/", b"a", b"p", b"i", b"\x7f", b"w", b"\x1b"]
    for count, bound_ms, bound_mb in ((10_000, 8, 40), (100_000, 16, 250)):
        term = Term([binary, "demo", "--paused", "--now", NOW, "--incidents", str(count)])
        row(f"first full frame, {count} incidents", term.first_frame(OURS), "ms")
        row(f"memory, {count} incidents (PSS)", term.pss(), "MB", bound_mb)
        for name, zoom in (("glance", b""), ("zoomed", b"+")):
            if zoom:
                term.key(zoom, 0.05)
            taken, by_key, at = [], {}, 0
            while len(taken) < 200:
                key = mix[at % len(mix)]
                at += 1
                # ESC is held back for a while, since it may begin a code: not counted.
                ms = term.key(key)[1]
                if ms is not None and key != b"\x1b":
                    taken.append(ms)
                    by_key.setdefault(key, []).append(ms)
                if key == b"\x1b":
                    term.quiet(0.08)
            taken.sort()
            row(f"key to last byte p50, {count} incidents, {name}", taken[100], "ms")
            row(f"key to last byte p99, {count} incidents, {name}", taken[197], "ms", bound_ms)
            slow = ", ".join(f"{key.decode('latin-1')!r} {statistics.median(ms):.1f}" for key, ms in by_key.items())
            print(f"      medians by key: {slow}")
        row(f"memory after that, {count} incidents (PSS)", term.pss(), "MB", bound_mb)
        term.end()


def cached(binary, count, runs, first):
    fill = os.path.join(os.path.dirname(binary), "examples", "fill")
    bound_ms, bound_mb = (60, 60) if count <= 10_000 else (250, 300)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        subprocess.run([fill, folder, str(count)], check=True)
        # Every repository there is: what is watched no more would be taken away while we measure.
        with sqlite3.connect(os.path.join(folder, "watchfloor.db")) as db:
            repositories = [name for (name,) in db.execute("SELECT DISTINCT substr(incident, 1, instr(incident, '#') - 1) FROM item")]
        settings = os.path.join(folder, "watchfloor.toml")
        with open(settings, "w") as file:
            file.write('team = "cached"\n[[source]]\nkind = "github"\nname = "github"\n'
                       f'repositories = {json.dumps(repositories)}\napi_url = "http://127.0.0.1:9"\n')
        argv = [binary, "--config", settings, "--state-dir", folder, "--now", NOW]
        taken, whole, memory = [], [], 0
        if not first:
            # The first start after an update keeps what the next ones begin with.
            term = Term(argv)
            term.first_frame(("Incidents", "SLA", " open"))
            time.sleep(3)
            term.end()
        for _ in range(runs):
            if first:
                with sqlite3.connect(os.path.join(folder, "watchfloor.db")) as db:
                    db.execute("DELETE FROM setting WHERE name = 'briefs'")
            term = Term(argv)
            taken.append(term.first_frame(("Incidents", "SLA", " open")))
            while term.receive(1):
                pass
            whole.append((term.last - term.start) * 1e3)
            memory = max(memory, term.pss())
            term.end()
        found = sqlite3.connect(os.path.join(folder, "watchfloor.db")).execute("SELECT count(*) FROM item").fetchone()[0]
        if found != count:
            raise SystemExit(f"{found} of {count} incidents are left: this measured something else")
        row(f"first full frame, {count} cached incidents", statistics.median(taken), "ms", bound_ms)
        row(f"   the slowest of {runs}", max(taken), "ms")
        row(f"   all of it is on the screen", statistics.median(whole), "ms")
        row(f"memory, {count} cached incidents (PSS)", memory, "MB", bound_mb)


def plan_of(count):
    """A plan of ten phases with `count` boxes, a third of them ticked, under a heading for every hundred."""
    lines = ["# Release 9", ""]
    each = count // 10
    for phase in (-14, -7, -5, -3, -2, -1, 0, 1, 2, 7):
        lines += [f"## T{phase:+d}" if phase else "## T-0", ""]
        for n in range(each):
            if n % 100 == 0:
                lines += ["", f"### Part {n // 100 + 1}", ""]
            tick = "x" if n % 3 == 0 else " "
            lines.append(f"- [{tick}] Check item {n} of the service in its region (@user{n % 40})")
        lines.append("")
    return "\n".join(lines) + "\n"


def checklist(binary, count=50_000, short=50, runs=9):
    def scene(folder, boxes):
        with open(os.path.join(folder, "RELEASE.md"), "w") as file:
            file.write(plan_of(boxes))
        with open(os.path.join(folder, "watchfloor.toml"), "w") as file:
            file.write(f'[release]\nname = "9"\nday = "2026-11-22"\nzone = "Europe/Berlin"\nchecklists = ["{folder}/RELEASE.md"]\n')
        return [binary, "--config", os.path.join(folder, "watchfloor.toml")], {"WATCHFLOOR_STATE": os.path.join(folder, "state"), "HOME": folder}

    def opened(argv, env, boxes):
        term = Term(argv, **env)
        return term, term.first_frame((f"{boxes} done", "NO GO"))

    p99 = {}
    for boxes in (short, count):
        with tempfile.TemporaryDirectory() as folder:
            argv, env = scene(folder, boxes)
            path = os.path.join(folder, "RELEASE.md")
            taken = []
            for _ in range(runs):
                term, ms = opened(argv, env, boxes)
                taken.append(ms)
                term.end()
            row(f"opened, {boxes} items: exec to its counts on the screen", statistics.median(taken), "ms", 300)
            term, _ = opened(argv, env, boxes)
            term.quiet(1)
            term.key(b"4", 0.1)
            term.key(b"+", 0.1)
            scrolled = sorted(ms for ms in (term.key(key)[1] for key in [b"j"] * 150 + [b"\x04"] * 30 + [b"k"] * 70) if ms is not None)
            p99[boxes] = scrolled[int(len(scrolled) * 0.99)]
            row(f"key to last byte p50, {boxes} items, zoomed", statistics.median(scrolled), "ms")
            row(f"key to last byte p99, {boxes} items, zoomed", p99[boxes], "ms", 16)
            disk, screen = [], []
            for _ in range(runs):
                term.quiet(1)
                before, start = os.stat(path).st_ino, time.perf_counter()
                size = len(term.raw)
                term.send(b" ")
                while os.stat(path).st_ino == before:
                    if start + 5 < time.perf_counter():
                        raise SystemExit("the box was not ticked")
                disk.append((time.perf_counter() - start) * 1e3)
                while b"saved" not in bytes(term.raw[size:]):
                    if not term.receive(2):
                        raise SystemExit(f"nothing is said to be saved: {bytes(term.raw[size:])!r}")
                screen.append((term.last - start) * 1e3)
                term.key(b"j", 0.05)
            row(f"toggled, {boxes} items: key to the byte in the file", statistics.median(disk), "ms", 50)
            row(f"toggled, {boxes} items: key to \"saved\" on the screen", statistics.median(screen), "ms", 50)
            row(f"   the slowest of {runs}", max(screen), "ms")
            row(f"memory, {boxes} items (PSS)", term.pss(), "MB")
            term.end()
            taken = []
            for _ in range(runs):
                start = time.perf_counter()
                subprocess.run([binary, "release", "status", "--file", path, "--json"], stdout=subprocess.DEVNULL, check=True, env=dict(os.environ, **env))
                taken.append((time.perf_counter() - start) * 1e3)
            row(f"release status --file --json, {boxes} items", statistics.median(taken), "ms", 300)
    row(f"scrolling: p99 of {count} items over p99 of {short}", p99[count] / p99[short], "")


def resizes(binary):
    argv = [binary, "demo", "--paused", "--now", NOW]
    fresh = Term(argv)
    fresh.first_frame(OURS)
    wanted = bytes(fresh.raw).rsplit(CLEAR, 1)[-1]
    fresh.end()
    term = Term(argv)
    term.first_frame(OURS)
    cpu, start = term.cpu(), time.perf_counter()
    for n in range(200):
        last = n == 199
        term.resize(120 if last else 60 + n % 90, 40 if last else 15 + n % 40)
        while time.perf_counter() < start + (n + 1) * 0.01:
            term.receive(0.001)
    term.quiet(0.3)
    row("200 resizes in 2 s: CPU (aim 200)", (term.cpu() - cpu) * 1e3, "ms")
    row("200 resizes in 2 s: last frame differs", int(bytes(term.raw).rsplit(CLEAR, 1)[-1] != wanted), "", 0)
    before, cpu = len(term.raw), term.cpu()
    term.send(b"\x1b[200~" + b"q\na\r \x03" * (100 * 1024 // 6) + b"\x1b[201~")
    term.quiet(0.5)
    row("100 KB paste: CPU (aim 50)", (term.cpu() - cpu) * 1e3, "ms")
    row("100 KB paste: bytes it drew", len(term.raw) - before, "B", 0)
    ended = os.waitpid(term.pid, os.WNOHANG)[0]
    row("100 KB paste: it ended the program", int(ended != 0), "", 0)
    if not ended:
        term.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--btm", type=os.path.abspath, help="bottom's binary, to compare the start with")
    parser.add_argument("--runs", type=int, default=15, help="starts to take the median of")
    parser.add_argument("--only", default="", help="start, idle, moves, large, resizes or checklist")
    parser.add_argument("--cached", type=int, help="measure only a start from a state folder with this many incidents")
    parser.add_argument("--first", action="store_true", help="with --cached: each start as the first one after an update")
    args = parser.parse_args()
    print(f"{'what':<58} {'median':>10} {'unit':<6} {'must':>7}")
    parts = {
        "start": lambda: first_frames(args.binary, args.btm, args.runs),
        "idle": lambda: idle(args.binary),
        "moves": lambda: moves(args.binary),
        "large": lambda: large(args.binary),
        "resizes": lambda: resizes(args.binary),
        "checklist": lambda: checklist(args.binary),
    }
    if args.cached:
        cached(args.binary, args.cached, args.runs, args.first)
        parts = {}
    for name, part in parts.items():
        if args.only in ("", name):
            part()
    sys.exit(any(verdict == "MISSES" for *_, verdict in ROWS))


if __name__ == "__main__":
    main()
