/* notify.h - systemd's notification protocol, which is one datagram to $NOTIFY_SOCKET. */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

/* state: "READY=1", "STOPPING=1" ...; without $NOTIFY_SOCKET nothing happens. */
void notify_say(const char *state);
/* Says WATCHDOG=1 often enough; call it at every turn. */
void notify_watchdog(void);

#endif
