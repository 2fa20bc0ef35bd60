#!/usr/bin/env python3
"""Measures `watchfloor metrics summarize` against others on the same files, made here.

    summarize.py make FOLDER [--mb 500] [--span hour|day]
    summarize.py run FOLDER BINARY [--runs 5] [--threads 1,2] [--formats jsonl,csv,prom] [--only NAME,...] [--xan PATH]
    summarize.py compare FOLDER BINARY [--formats ...]

`make` writes FOLDER/metrics.{jsonl,csv,prom}: deterministic, 20 names, 8 hosts, an hour or a day of stamps in order. `run`
prints one table: medians of the wall clock, the ratio to duckdb in the same run, the peak of the resident memory. The task
is always the same: count, least, most, mean and 95th percentile per minute and name. `compare` holds every row against
duckdb's: counts, least and most equal, mean and percentile to nine digits.

A peer that is not here is left out and named. duckdb, polars, pandas and orjson are Python packages; jq, lnav and xan are
programs. What reads with one thread only is in the first column.
"""
import argparse, json, math, os, random, shutil, statistics, subprocess, sys, time

NAMES = [f"{what}_{unit}" for what in ("http_latency", "db_latency", "queue_depth", "cpu_usage", "cache_hits", "disk_io",
                                        "net_rx", "net_tx", "gc_pause", "orders") for unit in ("ms", "ratio")]
HOSTS = [f"host-{i}" for i in range(8)]
START = 1_795_132_800_000
# Seconds after which a peer is given up.
LIMIT = 60


def make(folder, mb, span):
    """Blocks of stamps in order; values with two decimals, repeated from a table drawn once so that making is quick."""
    os.makedirs(folder, exist_ok=True)
    length_ms = 3_600_000 if span == "hour" else 86_400_000
    shapes = {
        "jsonl": '{"ts":"%s","name":"%s","value":%s,"labels":{"host":"%s"}}\n',
        "csv": "%s,%s,%s,%s\n",
        "prom": '%s{host="%s",job="api"} %s %d\n',
    }
    for form, shape in shapes.items():
        draw = random.Random(7)
        table = [(NAMES[draw.randrange(20)], f"{draw.lognormvariate(3, 1):.2f}", HOSTS[draw.randrange(8)])
                 for _ in range(1 << 16)]
        mean = {"jsonl": 92, "csv": 53, "prom": 59}[form]
        n_lines = mb * 1_000_000 // mean
        with open(f"{folder}/metrics.{form}", "w", buffering=1 << 20) as out:
            if form == "csv":
                out.write("timestamp,name,value,host\n")
            some, last, prefix, known = [], -1, "", {}
            for i in range(n_lines):
                at = i * length_ms // n_lines
                name, value, host = table[(i * 40_503 + (i >> 16)) & 0xFFFF]
                if form == "prom":
                    some.append(shape % (name, host, value, START + at))
                else:
                    seconds, ms = divmod(at, 1000)
                    if seconds != last:
                        last = seconds
                        prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START // 1000 + seconds))
                    stamp = "%s.%03dZ" % (prefix, ms)
                    some.append(shape % ((stamp, name, value, host)))
                if len(some) == 20_000:
                    out.write("".join(some))
                    some.clear()
            out.write("".join(some))
        print(f"{folder}/metrics.{form}: {os.path.getsize(f'{folder}/metrics.{form}'):,} bytes")


AGGREGATES = "count(*) n, min(value) lo, max(value) hi, avg(value) mean, quantile_cont(value, 0.95) p95"
DUCKDB = {
    "jsonl": "read_json('{f}', format='newline_delimited', columns={{ts:'TIMESTAMP', name:'VARCHAR', value:'DOUBLE'}})",
    "csv": "read_csv('{f}', header=true, columns={{timestamp:'TIMESTAMP', name:'VARCHAR', value:'DOUBLE', host:'VARCHAR'}})",
}


def duckdb_sql(form, path):
    if form == "prom":
        # Cut at blanks: the generated labels hold none. Much faster there than an expression over whole lines.
        table = (f"(select make_timestamp(ts * 1000) ts, split_part(series, '{{', 1) as name, value from read_csv('{path}', "
                 "header=false, delim=' ', quote='', escape='', "
                 "columns={series:'VARCHAR', value:'DOUBLE', ts:'BIGINT'}))")
    else:
        table = DUCKDB[form].format(f=path)
    stamp = "timestamp" if form == "csv" else "ts"
    return f"select date_trunc('minute', {stamp}) b, name, {AGGREGATES} from {table} group by all order by all"


