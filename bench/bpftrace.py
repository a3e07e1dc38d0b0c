"""`bench/run startup events printf attach`: the eBPF backend beside bpftrace."""
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import time

from measure import LOOP, POLYTAP, Tracer, bpftrace_system_wide, loop_ns, missed, ours_system_wide, report

LIBC = "/lib/x86_64-linux-gnu/libc.so.6"

STARTUP_SCRIPTS = {
    "BEGIN": "BEGIN { }",
    "system calls by command": "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }",
    "opened files": "tracepoint:syscalls:sys_enter_openat { @file[tid] = args->filename; } tracepoint:syscalls:sys_exit_openat /@file[tid]/ "
                    '{ printf("%d %s %d %s\\n", pid, comm, args->ret, str(@file[tid])); delete(@file[tid]); }',
    "sizes of malloc": f"uprobe:{LIBC}:malloc {{ @ = hist(arg0); }}",
    "stacks by time": "profile:hz:99 { @[ustack, kstack, comm] = count(); }",
}


def until_tick(program):
    text = b""
    began = time.monotonic()
    while b"tick" not in text:
        more = os.read(program.stdout.fileno(), 1 << 16)
        if not more or time.monotonic() - began > 120:
            sys.exit(f"{program.args} did not start:\n{text.decode(errors='replace')}")
        text += more
    return text


def attach_and_detach(argv):
    """Seconds until a probe that follows all others prints, and from SIGINT to the end."""
    began = time.monotonic()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        until_tick(program)
        attached = time.monotonic()
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=120)
    return attached - began, time.monotonic() - attached


