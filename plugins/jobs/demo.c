/*
 * demo.c - the service jobs.demo: invented vacancies on the invented firms of a demonstration.
 *
 * Each kind of post has majors, skills and pay that belong together, so that the matcher has real
 * work. Most are published; some wait for review, so that the offices have a queue.
 */
#include "jobs.h"

#include <string.h>

#define SQL_FIRMS                                                                                  \
	"SELECT o.id, COALESCE(o.region, '') region, COALESCE(o.unit, '') unit "                   \
	"FROM organisations o WHERE o.kind = 'employer' AND o.state = 'active' ORDER BY o.id "     \
	"LIMIT 10000"
#define SQL_ADD                                                                                    \
	"INSERT INTO jobs_vacancies (employer_id, title, category, type, region, unit, "           \
	"headcount, "                                                                              \
	"education, majors, pay_min, pay_max, pay_months, skills, description, contact, source, "  \
	"collected_at, published_at, changed, expires, state) SELECT t.firm, t.title, "            \
	"t.category, "                                                                             \
	"t.type, t.region, NULLIF(t.unit, ''), t.headcount, t.education, t.majors, t.pay, "        \
	"t.pay + t.span, t.months, t.skills, t.text, '', 'self', NOW(3) - INTERVAL t.age DAY, "    \
	"IF(t.open, NOW(3) - INTERVAL t.age DAY, NULL), NOW(3) - INTERVAL t.age DAY, "             \
	"CURDATE() + INTERVAL 20 + t.age DAY, IF(t.open, 'published', 'pending') "                 \
	"FROM JSON_TABLE(?, '$[*]' COLUMNS (firm BIGINT PATH '$[0]', title VARCHAR(80) PATH "      \
	"'$[1]', category VARCHAR(20) PATH '$[2]', type VARCHAR(12) PATH '$[3]', region CHAR(6) "  \
	"PATH '$[4]', unit CHAR(6) PATH '$[5]', headcount INT PATH '$[6]', education INT PATH "    \
	"'$[7]', majors VARCHAR(200) PATH '$[8]', pay BIGINT PATH '$[9]', span BIGINT PATH "       \
	"'$[10]', months INT PATH '$[11]', skills VARCHAR(100) PATH '$[12]', text VARCHAR(300) "   \
	"PATH '$[13]', age INT PATH '$[14]', open INT PATH '$[15]')) t"
#define SQL_WITHOUT_MAJORS                                                                         \
	"SELECT v.id, v.majors FROM jobs_vacancies v WHERE v.majors <> '' AND v.id > ? AND NOT "   \
	"EXISTS (SELECT 1 FROM jobs_vacancy_majors m WHERE m.vacancy = v.id) ORDER BY v.id "       \
	"LIMIT 1000"
#define SQL_HISTORY                                                                                \
	"INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, "      \
	"reason, note, at) SELECT 'jobs.vacancy', v.id, 'submit', 'draft', 'pending', 0, 4, '', "  \
	"'', v.collected_at FROM jobs_vacancies v"

#define BLOCK 500

