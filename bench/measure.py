"""What the benchmarks share: running a tracer, timing a loop, holding a ratio against its bar."""
import os
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POLYTAP = os.environ.get("POLYTAP", os.path.join(ROOT, "build/release/polytap"))
LOOP = os.environ.get("SYSCALL_LOOP", os.path.join(ROOT, "build/release/tests/programs/syscall_loop"))
missed = []


def report(name, ours, theirs, unit, bar):
    ratio = ours / theirs if theirs else float("nan")
    verdict = "ok" if ratio <= bar else "MISSED"
    if ratio > bar:
        missed.append(name)
    print(f"{name:<44} {ours:>12.1f} {theirs:>12.1f} {unit:<4} ratio {ratio:6.3f}  (bar {bar:.3f}) {verdict}", flush=True)


def run_measured(argv):
    """Wall seconds and peak resident KiB of one run. (time(1) forks it: a child of ours would inherit Python's own peak.)"""
    began = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wall = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(f"{argv} ended with {done.returncode}: {done.stderr}")
    return wall, int(done.stderr.split()[-1])


class Tracer:
    """A tracer at work, system-wide, for the time of a with block."""

    def __init__(self, argv, ready):
        self.argv, self.ready = argv, ready

    def __enter__(self):
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.argv, stdout=self.out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while self.ready not in self.text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.argv} did not start:\n{self.text()}")
            time.sleep(0.02)
        return self

    def text(self):
        return os.pread(self.out.fileno(), 1 << 27, 0).decode(errors="replace")

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            print(f"({self.argv[0]} did not end within 20 s of SIGINT; killed)", flush=True)
            self.process.kill()
            self.process.wait()
        self.result = self.text()
        self.out.close()


# The last probe to be attached says when all are.
TICK = ' interval:ms:100 { printf("tick\\n"); }'


def ours_system_wide(script):
    return Tracer([POLYTAP, "-b", "ebpf", "-e", script + TICK], "tick")


def bpftrace_system_wide(script):
    return Tracer(["bpftrace", "-e", script + TICK], "tick")


def loop_ns(what, count, prefix=(), tail=()):
    out = subprocess.run([*prefix, LOOP, what, str(count), *tail], capture_output=True, text=True, check=True)
    return float(out.stdout.split()[-1])
