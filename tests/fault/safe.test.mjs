// When plugins cannot be loaded: one that is damaged on this machine is left out here and nowhere
// else; with all of them damaged, --safe still lets an administrator sign in and put things right.
// doctor names each thing that is broken.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Site, root } from '../lib/site.mjs';
import { until } from '../lib/load.mjs';

const build = process.env.JIYE_BUILD ?? join(root, 'build');
const password = 'Safe-mode-口令-7391';
let site;

const status = async () => (await site.tool('status', '--json')).json;
const inState = (state) => until(`state ${state}`, async () => (await site.tool('status')).code === 0 && (await status()).state === state);
const objects = () => readdirSync(join(site.home, 'plugins')).flatMap((name) =>
  readdirSync(join(site.home, 'plugins', name)).map((made) => join(site.home, 'plugins', name, made, `${name}.so`)));

// Another file in its place, as a bad disk or copy leaves it: what is mapped must not change.
function damage(file) {
  copyFileSync(file, `${site.home}/kept-${file.split('/').at(-1)}`);
  writeFileSync(`${file}.new`, 'not an object file');
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
function mend(file) {
  copyFileSync(`${site.home}/kept-${file.split('/').at(-1)}`, `${file}.new`);
  renameSync(`${file}.new`, file);
}

async function stopService() {
  await site.tool('stop', '--yes');
  await until('stopped', async () => (await site.tool('status')).code !== 0);
}

function startService(...args) {
  const child = spawn(join(build, 'bin/jiyed'), ['--conf', join(site.home, 'jiye.conf'), ...args], { detached: true, stdio: 'ignore' });
  child.unref();
  writeFileSync(join(site.home, 'run/jiyed.pid'), `${child.pid}\n`);
}

const wrong = async () => {
  const run = await site.tool('doctor', '--json');
  const found = run.json.filter((finding) => !finding.ok);
  assert.equal(run.code, found.length ? 1 : 0);
  return found.map((finding) => `${finding.check}：${finding.text}`).join('\n');
};

before(async () => {
  site = await Site.start({ port: 18099, args: ['--empty'] });
  await site.tool('settings', 'set', 'accounts.second_factor', 'optional');
  const made = await site.tool('account', 'create', 'chief', '--role', 'admin', '--password', password);
  assert.equal(made.code, 0, made.err);
  await inState('ready');
});
after(() => site?.stop());

test('a plugin that is damaged on this machine is left out here and stays wanted', { timeout: 60_000 }, async () => {
  const file = objects().find((path) => path.endsWith('/hello.so'));
  await stopService();
  damage(file);
  startService();
  await inState('degraded');
  const { kept_out: [kept], generation } = await status();
  assert.equal(kept.plugin, 'hello');
  const page = await site.visitor().page('/hello/x');
  assert.equal(page.status, 503);
  assert.equal((await site.visitor().page('/jobs')).status, 200);
  await until('the node says so', () => site.sql("SELECT reason FROM nodes WHERE state = 'degraded'")[0]?.[0]?.includes('hello'));
  assert.deepEqual(site.sql("SELECT state, wanted FROM plugins WHERE name = 'hello'")[0], ['on', '1']);
  assert.equal((await status()).wanted, generation, 'nobody else has to roll');
  assert.match(await wrong(), /本机：插件 hello/);
  assert.match((await site.tool('status')).out, /插件 hello 在本机没有加载/);
  const admin = await site.signIn('chief', password);
  assert.match((await admin.page('/admin')).text, /节点 .*：插件 hello 没有加载/);
  assert.match((await admin.page('/admin/health')).text, /插件 hello 没有加载/);
  mend(file);
  await site.tool('roll');
  await inState('ready');
  assert.equal((await site.visitor().page('/hello/x')).status, 200);
  assert.equal(await wrong(), '');
});

test('safe mode: with every plugin damaged, administrators sign in and put things right', { timeout: 60_000 }, async () => {
  const files = objects();
  await stopService();
  files.forEach(damage);
  startService('--safe');
  await inState('safe');
  const visitor = site.visitor();
  assert.equal((await visitor.page('/')).status, 200);
  const off = await visitor.page('/jobs/1'); // the list may still be in nginx's cache
  assert.equal(off.status, 503);
  assert.match(off.text, /没有开放/);

  const entered = await visitor.submit('/account/sign-in', { name: 'chief', password });
  assert.equal(entered.status, 303, entered.text);
  for (const path of ['/', '/account', '/admin', '/admin/plugins', '/admin/plugins/jobs', '/admin/settings', '/admin/health',
    '/admin/accounts', '/admin/audit', '/admin/tasks', '/messages'])
    assert.equal((await visitor.page(path)).status, 200, path);
  const admin = await site.signIn('chief', password);
  const changed = await admin.post('/api/admin/plugins/exchange/disable', { why: '文件损坏' });
  assert.ok(changed.status < 400, changed.text);
  assert.equal(site.sql("SELECT wanted FROM plugins WHERE name = 'exchange'")[0][0], '0');

  await stopService();
  files.forEach(mend);
  startService();
  await inState('ready');
  assert.equal((await site.visitor().page('/jobs')).status, 200);
  const again = await site.tool('plugin', 'enable', 'exchange', '--wait');
  assert.equal(again.code, 0, again.err);
});

test('doctor names what is broken', { timeout: 60_000 }, async () => {
  const keys = join(site.home, 'keys'), conf = join(site.home, 'jiye.conf');
  assert.equal(await wrong(), '');
  chmodSync(keys, 0o644);
  assert.match(await wrong(), /^密钥：.*chmod 600/);
  chmodSync(keys, 0o600);

  site.sql('SET GLOBAL innodb_snapshot_isolation = OFF');
  assert.match(await wrong(), /^数据库：.*innodb_snapshot_isolation/);
  site.sql('SET GLOBAL innodb_snapshot_isolation = ON');

  site.sql("UPDATE schema_migrations SET applied_at = NULL WHERE component = 'jobs' ORDER BY number DESC LIMIT 1");
  assert.match(await wrong(), /^数据库结构：还有 1 个/);
  site.sql("UPDATE schema_migrations SET applied_at = NOW() WHERE applied_at IS NULL");

  const file = objects().find((path) => path.endsWith('/needs.so'));
  damage(file);
  assert.match(await wrong(), /^插件：.*needs.*重新安装/);
  mend(file);

  const text = readFileSync(conf, 'utf8');
  writeFileSync(conf, text.replace(/^workers = .*/m, 'workers = many'));
  assert.match(await wrong(), /^配置：.*many/);
  writeFileSync(conf, text);

  // Who may drop a trigger can change the record, but not unseen.
  const [[id]] = site.sql('SELECT id FROM audit ORDER BY id DESC LIMIT 1');
  for (const [trigger] of site.sql("SELECT trigger_name FROM information_schema.triggers WHERE event_object_table = 'audit'"))
    site.sql(`DROP TRIGGER ${trigger}`);
  site.sql(`UPDATE audit SET detail = '{"why":"x"}' WHERE id = ${id}`);
  assert.match(await wrong(), new RegExp(`^审计日志：.*${id}`));

  await stopService();
  assert.match(await wrong(), /服务：jiyed 没有在运行/);
  rmSync(join(site.home, 'run/jiyed.pid'));
});
