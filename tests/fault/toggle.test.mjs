// A plugin is switched off and on again and again under load, and no request fails: its own pages
// answer 200 or the explaining 503, everything else answers as always, no write is lost or doubled.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { ledgerSite, mixedLoad, wrongMarks } from '../lib/load.mjs';

const toggles = process.env.JIYE_TEST_LONG ? 1000 : 200;
let site, writer;

before(async () => { ({ site, writer } = await ledgerSite(18090)); });
after(() => site?.stop());

test(`${toggles} toggles under load: 0 failed requests`, { timeout: 3_000_000 }, async (t) => {
  const load = mixedLoad(site, writer, {
    pages: [
      { path: '/hello/load', accept: [200, 503] },
      { path: '/', accept: [200] },
      { path: '/ledger', accept: [200] },
      { path: '/healthz', accept: [200] },
    ],
  });
  const began = Date.now();
  let refused = 0;
  for (let i = 0; i < toggles; i++) {
    const run = await site.tool('plugin', i % 2 ? 'enable' : 'disable', 'hello', '--wait', '--why', '压力测试');
    if (run.code !== 0) refused++;
  }
  const seconds = (Date.now() - began) / 1000;
  const book = await load.stop();
  const { lost, doubled } = wrongMarks(site, load.acknowledged);
  t.diagnostic(`FIGURE ${toggles} toggles in ${seconds.toFixed(0)} s, ${book.requests} requests, `
    + `${book.failed} failed, slowest ${book.slowest.toFixed(0)} ms, ${load.acknowledged.length} writes, `
    + `${lost.length} lost, ${doubled.length} doubled`);
  assert.equal(refused, 0);
  assert.deepEqual(book.failures, []);
  assert.ok(book.requests > toggles, 'the load must really have run');
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  assert.ok(book.kinds['GET /hello/load 200'] > 0 && book.kinds['GET /hello/load 503'] > 0, JSON.stringify(book.kinds));
});
