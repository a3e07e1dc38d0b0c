# What ioctl's argument holds where strace shows only an address, and answers of the kernel that is running.
need python3
cat >commands.py <<'P'
import fcntl, os, socket, struct, termios
def ioctl(fd, command, data=b""):
    try:
        fcntl.ioctl(fd, command, data)
    except OSError:
        pass
null = os.open("/dev/null", os.O_RDWR)
TUNSETIFF, TUNSETQUEUE = 0x400454CA, 0x400454D9
request = struct.pack("16sH22x", b"tap7", 0x1002)
ioctl(null, TUNSETIFF, request)
ioctl(null, TUNSETQUEUE, request)
SIOCDARP, SIOCSARP = 0x8953, 0x8955
address = struct.pack("HH4s8x", socket.AF_INET, 0, bytes((192, 0, 2, 7)))
hardware = struct.pack("H14s", 1, bytes((2, 0xFC, 0, 0, 0, 5)))
arp = address + hardware + struct.pack("i", 6) + struct.pack("16x16s", b"lo")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    ioctl(s.fileno(), SIOCSARP, arp)
    ioctl(s.fileno(), SIOCDARP, arp)
# Answers of the kernel.
terminal, other = os.openpty()
fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 1, 2))
ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
NS_GET_NSTYPE = 0xB703
fcntl.ioctl(os.open("/proc/self/ns/net", os.O_RDONLY), NS_GET_NSTYPE)
# Of no family.
ioctl(null, 0x80034612, b"")
P
"$POLYTAP" strace -o lines -e trace=ioctl python3 commands.py
cat >expected <<'E'
TUNSETIFF, {ifr_name="tap7", ifr_flags=IFF_TAP|IFF_NO_PI}) = -1 ENOTTY
TUNSETQUEUE, {ifr_name="tap7", ifr_flags=IFF_TAP|IFF_NO_PI}) = -1 ENOTTY
arp_pa={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("192.0.2.7")}, arp_ha={sa_family=ARPHRD_ETHER, sa_data=02:fc:00:00:00:05}, arp_flags=ATF_COM|ATF_PERM,
SIOCDARP, {arp_pa={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("192.0.2.7")}, arp_dev="lo"})
TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=1, ws_ypixel=2}) = 0
TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=1, ws_ypixel=2}) = 0
_IOC(_IOC_READ, 0x46, 0x12, 0x3), 0x
E
while read -r line; do
  grep -qF "$line" lines || { cat lines; fail "no line with $line"; }
done <expected
grep -q 'NS_GET_NSTYPE) *= [0-9]* (CLONE_NEWNET)' lines || { grep NS_ lines; fail "the returned namespace type has no name"; }
