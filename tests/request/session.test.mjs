// session.test.mjs - sessions, the token of forms, and what a browser is told to keep: the checklist
// of web security, items 1 to 8, 11 and 12.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { need, Objects } from '../lib/objects.mjs';
import { enter, enterDemo, everyone } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const student = site.accounts().find((each) => each.name === 'student3');
let routes;

before(async () => {
  routes = (await site.tool('--json', 'routes')).json;
});

const withCookies = (client, cookies) => Object.assign(site.visitor(), { cookies: new Map(cookies), token: client.token });
const alive = async (client) => (await client.get('/api/session')).json.user !== null;

test('a session id has 256 bits, is new at each sign-in, and only its hash is stored', async () => {
  const seen = new Set();
  const client = await site.signIn(student.name, student.password);
  for (let i = 0; i < 3; i++) {
    const id = client.cookies.get('jiye');
    assert.equal(Buffer.from(id, 'base64url').length, 32);
    assert.ok(!seen.has(id));
    seen.add(id);
    const old = new Map(client.cookies);
    await client.post('/api/session', { name: student.name, password: student.password });
    assert.ok(!(await alive(withCookies(client, old))), 'the id before the sign-in is dead');
    assert.ok(await alive(client));
    const rows = site.sql('SELECT LOWER(HEX(hash)) FROM sessions').flat();
    const plain = Buffer.from(id, 'base64url');
    for (const form of [plain.toString('hex'), Buffer.from(id).toString('hex'), createHash('sha256').update(plain).digest('hex'), createHash('sha256').update(id).digest('hex')])
      assert.ok(!rows.includes(form), 'neither the id nor a hash that anybody can make');
  }
});

test('an id that a visitor brings along is never adopted', async () => {
  const client = site.visitor();
  const planted = randomBytes(32).toString('base64url');
  client.cookies.set('jiye', planted);
  await client.post('/api/session', { name: student.name, password: student.password });
  assert.notEqual(client.cookies.get('jiye'), planted);
  assert.ok(await alive(client));
});

test('cookies: HttpOnly, SameSite=Lax, whole site, no domain', async () => {
  const answer = await site.visitor().post('/api/session', { name: student.name, password: student.password });
  const lines = answer.headers.getSetCookie();
  assert.ok(lines.some((line) => line.startsWith('jiye=')));
  for (const line of lines) {
    assert.match(line, /; Path=\/;/);
    assert.match(line, /HttpOnly/);
    assert.match(line, /SameSite=Lax/);
    assert.doesNotMatch(line, /domain=/i);
  }
  assert.doesNotMatch(lines.find((line) => line.startsWith('jiye=')), /max-age|expires/i);
});

test('idle and old sessions are over: 30 minutes, 15 for staff, 12 hours for all', async () => {
  const hash = (account) => `account = ${account} ORDER BY created DESC LIMIT 1`;
  for (const [name, minutes] of [['student3', 30], ['city3', 15]]) {
    const client = await enterDemo(site, name);
    const { account } = client.user;
    site.sql(`UPDATE sessions SET seen = NOW(3) - INTERVAL ${minutes * 60 - 30} SECOND WHERE ${hash(account)}`);
    assert.ok(await alive(client), `${name} just before the limit`);
    site.sql(`UPDATE sessions SET seen = NOW(3) - INTERVAL ${minutes * 60 + 5} SECOND WHERE ${hash(account)}`);
    assert.ok(!(await alive(client)), `${name} behind it`);
    const long = await enterDemo(site, name);
    site.sql(`UPDATE sessions SET created = NOW(3) - INTERVAL 43205 SECOND WHERE account = ${account} AND created > NOW(3) - INTERVAL 20 SECOND`);
    assert.ok(!(await alive(long)), `${name} after twelve hours`);
  }
});

test('signing out, disabling and ending others take effect at once', async () => {
  const [one, two, three] = [await enter(site, student.name, student.password), await enter(site, student.name, student.password), await enter(site, student.name, student.password)];
  const list = (await one.get('/api/account')).json.sessions;
  assert.ok(list.length >= 3);
  assert.equal(list.filter((each) => each.current).length, 1);
  const other = (await two.get('/api/account')).json.sessions.find((each) => each.current);
  assert.equal((await one.post('/api/account/sessions/end', { session: other.session })).status, 200);
  assert.ok(!(await alive(two)));
  assert.ok(await alive(three));
  const stranger = await enterDemo(site, 'student4');
  const mine = (await one.get('/api/account')).json.sessions.find((each) => each.current);
  const foreign = await stranger.post('/api/account/sessions/end', { session: mine.session });
  const nothing = await stranger.post('/api/account/sessions/end', { session: '0'.repeat(mine.session.length) });
  assert.equal(foreign.text, nothing.text, 'as for a session that does not exist');
  assert.ok(await alive(one), 'nobody ends the session of another');
  assert.equal((await one.post('/api/account/sessions/end-others', {})).status, 200);
  assert.ok(!(await alive(three)));
  const cookies = new Map(one.cookies);
  const out = await one.post('/api/account/sign-out', {});
  assert.match(out.headers.get('clear-site-data'), /"cache"/);
  assert.ok(!(await alive(withCookies(one, cookies))));

  const name = `gone${randomBytes(3).toString('hex')}`;
  const worker = await site.newAccount(name, 'province');
  await site.tool('account', 'disable', name, '--why', '测试');
  assert.ok(!(await alive(worker)));
});

