/* transport.h - one FastCGI request over libfcgi, with our own accept loop (libfcgi's cuts bodies
 * on a signal, drops requests at shutdown and can spin). The only file that knows libfcgi. */
#ifndef CORE_TRANSPORT_H
#define CORE_TRANSPORT_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

struct transport;

enum transport_result { TRANSPORT_REQUEST, TRANSPORT_SIGNAL, TRANSPORT_AGAIN, TRANSPORT_FAILED };

/* "unix:/path" (mode 0660, an orphan path is replaced, a living one is not) or "addr:port".
 * Returns the descriptor, or -1 with a sentence in error. */
int transport_listen(const char *address, const char **error);
struct transport *transport_new(void);
/* begun(arg) is called when a connection has been accepted, before its first byte is read. */
void transport_on_accept(struct transport *t, void (*begun)(void *arg), void *arg);
/* Waits with `open_mask` as the signal mask; everything else runs with signals blocked. */
enum transport_result transport_accept(struct transport *t, int listen_fd,
				       const sigset_t *open_mask);
const char *transport_param(struct transport *t, const char *name); /* NULL if absent */
char **transport_params(struct transport *t);                       /* "NAME=value", NULL at end */
/* -1: the body was cut or the peer is gone. 0: end. */
ssize_t transport_read(struct transport *t, void *into, size_t n);
int transport_write(struct transport *t, const void *bytes, size_t n);
void transport_finish(struct transport *t); /* answers end here; the connection is closed */

#endif
