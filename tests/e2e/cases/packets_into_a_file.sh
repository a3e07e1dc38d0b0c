# skboutput() writes what tcpdump can read: a header, and the packets' bytes from the offset on.
need_root
need od
if command -v ping >/dev/null 2>&1; then
  sender='ping -c 1 -W 1 -p 706f6c79746170 127.0.0.1'
elif command -v python3 >/dev/null 2>&1; then
  echo 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"polytap", ("127.0.0.1", 9))' >send.py
  sender='python3 send.py'
else
  skip "needs ping or python3 to send a packet"
fi
$sender >/dev/null 2>&1 || skip "needs a loopback interface that is up"
# Of the packets, answers among them, those with the text.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'tracepoint:net:net_dev_queue /comm == "ping" || comm == "python3"/ { print(skboutput("seen.pcap", (struct sk_buff *)kptr(args.skbaddr), 4096, 14)); }' \
  -c "$sender"
expect_in out 0
# libpcap's mark for nanoseconds, raw IP; then a packet whose captured length is that of its IP header.
[ "$(od -An -tx4 -N4 seen.pcap | tr -d ' ')" = a1b23c4d ] || fail "no capture file"
[ "$(od -An -tu4 -j20 -N4 seen.pcap | tr -d ' ')" = 101 ] || fail "not of raw IP"
captured=$(od -An -tu4 -j32 -N4 seen.pcap | tr -d ' ')
high=$(od -An -tu1 -j42 -N1 seen.pcap | tr -d ' ')
low=$(od -An -tu1 -j43 -N1 seen.pcap | tr -d ' ')
[ "$captured" -eq $((high * 256 + low)) ] || fail "$captured bytes of a packet of $((high * 256 + low))"
grep -q polytap seen.pcap || fail "the packet's bytes are not there"
