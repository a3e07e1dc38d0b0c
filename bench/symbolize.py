"""`bench/run symbolize`: polytap symbolize beside eu-addr2line, llvm-symbolizer-14 and binutils' addr2line."""
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIRST_TOUCH = 100_000
REPEATED = 1_000_000
COMPARED = 10_000
SLOW = 300  # addresses for peers that take milliseconds for each


def text_section(path):
    out = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\] \.text +\S+ +(\w+) +\w+ +(\w+)", out)
    return int(found[1], 16), int(found[2], 16)


def debug_file_of_libc():
    out = subprocess.run(["readelf", "-n", "/lib/x86_64-linux-gnu/libc.so.6"], capture_output=True, text=True, check=True).stdout
    build_id = re.search(r"Build ID: (\w+)", out)[1]
    return f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"


def measure(argv, addresses, quiet=False):
    """Wall and CPU milliseconds, and the output. The CPU's do not grow when the machine has other things to do."""
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as out:
        given.write("".join(f"{a:#x}\n" for a in addresses))
        given.flush()
        given.seek(0)
        began = time.monotonic()
        process = subprocess.Popen(argv, stdin=given, stdout=subprocess.DEVNULL if quiet else out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = status
        if status != 0:
            sys.exit(f"{argv} ended with status {status}")
        out.seek(0)
        return wall * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, out.read()


def peak_kib(argv, addresses):
    text = "".join(f"{a:#x}\n" for a in addresses)
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *argv], input=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(done.stderr.split()[-1])


def normal(place):
    """FILE:LINE in one spelling: the peers differ in './', '//', a relative folder put twice, columns and discriminators."""
    place = re.sub(r" \(discriminator.*|\(inlined by\) ", "", place.strip())
    place = re.sub(r"^(.*?:(?:\d+|\?)):\d+$", r"\1", place)
    place = re.sub(r"^\./[^/]+/(?=\./)", "", place)
    while True:
        shorter = re.sub(r"/\./|//|/(?!\.\./)[^/]+/\.\./", "/", place)
        shorter = re.sub(r"^\./", "", shorter)
        if shorter == place:
            break
        place = shorter
    if place.startswith("??") or place.startswith(":"):
        return "??"
    return re.sub(r":(\?|0)$", ":?", place)


def places(text, mark):
    """For each address the places of its frames: MARK is the line that stands before each answer."""
    answers = []
    for line in text.splitlines():
        if line.startswith(mark) and re.fullmatch(r"0x[0-9a-f]+", line.strip()):
            answers.append([])
        else:
            answers[-1].append(line)
    return [[normal(line) for line in answer[1::2] if line] for answer in answers]


def compare(name, ours, theirs, addresses):
    same = sum(a == b for a, b in zip(ours, theirs))
    kinds = {}
    for address, a, b in zip(addresses, ours, theirs):
        if a == b:
            continue
        if a == ["??"]:
            kind = "only the peer has a place"
        elif b == ["??"] or not b:
            kind = "only polytap has a place"
        elif a[0] == b[0]:
            kind = "the same line, other callers"
        else:
            kind = "another line"
        kinds.setdefault(kind, []).append(f"{address:#x} {a} {b}")
    print(f"  same places as {name}: {same:,} of {len(ours):,}", flush=True)
    for kind, cases in sorted(kinds.items()):
        print(f"    {kind}: {len(cases)}, such as {cases[0]}", flush=True)
    return same / len(ours)


