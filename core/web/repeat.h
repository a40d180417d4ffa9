/* repeat.h - a POST that comes twice (a double click, nginx's second try, the back button, a commit
 * whose answer was lost) is done once, and the second gets the first one's answer. */
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include "ctx.h"

struct repeat {
	unsigned char hash[32]; /* of key, session and address: the row's primary key */
	unsigned char body[32]; /* of what was typed, without tokens */
};

void repeat_make(struct jy_ctx *cx, struct repeat *repeat);
/* In the handler's transaction, before the handler. *done: view already holds the answer. */
enum jy_status repeat_begin(struct jy_ctx *cx, const struct repeat *repeat, struct jy_view *view,
			    bool *done);
/* After the handler said JY_OK: keeps what the next one shall be told. */
enum jy_status repeat_end(struct jy_ctx *cx, const struct repeat *repeat,
			  const struct jy_view *view);

#endif
