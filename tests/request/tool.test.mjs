// tool.test.mjs - jiyectl: exit codes and sentences, valid JSON everywhere, plugins that are refused,
// and a roster of fifty rows of which three are bad.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { enterDemo } from '../lib/roles.mjs';
import { root, Site } from '../lib/site.mjs';

const site = Site.shared();
const build = process.env.JIYE_BUILD ?? join(root, 'build');
const folder = mkdtempSync(join(tmpdir(), 'jiye-tool-'));
const chinese = /[\u4e00-\u9fff]{3,}.*[。：]/;
let own; // a site of its own, for plugins that nobody else should see

after(() => {
  own?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('wrong usage is 2 and says how it is written', async () => {
  for (const words of [['nonsense'], ['plugin'], ['plugin', 'enable'], ['plugin', 'list', 'extra'], ['plugin', 'enable', 'hello', '--force'],
    ['plugin', 'schedule', 'hello', 'maybe', '2030-01-01 08:00'], ['plugin', 'unit', 'hello', '220100', 'maybe'], ['export', 'jobs.staff', '--format', 'pdf'],
    ['export', 'jobs.staff', '--filter', 'nothing=1'], ['account', 'create', 'x', '--role', 'emperor'], ['import', 'needs.roster']]) {
    const run = await site.tool(...words);
    assert.equal(run.code, 2, `${words.join(' ')}: ${run.err}`);
    assert.match(run.err, /^jiyectl：.*[\u4e00-\u9fff]/);
    assert.equal(run.out, '', 'nothing that a program could take for an answer');
  }
  const help = await site.tool('help');
  assert.equal(help.code, 0);
  for (const word of ['plugin enable', 'account create', 'import', 'doctor', '退出码']) assert.ok(help.out.includes(word), word);
});

test('a configuration that is missing or wrong is 2 and named', async () => {
  const tool = (conf) => new Promise((done) => execFile(join(build, 'bin/jiyectl'), ['--conf', conf, '--json', 'plugin', 'list'],
    (error, stdout, stderr) => done({ code: error?.code ?? 0, out: stdout, err: stderr })));
  const missing = await tool(join(folder, 'none.conf'));
  assert.equal(missing.code, 2);
  assert.ok(missing.err.includes('none.conf'));
  assert.match(missing.err, chinese);
  const wrong = join(folder, 'wrong.conf');
  writeFileSync(wrong, readFileSync(join(site.home, 'jiye.conf'), 'utf8').replace('[web]', '[web]\nworkres = 3'), { mode: 0o600 });
  const run = await tool(wrong);
  assert.equal(run.code, 2, run.err);
  assert.match(run.err, /workres/);
  assert.match(JSON.parse(run.out).error.message, chinese);
});

test('what does not exist is 4, what is not allowed is 3, each with its sentence', async () => {
  for (const [code, ...words] of [[4, 'plugin', 'status', 'nobody'], [4, 'plugin', 'enable', 'nobody'], [4, 'account', 'disable', 'nobody'], [4, 'export', 'nothing'],
    [4, 'import', 'needs.nothing', '/dev/null'], [4, 'import', 'needs.roster', join(folder, 'none.csv')], [4, 'plugin', 'unit', 'hello', '999999', 'off'],
    [3, 'stop'], [3, 'keys', 'make'], [3, 'keys', 'rotate'], [3, 'demo', '--size', 'small'], [3, 'plugin', 'install', folder], [3, 'plugin', 'rollback', 'hello']]) {
    const run = await site.tool(...words);
    assert.equal(run.code, code, `${words.join(' ')}: ${run.err}`);
    assert.match(run.err, /[\u4e00-\u9fff].*。/, words.join(' '));
    const data = await site.tool('--json', ...words);
    assert.equal(data.code, code);
    assert.equal(data.json.error.code, code === 4 ? 'not_found' : 'refused', words.join(' '));
    assert.match(data.json.error.message, /。$/);
  }
});

test('--json is JSON and nothing else, for every command that only looks', async () => {
  for (const words of [['plugin', 'list'], ['plugin', 'status', 'jobs'], ['status'], ['routes'], ['doctor'], ['account', 'list'], ['account', 'list', '--role', 'city'],
    ['task', 'list'], ['export'], ['audit', 'verify'], ['settings', 'list']]) {
    const run = await site.tool(...words, '--json');
    assert.equal(run.code, 0, `${words.join(' ')}: ${run.err}`);
    assert.equal(typeof run.json, 'object', words.join(' '));
    const people = await site.tool(...words);
    assert.equal(people.code, 0);
    assert.match(people.out, /[\u4e00-\u9fff]/, words.join(' '));
  }
});

test('doctor finds a healthy site healthy, and names what is wrong with another', async () => {
  const checks = (await site.tool('--json', 'doctor')).json;
  assert.ok(checks.length >= 6);
  for (const check of checks) assert.equal(check.ok, true, check.text);
  const broken = join(folder, 'broken.conf');
  writeFileSync(broken, readFileSync(join(site.home, 'jiye.conf'), 'utf8').replace(/^socket = .*/m, `socket = ${folder}/nothing.sock`), { mode: 0o600 });
  const run = await new Promise((done) => execFile(join(build, 'bin/jiyectl'), ['--conf', broken, '--json', 'doctor'], (error, stdout) => done({ code: error?.code ?? 0, out: stdout })));
  assert.equal(run.code, 1);
  const wrong = JSON.parse(run.out).filter((check) => !check.ok);
  assert.ok(wrong.some((check) => check.text.includes('nothing.sock') || /数据库/.test(check.check + check.text)), run.out);
});

test('an export from the command line is the list of the page', async () => {
  const file = join(folder, 'jobs.csv');
  const run = await site.tool('export', 'jobs.staff', '--format', 'csv', '--out', file);
  assert.equal(run.code, 0, run.err);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
  assert.equal(lines.length - 1, Number(site.sql('SELECT COUNT(*) FROM jobs_vacancies')[0][0]));
  const some = await site.tool('export', 'jobs.staff', '--filter', 'state=pending', '--out', file);
  assert.equal(some.code, 0);
  assert.equal(readFileSync(file, 'utf8').trimEnd().split('\r\n').length - 1, Number(site.sql("SELECT COUNT(*) FROM jobs_vacancies WHERE state = 'pending'")[0][0]));
});

// Fifty graduates; the rows 10, 20 and 30 have a mistake each.
function roster(university, unique, good = false) {
  const head = ['学校', '学号', '姓名', '性别', '专业', '学历', '毕业年份', '手机'];
  const rows = Array.from({ length: 50 }, (_, i) => [university, `t${unique}${i}`, `测试${i}`, i % 2 ? '男' : '女', '080901', '本科', '2027', '']);
  if (!good) {
    rows[9][4] = '999999';
    rows[19][7] = '12345';
    rows[29][6] = 'soon';
  }
  return [head, ...rows].map((row) => row.join(',')).join('\r\n');
}

test('a roster with three bad rows in fifty: the good ones are in, the bad ones come back with reasons', async () => {
  const unique = randomBytes(3).toString('hex');
  const [[university]] = site.sql('SELECT university FROM people GROUP BY university ORDER BY COUNT(*) DESC LIMIT 1');
  const count = () => Number(site.sql(`SELECT COUNT(*) FROM people WHERE student_no LIKE 't${unique}%'`)[0][0]);
  const [file, errors] = [join(folder, 'roster.csv'), join(folder, 'errors.tsv')];
  writeFileSync(file, roster(university, unique));
  const dry = await site.tool('--json', 'import', 'needs.roster', file, '--dry-run');
  assert.equal(dry.json.good, 47, dry.err);
  assert.equal(count(), 0, 'a dry run stores nothing');
  const run = await site.tool('--json', 'import', 'needs.roster', file, '--errors', errors);
  assert.equal(run.code, 0, run.err);
  assert.deepEqual([run.json.total, run.json.good, run.json.bad], [50, 47, 3]);
  assert.equal(count(), 47);
  const said = readFileSync(errors, 'utf8').trimEnd().split('\n').map((line) => line.split('\t'));
  assert.equal(said.length, 3);
  for (const [, reason] of said) assert.match(reason, /[\u4e00-\u9fff].*。/);
  assert.equal(new Set(said.map(([row]) => row)).size, 3);
  writeFileSync(file, roster(university, unique, true));
  const again = await site.tool('--json', 'import', 'needs.roster', file);
  assert.deepEqual([again.json.good, again.json.unchanged, again.json.bad], [3, 47, 0]);
  assert.equal(count(), 50);
});

test('the same by upload: preview, start, and the bad rows as a file that can be mended and sent again', async () => {
  const unique = randomBytes(3).toString('hex');
  const school = await enterDemo(site, 'school1');
  const upload = async (text) => {
    const body = new FormData();
    body.set('file', new Blob([text], { type: 'text/csv' }), '名册.csv');
    const answer = await school.send('POST', '/api/needs/import/roster', { body });
    assert.equal(answer.status, 200, answer.text);
    const { location } = answer.json;
    const preview = (await school.get(`/api${location}`)).json;
    assert.equal((await school.post(`/api${location}/start`, {})).status, 200);
    for (let i = 0; i < 100; i++) {
      const state = site.sql(`SELECT state, good, unchanged, bad FROM transfer_runs WHERE id = ${location.split('/').pop()}`)[0];
      if (state[0] === 'done' || state[0] === 'failed') return { location, preview, state };
      await new Promise((done) => setTimeout(done, 300));
    }
    return assert.fail('the import did not end');
  };
  const first = await upload(roster(school.user.university, unique));
  assert.deepEqual(first.state, ['done', '47', '0', '3']);
  const file = await school.send('GET', `${first.location}/errors`, { json: false });
  assert.match(file.headers.get('content-disposition'), /^attachment/);
  const lines = file.text.replace(/^\ufeff/, '').trimEnd().split('\r\n');
  assert.equal(lines.length, 4, file.text);
  assert.match(lines[0], /学号/);
  for (const row of [9, 19, 29]) assert.ok(file.text.includes(`t${unique}${row},`), file.text);
  const other = await enterDemo(site, 'school2');
  assert.equal((await other.get(`/api${first.location}`)).status, 404, "another school's import is not there");
  assert.equal((await other.get(`${first.location}/errors`)).status, 404);
  const mended = file.text.replace('999999', '080901').replace('12345', '').replace('soon', '2027');
  const second = await upload(mended);
  assert.equal(second.state[3], '0', JSON.stringify(second));
  assert.equal(Number(site.sql(`SELECT COUNT(*) FROM people WHERE student_no LIKE 't${unique}%'`)[0][0]), 50);
});

test('plugins that cannot work are refused, and the reason stands in the answer', { timeout: 120_000 }, async () => {
  own = await Site.start({ port: 18097, args: ['--empty'] });
  const states = async () => Object.fromEntries((await own.tool('--json', 'plugin', 'list')).json.map((row) => [row.name, row.state]));
  const names = ['hello', 'needs', 'jobs', 'exchange'];
  for (const [name, reason] of [['badabi', /ABI|接口|版本/], ['badname', /名/], ['noroles', /角色/], ['rawtag', /模板|标签|转义/], ['badpartial', /模板|片段/], ['badprefix', /开头|前缀|路由/],
    ['needs_missing', /需要|依赖|没有/], ['failstart', /启动/], ['crashstart', /崩溃|信号|意外|启动/]]) {
    const installed = await own.tool('plugin', 'install', join(build, 'tests/plugins', name));
    const run = installed.code ? installed : await own.tool('--json', 'plugin', 'enable', name, '--wait');
    assert.ok([1, 3].includes(run.code), `${name}: ${run.code} ${run.err}${run.out}`);
    assert.match(run.err, reason, name);
    assert.match(run.err, /[\u4e00-\u9fff].*。/, name);
  }
  for (const name of ['cycle_a', 'cycle_b']) await own.tool('plugin', 'install', join(build, 'tests/plugins', name));
  const circle = await own.tool('plugin', 'enable', 'cycle_a', '--wait');
  assert.equal(circle.code, 3, circle.err);
  assert.match(circle.err, /cycle_b/);
  const now = await states();
  for (const name of names) assert.equal(now[name], 'on', `${name} goes on`);
  assert.equal((await own.visitor().page('/hello')).status, 200);
});