test('a form needs the token of its own session: missing, foreign or old is 403 and does nothing', async () => {
  const [mine, other] = [await enterDemo(site, 'student2'), await enterDemo(site, 'student4')];
  const rows = () => site.sql(`SELECT COUNT(*), MAX(ver), MAX(changed) FROM needs WHERE person = ${mine.user.person}`)[0];
  const before = rows();
  const old = mine.token;
  const visitor = (await site.visitor().get('/api/session')).json.token;
  for (const token of ['', 'x', other.token, visitor, `${mine.token}x`, mine.token.slice(1)]) {
    const answer = await mine.post('/api/needs', need(), { headers: { 'x-csrf-token': token } });
    assert.equal(answer.status, 403, token);
    assert.equal(answer.json.error.code, 'csrf');
    assert.match(answer.json.error.message, /X-CSRF-Token/);
  }
  const again = await enterDemo(site, 'student2');
  assert.equal((await again.post('/api/needs', need(), { headers: { 'x-csrf-token': old } })).status, 403, 'the token of an older session');
  assert.deepEqual(rows(), before);
});

test('a foreign page is refused before the token is looked at', async () => {
  const mine = await enterDemo(site, 'student2');
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: `${site.url}.evil.example` }]) {
    const answer = await mine.post('/api/messages/read-all', {}, { headers });
    assert.equal(answer.status, 403, JSON.stringify(headers));
    assert.equal(answer.json.error.code, 'cross_site');
  }
  const own = await mine.post('/api/messages/read-all', {}, { headers: { origin: site.url, 'sec-fetch-site': 'same-origin' } });
  assert.equal(own.status, 200, own.text);
});

test('after signing in one comes back to a page of this site, never to another', async () => {
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', '\\\\evil.example', 'javascript:alert(1)', '/%0d%0aSet-Cookie:a=b']) {
    const client = site.visitor();
    const answer = await client.submit('/account/sign-in', { name: student.name, password: student.password, next });
    if (answer.status !== 303) { assert.equal(answer.status, 422, next); continue; }
    assert.ok(answer.location.startsWith('/') && !/^\/[/\\]/.test(answer.location), `${next}: ${answer.location}`);
    assert.ok(!answer.headers.getSetCookie().some((line) => line.startsWith('a=')));
  }
});

// What people own; not: sessions and accounts (last seen), audit, work and idempotency rows.
const business = ['account_roles', 'campaigns', 'events', 'files', 'flow_history', 'idempotency', 'jobs_batches', 'jobs_pushes',
  'jobs_vacancies', 'jobs_vacancy_majors', 'messages', 'message_preferences', 'needs', 'one_time_codes', 'orders', 'organisations', 'people',
  'plugins', 'plugin_history', 'plugin_schedule', 'settings', 'transfer_runs', 'transfer_errors', 'units', 'universities'];
const sums = () => Object.fromEntries(business.map((table) => [table, site.sql(`CHECKSUM TABLE ${table}`)[0][1]]));

test('no GET changes anything: every address of every role leaves the tables as they were', async () => {
  const clients = await everyone(site);
  const objects = new Objects(site);
  const { addresses, shared } = await import('../lib/objects.mjs');
  const before = sums();
  let asked = 0;
  for (const [role, client] of Object.entries(clients)) {
    const user = client.user ?? { role: 'public', account: 0 };
    for (const route of routes.filter((each) => each.method === 'GET')) {
      const all = route.path.startsWith('/:plugin/') ? shared(route)
        : [addresses[route.path] ?? { path: () => route.path }];
      for (const each of all) {
        const answer = await client.page(each.path(objects, user, true));
        assert.ok(answer.status < 500 || answer.status === 503, `${route.path}: ${answer.status}`);
        asked++;
      }
    }
  }
  assert.ok(asked > 500);
  assert.deepEqual(sums(), before);
});

test('every answer says what it is, and pages of a person are kept nowhere', async () => {
  const clients = { visitor: site.visitor(), person: await enterDemo(site, 'student2'), office: await enterDemo(site, 'city3') };
  const paths = ['/', '/jobs', '/needs', '/account', '/messages', '/needs/people', '/work/orders', '/nothing', '/static/nothing', '/api/nothing', '/account/sign-in', '/api', '/healthz',
    '/metrics', '/feeds/jobs.xml', '/feeds/nothing', '/account/export', '/needs/people?format=csv', `/${'x'.repeat(9000)}`, '/%zz', '/jobs?nothing=1', '/jobs/0'];
  for (const [who, client] of Object.entries(clients))
    for (const path of paths) {
      const answer = await client.page(path);
      const type = answer.headers.get('content-type');
      if (answer.text) assert.match(type ?? '', /; charset=utf-8$/, `${who} ${path.slice(0, 40)}: ${answer.status} ${type}`);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      if (who !== 'visitor' && !path.startsWith('/feeds/jobs.xml'))
        assert.equal(answer.headers.get('cache-control'), 'no-store', `${who} ${path.slice(0, 40)}`);
      if (answer.status >= 400) assert.equal(answer.headers.get('cache-control'), 'no-store', `${who} ${path.slice(0, 40)}`);
    }
});

test('guessing is slowed down, with the same answer for a name that nobody has', async () => {
  const tries = async (name) => {
    const said = [];
    for (let i = 0; i < 8; i++) {
      const answer = await site.visitor().post('/api/session', { name, password: 'not the password' });
      said.push([answer.status, answer.json.error.message.replace(/\d+ 秒/, 'N 秒')]);
      if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    return said;
  };
  const real = `slow${randomBytes(3).toString('hex')}`;
  await site.newAccount(real, 'province');
  const [known, unknown] = [await tries(real), await tries(`nobody${randomBytes(4).toString('hex')}`)];
  assert.deepEqual(known, unknown);
  assert.equal(known[0][0], 422);
  assert.equal(known.at(-1)[0], 429);
});
