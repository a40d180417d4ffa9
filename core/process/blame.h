/* blame.h - what the death of a child means. */
#ifndef CORE_BLAME_H
#define CORE_BLAME_H

#include "process/children.h"

/* status is waitpid's. Frees the child and its slot. */
void blame_death(struct supervisor *s, struct child *child, int status);

#endif
