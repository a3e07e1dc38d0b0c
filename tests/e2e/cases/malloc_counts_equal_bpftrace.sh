# Counts of malloc, free and malloc's returns under ptrace equal those of bpftrace, on real programs with children and libraries.
need_root
need bpftrace gcc git python3
libc=$(ldd "$(command -v git)" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
[ -n "$libc" ] || skip "git is not linked with libc dynamically"
printf 'int main(void) { return 0; }\n' >small.c
# Without threads: how much they free before the process ends is a matter of time (function_breakpoints has threads).
cat >script.py <<'END'
import json, subprocess
subprocess.run(["/bin/true"])
for i in range(5):
    json.loads("[1, 2, 3]")
END
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
# bpftrace sees every process: those of the command are known by who forked them.
equal() {
  # Both through a pipe: what the command does with its output depends on what that is.
  "$POLYTAP" -q -b ptrace -c "$1" \
    -e "uprobe:$libc:malloc { @m = count(); } uretprobe:$libc:malloc { @r = count(); } uprobe:$libc:free { @f = count(); }" \
    2>err | grep '^@[mrf]:' | sort >ours
  ours='/tid == cpid || @ours[tid]/'
  bpftrace -c "$1" -e "tracepoint:sched:sched_process_fork /args->parent_pid == cpid || @ours[args->parent_pid]/ { @ours[args->child_pid] = 1; }
    uprobe:$libc:malloc $ours { @m = count(); } uretprobe:$libc:malloc $ours { @r = count(); } uprobe:$libc:free $ours { @f = count(); }" \
    2>/dev/null | grep '^@[mrf]:' | sort >theirs
  [ "$(wc -l <ours)" -eq 3 ] || { cat ours err; fail "no three counts of $1"; }
  same ours theirs
}
python=$(readlink -f /usr/bin/python3)
[ -x "$python" ] || skip "no /usr/bin/python3"
equal "/usr/bin/git --version"
equal "/usr/bin/gcc -c small.c -o small.o"
equal "$python $PWD/script.py"
