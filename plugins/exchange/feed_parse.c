/*
 * feed_parse.c - one vacancy through libxml2's push parser, as a flat list of paths and texts.
 *
 * The handler table is ours and holds no handler of declarations; nothing is ever loaded. An
 * element's text is a slice of all text of the item, so markup within it costs nothing. One parser
 * serves all items of a feed: its dictionary counts the different names.
 */
#include "feed.h"

#include <stdio.h>
#include <string.h>

static void
parse_stop(struct feed_leaves *l, const char *fault)
{
	if (!l->fault)
		l->fault = fault;
	xmlStopParser(l->parser);
}

static bool
text_add(struct feed_leaves *l, const char *text, size_t n)
{
	if (n > l->values_at - l->text_n) {
		parse_stop(l, "item_too_large");
		return false;
	}
	memcpy(l->text + l->text_n, text, n);
	l->text_n += n;
	return true;
}

/* A leaf with the path that stands in l->path; its text begins here. */
static bool
leaf_add(struct feed_leaves *l, const char *path)
{
	size_t n = strlen(path) + 1;

	if (l->count == FEED_LEAVES_MAX || n > sizeof(l->paths) - l->paths_n) {
		parse_stop(l, "too_many_elements");
		return false;
	}
	memcpy(l->paths + l->paths_n, path, n);
	l->leaf[l->count++] = (struct feed_leaf){ (uint32_t)l->paths_n, (uint32_t)l->text_n, 0 };
	l->paths_n += n;
	return true;
}

/* Adds "/dc:name" (or "@name") to the path, which is path_n long; returns its new length. */
static size_t
path_add(struct feed_leaves *l, size_t path_n, const char *sign, const xmlChar *uri,
	 const xmlChar *local)
{
	const char *prefix = uri ? feed_namespace((const char *)uri) : "";
	size_t room = sizeof(l->path) - path_n, n = strlen(sign), k = strlen(prefix);

	if (n + k + FEED_NAME_MAX + 1 >= room) {
		parse_stop(l, "too_deep");
		return path_n;
	}
	memcpy(l->path + path_n, sign, n);
	memcpy(l->path + path_n + n, prefix, k);
	n += k;
	n += feed_path_name(l->path + path_n + n, room - n, (const char *)local,
			    strlen((const char *)local));
	return path_n + n;
}

/* The value of the newest leaf. Values grow down from the end of the texts: an element's text must
 * not hold them. libxml2 leaves "&#38;" for an ampersand that its own tree would read again. */
static void
value_add(struct feed_leaves *l, const char *value, size_t n)
{
	struct feed_leaf *leaf = &l->leaf[l->count - 1];

	if (n > l->values_at - l->text_n) {
		parse_stop(l, "item_too_large");
		return;
	}
	l->values_at -= n;
	leaf->text = (uint32_t)l->values_at;
	for (size_t i = 0; i < n; i++) {
		l->text[leaf->text + leaf->n++] = value[i];
		if (value[i] == '&' && n - i > 4 && !memcmp(value + i + 1, "#38;", 4))
			i += 4;
	}
}

/* "category[location]": what RSS says by an attribute others say by a name. */
static void
domain_add(struct feed_leaves *l, size_t path_n, const char *value, size_t n)
{
	char domain[64];
	size_t k = feed_path_name(domain, sizeof(domain), value, n);

	snprintf(l->path + path_n, sizeof(l->path) - path_n, "[%.*s]", (int)k, domain);
	if (leaf_add(l, l->path))
		l->open[l->depth - 1].twin =
		    l->count; /* its text is the element's, known at the end */
	l->path[path_n] = '\0';
}

static void
attributes(struct feed_leaves *l, size_t path_n, int count, const xmlChar **attrs)
{
	for (int i = 0; i < count && !l->fault; i++, attrs += 5) {
		const char *value = (const char *)attrs[3];
		size_t n = (size_t)(attrs[4] - attrs[3]);

		path_add(l, path_n, "@", attrs[2], attrs[0]);
		if (l->fault || !leaf_add(l, l->path))
			return;
		value_add(l, value, n);
		l->path[path_n] = '\0';
		if (!strcmp((const char *)attrs[0], "domain"))
			domain_add(l, path_n, value, n);
	}
}