def bench_file(polytap, path, cold_bar, missed):
    start, size = text_section(path)
    chance = random.Random(1)
    addresses = [start + chance.randrange(size) for _ in range(FIRST_TOUCH)]
    ours = [polytap, "symbolize", "-e", path, "-fi"]
    peers = {"eu-addr2line": ["eu-addr2line", "-e", path, "-fi"], "llvm-symbolizer-14": ["llvm-symbolizer-14", "--obj=" + path, "-f", "-i"],
             "addr2line": ["addr2line", "-e", path, "-fi"]}
    print(f"{path} ({os.path.getsize(path) / 1e6:.1f} MB)", flush=True)

    cold = {name: [] for name in ("polytap", *peers)}
    for address in addresses[:9]:
        for name, argv in (("polytap", ours), *peers.items()):
            cold[name].append(measure(argv, [address], True)[:2])
    mine = min(wall for wall, _ in cold["polytap"])
    print(f"  first address, cold: polytap {mine:.1f} ms (bar {cold_bar}), CPU {statistics.median(c for _, c in cold['polytap']):.1f} ms", flush=True)
    for name in peers:
        theirs = min(wall for wall, _ in cold[name])
        print(f"    {name}: {theirs:.1f} ms, ratio {mine / theirs:.3f}", flush=True)
    if mine > cold_bar:
        missed.append(f"symbolize: first address of {os.path.basename(path)}")

    rounds = [measure(ours, addresses, True)[:2] for _ in range(3)]
    rate = FIRST_TOUCH / min(wall for wall, _ in rounds) * 1e3
    by_cpu = FIRST_TOUCH / min(cpu for _, cpu in rounds) * 1e3
    print(f"  first touch, with inlined calls: {rate:,.0f} addresses/s, {by_cpu:,.0f} per second of CPU (bar 150,000)", flush=True)
    if max(rate, by_cpu) < 150_000:
        missed.append(f"symbolize: first touch in {os.path.basename(path)}")
    for name, argv in peers.items():
        count = COMPARED if name.startswith("llvm") else SLOW
        theirs = count / measure(argv, addresses[:count], True)[1] * 1e3
        print(f"    {name}: {theirs:,.0f} per second of CPU ({count:,} addresses), ratio {by_cpu / theirs:,.0f}", flush=True)

    few = addresses[:1000]
    base = min(measure(ours, few, True)[1] for _ in range(3))
    again = min(measure(ours, few * (REPEATED // len(few)), True)[1] for _ in range(3))
    repeated = (REPEATED - len(few)) / (again - base) * 1e3
    print(f"  repeated: {repeated:,.0f} addresses per second of CPU (bar 1,000,000)", flush=True)
    if repeated < 1_000_000:
        missed.append(f"symbolize: repeated addresses in {os.path.basename(path)}")

    memory = peak_kib(ours, addresses[:COMPARED])
    print(f"  memory after {COMPARED:,} addresses: {memory:,} KiB (bar 51,200); llvm-symbolizer-14 {peak_kib(peers['llvm-symbolizer-14'], addresses[:COMPARED]):,} KiB", flush=True)
    if memory > 51_200:
        missed.append(f"symbolize: memory for {os.path.basename(path)}")

    compared = addresses[:COMPARED]
    mine = places(measure([*ours, "-a"], compared)[2], "0x")
    llvm = places(measure([*peers["llvm-symbolizer-14"], "-a"], compared)[2], "0x")
    agreed = compare("llvm-symbolizer-14, with inlined calls", mine, llvm, compared)
    # Without -i: with it elfutils takes 10 ms for each address.
    elfutils = [[normal(line)] for line in measure(["eu-addr2line", "-e", path], compared)[2].splitlines()]
    agreed = min(agreed, compare("eu-addr2line", [answer[:1] for answer in mine], elfutils, compared))
    if agreed < 0.98:
        missed.append(f"symbolize: the same answers in {os.path.basename(path)}")


def run(polytap, missed):
    made = subprocess.run([os.path.join(ROOT, "bench/generate-cpp-program"), os.path.join(ROOT, "build/bench/cpp")],
                          capture_output=True, text=True, check=True)
    bench_file(polytap, made.stdout.split()[-1], 5, missed)
    libc = debug_file_of_libc()
    if os.path.exists(libc):
        bench_file(polytap, libc, 60, missed)
    else:
        print(f"libc: skipped, {libc} is missing (libc6-dbg; scripts/setup test installs it)")
        missed.append("symbolize: libc6-dbg")
