/*
 * jiye/field.h - typed fields and bound values: the words in which tables describe what people type
 * and statements take what is stored.
 */
#ifndef JIYE_FIELD_H
#define JIYE_FIELD_H

#include <stddef.h>
#include <stdint.h>

enum jy_type {
	JY_INT = 1, /* min..max is the value */
	JY_TEXT,    /* one line; min..max in characters */
	JY_LONG,    /* several lines; min..max in characters */
	JY_BOOL,
	JY_DATE,     /* "2022-06-25" */
	JY_DATETIME, /* "2022-06-25 08:00", Beijing time */
	JY_CHOICE,   /* one of .choices or a code of .reference */
	JY_CHOICES,  /* JSON array of them; min..max is how many */
	JY_PHONE,    /* mainland mobile number */
	JY_EMAIL,
	JY_URL, /* http or https */
	JY_PASSWORD,
	JY_RESIDENT_ID, /* GB 11643, check digit and date verified */
	JY_CREDIT_CODE, /* GB 32100, check digit verified */
	JY_MONEY,       /* yuan with at most two decimals, kept as fen in a JSON integer */
	JY_FILE,        /* {"name","type","size","upload"}; max in bytes; see jy_file_save */
	JY_CODE         /* [A-Za-z0-9_.-]{min,max} */
};

enum jy_field_flag {
	JY_REQUIRED = 1,
	JY_SEALED = 2, /* encrypted at rest, masked in lists */
	JY_HIDDEN = 4,
	JY_READONLY = 8
};

struct jy_choice { /* ends with value NULL */
	const char *value, *label;
};

struct jy_field { /* ends with name NULL */
	const char *name;
	enum jy_type type;
	int64_t min, max; /* 0,0 = the type's own limits */
	unsigned flags;
	const char *label, *hint, *example;
	const struct jy_choice *choices;
	const char *reference; /* regions units universities majors occupations industries */
	const char *initial;   /* default, as a person would type it */
	const char *section;   /* heading before this field */
};

/* Bound values of SQL: never text pasted into a statement. jy_text(NULL) is SQL NULL. */
struct jy_val {
	enum { JY_V_EDGE, JY_V_NULL, JY_V_INT, JY_V_REAL, JY_V_TEXT, JY_V_BYTES } kind;
	int64_t i;
	double d;
	const char *s;
	size_t n;
};
#define jy_null()      ((struct jy_val){ .kind = JY_V_NULL })
#define jy_int(x)      ((struct jy_val){ .kind = JY_V_INT, .i = (x) })
#define jy_real(x)     ((struct jy_val){ .kind = JY_V_REAL, .d = (x) })
#define jy_text(x)     ((struct jy_val){ .kind = JY_V_TEXT, .s = (x) })
#define jy_bytes(p, k) ((struct jy_val){ .kind = JY_V_BYTES, .s = (const char *)(p), .n = (k) })
#define JY_VALS(...)   ((const struct jy_val[]){ { 0 }, ##__VA_ARGS__, { 0 } })

#endif
