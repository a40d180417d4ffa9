// start.test.mjs - starting: wrong or missing configuration, a port in use, the database away, the
// same home twice, a second start. Each refusal names what is wrong and what to do.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, Site } from '../lib/site.mjs';

const build = process.env.JIYE_BUILD ?? join(root, 'build');
const folder = mkdtempSync(join(tmpdir(), 'jiye-start-'));
const sentence = /[\u4e00-\u9fff]{3,}[^\n]*[。：，]/;
let site;

function program(command, words, env = {}) {
  return new Promise((done) => execFile(command, words, { env: { ...process.env, JIYE_BUILD: build, ...env }, maxBuffer: 1 << 24 },
    (error, out, err) => done({ code: error ? error.code : 0, out, err })));
}
const up = (home, port, words = [], env = {}) => program(join(root, 'conf/up'), ['--background', ...words], { JIYE_HOME: home, JIYE_PORT: String(port), ...env });
const jiyed = (...words) => program(join(build, 'bin/jiyed'), words);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const conf = () => join(site.home, 'jiye.conf');
// The site's configuration with one change, in a file of its own.
function changed(name, change) {
  const path = join(folder, name);
  writeFileSync(path, change(readFileSync(conf(), 'utf8')), { mode: 0o600 });
  return path;
}

