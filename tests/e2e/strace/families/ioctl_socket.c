#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFADDR, SIOCSIFADDR, SIOCGIFDSTADDR, SIOCSIFDSTADDR,
        SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFNETMASK, SIOCGIFMETRIC, SIOCSIFMETRIC, SIOCGIFMTU,
        SIOCSIFMTU, SIOCSIFNAME, SIOCSIFHWADDR, SIOCGIFENCAP, SIOCSIFENCAP, SIOCGIFHWADDR, SIOCGIFSLAVE, SIOCSIFSLAVE,
        SIOCADDMULTI, SIOCDELMULTI, SIOCGIFINDEX, SIOCSIFHWBROADCAST, SIOCGIFTXQLEN, SIOCSIFTXQLEN, SIOCGIFMAP,
        SIOCSIFMAP, SIOCBRADDBR, SIOCBRDELBR, SIOCBRADDIF, SIOCBRDELIF, FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP,
        SIOCATMARK, SIOCOUTQNSD, SIOCETHTOOL, SIOCADDRT, SIOCGIFVLAN, SIOCGSTAMP_OLD, SIOCSIFBR);
  // Hardware addresses of every kind.
  struct ifreq request;
  for (unsigned family = 0; family < 1024; family += family < 40 || family > 500 ? 1 : 19) {
    memset(&request, 0, sizeof request);
    request.ifr_hwaddr.sa_family = family;
    request.ifr_hwaddr.sa_data[0] = 'a';
    one(SIOCSIFHWADDR, &request);
  }
  // An interface that is there.
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  static const unsigned long asked[] = {SIOCGIFFLAGS, SIOCGIFADDR,  SIOCGIFNETMASK, SIOCGIFMTU,   SIOCGIFINDEX,
                                        SIOCGIFMAP,   SIOCGIFTXQLEN, SIOCGIFHWADDR, SIOCGIFBRDADDR, SIOCGIFMETRIC};
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    ioctl(fd, asked[i], &request);
    strcpy(request.ifr_name, "nothing");
    ioctl(fd, asked[i], &request);
  }
  memset(&request, 0, sizeof request);
  request.ifr_ifindex = 1;
  ioctl(fd, SIOCGIFNAME, &request);
  struct ifreq room[16];
  struct ifconf list;
  memset(room, 0, sizeof room);
  list.ifc_len = sizeof room;
  list.ifc_req = room;
  ioctl(fd, SIOCGIFCONF, &list);
  list.ifc_len = sizeof *room;
  ioctl(fd, SIOCGIFCONF, &list);
  list.ifc_len = 0;
  list.ifc_req = NULL;
  ioctl(fd, SIOCGIFCONF, &list);
  list.ifc_len = sizeof room;
  list.ifc_buf = BAD;
  ioctl(fd, SIOCGIFCONF, &list);
  int waiting = 0;
  ioctl(fd, FIONREAD, &waiting);
  ioctl(fd, SIOCGPGRP, &waiting);
  close(fd);
  return 0;
}