static const struct kind {
	const char *title, *majors, *skills, *category, *type;
	int education, pay; /* yuan a month, from */
} kinds[] = {
	{ "会计", "会计学（120203）、财务管理（120204）；专科：财务会计类（5303）", "Excel",
	  "general", "full", 1, 4000 },
	{ "软件开发工程师", "计算机类（0809）", "Java SQL", "specialised", "full", 2, 6500 },
	{ "数据分析员", "计算机类（0809）、统计学类（0712）", "Python SQL", "key", "full", 2,
	  6000 },
	{ "机械设计工程师", "机械类（0802）；专科：装备制造大类（46）", "CAD", "major_project",
	  "full", 1, 5500 },
	{ "电气工程师",
	  "电气类（0806）、自动化类（0808）；专科：自动化类（4603）、电力技术类（4301）", "CAD",
	  "key", "full", 1, 5500 },
	{ "土木施工员", "土木类（0810）；专科：土木建筑大类（44）", "CAD 驾照", "major_project",
	  "full", 1, 5000 },
	{ "小学教师", "教育学类（0401）、中国语言文学类（0501）", "教师资格证", "public", "full", 2,
	  4500 },
	{ "护士", "护理学类（1011）；专科：护理类（5202）", "", "public", "full", 1, 4000 },
	{ "药品检验员", "药学类（1007）；专科：药品与医疗器械类（4902）、药学类（5203）", "",
	  "specialised", "full", 1, 4200 },
	{ "食品质量管理员", "食品科学与工程类（0827）；专科：食品类（4901）", "Excel", "general",
	  "full", 1, 4000 },
	{ "法务专员", "法学类（0301）", "", "general", "full", 2, 5000 },
	{ "行政助理", "", "Excel 驾照", "general", "full", 1, 3500 },
	{ "市场销售", "", "驾照", "general", "full", 0, 4000 },
	{ "新媒体运营",
	  "新闻传播学类（0503）、设计学类（1305）；专科：新闻传播大类（56）、电子商务类（5307）",
	  "Photoshop", "general", "full", 1, 4500 },
	{ "平面设计师", "设计学类（1305）、美术学类（1304）；专科：文化艺术大类（55）", "Photoshop",
	  "general", "full", 1, 4500 },
	{ "外贸业务员", "外国语言文学类（0502）、经济与贸易类（0204）", "英语六级", "general",
	  "full", 2, 5000 },
	{ "社区工作者", "", "", "grassroots", "grassroots", 1, 3200 },
	{ "乡镇农技员", "植物生产类（0901）、动物生产类（0903）；专科：农林牧渔大类（41）", "驾照",
	  "grassroots", "grassroots", 1, 3500 },
	{ "科研助理", "化学类（0703）、材料类（0804）、生物科学类（0710）", "英语六级", "research",
	  "research", 2, 4000 },
	{ "实习生（人力资源）", "工商管理类（1202）；专科：财经商贸大类（53）", "Excel", "intern",
	  "intern", 1, 2500 },
	{ "银行柜员", "金融学类（0203）、经济学类（0201）", "", "key", "full", 2, 5000 },
	{ "网络安全工程师", "计算机类（0809）、电子信息类（0807）", "", "specialised", "full", 2,
	  7000 },
	{ "物流管理员", "物流管理与工程类（1206）；专科：物流类（5308）、道路运输类（5002）",
	  "Excel 驾照", "general", "full", 1, 4000 },
	{ "软件测试员", "计算机类（0809）；专科：电子与信息大类（51）", "SQL", "specialised",
	  "full", 1, 4500 },
	{ "幼儿园教师", "教育学类（0401）；专科：教育类（5701）", "教师资格证", "public", "full", 1,
	  3500 },
	{ "康复治疗师", "医学技术类（1010）；专科：医药卫生大类（52）", "", "public", "full", 1,
	  4300 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint64_t
draw(uint64_t *state, uint64_t below)
{
	uint64_t x = *state += 0x9E3779B97F4A7C15u; /* splitmix64 */

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return (x ^ x >> 31) % below;
}

static json_t *
one(json_t *firms, uint64_t *state)
{
	const struct kind *kind = &kinds[draw(state, KINDS)];
	json_t *firm = json_array_get(firms, draw(state, json_array_size(firms)));
	int pay = (kind->pay + (int)draw(state, 5) * 200) * 100;

	return json_pack(
	    "[I, s, s, s, s, s, i, i, s, i, i, i, s, s, i, i]", (json_int_t)jy_json_int(firm, "id"),
	    kind->title, kind->category, kind->type, jy_json_text(firm, "region"),
	    jy_json_text(firm, "unit"), 1 + (int)draw(state, 8), kind->education, kind->majors, pay,
	    (int)(10 + draw(state, 20)) * 10000, 12 + (int)draw(state, 3), kind->skills,
	    "演示岗位：按单位安排完成本岗位工作，五险一金，双休。应聘不收取任何费用。",
	    (int)draw(state, 30), draw(state, 20) != 0);
}

static enum jy_status
store_majors(struct jy_ctx *cx)
{
	int64_t last = 0;
	json_t *rows, *row;
	enum jy_status s;
	size_t i;

	do {
		void *scratch = jy_scratch_begin(cx);

		s = jy_rows(cx, &rows, SQL_WITHOUT_MAJORS, jy_int(last));
		if (s == JY_OK)
			json_array_foreach(rows, i, row)
			{
				last = jy_json_int(row, "id");
				s = jobs_majors_store(cx, last, jy_json_text(row, "majors"));
				if (s != JY_OK)
					break;
			}
		i = s == JY_OK ? json_array_size(rows) : 0;
		jy_scratch_end(cx, scratch);
	} while (s == JY_OK && i == 1000);
	return s;
}

/* Service jobs.demo {vacancies, seed}. */
enum jy_status
jobs_demo(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg)
{
	uint64_t state = (uint64_t)jy_json_int(args, "seed");
	int64_t total = jy_json_int(args, "vacancies"), made = 0;
	json_t *firms, *block = jy_own(cx, json_array());
	enum jy_status s = jy_rows(cx, &firms, SQL_FIRMS);

	(void)each;
	(void)arg;
	if (s != JY_OK || json_array_size(firms) == 0)
		return s;
	while (s == JY_OK && made < total) {
		void *scratch = jy_scratch_begin(cx);

		for (json_array_clear(block); made < total && json_array_size(block) < BLOCK;
		     made++)
			json_array_append_new(block, one(firms, &state));
		s = jy_exec(cx, SQL_ADD, jy_text(jy_json_dump(cx, block)));
		jy_scratch_end(cx, scratch);
		jy_progress(cx, made, total, "岗位");
	}
	if (s == JY_OK)
		s = store_majors(cx);
	return s == JY_OK ? jy_exec(cx, SQL_HISTORY) : s;
}
