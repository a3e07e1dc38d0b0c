# path(): what the kernel keeps of open files, by name.
need_root
"$POLYTAP" --dry-run -q -e 'iter:task_file { exit(); }' >/dev/null 2>&1 || skip "this kernel takes no programs of iterators"
mkdir -p "folder/a longer name"
echo text >"folder/a longer name/file"
mkfifo fifo
echo text >gone
exec 6<gone
rm gone
sleep 100 7<"folder/a longer name/file" 8</dev/null 9</ &
reader=$!
exec 6<&-
echo text | sleep 100 &
piped=$!
sleep 0.2
"$POLYTAP" -q -e "iter:task_file /ctx.task.tgid == $reader/ { printf(\"%d %s\n\", ctx.fd, path(ctx.file.f_path)); printf(\"%d cut %s\n\", ctx.fd, path(ctx.file.f_path, 4)); }" >out 2>err
status=$?
"$POLYTAP" -q -e "iter:task_file /ctx.task.tgid == $piped && ctx.fd == 0/ { print(path(ctx.file.f_path)); }" >pipe 2>err
kill $reader $piped
cat out pipe err
[ $status = 0 ] || fail "exit status $status"
expect_in out "7 $(pwd -P)/folder/a longer name/file"
expect_in out "6 $(pwd -P)/gone (deleted)"
expect_in out '8 /dev/null'
expect_in out '8 cut /dev'
grep -qx '9 /' out || fail "the root is not /"
expect_in pipe 'pipefs:'
# polytap's own descriptors are among those of all processes.
expect_status 0 "$POLYTAP" -q -e 'iter:task_file { print(path(ctx.file.f_path)); }'
expect_in out 'anon_inode:bpf-map'
