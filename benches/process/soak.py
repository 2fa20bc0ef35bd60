#!/usr/bin/env python3
"""A soak: the console and `watch` on the same files and the same state folder, while lines keep coming.

    soak.py BINARY [--minutes 30] [--rate 2000] [--files 20] [--warm 660] [--every 30]

Twenty files, half CSV, half JSON lines, two thousand lines a second into all of them, each file a signal with a bound; some
of the bounds are broken now and then, so that alerts come and go. Python's standard library, Linux.

What is measured, and how:
- Memory: the resident set of both every five seconds. Flat means: after `--warm` seconds (three quarters of a shorter run) the
  mean of the last quarter is at most 10 % or 8 MB over that of the first. What is kept of a series is bounded by number and
  by age, and fills up first: with a hundred lines a second in a file that takes eleven minutes, and twice that until every
  place of it was used once.
- CPU: what the kernel counted for the process, as a share of one processor.
- From the file to the screen: the first signal has one value for all the lines of a second, and the next second another one
  in which every digit is another. From the write that brought the first of them to the byte with which it stood on the
  terminal. A second that never stood there counts as endless in every percentile.
- At the end the store of `watch` is asked how many samples it has of every file: all lines must be in it, none twice.

Exit code 1 where a bound is missed.
"""
import argparse, json, os, signal, sqlite3, statistics, subprocess, sys, tempfile, threading, time

from measure import ROWS, Term, row


def settings(files):
    text = ['team = "soak"', '[[channel]]\nname = "log"\nkind = "file"\npath = "told.jsonl"', '[[route]]\nchannels = ["log"]']
    for n in range(files):
        kind = 'value_column = "value"' if n % 2 == 0 else 'field = "took.ms"'
        ending = "csv" if n % 2 == 0 else "jsonl"
        bound = "" if n == 0 else "above = 99.5\nfor = \"2s\"\n"
        text.append(f'[[signal]]\nname = "soak{n:02}"\nfile = "soak{n:02}.{ending}"\n{kind}\n{bound}')
    text.append('[[slo]]\nname = "soaked"\nsli = { threshold = { signal = "soak01", op = "lt", value = 90 } }\ntarget = "99%"\n')
    return "\n".join(text) + "\n"


def shown(second):
    """The value of the first signal in this second: three digits, all of them other ones than in the second before."""
    return 111 * (1 + second % 9)


