// Workers are killed at random moments: nginx gives the request to another one, and a POST that was
// given twice is done once.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ledgerSite, mixedLoad, sleep, until, wrongMarks } from '../lib/load.mjs';

const seconds = process.env.JIYE_TEST_LONG ? 600 : 60;
let site, writer;

before(async () => { ({ site, writer } = await ledgerSite(18091)); });
after(() => site?.stop());

async function webWorkers() {
  const status = (await site.tool('status', '--json')).json;
  return status.workers.filter((w) => w.kind === 'web').map((w) => w.pid);
}

test(`kill -9 of a worker every 50 ms for ${seconds} s: nothing fails, nothing is lost or doubled`, { timeout: 2_000_000 }, async (t) => {
  const load = mixedLoad(site, writer, {
    pages: [
      { path: '/hello/load', accept: [200] },
      { path: '/ledger', accept: [200] },
      { path: '/', accept: [200] },
    ],
  });
  const end = Date.now() + seconds * 1000;
  let kills = 0;
  while (Date.now() < end) {
    const round = Date.now() + 1000;
    const pids = await webWorkers();
    while (pids.length && Date.now() < round) {
      const [pid] = pids.splice(Math.floor(Math.random() * pids.length), 1);
      try {
        process.kill(pid, 'SIGKILL');
        kills++;
      } catch { /* it has already left */ }
      await sleep(50);
    }
  }
  const book = await load.stop();
  const { lost, doubled } = wrongMarks(site, load.acknowledged);
  t.diagnostic(`FIGURE ${kills} kills in ${seconds} s, ${book.requests} requests, ${book.failed} failed, `
    + `slowest ${book.slowest.toFixed(0)} ms, ${load.acknowledged.length} writes, ${lost.length} lost, ${doubled.length} doubled`);
  assert.deepEqual(book.failures, []);
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  assert.ok(kills > seconds * 5, `only ${kills} kills`);
});

test('the supervisor is killed: no worker is left behind, and a new start serves within seconds', async (t) => {
  const pid = Number(execFileSync('cat', [join(site.home, 'run/jiyed.pid')], { encoding: 'utf8' }));
  const workers = await webWorkers();
  process.kill(pid, 'SIGKILL');
  await until('all workers gone', () => workers.every((w) => {
    try { process.kill(w, 0); return false; } catch { return true; }
  }));
  const began = Date.now();
  await site.up(['--empty']);
  t.diagnostic(`FIGURE back in ${Date.now() - began} ms after kill -9 of the supervisor`);
  assert.equal((await site.visitor().get('/hello/x')).status, 200);
});

test('the database is killed: pages say so at once, and come back with it', async (t) => {
  const pid = Number(execFileSync('cat', [join(site.home, 'run/mariadb.pid')], { encoding: 'utf8' }));
  process.kill(pid, 'SIGKILL');
  await sleep(500);
  const began = Date.now();
  const page = await site.visitor().page('/ledger');
  const took = Date.now() - began;
  assert.equal(page.status, 503);
  assert.match(page.text, /稍后/);
  assert.ok(took < 3000, `${took} ms`);
  assert.equal((await site.visitor().get('/healthz')).status, 200);
  await site.up(['--empty']);
  const back = Date.now();
  await until('pages with data', async () => (await site.visitor().get('/ledger')).status === 200, { seconds: 15 });
  t.diagnostic(`FIGURE 503 within ${took} ms of asking, back ${Date.now() - back} ms after the database`);
  const { lost, doubled } = wrongMarks(site, []);
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
});