static void
on_start(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int ns_count,
	 const xmlChar **ns, int count, int defaulted, const xmlChar **attrs)
{
	struct feed_leaves *l = arg;
	size_t path_n;

	(void)prefix, (void)ns_count, (void)ns, (void)defaulted;
	if (l->fault)
		return;
	if (xmlDictSize(l->parser->dict) > FEED_NAMES_MAX) {
		l->poisoned = true;
		parse_stop(l, "too_many_names");
		return;
	}
	if (l->depth++ < 0)
		return; /* a wrapper */
	if (l->depth > FEED_DEPTH_MAX + 1) {
		parse_stop(l, "too_deep");
		return;
	}
	path_n = l->depth == 1 ? 0 : l->open[l->depth - 2].path_n;
	if (l->depth > 1)
		path_n = path_add(l, path_n, path_n ? "/" : "", uri, local);
	l->path[path_n] = '\0';
	l->open[l->depth - 1].path_n = path_n;
	l->open[l->depth - 1].twin = 0;
	attributes(l, path_n, count, attrs);
	l->open[l->depth - 1].leaf = l->count;
	l->path[path_n] = '\0';
	if (!l->fault)
		leaf_add(l, l->path);
}

/* The lines of a text in unescaped HTML. */
static bool
breaks_line(const char *local)
{
	static const char *const blocks[] = {
		"p", "br", "li", "div", "tr", "h1", "h2", "h3", "h4"
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (!strcmp(local, blocks[i]))
			return true;
	return false;
}

static void
on_end(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct feed_leaves *l = arg;
	size_t first;

	(void)prefix, (void)uri;
	if (l->fault || l->depth <= 0)
		return;
	l->depth--;
	first = l->open[l->depth].leaf;
	if (first >= l->count)
		return;
	l->leaf[first].n = (uint32_t)l->text_n - l->leaf[first].text;
	if (l->open[l->depth].twin > 0) {
		struct feed_leaf *twin = &l->leaf[l->open[l->depth].twin - 1];

		twin->text = l->leaf[first].text;
		twin->n = l->leaf[first].n;
	}
	if (l->depth > 1 && breaks_line((const char *)local))
		text_add(l, "\n", 1);
}

static void
on_text(void *arg, const xmlChar *text, int n)
{
	struct feed_leaves *l = arg;

	if (!l->fault && l->depth > 0)
		text_add(l, (const char *)text, (size_t)n);
}

/* A document type cannot come through the cutter; if it ever does, it ends here. */
static void
on_subset(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	parse_stop(arg, "doctype");
}

static void
on_error(void *arg, xmlErrorPtr error)
{
	struct feed_leaves *l = arg;

	if (error->level == XML_ERR_FATAL && !l->fault)
		l->fault = "not_well_formed";
}

static bool
parser_ready(struct feed_leaves *l)
{
	static xmlSAXHandler handlers = { .internalSubset = on_subset,
					  .characters = on_text,
					  .ignorableWhitespace = on_text,
					  .cdataBlock = on_text,
					  .startElementNs = on_start,
					  .endElementNs = on_end,
					  .serror = on_error,
					  .initialized = XML_SAX2_MAGIC };

	if (l->parser)
		return xmlCtxtResetPush(l->parser, NULL, 0, NULL, NULL) == 0;
	l->parser = xmlCreatePushParserCtxt(&handlers, l, NULL, 0, NULL);
	if (l->parser)
		xmlCtxtUseOptions(l->parser, XML_PARSE_NONET);
	return l->parser != NULL;
}

bool
feed_parse(struct feed_leaves *l, struct feed_span head, int wrappers, struct feed_span item)
{
	l->count = l->paths_n = l->text_n = 0;
	l->values_at = sizeof(l->text);
	l->fault = NULL;
	l->depth = -wrappers;
	if (!parser_ready(l)) {
		l->fault = "parser";
		return false;
	}
	if (head.n > 0)
		xmlParseChunk(l->parser, head.at, (int)head.n, 0);
	if (!l->fault)
		xmlParseChunk(l->parser, item.at, (int)item.n, 0);
	for (int i = 0; i < wrappers && !l->fault; i++)
		xmlParseChunk(l->parser, "</w>", 4, 0);
	if (!l->fault)
		xmlParseChunk(l->parser, NULL, 0, 1);
	if (!l->fault && (!l->parser->wellFormed || l->depth > 0 || l->count == 0))
		l->fault = "not_well_formed";
	return !l->fault;
}

void
feed_parse_end(struct feed_leaves *l)
{
	if (l->parser)
		xmlFreeParserCtxt(l->parser);
	l->parser = NULL;
	l->poisoned = false;
}
