/*
 * fault.c - the handler of fatal signals.
 *
 * It may run anywhere, so it allocates nothing: backtrace() has been called once before (that loads
 * libgcc), and the lines go through a memory file that exists since the start, since glibc can only
 * write symbols to a descriptor. If even that hangs, an alarm ends the process.
 */
#define _GNU_SOURCE

#include "process/fault.h"

#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define FRAMES     32
#define STACK_SIZE 65536

static struct board *board;
static struct slot *dying;
static int lines_fd = -1;
static char stack[STACK_SIZE];

static size_t
put_text(char *into, size_t size, size_t n, const char *text)
{
	while (*text && n + 1 < size)
		into[n++] = *text++;
	into[n] = '\0';
	return n;
}

static size_t
put_number(char *into, size_t size, size_t n, uintptr_t number, unsigned base)
{
	char digits[24];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	return put_text(into, size, n, digits + i);
}

static uintptr_t
program_counter(const void *context)
{
	const ucontext_t *uc = context;
#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
	return uc ? 0 : 0;
#endif
}

static void
write_lines(char *into, size_t size)
{
	void *frames[FRAMES];
	int n = backtrace(frames, FRAMES);
	ssize_t got;

	if (lines_fd < 0 || ftruncate(lines_fd, 0) != 0 || lseek(lines_fd, 0, SEEK_SET) != 0)
		return;
	backtrace_symbols_fd(frames, n, lines_fd);
	got = pread(lines_fd, into, size - 1, 0);
	into[got > 0 ? got : 0] = '\0';
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
	char *text = dying->fault;
	const size_t size = sizeof(dying->fault);
	size_t n = 0;

	alarm(2);
	/* Not again for what the watchdog ended: it has sent this signal and said so. */
	if (board_request_ended(board, dying->request) == REQUEST_LIVES)
		board_end_request(board, dying->request, REQUEST_CRASHED);
	n = put_text(text, size, n, "signal ");
	n = put_number(text, size, n, (uintptr_t)number, 10);
	if (info->si_code > 0) { /* by the kernel: the address means something */
		n = put_text(text, size, n, " address 0x");
		n = put_number(text, size, n, (uintptr_t)info->si_addr, 16);
	}
	n = put_text(text, size, n, " pc 0x");
	n = put_number(text, size, n, program_counter(context), 16);
	n = put_text(text, size, n, "\n");
	write_lines(text + n, size - n);
	raise(number); /* SA_RESETHAND: this time it kills */
}

void
fault_arm(struct board *shared, struct slot *slot)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };
	struct sigaction act = { .sa_sigaction = on_fault,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER };
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	void *frames[2];

	board = shared;
	dying = slot;
	lines_fd = memfd_create("fault", MFD_CLOEXEC);
	backtrace(frames, 2);
	sigaltstack(&alternate, NULL);
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &act, NULL);
}
