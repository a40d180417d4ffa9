/* text.h - what people type: UTF-8 counted in characters, full-width forms, trimming, masks. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

/* Bytes of the character at s, and the character; 0 at the end or where the text is not UTF-8. */
size_t text_next(const char *s, uint32_t *character);
/* Number of characters, or -1 if the text is not UTF-8. */
int64_t text_chars(const char *s);
/* Without blanks at both ends, the ideographic and invisible ones too. */
char *text_trim(TALLOC_CTX *owner, const char *s);
/* Without the characters that nobody sees but that turn or hide what is read (bidirectional marks,
 * zero-width blanks, noncharacters); line and paragraph separators become line ends. */
char *text_visible(TALLOC_CTX *owner, const char *s);
/* Full-width letters, digits and signs as the plain ones of a keyboard. */
char *text_plain(TALLOC_CTX *owner, const char *s);
/* At most max bytes, cut between characters. */
char *text_cut(TALLOC_CTX *owner, const char *s, size_t max);
/* The first `head` and last `tail` characters, the rest as '*'; short texts show less. */
char *text_mask(TALLOC_CTX *owner, const char *s, size_t head, size_t tail);
bool text_blank(const char *s);

#endif