class Writer(threading.Thread):
    """Appends lines to all files, ten times a second."""

    def __init__(self, folder, files, rate):
        super().__init__(daemon=True)
        self.out = [open(os.path.join(folder, f"soak{n:02}.{'csv' if n % 2 == 0 else 'jsonl'}"), "ab", buffering=0) for n in range(files)]
        for file in self.out[::2]:
            file.write(b"timestamp,value\n")
        self.rate, self.lines, self.written, self.over = rate, [0] * files, {}, threading.Event()
        self.behind, self.alive = 0.0, time.time()

    def run(self):
        begun, done, tick = time.time(), 0, 0
        while not self.over.is_set():
            tick += 1
            now = time.time()
            due = begun + tick * 0.1
            if now < due:
                time.sleep(due - now)
            self.behind = max(self.behind, now - due)
            if now - due > 0.5:
                print(f"{clock()} the writer is {now - due:.2f} s late; {pressure()}", flush=True)
            self.alive = now = time.time()
            wanted = int(self.rate * (tick * 0.1)) - done
            done += wanted
            second = int(now)
            for n, file in enumerate(self.out):
                count = wanted // len(self.out) + (n < wanted % len(self.out))
                # Each a little later than the one before: no two samples of a file have the same stamp.
                stamps = (now - 0.09 + 0.09 * i / max(count, 1) for i in range(count))
                if n == 0:
                    text = "".join(f"{at:.6f},{shown(second)}\n" for at in stamps)
                elif n % 2 == 0:
                    high = 99.9 if (second // 30 + n) % 20 == 0 else n + second % 50
                    text = "".join(f"{at:.6f},{high}\n" for at in stamps)
                else:
                    high = 99.9 if (second // 30 + n) % 20 == 0 else n + second % 50
                    text = "".join(json.dumps({"time": round(at, 6), "event": "done", "took": {"ms": high}}) + "\n" for at in stamps)
                file.write(text.encode())
                self.lines[n] += count
                if n == 0 and count:
                    self.written.setdefault(second, time.perf_counter())


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def processor(pid):
    """Seconds on a processor, of threads that ended as well."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def heap(pid):
    """Memory of the process' own that no file stands behind, in MB."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("Anonymous"))


class Course:
    """How it went, a line every so often: what a figure at the end does not say."""

    def __init__(self, every, state, pids):
        self.every, self.state, self.pids = every, state, pids
        self.began = self.at = time.perf_counter()
        self.cpu = [processor(pid) for pid in pids]
        if every:
            print("   s  console MB  of it heap   %   watch MB  of it heap   %  store MB  slowest s  unseen", flush=True)

    def line(self, writer, seen):
        now = time.perf_counter()
        if not self.every or now < self.at + self.every:
            return
        cpu = [processor(pid) for pid in self.pids]
        share = [(new - old) / (now - self.at) * 100 for new, old in zip(cpu, self.cpu)]
        late = [(second, at) for second, at in list(writer.written.items()) if self.at - 10 < at <= now - 10 and at > self.began + 5]
        unseen = [second for second, _ in late if second not in seen]
        slowest = max((seen[second] for second, _ in late if second in seen), default=0)
        size = sum(os.path.getsize(os.path.join(self.state, name)) for name in os.listdir(self.state)) / 1e6
        figures = [figure for pid, part in zip(self.pids, share) for figure in (resident(pid), heap(pid), part)]
        print("{:4.0f}  {:10.1f}  {:10.1f} {:4.1f} {:10.1f}  {:10.1f} {:4.1f}".format(now - self.began, *figures),
              f"{size:9.1f} {slowest:10.2f}  {','.join(time.strftime('%H:%M:%S', time.gmtime(second)) for second in unseen)}", flush=True)
        self.at, self.cpu = now, cpu


def at_what(pid):
    """What the threads of a process that do not simply wait are at: how they stand, and where in the kernel."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/stat") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            with open(f"/proc/{pid}/task/{task}/wchan") as file:
                place = file.read()
        except OSError:
            continue
        if rest.split()[0] != "S":
            found.append(f"{name} {rest.split()[0]} {place}")
    return ", ".join(found) or "all wait"


def pressure():
    """How long work stood still for want of a processor or the disk, over the last ten seconds, in percent."""
    found = []
    for name in ("cpu", "io"):
        try:
            with open(f"/proc/pressure/{name}") as file:
                found.append(f"{name} {file.read().split('avg10=')[1].split()[0]} %")
        except (OSError, IndexError):
            found.append(f"{name} unknown")
    return ", ".join(found)


class Stalls:
    """Stretches in which nothing came to the terminal, each with what the processes were at: to be laid beside their logs."""

    LONG = 1.2

    def __init__(self, term, watch, writer):
        self.term, self.watch, self.writer = term, watch, writer
        self.since = self.said = None
        self.looked_at = time.perf_counter()

    def look(self):
        now = time.perf_counter()
        if now - self.looked_at > 0.5:
            print(f"{clock()} this script itself was not run for {now - self.looked_at:.2f} s; {pressure()}", flush=True)
        self.looked_at = now
        if now - self.term.last < self.LONG:
            if self.since:
                print(f"{clock()} it was silent for {self.term.last - self.since:.2f} s", flush=True)
            self.since = None
        elif not self.since:
            self.since = self.term.last
            late = max(0.0, time.time() - self.writer.alive - 0.1)
            print(f"{clock()} nothing came for {self.LONG} s; console: {at_what(self.term.pid)}; watch: {at_what(self.watch.pid)};",
                  f"the writer is {late:.2f} s late; {pressure()}", flush=True)


def clock():
    return time.strftime("%H:%M:%S", time.gmtime())


def flat(name, samples):
    quarter = max(1, len(samples) // 4)
    first, last = statistics.mean(samples[:quarter]), statistics.mean(samples[-quarter:])
    row(f"memory of {name}, first quarter", first, "MB")
    row(f"memory of {name}, last quarter", last, "MB", round(max(first * 1.1, first + 8), 1))
    row(f"memory of {name}, highest", max(samples), "MB")


def main():
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("binary")
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--rate", type=int, default=2000)
    asked.add_argument("--files", type=int, default=20)
    asked.add_argument("--warm", type=float, default=660)
    asked.add_argument("--every", type=float, default=30, help="seconds between two lines of the course; 0 for none")
    args = asked.parse_args()
    binary = os.path.abspath(args.binary)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        config, state = os.path.join(folder, "watchfloor.toml"), os.path.join(folder, "state")
        os.mkdir(state, 0o700)
        with open(config, "w") as file:
            file.write(settings(args.files))
        writer = Writer(folder, args.files, args.rate)
        writer.start()
        time.sleep(1)
        log = open(os.path.join(folder, "log"), "wb")
        watch = subprocess.Popen([binary, "watch", "--config", config, "--state-dir", state], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        time.sleep(2)
        term = Term([binary, "--config", config, "--state-dir", state], 120, 40)
        term.first_frame(("Metrics", "soak00"))
        # The pane of metrics, and nothing else.
        for key in (b"5", b"5"):
            term.key(key, 0.2)
        memory, seen, latencies = ([], []), {}, []
        end, next_sample = time.perf_counter() + args.minutes * 60, 0
        began, cpu = time.perf_counter(), None
        course, stalls = Course(args.every, state, (term.pid, watch.pid)), Stalls(term, watch, writer)
        while time.perf_counter() < end:
            # A value may come in two pieces; a second's digits come back after nine.
            before = max(0, len(term.raw) - 2)
            term.receive(0.05)
            for second, at in list(writer.written.items())[-8:]:
                if second not in seen and at > began + 5 and str(shown(second)).encode() in bytes(term.raw[before:]):
                    seen[second] = term.last - at
            if len(term.raw) > 1 << 22:
                del term.raw[:]
            if watch.poll() is not None:
                raise SystemExit(f"watch ended: {open(log.name).read()[-2000:]}")
            stalls.look()
            course.line(writer, seen)
            now = time.perf_counter()
            if now >= next_sample:
                next_sample = now + 5
                if now - began > min(args.warm, args.minutes * 60 * 0.75):
                    memory[0].append(resident(term.pid))
                    memory[1].append(resident(watch.pid))
                    cpu = cpu or (now, processor(term.pid), processor(watch.pid))
        now = time.perf_counter()
        share = [(processor(pid) - was) / (now - cpu[0]) * 100 for pid, was in ((term.pid, cpu[1]), (watch.pid, cpu[2]))]
        writer.over.set()
        writer.join()
        time.sleep(5)
        term.end()
        watch.send_signal(signal.SIGTERM)
        watch.wait(30)
        wanted = [second for second, at in writer.written.items() if began + 5 < at < end - 3]
        latencies = sorted(seen.get(second, float("inf")) for second in wanted)
        db = sqlite3.connect(os.path.join(state, "signals.sqlite"))
        print(f"{args.minutes:g} minutes, {sum(writer.lines)} lines into {args.files} files; the writer was at most {writer.behind:.2f} s late")
        flat("the console", memory[0])
        flat("watch", memory[1])
        row("processor, console", share[0], "%")
        row("processor, watch", share[1], "%")
        row("seconds that never stood on the screen", latencies.count(float("inf")), "", 0)
        row("from the file to the screen, p50", statistics.median(latencies), "s")
        row("from the file to the screen, p99", latencies[int(len(latencies) * 0.99)], "s", 1)
        row("from the file to the screen, p100", latencies[-1], "s")
        row("lines that the store has not, or twice", abs(sum(writer.lines) - kept(db)), "", 0)
        row("messages of alerts", db.execute("SELECT count(*) FROM notice").fetchone()[0], "")
        row("  of them not delivered", db.execute("SELECT count(*) FROM notice WHERE state <> 'sent'").fetchone()[0], "", 0)
        if any(verdict == "MISSES" for *_, verdict in ROWS):
            print(open(log.name).read()[-1500:])
            sys.exit(1)


def kept(db):
    """All samples of the signals that the rollups of seconds count; the lines' own series ("done") stand beside them."""
    of_signals = "SELECT id FROM series WHERE labels LIKE '%__signal__%'"
    return db.execute(f"SELECT sum(count) FROM rollup WHERE step = 1 AND series IN ({of_signals})").fetchone()[0] or 0


if __name__ == "__main__":
    main()
