/* exchange.h - what the files of the plugin share. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <jiye/plugin.h>
#include <libxml/xmlwriter.h>

#define EXCHANGE_FEED "jobs.xml"

/* feed_item.c: one vacancy as a <job> element. false: the writer failed (disk full). */
bool exchange_item(struct jy_ctx *cx, xmlTextWriterPtr writer, json_t *item);
/* Text that XML 1.0 allows: C0 controls, surrogates and U+FFFE, U+FFFF are dropped. */
const char *exchange_clean(struct jy_ctx *cx, const char *text);

/* feed_file.c: the complete list as a file, checked before it replaces the old one. */
enum jy_status exchange_write_feed(struct jy_ctx *cx, int64_t *items);

#endif
