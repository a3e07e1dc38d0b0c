#include "core/symbol/libc_prototypes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/kernel/c_type.h"

namespace polytap {
namespace {

// Types of <sys/types.h> and others that the kernel has otherwise or not at all: glibc on x86-64.
constexpr std::pair<std::string_view, std::string_view> kTypedefs[] = {
    {"blkcnt_t", "long"},
    {"clock_t", "long"},
    {"cookie_io_functions_t", "void"},
    {"dev_t", "unsigned long"},
    {"DIR", "void"},
    {"FILE", "void"},
    {"id_t", "unsigned int"},
    {"in_addr_t", "unsigned int"},
    {"nfds_t", "unsigned long"},
    {"ino_t", "unsigned long"},
    {"locale_t", "void *"},
    {"mode_t", "unsigned int"},
    {"off64_t", "long"},
    {"posix_spawnattr_t", "void"},
    {"posix_spawn_file_actions_t", "void"},
    {"pthread_attr_t", "void"},
    {"pthread_cond_t", "void"},
    {"pthread_key_t", "unsigned int"},
    {"pthread_mutex_t", "void"},
    {"pthread_rwlock_t", "void"},
    {"pthread_t", "unsigned long"},
    {"pthread_barrier_t", "void"},
    {"pthread_once_t", "int"},
    {"sem_t", "void"},
    {"sighandler_t", "void *"},
    {"useconds_t", "unsigned int"},
    {"va_list", "void *"},
    {"pthread_condattr_t", "void"},
    {"pthread_mutexattr_t", "void"},
    {"regex_t", "void"},
    {"wchar_t", "int"},
    {"callback_t", "void *"},
};

// `callback_t` stands for a pointer to a function. "...": further arguments of types that only the call knows.
constexpr std::string_view kPrototypes[] = {
    // <stdlib.h>: memory
    "void *malloc(size_t size)",
    "void *calloc(size_t nmemb, size_t size)",
    "void *realloc(void *ptr, size_t size)",
    "void *reallocarray(void *ptr, size_t nmemb, size_t size)",
    "void free(void *ptr)",
    "int posix_memalign(void **memptr, size_t alignment, size_t size)",
    "void *aligned_alloc(size_t alignment, size_t size)",
    "void *memalign(size_t alignment, size_t size)",
    "void *valloc(size_t size)",
    "size_t malloc_usable_size(void *ptr)",
    "int malloc_trim(size_t pad)",
    "int mallopt(int param, int value)",
    // <sys/mman.h>
    "void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)",
    "void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off_t offset)",
    "int munmap(void *addr, size_t length)",
    "void *mremap(void *old_address, size_t old_size, size_t new_size, int flags, ...)",
    "int mprotect(void *addr, size_t len, int prot)",
    "int madvise(void *addr, size_t length, int advice)",
    "int mlock(const void *addr, size_t len)",
    "int msync(void *addr, size_t length, int flags)",
    "int brk(void *addr)",
    "void *sbrk(intptr_t increment)",
    // <stdlib.h>: environment, numbers, the end
    "char *getenv(const char *name)",
    "char *secure_getenv(const char *name)",
    "int setenv(const char *name, const char *value, int overwrite)",
    "int unsetenv(const char *name)",
    "int putenv(char *string)",
    "int atoi(const char *nptr)",
    "long atol(const char *nptr)",
    "long strtol(const char *nptr, char **endptr, int base)",
    "unsigned long strtoul(const char *nptr, char **endptr, int base)",
    "double strtod(const char *nptr, char **endptr)",
    "double atof(const char *nptr)",
    "int rand(void)",
    "long random(void)",
    "void exit(int status)",
    "void _exit(int status)",
    "void abort(void)",
    "int atexit(callback_t function)",
    "void qsort(void *base, size_t nmemb, size_t size, callback_t compar)",
    "int system(const char *command)",
    "int mkstemp(char *template)",
    "char *mkdtemp(char *template)",
    "char *realpath(const char *path, char *resolved_path)",
    // <stdio.h>
    "FILE *fopen(const char *pathname, const char *mode)",
    "FILE *fopen64(const char *pathname, const char *mode)",
    "FILE *fdopen(int fd, const char *mode)",
    "FILE *freopen(const char *pathname, const char *mode, FILE *stream)",
    "int fclose(FILE *stream)",
    "int fflush(FILE *stream)",
    "size_t fread(void *ptr, size_t size, size_t nmemb, FILE *stream)",
    "size_t fwrite(const void *ptr, size_t size, size_t nmemb, FILE *stream)",
    "char *fgets(char *s, int size, FILE *stream)",
    "int fputs(const char *s, FILE *stream)",
    "int puts(const char *s)",
    "int fputc(int c, FILE *stream)",
    "int putc(int c, FILE *stream)",
    "int putchar(int c)",
    "int fgetc(FILE *stream)",
    "int getc(FILE *stream)",
    "int getchar(void)",
    "ssize_t getline(char **lineptr, size_t *n, FILE *stream)",
    "ssize_t getdelim(char **lineptr, size_t *n, int delim, FILE *stream)",
    "int fseek(FILE *stream, long offset, int whence)",
    "long ftell(FILE *stream)",
    "void rewind(FILE *stream)",
    "int printf(const char *format, ...)",
    "int fprintf(FILE *stream, const char *format, ...)",
    "int dprintf(int fd, const char *format, ...)",
    "int sprintf(char *str, const char *format, ...)",
    "int snprintf(char *str, size_t size, const char *format, ...)",
    "int asprintf(char **strp, const char *format, ...)",
    "int vprintf(const char *format, va_list ap)",
    "int vfprintf(FILE *stream, const char *format, va_list ap)",
    "int vsnprintf(char *str, size_t size, const char *format, va_list ap)",
    "int sscanf(const char *str, const char *format, ...)",
    "int fscanf(FILE *stream, const char *format, ...)",
    "void perror(const char *s)",
    "int remove(const char *pathname)",
    "int rename(const char *oldpath, const char *newpath)",
    "FILE *popen(const char *command, const char *type)",
    "int pclose(FILE *stream)",
    "FILE *tmpfile(void)",
    // <string.h>
    "size_t strlen(const char *s)",
    "size_t strnlen(const char *s, size_t maxlen)",
    "int strcmp(const char *s1, const char *s2)",
    "int strncmp(const char *s1, const char *s2, size_t n)",
    "int strcasecmp(const char *s1, const char *s2)",
    "int strncasecmp(const char *s1, const char *s2, size_t n)",
    "int strcoll(const char *s1, const char *s2)",
    "char *strcpy(char *dest, const char *src)",
    "char *strncpy(char *dest, const char *src, size_t n)",
    "char *stpcpy(char *dest, const char *src)",
    "char *strcat(char *dest, const char *src)",
    "char *strncat(char *dest, const char *src, size_t n)",
    "char *strchr(const char *s, int c)",
    "char *strrchr(const char *s, int c)",
    "char *strstr(const char *haystack, const char *needle)",
    "char *strdup(const char *s)",
    "char *strndup(const char *s, size_t n)",
    "char *strtok(char *str, const char *delim)",
    "char *strtok_r(char *str, const char *delim, char **saveptr)",
    "char *strsep(char **stringp, const char *delim)",
    "char *strerror(int errnum)",
    "void *memcpy(void *dest, const void *src, size_t n)",
    "void *memmove(void *dest, const void *src, size_t n)",
    "void *memset(void *s, int c, size_t n)",
    "int memcmp(const void *s1, const void *s2, size_t n)",
    "void *memchr(const void *s, int c, size_t n)",
    // <fcntl.h>, <unistd.h>, <sys/stat.h>: files
    "int open(const char *pathname, int flags, mode_t mode)",
    "int open64(const char *pathname, int flags, mode_t mode)",
    "int openat(int dirfd, const char *pathname, int flags, mode_t mode)",
    "int openat64(int dirfd, const char *pathname, int flags, mode_t mode)",
    "int creat(const char *pathname, mode_t mode)",
    "int close(int fd)",
    "ssize_t read(int fd, void *buf, size_t count)",
    "ssize_t write(int fd, const void *buf, size_t count)",
    "ssize_t pread(int fd, void *buf, size_t count, off_t offset)",
    "ssize_t pread64(int fd, void *buf, size_t count, off_t offset)",
    "ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset)",
    "ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset)",
    "ssize_t readv(int fd, const struct iovec *iov, int iovcnt)",
    "ssize_t writev(int fd, const struct iovec *iov, int iovcnt)",
    "ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)",
    "off_t lseek(int fd, off_t offset, int whence)",
    "off_t lseek64(int fd, off_t offset, int whence)",
    "int fsync(int fd)",
    "int fdatasync(int fd)",
    "int ftruncate(int fd, off_t length)",
    "int truncate(const char *path, off_t length)",
    "int fcntl(int fd, int cmd, ...)",
    "int ioctl(int fd, unsigned long request, ...)",
    "int dup(int oldfd)",
    "int dup2(int oldfd, int newfd)",
    "int pipe(int *pipefd)",
    "int pipe2(int *pipefd, int flags)",
    "int access(const char *pathname, int mode)",
    "int stat(const char *pathname, struct stat *statbuf)",
    "int fstat(int fd, struct stat *statbuf)",
    "int lstat(const char *pathname, struct stat *statbuf)",
    "int chmod(const char *pathname, mode_t mode)",
    "int chown(const char *pathname, uid_t owner, gid_t group)",
    "int mkdir(const char *pathname, mode_t mode)",
    "int rmdir(const char *pathname)",
    "int unlink(const char *pathname)",
    "int link(const char *oldpath, const char *newpath)",
    "int symlink(const char *target, const char *linkpath)",
    "ssize_t readlink(const char *pathname, char *buf, size_t bufsiz)",
    "int chdir(const char *path)",
    "char *getcwd(char *buf, size_t size)",
    "DIR *opendir(const char *name)",
    "struct dirent *readdir(DIR *dirp)",
    "int closedir(DIR *dirp)",
    // Waiting
    "int poll(struct pollfd *fds, nfds_t nfds, int timeout)",
    "int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, struct timeval *timeout)",
    "int epoll_create1(int flags)",
    "int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)",
    "int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)",
    "int eventfd(unsigned int initval, int flags)",
    "unsigned int sleep(unsigned int seconds)",
    "int usleep(useconds_t usec)",
    "int nanosleep(const struct timespec *req, struct timespec *rem)",
    "int clock_gettime(clockid_t clockid, struct timespec *tp)",
    "int gettimeofday(struct timeval *tv, void *tz)",
    "time_t time(time_t *tloc)",
    "struct tm *localtime(const time_t *timep)",
    "struct tm *localtime_r(const time_t *timep, struct tm *result)",
    "time_t mktime(struct tm *tm)",
    // <sys/socket.h>, <netdb.h>, <arpa/inet.h>
    "int socket(int domain, int type, int protocol)",
    "int socketpair(int domain, int type, int protocol, int *sv)",
    "int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)",
    "int listen(int sockfd, int backlog)",
    "int accept(int sockfd, struct sockaddr *addr, socklen_t *addrlen)",
    "int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)",
    "int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)",
    "int shutdown(int sockfd, int how)",
    "ssize_t send(int sockfd, const void *buf, size_t len, int flags)",
    // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one prototype on two lines
    "ssize_t sendto(int sockfd, const void *buf, size_t len, int flags, const struct sockaddr *dest_addr, socklen_t "
    "addrlen)",
    "ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)",
    "ssize_t recv(int sockfd, void *buf, size_t len, int flags)",
    "ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags, struct sockaddr *src_addr, socklen_t *addrlen)",
    "ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)",
    "int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)",
    "int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)",
    "int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen)",
    "int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen)",
    "int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)",
    "void freeaddrinfo(struct addrinfo *res)",
    "int getnameinfo(const struct sockaddr *addr, socklen_t addrlen, char *host, socklen_t hostlen, char *serv, "
    "socklen_t servlen, int flags)",
    "struct hostent *gethostbyname(const char *name)",
    "struct hostent *gethostbyname2(const char *name, int af)",
    "struct hostent *gethostbyaddr(const void *addr, socklen_t len, int type)",
    "const char *gai_strerror(int errcode)",
    "int gethostname(char *name, size_t len)",
    "int inet_pton(int af, const char *src, void *dst)",
    "const char *inet_ntop(int af, const void *src, char *dst, socklen_t size)",
    "in_addr_t inet_addr(const char *cp)",
    // Processes and signals
    "pid_t fork(void)",
    "pid_t vfork(void)",
    "int execve(const char *pathname, char **argv, char **envp)",
    "int execv(const char *pathname, char **argv)",
    "int execvp(const char *file, char **argv)",
    "int execvpe(const char *file, char **argv, char **envp)",
    "int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *file_actions, const "
    "posix_spawnattr_t *attrp, char **argv, char **envp)",
    "int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *file_actions, const "
    "posix_spawnattr_t *attrp, char **argv, char **envp)",
    "pid_t wait(int *wstatus)",
    "pid_t waitpid(pid_t pid, int *wstatus, int options)",
    "pid_t wait4(pid_t pid, int *wstatus, int options, struct rusage *rusage)",
    "int kill(pid_t pid, int sig)",
    "int raise(int sig)",
    "sighandler_t signal(int signum, sighandler_t handler)",
    "int sigaction(int signum, const struct sigaction *act, struct sigaction *oldact)",
    "int sigprocmask(int how, const sigset_t *set, sigset_t *oldset)",
    "pid_t getpid(void)",
    "pid_t getppid(void)",
    "uid_t getuid(void)",
    "int setuid(uid_t uid)",
    "int prctl(int option, ...)",
    "struct passwd *getpwnam(const char *name)",
    "struct passwd *getpwuid(uid_t uid)",
    // <pthread.h>, <semaphore.h>
    "int pthread_create(pthread_t *thread, const pthread_attr_t *attr, callback_t start_routine, void *arg)",
    "int pthread_join(pthread_t thread, void **retval)",
    "int pthread_detach(pthread_t thread)",
    "void pthread_exit(void *retval)",
    "int pthread_setname_np(pthread_t thread, const char *name)",
    "int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)",
    "int pthread_mutex_destroy(pthread_mutex_t *mutex)",
    "int pthread_mutex_lock(pthread_mutex_t *mutex)",
    "int pthread_mutex_trylock(pthread_mutex_t *mutex)",
    "int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *abstime)",
    "int pthread_mutex_unlock(pthread_mutex_t *mutex)",
    "int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)",
    "int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *abstime)",
    "int pthread_cond_signal(pthread_cond_t *cond)",
    "int pthread_cond_broadcast(pthread_cond_t *cond)",
    "int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)",
    "int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)",
    "int pthread_rwlock_unlock(pthread_rwlock_t *rwlock)",
    "int pthread_barrier_wait(pthread_barrier_t *barrier)",
    "int pthread_once(pthread_once_t *once_control, callback_t init_routine)",
    "int sem_wait(sem_t *sem)",
    "int sem_trywait(sem_t *sem)",
    "int sem_post(sem_t *sem)",
    // <dlfcn.h>, <syslog.h>, <locale.h>
    "void *dlopen(const char *filename, int flags)",
    "void *dlsym(void *handle, const char *symbol)",
    "int dlclose(void *handle)",
    "void syslog(int priority, const char *format, ...)",
    "void openlog(const char *ident, int option, int facility)",
    "char *setlocale(int category, const char *locale)",
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// TEXT ends in a name: "const char *path" or "void *malloc". What is before it is the type.
std::pair<std::string_view, std::string_view> split_name(std::string_view text) {
  const size_t begin = text.find_last_of(" *");
  CHECK(begin != std::string_view::npos);
  return {trimmed(text.substr(0, begin + 1)), text.substr(begin + 1)};
}

// The kernel's structs may differ from the C library's of the same name (struct msghdr does).
Type as_user_struct(Type type) {
  if (type.is(TypeKind::kPointer)) return types::pointer(as_user_struct(*type.element), AddressSpace::kUser);
  if (type.is(TypeKind::kStruct)) type.name = "user " + type.name;
  return type;
}

Type read_type(std::string_view text) {
  // Typedefs are never parts of other words here; the longest ones come out whole.
  std::string resolved;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" *", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const auto* known = std::ranges::find(kTypedefs, word, [](const auto& row) { return row.first; });
    resolved += known == std::end(kTypedefs) ? word : known->second;
    if (end < text.size()) resolved += text[end];
    at = end + 1;
  }
  const auto type = parse_c_type(resolved, AddressSpace::kUser);
  CHECK(type.has_value());
  return as_user_struct(*type);
}

PassedValue read_value(std::string_view type, std::string_view name) {
  PassedValue value;
  value.name = name;
  if (type == "double") {
    value.as = PassedAs::kFloat;
    value.type = types::none();
    value.type.size = 8;
    value.spelling = type;
  } else if (type == "void") {
    value.type = types::of_kind(TypeKind::kVoid);
    value.spelling = type;
  } else {
    value.type = read_type(type);
  }
  return value;
}

FunctionPrototype read_prototype(std::string_view text) {
  FunctionPrototype prototype;
  const size_t open = text.find('(');
  prototype.result = read_value(split_name(text.substr(0, open)).first, "");
  std::string_view rest = text.substr(open + 1, text.size() - open - 2);
  while (!rest.empty() && rest != "void") {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view parameter = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (parameter == "...") break;
    const auto [type, name] = split_name(parameter);
    prototype.parameters.push_back(read_value(type, name));
  }
  return prototype;
}

}  // namespace

bool is_c_library(std::string_view soname) {
  for (const std::string_view name : {"libc.so.", "libpthread.so.", "librt.so.", "libdl.so.", "libc.musl-"}) {
    if (soname.starts_with(name)) return true;
  }
  return false;
}

std::optional<FunctionPrototype> libc_prototype(std::string_view function) {
  for (const std::string_view text : kPrototypes) {
    const std::string_view head = text.substr(0, text.find('('));
    if (head.ends_with(function) && split_name(head).second == function) return read_prototype(text);
  }
  return std::nullopt;
}

}  // namespace polytap
