// load.mjs - a bounded load of clients that never stop asking, and a book of what was answered.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Site, build } from './site.mjs';

// Runs `clients` loops of `ask(client index, turn)` until stop() is called. ask answers
// { ok, what } - what is counted by name, failures are kept (the first 20).
export function startLoad(clients, ask) {
  const book = { requests: 0, failed: 0, kinds: {}, failures: [], slowest: 0 };
  let running = true;
  const loops = Array.from({ length: clients }, async (_, index) => {
    for (let turn = 0; running; turn++) {
      const began = performance.now();
      let answer;
      try {
        answer = await ask(index, turn);
      } catch (error) {
        answer = { ok: false, what: `${error.cause?.code ?? error.message}` };
      }
      book.slowest = Math.max(book.slowest, performance.now() - began);
      book.requests++;
      book.kinds[answer.what] = (book.kinds[answer.what] ?? 0) + 1;
      if (!answer.ok) {
        book.failed++;
        if (book.failures.length < 20) book.failures.push(answer);
      }
    }
  });
  return { book, async stop() { running = false; await Promise.all(loops); return book; } };
}

// An empty site of its own with the ledger plugin on, and somebody who may write into it.
export async function ledgerSite(port) {
  const site = await Site.start({ port, args: ['--empty'] });
  for (const args of [['plugin', 'install', join(build, 'tests/plugins/ledger')], ['plugin', 'enable', 'ledger', '--wait']]) {
    const run = await site.tool(...args);
    if (run.code !== 0) throw new Error(run.err + run.out);
  }
  await site.tool('settings', 'set', 'accounts.second_factor', 'optional');
  const writer = await site.newAccount('writer', 'province');
  await until('the new setting in service', async () => (await writer.post('/api/ledger', { mark: 'first' })).status === 200);
  return { site, writer };
}

// Clients 0..writers-1 write marks through the ledger plugin, the others read pages in turn. Every
// acknowledged mark is kept, so that lost and doubled ones can be counted afterwards.
export function mixedLoad(site, writer, { clients = 8, writers = 3, pages }) {
  const acknowledged = [];
  const visitor = site.visitor();
  const load = startLoad(clients, async (index, turn) => {
    if (index < writers) {
      const mark = `m${index}-${turn}-${Math.random().toString(36).slice(2, 8)}`;
      const answer = await writer.post('/api/ledger', { mark }, { headers: { 'idempotency-key': mark } });
      if (answer.status === 200) acknowledged.push(mark);
      return { ok: answer.status === 200, what: `POST ${answer.status}`, text: answer.text.slice(0, 200) };
    }
    const page = pages[turn % pages.length];
    const answer = await visitor.get(page.path, { headers: { 'cache-control': 'no-cache' } });
    return {
      ok: page.accept.includes(answer.status), what: `GET ${page.path} ${answer.status}`,
      text: answer.text.slice(0, 200),
    };
  });
  return { ...load, acknowledged };
}

// Marks that are missing or stand more than once in the ledger.
export function wrongMarks(site, acknowledged) {
  const counts = new Map(site.sql('SELECT mark, COUNT(*) FROM ledger_rows GROUP BY mark').map(([m, n]) => [m, Number(n)]));
  return {
    lost: acknowledged.filter((mark) => !counts.has(mark)),
    doubled: [...counts].filter(([, n]) => n > 1).map(([mark]) => mark),
  };
}

export async function until(what, check, { seconds = 20, every = 100 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(every);
  }
}

export { sleep };