PEERS = {
    "duckdb": """
import duckdb, sys
db = duckdb.connect(config={"threads": int(sys.argv[3])})
rows = db.execute(sys.argv[4]).fetchall()
print(len(rows))
""",
    "polars": """
import os, sys
os.environ["POLARS_MAX_THREADS"] = sys.argv[3]
import polars as pl
path, form = sys.argv[1:3]
if form == "jsonl":
    t = pl.scan_ndjson(path, schema={"ts": pl.String, "name": pl.String, "value": pl.Float64})
    t = t.with_columns(b=pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ").dt.truncate("1m"))
elif form == "csv":
    t = pl.scan_csv(path).with_columns(b=pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ").dt.truncate("1m"))
else:
    t = pl.scan_csv(path, has_header=False, separator=" ", quote_char=None, new_columns=["series", "value", "ts"])
    t = t.with_columns(b=pl.from_epoch("ts", time_unit="ms").dt.truncate("1m"),
                       name=pl.col("series").str.split_exact("{", 1).struct.field("field_0"))
v = pl.col("value")
t = t.group_by("b", "name").agg(pl.len(), v.min().alias("lo"), v.max().alias("hi"), v.mean().alias("mean"),
                                v.quantile(0.95, "linear").alias("p95")).sort("b", "name")
print(t.collect().height)
""",
    "pandas": """
import sys, pandas as pd
path, form = sys.argv[1:3]
if form == "jsonl":
    t = pd.concat([c[["ts", "name", "value"]] for c in pd.read_json(path, lines=True, chunksize=500000)])
    t["b"] = pd.to_datetime(t["ts"]).dt.floor("min")
elif form == "csv":
    t = pd.read_csv(path, usecols=["timestamp", "name", "value"])
    t["b"] = pd.to_datetime(t["timestamp"], format="%Y-%m-%dT%H:%M:%S.%fZ").dt.floor("min")
else:
    t = pd.read_csv(path, header=None, sep=" ", quoting=3, names=["series", "value", "ts"])
    t["b"] = pd.to_datetime(t["ts"], unit="ms").dt.floor("min")
    t["name"] = t["series"].str.split("{", n=1).str[0]
g = t.groupby(["b", "name"])["value"]
out = g.agg(["count", "min", "max", "mean"]).join(g.quantile(0.95))
print(len(out))
""",
    "orjson": """
import sys, orjson
cells = {}
for line in open(sys.argv[1], "rb"):
    e = orjson.loads(line)
    cells.setdefault((e["ts"][:16], e["name"]), []).append(e["value"])
for values in cells.values():
    values.sort()
    at = (len(values) - 1) * 0.95
    i = int(at)
    _ = (len(values), values[0], values[-1], sum(values) / len(values), values[i] + (values[min(i + 1, len(values) - 1)] - values[i]) * (at - i))
print(len(cells))
""",
}
JQ = ('reduce inputs as $e ({}; .[($e.ts[0:16]) + " " + $e.name] += [$e.value]) | map_values(sort | '
      '{n: length, lo: .[0], hi: .[-1], mean: (add / length), p95: .[((length - 1) * 0.95) | floor]}) | length')
LNAV_FORMAT = {
    "bench_log": {
        "title": "bench", "file-type": "json", "json": True, "timestamp-field": "ts", "body-field": "name",
        "value": {"name": {"kind": "string", "identifier": True}, "value": {"kind": "float"}, "labels": {"kind": "json"}},
        "line-format": [{"field": "ts"}, " ", {"field": "name"}, " ", {"field": "value"}],
    }
}


def commands(form, path, threads, binary, xan, folder):
    """Name and argv of whoever can do the task on this format."""
    out = {"watchfloor": [binary, "metrics", "summarize", path, "--every", "1m", "--json", "--threads", str(threads)]}
    for name, source in PEERS.items():
        one_format, one_thread = name == "orjson", name in ("orjson", "pandas")
        if (one_format and form != "jsonl") or (one_thread and threads > 1):
            continue
        module = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True)
        if module.returncode == 0:
            out[name] = [sys.executable, "-c", source, path, form, str(threads), duckdb_sql(form, path)]
    if threads == 1 and form == "jsonl" and shutil.which("jq"):
        out["jq"] = ["jq", "-n", JQ, path]
    if threads == 1 and form == "jsonl" and shutil.which("lnav"):
        formats = f"{folder}/.lnav/formats/bench"
        os.makedirs(formats, exist_ok=True)
        with open(f"{formats}/bench.json", "w") as out_file:
            json.dump(LNAV_FORMAT, out_file)
        sql = (";select timeslice(log_time, '1m') b, name, count(*), min(value), max(value), avg(value), "
               "percentile(value, 95) from bench_log group by b, name")
        if subprocess.run(["lnav", "-n", "-c", ";select percentile(1, 95)", "/dev/null"], capture_output=True).stderr:
            sql = sql.replace(", percentile(value, 95)", "")
        out["lnav"] = ["env", f"HOME={folder}", "lnav", "-n", "-I", f"{folder}/.lnav", "-c", sql, path]
    if threads == 1 and form == "csv" and xan:
        out["xan"] = ["sh", "-c", f"{xan} map 'timestamp[:16] as minute' {path} | {xan} groupby minute,name "
                      "'count() as n, min(value) as lo, max(value) as hi, mean(value) as mean, quantile(value, 0.95) as p95'"]
    return out


