// Real and hostile feeds through `jiyectl feed check`, as a partner's test would be run.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Site, root } from '../lib/site.mjs';

const samples = join(root, '../shared/samples');
const folder = mkdtempSync(join(tmpdir(), 'jiye-feeds-'));
const sanitized = /asan/.test(process.env.JIYE_BUILD ?? '');
let site, base;

const check = async (file, ...options) => {
  const run = await site.tool('feed', 'check', file, ...options, '--json');
  assert.ok(run.json?.state, run.err + run.out);
  assert.equal(run.code, run.json.state === 'refused' ? 3 : 0, run.err);
  return run.json;
};
const made = (name, bytes) => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const manifest = (name) => {
  const [head, ...lines] = readFileSync(join(samples, name, 'manifest.tsv'), 'utf8').trim().split('\n');
  const names = head.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])));
};
const cheap = (report) => {
  if (sanitized) return;
  assert.ok(report.cpu_ms < 100, `${report.cpu_ms} ms`);
  assert.ok(report.peak_kib < 32 * 1024, `${report.peak_kib} KiB`);
};

before(async () => {
  site = await Site.start({ port: 18097, args: ['--empty'] });
  base = await check(join(samples, 'feeds-hostile/utf8.xml'));
});
after(() => {
  site?.stop();
  rmSync(folder, { recursive: true });
});

test('every real feed yields its jobs, the damaged ones what a person would read in them', async () => {
  for (const line of manifest('feeds')) {
    const report = await check(join(samples, 'feeds', line.file));
    assert.equal(report.items, Number(line.jobs), line.file);
    // The second job of the documentation's example is three dots.
    assert.equal(report.accepted, line.file === 'qhse_linkedin.xml' ? 1 : Number(line.jobs), line.file);
    for (const job of report.jobs) assert.ok(job.id && job.title && job.url, `${line.file}: ${JSON.stringify(job)}`);
    cheap(report);
  }
});

test('all ways of writing the same six jobs give the same six jobs', async () => {
  const plain = (jobs) => jobs.map(({ line, repaired, ...job }) => job);
  assert.equal(base.jobs.length, 6);
  for (const name of ['utf8_bom', 'utf8_control_chars', 'utf8_escaped_no_cdata', 'utf8_leading_blank_line',
    'utf8_no_declaration', 'raw_ampersand', 'gb18030_declared_gb18030']) {
    const report = await check(join(samples, `feeds-hostile/${name}.xml`));
    assert.deepEqual(plain(report.jobs), plain(base.jobs), name);
    cheap(report);
  }
  for (const name of ['gbk_declared_gbk', 'gbk_declared_utf8', 'gbk_undeclared']) { // without the one GBK cannot write
    const report = await check(join(samples, `feeds-hostile/${name}.xml`));
    assert.equal(report.encoding, 'GB18030');
    assert.deepEqual(plain(report.jobs), plain(base.jobs).filter((job) => job.id !== 'jl-0004'), name);
    cheap(report);
  }
});

test('hostile and empty files are refused, and the report says why', async () => {
  for (const [name, state, reason] of [['billion_laughs', 'refused', 'doctype'], ['external_entity', 'refused', 'doctype'],
    ['zero_bytes', 'refused', 'zero_bytes'], ['empty_feed', 'complete', 'no_items']]) {
    const report = await check(join(samples, `feeds-hostile/${name}.xml`));
    assert.deepEqual([report.state, report.reason, report.items], [state, reason, 0], name);
    cheap(report);
  }
  const ids = await check(join(samples, 'feeds-hostile/missing_ids.xml'));
  assert.deepEqual(ids.refused.map(({ item, field, reason }) => [item, field, reason]), [[1, 'id', 'missing'], [2, 'id', 'missing']]);
  assert.equal(ids.accepted, 4);
  assert.ok(readdirSync(join(samples, 'feeds-hostile')).length >= 16);
});

test('generated attacks cost little', async () => {
  const job = '<job><id>1</id><title>t</title></job>';
  for (const [name, bytes, state] of [
    ['attributes.xml', `<source><job ${Array.from({ length: 1e6 }, (_, i) => `a${i}="1"`).join(' ')}/></source>`, 'refused'],
    ['names.xml', `<source>${job}${Array.from({ length: 1e6 }, (_, i) => `<n${i}/>`).join('')}</source>`, 'cut'],
    ['deep.xml', '<source>' + '<a>'.repeat(1e6), 'refused'],
    ['deep-item.xml', '<source><job>' + '<a>'.repeat(1e6), 'cut'],
    ['text.xml', `<source><job><id>1</id><title>${'长'.repeat(5e6)}</title></job></source>`, 'cut'],
    ['bomb.xml.gz', gzipSync(Buffer.alloc(1e8)), 'refused'],
    ['page.xml', '<!DOCTYPE html><html><body>404</body></html>', 'refused'],
    ['half.xml', Buffer.from(`<source>${job}<job><id>2</id><title>测试`).subarray(0, -1), 'cut'],
  ]) {
    const report = await check(made(name, bytes));
    assert.equal(report.state, state, name);
    cheap(report);
  }
});

test('the memory of a 100,000-item feed stays flat, and people get a summary', async () => {
  const text = '<p>负责后端开发，本科及以上。</p>'.repeat(48).slice(0, 2000);
  const parts = ['<source>'];
  for (let i = 0; i < 100000; i++) parts.push(`<job><id>${i}</id><title>岗位${i}</title><description><![CDATA[${text}]]></description></job>`);
  const file = made('large.xml', parts.join('\n') + '</source>');
  assert.equal((await check(file)).reason, 'file_too_large');
  const report = await check(file, '--max-mib', '1024');
  assert.deepEqual([report.state, report.accepted], ['complete', 100000]);
  assert.equal(report.left_off.jobs, 100000 - report.jobs.length);
  if (!sanitized) assert.ok(report.peak_kib - base.peak_kib < 64 * 1024, `${report.peak_kib} KiB`);
  console.log(`# FIGURE feed of 100,000 items: ${report.cpu_ms} ms, ${report.peak_kib} KiB`);
  const said = await site.tool('feed', 'check', join(samples, 'feeds-hostile/missing_ids.xml'));
  assert.match(said.out, /状态：完整[\s\S]*岗位：6 个，可以收下 4 个[\s\S]*第 1 个，第 6 行，id：缺少必填的内容/);
  assert.equal((await site.tool('feed', 'check', '/nowhere')).code, 4);
});
