/* id_rules.h - check digits and dates of the national numbers, without any table. */
#ifndef CORE_ID_RULES_H
#define CORE_ID_RULES_H

#include <stdbool.h>

enum id_fault { ID_OK, ID_SHAPE, ID_REGION, ID_DATE, ID_CHECK };

/* GB 11643: 18 characters, X in upper case. The region is only checked for a province that exists;
 * the code table says the rest. A birth date in the future is ID_DATE. */
enum id_fault resident_id_check(const char *id);
/* GB 32100: 18 characters in upper case. */
enum id_fault credit_code_check(const char *code);
bool date_real(int year, int month, int day);

#endif
