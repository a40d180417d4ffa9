/* mustache.h - what the compiler and the renderer of templates share; others use templates.h. */
#ifndef CORE_MUSTACHE_H
#define CORE_MUSTACHE_H

#include <stdint.h>
#include "web/templates.h"

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_RAW, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL };

struct node {
	enum node_kind kind;
	bool line_start;  /* NODE_TEXT: begins a line of its template, so a partial's indent goes
			     here */
	bool alone;       /* NODE_PARTIAL: stands alone on its line */
	uint32_t after;   /* sections: index of the first node behind them */
	const char *text; /* NODE_TEXT: the bytes; NODE_PARTIAL: the indent; sections: the name */
	size_t length;
	const char **path; /* the dotted name in pieces; 0 pieces is the implicit iterator "." */
	size_t path_count;
	const char *name; /* NODE_PARTIAL */
	int line;
};

struct mustache {
	struct node *nodes;
	size_t count;
};

#endif