def peak_memory(argv):
    """Peak KiB of the same (of a child of time(1), as in run_measured), in a run of its own: time(1) takes longer to start than we may."""
    with subprocess.Popen(["/usr/bin/time", "-f", "%M KiB", *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as timer:
        text = until_tick(timer)
        with open(f"/proc/{timer.pid}/task/{timer.pid}/children") as children:
            os.kill(int(children.read().split()[0]), signal.SIGINT)
        text += timer.communicate(timeout=120)[0]
    return int(re.search(rb"(\d+) KiB", text).group(1))


SOON = ' interval:ms:1 { printf("tick\\n"); }'


# The first tick comes a millisecond behind the start; that is neither tracer's.
TICK = 1e-3

# Who attaches to a tracepoint that someone has just left waits for the kernel's grace period (kernel/tracepoint.c,
# TP_TRANSITION_SYNC_1_0_1): each starts when what the one before left is done. Not asleep: a virtual CPU that has slept takes
# milliseconds to get going, which would be measured in the shorter start alone.
REST = 0.05


def rest():
    until = time.monotonic() + REST
    while time.monotonic() < until:
        pass


def least_startup(name):
    """Milliseconds until a program that only has the kernel do what the script needs says so (least_startup.cc)."""
    program = os.path.join(os.path.dirname(POLYTAP), "tests/least_startup")
    numbers = []
    if name == "opened files":
        for call in ("sys_enter_openat", "sys_exit_openat"):
            with open(f"/sys/kernel/tracing/events/syscalls/{call}/id") as number:
                numbers.append(number.read().strip())
    if name == "sizes of malloc":
        symbols = subprocess.run(["nm", "-D", LIBC], capture_output=True, text=True, check=True).stdout
        numbers.append("0x" + re.search(r"^(\w+) T malloc@", symbols, re.M).group(1))
    began = time.monotonic()
    with subprocess.Popen([program, name, *numbers], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        until_tick(process)
        taken = time.monotonic() - began
        process.kill()
    return taken * 1e3


def bench_startup():
    for name, script in STARTUP_SCRIPTS.items():
        commands = [[POLYTAP, "-b", "ebpf", "-e", script + SOON], ["bpftrace", "-e", script + SOON]]
        seconds = [[], []]
        least = []
        for _ in range(9):
            for tracer, argv in zip(seconds, commands):
                rest()
                tracer.append(attach_and_detach(argv)[0] - TICK)
            rest()
            least.append(least_startup(name))
        ours, theirs = (statistics.median(tracer) * 1e3 for tracer in seconds)
        report(f"start-up: {name}", ours, theirs, "ms", 1 / 15)
        print(f"  (the kernel alone: {statistics.median(least):.1f} ms, {statistics.median(least) / theirs:.3f})", flush=True)
        ours, theirs = (statistics.median(peak_memory(argv) for _ in range(3)) for argv in commands)
        report(f"memory: {name}", ours, theirs, "KiB", 1 / 6)


# name: script, what the loop does
EVENT_SCRIPTS = {
    "count": ("tracepoint:syscalls:sys_enter_getppid { @ = count(); }", "getppid"),
    "count by comm": ("tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); }", "getppid"),
    "enter/exit hist": ("tracepoint:syscalls:sys_enter_getppid { @s[tid] = nsecs; } tracepoint:syscalls:sys_exit_getppid /@s[tid]/ "
                        "{ @h = hist(nsecs - @s[tid]); delete(@s[tid]); }", "getppid"),
    "a predicate that is false": ("tracepoint:syscalls:sys_enter_getppid /pid == 1/ { @ = count(); }", "getppid"),
    "count by path": ("tracepoint:syscalls:sys_enter_openat { @[str(args->filename)] = count(); }", "open"),
    "stats by result": ("tracepoint:syscalls:sys_exit_openat { @[args->ret >= 0] = stats(args->ret); }", "open"),
    "count by kernel stack": ("tracepoint:syscalls:sys_enter_getppid { @[kstack] = count(); }", "getppid"),
    "count by process and call": ("tracepoint:raw_syscalls:sys_enter { @[pid, args->id] = count(); }", "getppid"),
    "lhist and avg": ("tracepoint:syscalls:sys_exit_getppid { @l = lhist(args->ret, 0, 1000000, 10000); @a = avg(args->ret); }", "getppid"),
    "function's argument": (f"uprobe:{LIBC}:access {{ @[arg1] = count(); }}", "access"),
}


def bench_events():
    ratios = []
    for name, (script, what) in EVENT_SCRIPTS.items():
        count = 100_000 if what == "access" else 300_000
        base, ours, theirs = [], [], []
        for _ in range(5):
            base += [loop_ns(what, count) for _ in range(3)]
            with ours_system_wide(script):
                ours += [loop_ns(what, count) for _ in range(3)]
            with bpftrace_system_wide(script):
                theirs += [loop_ns(what, count) for _ in range(3)]
        native = min(base)
        added, peer = min(ours) - native, min(theirs) - native
        ratios.append(added / peer)
        report(f"added per event: {name}", added, peer, "ns", 1.0)
    report("added per event: geometric mean", math.exp(statistics.mean(math.log(max(ratio, 0.01)) for ratio in ratios)), 1.0, "", 0.9)


PRINTF_SCRIPT = 'tracepoint:syscalls:sys_enter_openat /comm == "syscall_loop"/ { printf("%s %d %s\\n", comm, pid, str(args->filename)); }'


def printed_lines(start, rate):
    """How many of two seconds' lines arrive; the bytes of a string may be absent at the first call: BPF cannot read them then."""
    count = 2 * rate
    with start(PRINTF_SCRIPT) as tracer:
        ns = loop_ns("open", count, tail=(str(rate),))
        time.sleep(0.5)
    return len(re.findall(r"^syscall_loop \d+ (?:/dev/null)?$", tracer.result, re.M)), count, 1e9 / ns


def highest_rate_without_loss(start):
    """In steps of a fifth; a rate counts when one of two runs loses nothing."""
    best, rate = 0.0, 10_000
    while True:
        reached = 0.0
        for _ in range(2):
            lines, count, real = printed_lines(start, int(rate))
            if lines == count:
                reached = real
                break
        if reached <= best:
            return best
        best = reached
        if reached < 0.9 * rate:  # the loop itself is not faster
            return best
        rate *= 1.2


def bench_printf():
    ours, theirs = highest_rate_without_loss(ours_system_wide), highest_rate_without_loss(bpftrace_system_wide)
    print(f"printf without loss: polytap {ours:,.0f} lines/s, bpftrace {theirs:,.0f}", flush=True)
    report("time per printf line without loss", 1e9 / max(ours, 1), 1e9 / max(theirs, 1), "ns", 1 / 3)


ATTACH_SCRIPTS = {
    "sys_enter_* counted by probe": "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }",
    "sched:* counted by probe": "tracepoint:sched:* { @[probe] = count(); }",
}
ATTACH_SECONDS, ATTACH_KIB = 1.0, 60 << 10


def bench_attach():
    for name, script in ATTACH_SCRIPTS.items():
        ours, theirs = [], []
        for round_number in range(5):
            mine, peer = ([tracer, *option, "-e", script + SOON] for tracer, option in ((POLYTAP, ["-b", "ebpf"]), ("bpftrace", [])))
            ours.append((*attach_and_detach(mine), peak_memory(mine)))
            if round_number % 4 == 0:  # the peer takes half a minute
                theirs.append((*attach_and_detach(peer), peak_memory(peer)))
        medians = [[statistics.median(column) for column in zip(*rounds)] for rounds in (ours, theirs)]
        for what, mine, peer, unit, scale in zip(("attach", "detach", "memory"), *medians, ("ms", "ms", "KiB"), (1e3, 1e3, 1)):
            report(f"{what}: {name}", mine * scale, peer * scale, unit, 1.0)
        for what, value, limit in zip(("attach", "detach", "memory"), medians[0], (ATTACH_SECONDS, ATTACH_SECONDS, ATTACH_KIB)):
            if value > limit:
                missed.append(f"{what}: {name}: {value} is more than {limit}")
