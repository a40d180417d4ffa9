/*
 * feed_reasons.c - why a feed or an item was not taken: the stable words, and what to do about it.
 */
#include "feed.h"

#include <string.h>

static const struct {
	const char *reason, *text;
} texts[] = {
	/* the feed */
	{ "zero_bytes", "文件是空的，没有一个字节。请检查对方是否真的生成了清单。" },
	{ "not_xml", "内容不是 XML，请核对地址或文件。" },
	{ "html", "收到的是网页而不是 XML，多半是错误页或登录页，请核对地址。" },
	{ "packed", "文件是压缩包，请先解压，或用 gzip 传输编码发送。" },
	{ "encoding", "编码不受支持，请改用 UTF-8 或 GB18030。" },
	{ "doctype", "含有 DOCTYPE 声明，为安全起见拒收，请去掉它。" },
	{ "too_many_names", "元素和属性的名称超过 2048 种，不像岗位清单，拒收。" },
	{ "tag_too_long", "有一个标签超过 64 KiB，拒收。" },
	{ "no_vacancies", "读了四千多个元素仍没有找到岗位，请核对格式。" },
	{ "unknown_profile", "没有这个名称的格式，请核对 --profile。" },
	{ "file_too_large", "文件超过大小上限，其余部分没有读。" },
	{ "too_many_items", "岗位超过 50 万条，其余部分没有读。" },
	{ "truncated", "内容没有写完就结束了（缺少结尾标签），可能传输中断。" },
	{ "after_root", "清单结束后还有别的内容，其余部分没有读。" },
	{ "fewer_than_expected", "岗位数少于清单自己声明的数目，可能传输中断。" },
	{ "no_items", "清单完整，但一个岗位也没有。" },
	{ "timeout", "读取超过时间上限，已停止。" },
	{ "reader_died", "读取超过处理器时间或内存上限，已停止。" },
	{ "unreadable", "文件打不开或不是普通文件。" },
	/* an item */
	{ "missing", "缺少必填的内容。" },
	{ "duplicate", "编号与前面的岗位重复，只保留第一个。" },
	{ "text_too_long", "文字超过长度上限。" },
	{ "item_too_large", "这个岗位超过 256 KiB。" },
	{ "item_unclosed", "这个岗位没有结束，下一个就开始了，内容不完整。" },
	{ "item_cut", "文件在这个岗位中间结束，内容不完整。" },
	{ "too_deep", "元素嵌套超过 16 层。" },
	{ "too_many_attributes", "一个元素的属性超过 64 个。" },
	{ "too_many_elements", "一个岗位的元素和属性超过 1024 个。" },
	{ "name_too_long", "元素名称过长。" },
	{ "not_well_formed", "无法修复的 XML 错误。" },
	{ "unknown_format", "认不出这种格式，请用 --profile 指定。" },
	{ "parser", "内存不足，没有读。" },
};

const char *
feed_reason_text(const char *reason)
{
	for (size_t i = 0; reason && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].reason, reason))
			return texts[i].text;
	return "";
}
