/* The floor: a program without a C library that makes the system calls of hook-session-end, in the same order and with
 * the same arguments, and decides nothing. The bench compiles it and defines:
 *
 *   SIGNAL_DIR, SESSION   the signal directory and the session id, as strings
 *   PARENT                the PID of the process that starts it, as a string
 *   LENGTH                how many bytes the hook writes
 *   NOTHING               if it is defined, the program only ends
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

static inline long call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return number;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
		x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}

#define CALL0(n) call(SYS_##n, 0, 0, 0, 0, 0, 0)
#define CALL1(n, a) call(SYS_##n, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) call(SYS_##n, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) call(SYS_##n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(n, a, b, c, d, e) call(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define CALL6(n, a, b, c, d, e, f) call(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#ifndef NOTHING
/* The hook puts random numbers and times into these names. */
#define TEMPORARY "." SESSION ".ended.0123456789abcdef.0123456789abcdef.0000000000000000"
#define DISPLACED "." SESSION ".working.0123456789abcdef.0000000000000000.0123456789abcdef"

static inline void act(void)
{
	struct timespec times[2], now, limit = { 1, 0 };
	struct pollfd standard_input = { 0, POLLIN, 0 };
	struct statx status;
	struct utsname names;
	char line[512];

	unsigned long signals = 1ul << (SIGPIPE - 1) | 1ul << (SIGXFSZ - 1);

	CALL2(clock_gettime, CLOCK_REALTIME, &times[0]);
	CALL4(rt_sigprocmask, SIG_BLOCK, &signals, 0, sizeof signals);
	char *text = (char *)CALL6(mmap, 0, 256 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL5(ppoll, &standard_input, 1, &limit, 0, 0);
	CALL3(read, 0, text, 256 * 1024);

	long directory = CALL4(openat, AT_FDCWD, SIGNAL_DIR, O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
	CALL5(statx, directory, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status);
	CALL0(geteuid);
	CALL2(flock, directory, LOCK_EX | LOCK_NB);
	CALL5(statx, directory, SESSION ".working.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".permission.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".stop.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".ended.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL2(clock_gettime, CLOCK_REALTIME, &now);

	CALL0(getppid);
	long process = CALL4(openat, AT_FDCWD, "/proc/" PARENT "/stat", O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
	long length = CALL3(read, process, line, sizeof line);
	CALL3(read, process, line + length, sizeof line - length);
	CALL1(close, process);
	CALL1(uname, &names);
	CALL5(statx, AT_FDCWD, "/proc/self/ns/pid", 0, STATX_BASIC_STATS, &status);

	long file = CALL4(openat, directory, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	CALL3(write, file, text, LENGTH);
	times[1] = times[0];
	CALL4(utimensat, file, 0, times, 0);
	CALL1(close, file);
	CALL5(renameat2, directory, TEMPORARY, directory, SESSION ".ended.json", RENAME_NOREPLACE);
	CALL4(renameat, directory, SESSION ".working.json", directory, DISPLACED);
	CALL5(statx, directory, DISPLACED, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL3(unlinkat, directory, DISPLACED, 0);

	CALL5(statx, directory, SESSION ".working.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".permission.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".stop.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL5(statx, directory, SESSION ".ended.json", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
	CALL2(clock_gettime, CLOCK_REALTIME, &now);
	CALL1(close, directory);
}
#else
static inline void act(void) {}
#endif

#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
void _start(void)
{
	act();
	for (;;)
		CALL1(exit_group, 0);
}
