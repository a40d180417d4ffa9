/* response_xml.h - a model as XML, for programs that ask for application/xml. */
#ifndef CORE_RESPONSE_XML_H
#define CORE_RESPONSE_XML_H

#include <jansson.h>
#include "base/buf.h"

/* Objects become elements by key (key attribute where a key is no XML name), arrays rows of <item>. */
void xml_write(const json_t *model, const char *root, struct buf *out);

#endif
