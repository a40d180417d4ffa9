/* control.h - <home>/control.sock: one line of command in, one line of JSON out. */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include <stdbool.h>
#include <jansson.h>

struct config;
struct supervisor;

/* -1 with a sentence. The lock file beside it has been taken before. */
int control_listen(const struct config *config, const char **error);
/* Something to accept or to read. */
void control_serve(struct supervisor *s);
/* Closes those who have said nothing for five seconds. */
void control_tick(struct supervisor *s);

/* For jiyectl: sends one of "status", "roll", "stop", "reopen", "look", "quarantine-clear NAME" and
 * waits for the answer. false with a sentence (not running, refused). *answer is the caller's. */
bool control_call(const struct config *config, const char *command, json_t **answer,
		  const char **error);

#endif