def once(argv):
    """Seconds, and the peak of the resident memory in MB of it and its children."""
    start = time.perf_counter()
    child = subprocess.Popen(["timeout", str(LIMIT), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - start
    if child.returncode == 124:
        raise RuntimeError(f"more than {LIMIT} s")
    if child.returncode:
        raise RuntimeError(f"{argv[0]}: {said.decode(errors='replace').strip()[-300:]}")
    return taken, used.ru_maxrss / 1024


def run(options):
    for form in options.formats:
        path = f"{options.folder}/metrics.{form}"
        mb = os.path.getsize(path) / 1e6
        with open(path, "rb") as warm:
            while warm.read(1 << 22):
                pass
        for threads in options.threads:
            peers = commands(form, path, threads, options.binary, options.xan, options.folder)
            if options.only:
                peers = {name: argv for name, argv in peers.items() if name in options.only}
            taken, peak, failed = {n: [] for n in peers}, {n: 0 for n in peers}, {}
            # One of each, again and again: what else the machine does meets all of them.
            for turn in range(options.runs):
                for name, argv in peers.items():
                    if name in failed or (turn and statistics.median(taken[name]) > 30):
                        continue
                    try:
                        seconds, memory = once(argv)
                        taken[name].append(seconds)
                        peak[name] = max(peak[name], memory)
                    except RuntimeError as error:
                        failed[name] = str(error)
            print(f"\n{form}, {mb:.0f} MB, {threads} thread{'s' if threads > 1 else ''}, medians of {options.runs}")
            base = statistics.median(taken["duckdb"]) if taken.get("duckdb") else None
            for name, times in sorted(taken.items(), key=lambda item: statistics.median(item[1] or [math.inf])):
                if name in failed or not times:
                    print(f"  {name:<11} failed: {failed.get(name, 'no run')}")
                    continue
                median = statistics.median(times)
                ratio = f"{base / median:6.2f}" if base else "     -"
                print(f"  {name:<11} {median:7.2f} s {mb / median:7.0f} MB/s  x duckdb {ratio}  {peak[name]:6.0f} MB")
            sys.stdout.flush()


def compare(options):
    import duckdb
    wrong = 0
    for form in options.formats:
        path = f"{options.folder}/metrics.{form}"
        rows = duckdb.connect().execute(duckdb_sql(form, path)).fetchall()
        argv = [options.binary, "metrics", "summarize", path, "--every", "1m", "--json"]
        said = subprocess.run(argv, capture_output=True, text=True, check=True)
        ours = [json.loads(line) for line in said.stdout.splitlines()]
        bad, same_bits = 0, 0
        for theirs, own in zip(rows, ours):
            b, name, n, lo, hi, mean, p95 = theirs
            same = (b.strftime("%Y-%m-%dT%H:%M:%SZ"), name, n, lo, hi) == tuple(own[k] for k in ("bucket", "name", "count", "min", "max"))
            near = math.isclose(mean, own["mean"], rel_tol=1e-9) and math.isclose(p95, own["p95"], rel_tol=1e-9)
            same_bits += p95 == own["p95"]
            bad += not (same and near)
        bad += abs(len(rows) - len(ours))
        wrong += bad
        print(f"{form}: {len(ours):,} rows, {len(rows):,} of duckdb; {bad} differ; percentile equal to the last bit in {same_bits:,}; {said.stderr.strip()}")
    sys.exit(wrong > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "run", "compare"])
    parser.add_argument("folder")
    parser.add_argument("binary", nargs="?")
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--span", choices=["hour", "day"], default="hour")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=lambda s: [int(n) for n in s.split(",")], default=[1, 2])
    parser.add_argument("--formats", type=lambda s: s.split(","), default=["jsonl", "csv", "prom"])
    parser.add_argument("--only", type=lambda s: s.split(","))
    parser.add_argument("--xan", default=shutil.which("xan"))
    options = parser.parse_args()
    if options.what == "make":
        make(options.folder, options.mb, options.span)
    elif not options.binary:
        parser.error("name the binary")
    else:
        (run if options.what == "run" else compare)(options)


if __name__ == "__main__":
    main()
