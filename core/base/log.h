/* log.h - one structured line (JSON) for each thing worth keeping; never personal data. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <jansson.h>

enum log_level { LOG_ERROR_, LOG_WARN, LOG_NOTE, LOG_DETAIL };

/* path "-" = stderr. Opened with O_APPEND; a line is one write. Reopened by log_reopen (SIGHUP). */
int log_open(const char *path);
void log_reopen(void);
/* From now on only this level and graver ones are written: a tool's stderr is read by people. */
void log_up_to(enum log_level level);
/* event is a stable word ("db.lost"); the rest is for people. Control characters are escaped. */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* fields is stolen; "at", "level" and "event" are added. */
void log_json(enum log_level level, const char *event, json_t *fields);
/* The same for members that are JSON text already (`"a":1,"b":"x"`), at most 3,000 bytes: the line of
 * every request must cost little. */
void log_members(enum log_level level, const char *event, const char *members);

#endif
