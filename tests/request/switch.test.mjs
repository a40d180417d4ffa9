// switch.test.mjs - jiyectl beside a running service: people read sentences, changes are seen at once.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Site } from '../lib/site.mjs';
import { until } from '../lib/load.mjs';

const site = Site.shared();

test('what is so already is said at once and is no failure', async () => {
  const run = await site.tool('plugin', 'enable', 'hello', '--wait');
  assert.equal(run.code, 0, run.err);
  assert.match(run.out, /本来就是开启/);
  assert.equal(run.err, '');
});

test('off and on again with --wait takes no second each, and no log line disturbs', async () => {
  for (const [verb, state] of [['disable', 'disabled'], ['enable', 'on']]) {
    const began = Date.now();
    const run = await site.tool('plugin', verb, 'hello', '--wait', '--json');
    assert.equal(run.code, 0, run.err);
    assert.equal(run.json.state, state);
    assert.equal(run.err, '');
    assert.ok(Date.now() - began < 5000, `${verb} took ${Date.now() - began} ms`);
  }
});

test('doctor finds nothing wrong with a running service', async () => {
  await until('the roll is over', async () => (await site.tool('status', '--json')).json.state === 'ready');
  const run = await site.tool('doctor', '--json');
  assert.equal(run.code, 0, run.out);
  const checks = new Set(run.json.map((finding) => finding.check));
  for (const name of ['配置', '密钥', '数据库', '数据库结构', '插件', '磁盘', 'nginx', '服务', '审计日志'])
    assert.ok(checks.has(name), `${name} is among ${[...checks]}`);
});

test('the in-box has one address', async () => {
  assert.equal((await site.visitor().page('/account/messages')).status, 404);
  assert.ok(!(await site.visitor().page('/')).text.includes('/account/messages'));
});
