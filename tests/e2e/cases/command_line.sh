# Options that no other case uses: --fmt, -o, -I, --include, --mode, -l and -lv, import, named probes, and the line that test
# harnesses of bpftrace wait for.
printf 'BEGIN{printf("%%d\\n",1+2);exit();} // three\n' >script.bt
expect_status 0 "$POLYTAP" --fmt script.bt
expect_in out 'printf("%d\n", 1 + 2);'
expect_in out '// three'
cp out again.bt
expect_status 0 "$POLYTAP" --fmt again.bt
same out again.bt

expect_status 0 "$POLYTAP" -q -o answer script.bt
[ ! -s out ] || fail "-o left something on the standard output"
expect_in answer '3'

mkdir -p headers
printf '#define ANSWER 42\nstruct pair { int a; long b; };\n' >headers/answer.h
printf '#include "answer.h"\nBEGIN { print(ANSWER); print(sizeof(struct pair)); exit(); }\n' >script.bt
if command -v cpp >/dev/null 2>&1 || command -v cc >/dev/null 2>&1; then
  expect_status 0 "$POLYTAP" -q -I headers script.bt
  expect_in out 42
  expect_in out 16
  expect_status 0 "$POLYTAP" -q -I headers --include answer.h -e 'BEGIN { print(ANSWER + 1); exit(); }'
  expect_in out 43
else
  echo "(no C preprocessor here: -I and --include were not tried)"
fi

printf 'macro twice(x) { x * 2 }\nBEGIN { print("imported"); }\n' >library.bt
printf 'import "library.bt"; BEGIN { print(twice(21)); exit(); }\n' >script.bt
expect_status 0 "$POLYTAP" -q script.bt
expect_in out imported
expect_in out 42

expect_status 0 "$POLYTAP" -q --mode test -e 'test:sums { if (1 + 1 != 2) { return 1; } }'
expect_in out '1 passed, 0 failed'
expect_status 0 "$POLYTAP" -l 'tracepoint:syscalls:sys_enter_openat*'
expect_in out 'tracepoint:syscalls:sys_enter_openat2'
expect_status 0 "$POLYTAP" -lv 'tracepoint:syscalls:sys_enter_openat'
expect_in out '    int32 dfd'
expect_status 0 "$POLYTAP" -l 'syscall:openat*'
expect_in out 'syscall:openat2'
expect_status 0 "$POLYTAP" -q -e 'first = BEGIN { printf("%s\n", probe); exit(); }'
expect_in out BEGIN
expect_status 0 env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$POLYTAP" -e 'BEGIN { exit(); }'
cat out err | grep -qx '__BPFTRACE_NOTIFY_PROBES_ATTACHED' || fail "test harnesses are not told that the probes are attached"
expect_status 1 "$POLYTAP" -q -e 'config = { missing_probes = ignore } tracepoint:sched:there_is_no_such { print(1); }'
expect_in err "None of the script's probes is there"

# -l with a script: its probes, and nothing else.
expect_status 0 "$POLYTAP" -l -e 'tracepoint:syscalls:sys_enter_getp*id, interval:ms:20 { exit(); }'
[ "$(grep -cv 'tracepoint:syscalls:sys_enter_getp\|interval:ms:20' out)" = 0 ] || fail "-l -e shows other probes"
expect_in out 'tracepoint:syscalls:sys_enter_getpid'
expect_in out 'interval:ms:20'
printf 'profile:hz:99, software:cpu:1000 { }\n' >script.bt
expect_status 0 "$POLYTAP" -l script.bt
expect_in out 'profile:hz:99'
# Several patterns, and the providers' short names.
expect_status 0 "$POLYTAP" -l 't:syscalls:sys_enter_openat,s:*faults*, i:us:'
expect_in out 'tracepoint:syscalls:sys_enter_openat'
expect_in out 'software:page-faults:'
expect_in out 'interval:us:'
expect_status 1 "$POLYTAP" -l 't:syscalls:sys_enter_openat,t:nothing:*'
expect_in out 'tracepoint:syscalls:sys_enter_openat'
expect_in err "No probe matches 'tracepoint:nothing:*'"
expect_status 1 "$POLYTAP" -l not_there.bt
expect_in err "no file 'not_there.bt'"
expect_status 0 "$POLYTAP" -l '*:us:'
expect_in out 'interval:us:'
expect_in out 'profile:us:'
expect_status 0 "$POLYTAP" -l 'iter:*'
expect_in out 'iter:task_file'
if [ -r /sys/kernel/btf/vmlinux ]; then
  expect_status 0 "$POLYTAP" -lv 'struct sockaddr_in'
  expect_in out 'struct sockaddr_in {'
  expect_in out ' sin_port;  // offset 2'
  expect_status 0 "$POLYTAP" -l 'enum bpf_map_type'
  expect_in out 'BPF_MAP_TYPE_HASH = 1,'
  expect_status 1 "$POLYTAP" -l 'struct there_is_no_such'
fi
expect_status 0 "$POLYTAP" -q -e 'BEGIN { printf("%d\n", has_cpid); exit(); }' --cmd true
expect_in out 1
expect_status 0 "$POLYTAP" -l 'iter:*'
expect_in out 'iter:task_file'
expect_status 0 "$POLYTAP" -l 'soft*:cpu:'
expect_in out 'software:cpu:'
