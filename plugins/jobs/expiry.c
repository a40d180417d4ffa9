/*
 * expiry.c - closes vacancies whose date has passed, so that nobody applies in vain (plan 8③).
 */
#include "jobs.h"

#define SQL_EXPIRED                                                                                \
	"SELECT id FROM jobs_vacancies WHERE state IN ('published', 'paused') "                    \
	"AND expires < CURDATE() ORDER BY id LIMIT 500"

enum jy_status
jobs_expire(struct jy_ctx *cx, json_t *args)
{
	json_t *rows, *row;
	enum jy_status s = jy_rows(cx, &rows, SQL_EXPIRED);
	size_t i;

	(void)args;
	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		s = jy_flow_move(cx, NULL, &jobs_vacancy_flow, jy_json_int(row, "id"), "close", 0,
				 "expired", "到期自动关闭");
		if (s != JY_OK && s != JY_CONFLICT)
			return s;
		if (i % 100 == 99 && (s = jy_checkpoint(cx)) != JY_OK)
			return s;
	}
	return JY_OK;
}
