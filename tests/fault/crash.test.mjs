// A crashing plugin is named and switched off alone; one poisoned link only blocks itself.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Site, build } from '../lib/site.mjs';
import { sleep, until } from '../lib/load.mjs';

let site, visitor;

before(async () => {
  site = await Site.start({ port: 18092, args: ['--empty'] });
  for (const args of [['plugin', 'install', join(build, 'tests/plugins/crash')], ['plugin', 'enable', 'crash', '--wait']]) {
    const run = await site.tool(...args);
    assert.equal(run.code, 0, run.err + run.out);
  }
  visitor = site.visitor();
});
after(() => site?.stop());

const state = async () => (await site.tool('plugin', 'status', 'crash', '--json')).json.state;

test('one poisoned request is blocked; the plugin stays on for everybody else', async () => {
  const first = await visitor.get('/crash/segv?n=1');
  assert.equal(first.status, 500, 'told at once, not killing one worker after the other');
  assert.equal(site.sql("SELECT COUNT(*) FROM plugin_crashes WHERE route LIKE '%segv'")[0][0] <= 1, true);
  for (let i = 0; i < 3; i++) await visitor.get('/crash/segv?n=1');
  await sleep(1500);
  assert.equal((await visitor.get('/crash/segv?n=1')).status, 503);
  assert.equal((await visitor.get('/crash/ok')).status, 200);
  assert.equal(await state(), 'on');
});

test('crashes from different requests: the plugin is named, quarantined, and others answer all the while', async () => {
  const others = [];
  for (let i = 0; i < 3; i++) {
    await visitor.get(`/crash/segv?n=${i + 2}`);
    others.push((await visitor.get('/hello/others')).status);
    await sleep(200);
  }
  await until('quarantine', async () => (await state()) === 'quarantined');
  const off = await visitor.page('/crash/ok');
  assert.equal(off.status, 503);
  assert.ok(Number(off.headers.get('retry-after')) > 0);
  assert.deepEqual(others, [200, 200, 200]);
  assert.equal((await visitor.get('/hello/x')).status, 200);
  const crashes = site.sql("SELECT plugin, hook, signal_no, backtrace FROM plugin_crashes WHERE kind = 'crash'");
  assert.ok(crashes.length >= 3);
  assert.ok(crashes.every(([plugin]) => plugin === 'crash'), 'every crash is blamed on the right plugin');
  assert.ok(crashes.some(([, , , trace]) => /crash\.so/.test(trace)), 'the backtrace names the file');
});

test('an administrator clears the quarantine and the plugin serves again', async () => {
  const run = await site.tool('plugin', 'clear', 'crash', '--why', '已修复');
  assert.equal(run.code, 0, run.err + run.out);
  await until('on again', async () => (await state()) === 'on');
  await until('served', async () => (await visitor.get('/crash/ok')).status === 200);
});

test('a stuck request is ended by the watchdog and counted as a time-out, not a crash', { timeout: 60_000 }, async () => {
  const began = Date.now();
  const answer = await visitor.get('/crash/hang');
  assert.equal(answer.status, 504);
  assert.match(answer.json.error.message, /时限/);
  assert.ok(Date.now() - began < 12_000);
  await until('recorded', () => site.sql("SELECT COUNT(*) FROM plugin_crashes WHERE kind = 'timeout' AND plugin = 'crash'")[0][0] > 0);
  await sleep(1500);
  const ended = site.sql("SELECT COUNT(*) FROM plugin_crashes WHERE kind = 'timeout'")[0][0];
  assert.equal(ended, '1', 'nginx asks a second worker, which must not be stuck as well');
  assert.equal((await visitor.get('/hello/x')).status, 200);
});

test('plugins that cannot be loaded are refused with a sentence, and nothing else changes', { timeout: 180_000 }, async () => {
  const cases = [
    ['badabi', /1|版本|ABI/], ['badname', /名/], ['noroles', /角色/], ['badprefix', /开头/], ['rawtag', /\{\{\{/],
    ['badpartial', /partial|模板|片段/], ['needs_missing', /需要|依赖/], ['failstart', /启动|start/], ['crashstart', /崩溃|启动|信号/],
  ];
  for (const [name, sentence] of cases) {
    let run = await site.tool('plugin', 'install', join(build, `tests/plugins/${name}`));
    if (run.code === 0) run = await site.tool('plugin', 'enable', name, '--wait');
    assert.notEqual(run.code, 0, `${name} must be refused`);
    assert.match(run.err + run.out, sentence, name);
    assert.equal((await visitor.get('/hello/x')).status, 200, `hello still answers after ${name}`);
  }
});