before(async () => {
  site = await Site.start({ port: 18095, args: ['--empty'] });
}, { timeout: 300_000 });
after(() => {
  site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('conf/up refuses words, ports and homes that it cannot use', async () => {
  for (const [code, words, env, said] of [[2, ['--nonsense'], {}, /用法/], [2, ['--demo', 'huge'], {}, /small\|city\|province/], [1, [], { JIYE_PORT: 'http' }, /http.*不是数字/],
    [1, [], { JIYE_HOME: `/tmp/${'long'.repeat(30)}` }, /路径太长/]]) {
    const run = await up(join(folder, 'never'), 18096, words, env);
    assert.equal(run.code, code, run.err + run.out);
    assert.match(run.err, said);
  }
  assert.ok(!existsSync(join(folder, 'never')), 'nothing was made');
});

test('jiyed and jiyectl refuse a configuration that is missing or wrong, and name it', async () => {
  assert.equal((await jiyed('--check', '--conf', conf())).code, 0);
  const cases = [
    [join(folder, 'none.conf'), /none\.conf/],
    [changed('unknown.conf', (text) => text.replace('[web]', '[web]\nworkres = 3')), /workres/],
    [changed('value.conf', (text) => text.replace(/^workers = 0$/m, 'workers = many')), /workers/],
    [changed('range.conf', (text) => text.replace(/^workers = 0$/m, 'workers = 100000')), /workers/],
    [changed('half.conf', (text) => text.replace('[web]', '[web')), /half\.conf|行/],
    [changed('keys.conf', (text) => text.replace(/^keys = keys$/m, 'keys = nokeys')), /nokeys/],
  ];
  const open = changed('open.conf', (text) => text);
  chmodSync(open, 0o644);
  cases.push([open, /open\.conf|chmod|权限|密码/]);
  for (const [path, said] of cases)
    for (const words of [['--check', '--conf', path], ['--conf', path]]) {
      const run = await jiyed(...words);
      assert.equal(run.code, 2, `${path}: ${run.code} ${run.err}${run.out}`);
      assert.match(run.err, said);
      assert.match(run.err, sentence);
    }
  for (const words of [['--nonsense'], ['--role', 'king', '--conf', conf()], ['extra']]) {
    const run = await jiyed(...words);
    assert.equal(run.code, 2, words.join(' '));
    assert.match(run.err, sentence);
  }
});

test('a second jiyed in the same home is refused, and the first goes on', async () => {
  const run = await jiyed('--conf', conf());
  assert.equal(run.code, 3, run.err);
  assert.match(run.err, sentence);
  assert.equal((await site.visitor().page('/')).status, 200);
});

test('a port in use: conf/up says which and what to do, and leaves nothing running', { timeout: 300_000 }, async () => {
  const other = createServer().listen(18096, '127.0.0.1');
  const home = mkdtempSync(join(tmpdir(), 'jiye-port-'));
  try {
    const run = await up(home, 18096, ['--empty']);
    assert.equal(run.code, 1, run.out);
    assert.match(run.err, /端口 18096 已被/);
    assert.match(run.err, /JIYE_PORT=/);
    for (const name of ['nginx', 'jiyed', 'mariadb']) assert.ok(!existsSync(join(home, `run/${name}.pid`)), name);
  } finally {
    other.close();
    rmSync(home, { recursive: true, force: true });
  }
});

test('a wrong word in the home\'s own configuration stops conf/up with that word', { timeout: 120_000 }, async () => {
  const good = readFileSync(conf(), 'utf8');
  site.stop({ keep: true });
  writeFileSync(conf(), good.replace('[task]', '[task]\nwrokers = 1'));
  try {
    const run = await up(site.home, 18095, ['--empty']);
    assert.notEqual(run.code, 0);
    assert.match(run.err, /wrokers/);
  } finally {
    writeFileSync(conf(), good);
    await program(join(root, 'conf/down'), [], { JIYE_HOME: site.home });
  }
});

test('a second start is quick and keeps what was there', { timeout: 120_000 }, async (t) => {
  await site.up(['--empty']);
  await site.newAccount('kept', 'province');
  const accounts = site.sql('SELECT COUNT(*) FROM accounts')[0][0];
  site.stop({ keep: true });
  const began = Date.now();
  await site.up(['--empty']);
  const seconds = (Date.now() - began) / 1000;
  t.diagnostic(`FIGURE second start: ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 20, `${seconds} s`);
  assert.equal(site.sql('SELECT COUNT(*) FROM accounts')[0][0], accounts);
  const running = Date.now();
  await site.up(['--empty']);
  assert.ok(Date.now() - running < 20_000, 'also while it runs');
});

test('the database away: public pages stay, the others say so at once, and all is well afterwards', { timeout: 120_000 }, async () => {
  const person = await site.newAccount('office', 'province');
  await person.get('/api/session');
  process.kill(Number(readFileSync(join(site.home, 'run/mariadb.pid'), 'utf8')), 'SIGKILL');
  await sleep(300);
  const began = Date.now();
  const page = await site.visitor().page('/hello/x');
  assert.equal(page.status, 200);
  for (const [client, path] of [[person, '/api/account'], [person, '/api/session'], [site.visitor(), '/api/jobs?unit=220100']]) {
    const answer = await client.get(path);
    assert.equal(answer.status, 503, `${path} ${answer.text}`);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.match(answer.json.error.message, sentence);
    assert.doesNotMatch(answer.text, /mysql|maria|SELECT|errno/i, 'nothing of the inside');
  }
  const form = await site.visitor().post('/api/session', { name: 'office', password: 'x' });
  assert.equal(form.status, 503);
  assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms for five answers`);
  assert.equal((await site.visitor().get('/readyz')).status, 503);
  assert.equal((await site.visitor().get('/healthz')).status, 200);
  const tool = await site.tool('plugin', 'list');
  assert.equal(tool.code, 1);
  assert.match(tool.err, /数据库[^\n]*。/);

  // Not a child of this process: conf/down must see it end.
  execFileSync('sh', ['-c', `setsid mariadbd --defaults-file='${join(site.home, 'my.cnf')}' >/dev/null 2>&1 </dev/null &`]);
  for (let i = 0; i < 100 && (await person.get('/api/session')).status !== 200; i++) await sleep(200);
  assert.equal((await person.get('/api/session')).json.user?.role, 'province', 'the same session goes on');
  assert.equal((await site.visitor().get('/readyz')).status, 200);
});

test('behind HTTPS cookies are bound to the host and to TLS', { timeout: 120_000 }, async () => {
  site.stop({ keep: true });
  writeFileSync(conf(), readFileSync(conf(), 'utf8').replace('[web]', '[web]\nsecure_cookies = yes'));
  await site.up(['--empty']);
  const made = await site.tool('--json', 'account', 'create', 'secure', '--role', 'province');
  const answer = await site.visitor().post('/api/session', { name: 'secure', password: made.json.password });
  const lines = answer.headers.getSetCookie();
  assert.ok(lines.some((line) => line.startsWith('__Host-jiye=')), lines.join('\n'));
  for (const line of lines) assert.match(line, /^__Host-[^;]*;.*Path=\/;.*HttpOnly.*; Secure$/, line);
});

test('no first account exists until somebody makes it', () => {
  const names = site.sql("SELECT name FROM accounts WHERE name NOT IN ('kept', 'office', 'secure')");
  assert.deepEqual(names, []);
});

test('--safe starts without plugins, and sign-in and administration work', { timeout: 120_000 }, async () => {
  process.kill(Number(readFileSync(join(site.home, 'run/jiyed.pid'), 'utf8')), 'SIGTERM');
  await sleep(1500);
  const safe = spawn(join(build, 'bin/jiyed'), ['--safe', '--conf', conf()], { stdio: 'ignore' });
  try {
    let hello;
    for (let i = 0; i < 60; i++) {
      hello = await site.visitor().page('/account/sign-in');
      if (hello.status === 200) break;
      await sleep(200);
    }
    assert.equal(hello.status, 200);
    assert.notEqual((await site.visitor().page('/jobs')).status, 200);
  } finally {
    safe.kill('SIGTERM');
    await new Promise((done) => safe.on('exit', done));
  }
});
