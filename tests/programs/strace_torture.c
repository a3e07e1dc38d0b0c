// What is hard on tracers of system calls: storms of processes, threads and execs, kills, signals in the midst of calls.
// Usage: strace_torture forks|threads|execs|thread_execs|kills|vforks|ptracer|closes|signals|leaderless|busy [COUNT]
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void calls(long count) {
  for (long i = 0; i < count; i++) {
    if (syscall(SYS_getppid) < 0) abort();
    const int fd = open("/dev/null", O_RDONLY);
    if (fd >= 0) close(fd);
    if (access("/nonexistent", 0) == 0 || errno != ENOENT) abort();
  }
}

static void* work(void* count) {
  calls((long)count);
  return NULL;
}

static void* execute(void* unused) {
  calls(50);
  execv("/bin/true", (char*[]){"true", NULL});
  return unused;
}

// Each child ends with a status of its own, and none may be lost.
static int forks(int count) {
  long sum = 0;
  long wanted = 0;
  int status = 0;
  for (int i = 0; i < count; i++) {
    wanted += i % 7;
    pid_t pid = fork();
    while (pid < 0) {
      if (wait(&status) > 0) sum += WEXITSTATUS(status);
      pid = fork();
    }
    if (pid == 0) {
      calls(i % 60);
      _exit(i % 7);
    }
  }
  while (wait(&status) > 0) {
    if (!WIFEXITED(status)) abort();
    sum += WEXITSTATUS(status);
  }
  printf("forks %d %s\n", count, sum == wanted ? "ok" : "WRONG");
  return sum != wanted;
}

static int threads(int count) {
  pthread_t* ids = calloc((size_t)count, sizeof *ids);
  for (int i = 0; i < count; i++) {
    if (pthread_create(&ids[i], NULL, work, (void*)200) != 0) abort();
  }
  for (int i = 0; i < count; i++) pthread_join(ids[i], NULL);
  printf("threads %d\n", count);
  return 0;
}

static int execs(int left) {
  if (left == 0) return puts("execs done") < 0;
  calls(60);
  char number[16];
  snprintf(number, sizeof number, "%d", left - 1);
  execl("/proc/self/exe", "strace_torture", "execs", number, NULL);
  return 1;
}

static int thread_execs(int count) {
  for (int i = 0; i < count; i++) {
    const pid_t pid = fork();
    if (pid == 0) {
      pthread_t id;
      pthread_create(&id, NULL, work, (void*)100000);
      pthread_create(&id, NULL, work, (void*)100000);
      pthread_create(&id, NULL, execute, NULL);
      for (;;) pause();
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) return 1;
  }
  return puts("thread execs done") < 0;
}

static int kills(int count) {
  for (int i = 0; i < count; i++) {
    const pid_t pid = fork();
    if (pid == 0) {
      pthread_t id;
      pthread_create(&id, NULL, work, (void*)1000000000);
      calls(1000000000);
    }
    usleep((useconds_t)(1000 + i * 50 % 5000));
    kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) return 1;
  }
  return puts("kills done") < 0;
}

static int vforks(int count) {
  for (int i = 0; i < count; i++) {
    const pid_t pid = vfork();
    if (pid == 0) {
      for (int k = 0; k < 20; k++) getppid();
      execl("/bin/true", "true", NULL);
      _exit(1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) return 1;
    calls(3);
  }
  return puts("vforks done") < 0;
}

static int ptracer(void) {
  const pid_t pid = fork();
  if (pid == 0) {
    const long result = ptrace(PTRACE_TRACEME, 0, 0, 0);
    calls(50);
    _exit(result == 0 ? 0 : 3);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  printf("ptracer %d\n", WEXITSTATUS(status));
  return 0;
}

static int closes(void) {
  calls(100);
  for (int fd = 3; fd < 1024; fd++) close(fd);
  calls(100);
  close_range(3, ~0U, 0);
  calls(100);
  return puts("closes done") < 0;
}

static volatile long ticks;

static void on_tick(int number) {
  (void)number;
  const int error = errno;
  struct stat status;
  if (syscall(SYS_getppid) <= 0 || stat("/", &status) != 0) abort();
  ticks++;
  errno = error;
}

// Handlers that make calls run between and within calls; results, memory and registers must be right.
static int signals(long count) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_tick;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval every = {{0, 300}, {0, 300}};
  setitimer(ITIMER_REAL, &every, NULL);
  int ends[2];
  if (pipe(ends) != 0) abort();
  long wrong = 0;
  char bytes[8];
  for (long i = 0; i < count; i++) {
    const int fd = open("/etc/passwd", O_RDONLY);
    wrong += fd < 0;
    wrong += pread(fd, bytes, 4, 0) != 4 || memcmp(bytes, "root", 4) != 0;
    wrong += close(fd) != 0;
    wrong += open("/nonexistent", O_RDONLY) != -1 || errno != ENOENT;
    wrong += write(ends[1], "x", 1) != 1;
    wrong += read(ends[0], bytes, 1) != 1;
    wrong += open((const char*)8, O_RDONLY) != -1 || errno != EFAULT;
  }
  printf("wrong %ld, ticks: %s\n", wrong, ticks > 0 ? "yes" : "no");
  return wrong != 0;
}

// The process goes on without the thread that it began with.
static void leaderless(void) {
  pthread_t id;
  if (pthread_create(&id, NULL, work, (void*)1000000000) != 0) abort();
  usleep(300000);
  pthread_exit(NULL);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  const int count = argc > 2 ? atoi(argv[2]) : 100;
  if (strcmp(what, "forks") == 0) return forks(count);
  if (strcmp(what, "threads") == 0) return threads(count);
  if (strcmp(what, "execs") == 0) return execs(count);
  if (strcmp(what, "thread_execs") == 0) return thread_execs(count);
  if (strcmp(what, "kills") == 0) return kills(count);
  if (strcmp(what, "vforks") == 0) return vforks(count);
  if (strcmp(what, "ptracer") == 0) return ptracer();
  if (strcmp(what, "closes") == 0) return closes();
  if (strcmp(what, "signals") == 0) return signals(count);
  if (strcmp(what, "leaderless") == 0) leaderless();
  if (strcmp(what, "busy") == 0) calls(1L << 60);
  fprintf(stderr, "usage: strace_torture forks|threads|execs|thread_execs|kills|vforks|ptracer|closes|signals|leaderless|busy [COUNT]\n");
  return 2;
}
