/* dispatch.h - the way of one request: read, identify, route, guard, handle, answer, log. */
#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include "core.h"

struct transport;
void dispatch(struct core *core, struct transport *t);

#endif
