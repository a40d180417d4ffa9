// attacks.test.mjs - what somebody would try who means harm: words that crash or poison, other people's
// keys and runs, scraping, formulas, and two hundred ways to smuggle markup into a page.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { everyone } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const key = () => randomBytes(16).toString('hex');
const crashes = async () => (await site.tool('--json', 'status')).json.crashes ?? 0;
let all;

before(async () => {
  all = await everyone(site);
});

// A name of 64 bytes whose sixtieth lies within a character.
const cut = `a${'中'.repeat(21)}`;

test('a word that is cut for a sentence is cut between characters', async () => {
  const before = await crashes();
  const visitor = site.visitor();
  const odd = encodeURIComponent(cut);
  const long = encodeURIComponent(`a${'中'.repeat(100)}`);
  for (const address of [`/jobs?${odd}=1`, `/jobs?${odd}=1&${odd}=2`, `/jobs?sort=${long}`, `/jobs?columns=${long}`]) {
    for (const answer of [await visitor.get(address), await visitor.page(address)]) {
      assert.equal(answer.status, 400, answer.text.slice(0, 300));
      assert.ok(!answer.text.includes('\ufffd'));
    }
  }
  const wrong = await all.city.post('/needs/flow/need/batch', { move: 'serve', [cut]: { a: 1 } });
  assert.equal(wrong.status, 400, wrong.text);
  assert.equal(await crashes(), before);
  assert.equal((await visitor.get('/jobs')).status, 200, 'no visitor switches anything off');
});
