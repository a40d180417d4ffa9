// accounts.test.mjs - signing in and out, the second step, reset, own sessions, registration of an
// employer, and the administrator's pages, over a running site.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const unique = randomBytes(4).toString('hex');
const good = () => `lamp-${randomBytes(6).toString('hex')}-湖`;

function totp(secret, at = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at4 = mac[19] & 15;
  return String((mac.readUInt32BE(at4) & 0x7fffffff) % 1000000).padStart(6, '0');
}

async function account(name, role, scope = []) {
  const password = good();
  const made = await site.tool('account', 'create', `${name}${unique}`, '--role', role, '--password', password,
    '--display', '测试人', '--why', '测试', ...scope);
  assert.equal(made.code, 0, made.err + made.out);
  return { name: `${name}${unique}`, password };
}

// Signs in and passes (or sets up) the second step where one is due.
async function signedIn({ name, password, secret }) {
  const client = await site.signIn(name, password);
  let state = (await client.get('/api/session')).json;
  if (!state.second_factor_due) return { client, secret };
  if (!secret) secret = (await client.get('/api/account/second')).json.enrol.secret;
  for (let i = 0; state.second_factor_due && i < 3; i++) {
    const answer = await client.post('/api/account/second', { code: totp(secret, Date.now() + (i % 2 ? 30000 : 0)) });
    assert.ok([200, 422].includes(answer.status), answer.text);
    state = (await client.get('/api/session')).json;
    client.token = state.token;
  }
  assert.equal(state.second_factor_due, false);
  return { client, secret };
}

const partner = (() => {
  let made;
  return async () => (made ??= await account('partner', 'province'));
})();

test('a wrong password and an unknown name get the same answer', async () => {
  const { name } = await partner();
  const one = await site.visitor().submit('/account/sign-in', { name, password: 'not this one', next: '' });
  const other = await site.visitor().submit('/account/sign-in', { name: `nobody${unique}`, password: 'not this one', next: '' });
  assert.equal(one.status, 422);
  assert.equal(other.status, 422);
  const body = (answer) => /role="alert"[^]*?<\/ul>/.exec(answer.text)[0];
  assert.equal(body(one), body(other));
  assert.doesNotMatch(one.text, /not this one/);
});

test('signing in makes a new session and goes on to a local address only', async () => {
  const person = await account('plain', 'province');
  const client = site.visitor();
  let answer = await client.submit('/account/sign-in', { ...person, next: '//evil.example/x' });
  assert.equal(answer.status, 303);
  assert.ok(answer.location.startsWith('/account/second') || answer.location === '/');
  const first = client.cookies.get('jiye');
  assert.ok(first);
  const flags = answer.headers.getSetCookie().find((line) => line.startsWith('jiye='));
  assert.match(flags, /HttpOnly/);
  assert.match(flags, /SameSite=Lax/);
  assert.doesNotMatch(flags, /Domain|Max-Age/i);

  const api = await site.signIn(person.name, person.password);
  const old = new Map(api.cookies);
  await api.post('/api/session', { name: person.name, password: person.password });
  assert.notEqual(api.cookies.get('jiye'), old.get('jiye'));
  api.cookies = old;
  assert.equal((await api.get('/api/session')).json.user, null, 'the old session is dead');
});

test('POST /session takes JSON only', async () => {
  const person = await partner();
  const answer = await site.visitor().send('POST', '/session', {
    body: new URLSearchParams(person).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(answer.status, 422);
  assert.equal(answer.json.error.code, 'session.json');
});

test('many wrong passwords are slowed down, and a known browser is not', async () => {
  const person = await account('slow', 'province');
  const known = await site.signIn(person.name, person.password);
  const stranger = site.visitor();
  let last;
  for (let i = 0; i < 8; i++) last = await stranger.post('/api/session', { name: person.name, password: 'wrong one' });
  assert.equal(last.status, 429);
  assert.match(last.json.error.message, /秒后再试/);
  assert.equal((await known.post('/api/session', person)).status, 200);
});

test('the second step: nothing works before it, a code works once', async (t) => {
  const person = await account('admin', 'admin');
  const client = await site.signIn(person.name, person.password);
  const state = (await client.get('/api/session')).json;
  if (!state.second_factor_due) return t.skip('this site does not require a second factor');
  assert.equal((await client.get('/api/admin/accounts')).status, 403);
  assert.equal((await client.page('/admin/accounts')).location, '/account/second');
  const { secret } = await signedIn(person);
  assert.ok(secret);
  const [one, two] = [await site.signIn(person.name, person.password), await site.signIn(person.name, person.password)];
  const code = totp(secret, Date.now() + 30000);
  assert.equal((await one.post('/api/account/second', { code })).status, 200);
  assert.equal((await two.post('/api/account/second', { code })).status, 422);
});

async function lastLetter(to) {
  for (let i = 0; i < 60; i++) {
    const page = await site.visitor().get('/api/outbox');
    const letter = page.status === 200 && JSON.stringify(page.json).includes(to) &&
      page.json.letters?.find((each) => JSON.stringify(each).includes(to));
    if (letter) return JSON.stringify(letter);
    await new Promise((done) => setTimeout(done, 500));
  }
  return assert.fail(`nothing was sent to ${to}`);
}

test('a reset link works once and ends all sessions', async () => {
  const email = `reset${unique}@example.com`;
  const person = await account('reset', 'province', ['--email', email]);
  const session = await site.signIn(person.name, person.password);
  const known = await site.visitor().submit('/account/reset', { who: person.name });
  const unknown = await site.visitor().submit('/account/reset', { who: `nobody${unique}` });
  assert.equal(known.status, 200);
  const plain = (text) => text.replace(/value="[^"]*"/g, '').replaceAll(/nobody\w*|reset[0-9a-f]+/g, '');
  assert.equal(plain(known.text), plain(unknown.text));

  const path = new URL(/http[^\s"\\]*\/account\/reset\/[\w-]{43}/.exec(await lastLetter(email))[0]).pathname;
  const visitor = site.visitor();
  const next = good();
  const weak = await visitor.submit(path, { password: 'jilin2024jilin', again: 'jilin2024jilin' });
  assert.equal(weak.status, 422);
  const done = await visitor.submit(path, { password: next, again: next });
  assert.equal(done.location, '/account/sign-in', done.text);
  assert.equal((await visitor.page(path)).status, 404);
  assert.equal((await session.get('/api/session')).json.user, null);
  assert.ok(await site.signIn(person.name, next));
});

test('own sessions are listed and ended', async () => {
  const { name, password } = await account('own', 'province');
  const { client: one, secret } = await signedIn({ name, password });
  const { client: two } = await signedIn({ name, password, secret });
  const mine = (await one.get('/api/account')).json;
  assert.equal(mine.sessions.filter((each) => each.current).length, 1);
  const other = mine.sessions.find((each) => !each.current && each.seen);
  assert.equal((await one.post('/api/account/sessions/end', { session: other.session })).status, 200);
  await one.post('/api/account/sessions/end-others', {});
  assert.equal((await two.get('/api/session')).json.user, null);
  assert.ok((await one.get('/api/session')).json.user);

  const wrong = await one.post('/api/account/password', { current: 'not it', password: good(), again: 'x'.repeat(12) });
  assert.equal(wrong.status, 422);
  const next = good();
  const changed = await one.post('/api/account/password', { current: password, password: next, again: next });
  assert.equal(changed.status, 200, changed.text);
  assert.ok(await site.signIn(name, next));

  const exported = await one.get('/account/export');
  assert.equal(exported.status, 200);
  assert.equal(exported.json.account.name, name);
  assert.equal(exported.json.account.password, undefined);

  const state = (await one.get('/api/session')).json;
  one.token = state.token;
  const out = await one.post('/api/account/sign-out', {});
  assert.equal(out.status, 200);
  assert.match(out.headers.get('clear-site-data'), /storage/);
  assert.equal((await one.get('/api/session')).json.user, null);
});

// A credit code with the right check character (GB 32100).
function creditCode() {
  const letters = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  let code = `91220100MA${randomBytes(5).toString('hex').toUpperCase().replace(/[^0-9A-F]/g, '0').slice(0, 7)}`;
  const sum = [...code].reduce((all, c, i) => all + letters.indexOf(c) * 3 ** i % 31, 0);
  code += letters[(31 - sum % 31) % 31];
  return code;
}

test('an employer registers once', async () => {
  const fields = {
    organisation: `测试单位${unique}`, credit_code: creditCode(), unit: site.sql('SELECT code FROM units LIMIT 1')[0][0],
    contact_name: '测试联系人', contact_phone: '0431-12345678', account: `firm${unique}`, password: good(),
  };
  const client = site.visitor();
  const answer = await client.submit('/account/register/employer', { ...fields, again: fields.password });
  assert.equal(answer.status, 303, answer.text);
  assert.equal((await client.get('/api/session')).json.user.role, 'employer');
  const twice = await site.visitor().submit('/account/register/employer', { ...fields, account: `firm2${unique}`, again: fields.password });
  assert.equal(twice.status, 422);
  assert.match(twice.text, /已经登记/);
});

test('a graduate who is not on the roster learns nothing', async () => {
  const university = site.sql('SELECT code FROM universities LIMIT 1')[0]?.[0];
  const password = good();
  const answer = await site.visitor().submit('/account/register', {
    name: '无此人', university, student_no: `none${unique}`, resident_tail: '123456', code: '', account: '',
    password, again: password, agree: '1',
  });
  assert.equal(answer.status, 422);
  assert.match(answer.text, /与学校名册不一致/);
});

test('the administrator makes, disables and helps accounts; every step needs a reason and is recorded', async () => {
  const person = await account('boss', 'admin');
  const { client } = await signedIn(person);
  const made = await client.post('/api/admin/accounts/new', {
    name: `made${unique}`, display_name: '新同事', role: 'province', why: '测试新建',
  });
  assert.equal(made.status, 200, made.text);
  const id = made.json.account;
  const path = new URL(made.json.link).pathname;
  const password = good();
  const visitor = site.visitor();
  assert.equal((await visitor.submit(path, { password, again: password })).status, 303);
  const worker = await site.signIn(`made${unique}`, password);

  assert.equal((await client.post(`/api/admin/accounts/${id}/state`, { state: 'disabled' })).status, 422);
  assert.equal((await client.post(`/api/admin/accounts/${id}/state`, { state: 'disabled', why: '测试停用' })).status, 200);
  assert.equal((await worker.get('/api/session')).json.user, null);
  assert.equal((await site.visitor().post('/api/session', { name: `made${unique}`, password })).status, 422);
  assert.equal((await client.post(`/api/admin/accounts/${id}/state`, { state: 'active', why: '测试启用' })).status, 200);

  const list = (await client.get(`/api/admin/accounts?name=made${unique}`)).json;
  assert.equal(list.rows.length, 1);
  const shown = (await client.get(`/api/admin/accounts/${id}`)).json;
  assert.equal(shown.roles.length, 1);
  const audit = (await client.get(`/api/admin/audit?object=account:${id}`)).json;
  for (const action of ['account.created', 'account.disabled', 'account.enabled'])
    assert.ok(audit.rows.some((row) => row.action === action && /测试/.test(row.detail)), action);
  const check = await client.get('/api/admin/audit/check');
  assert.equal(check.json.good, true, check.text);
  for (const page of ['/admin/accounts', `/admin/accounts/${id}`, '/admin/accounts/new', '/admin/audit', '/admin/audit/check'])
    assert.equal((await client.page(page)).status, 200, page);
});

test('nobody else sees the administration of accounts', async () => {
  const { client } = await signedIn(await account('office', 'province'));
  for (const path of ['/api/admin/accounts', '/api/admin/accounts/1', '/api/admin/audit', '/api/admin/audit/check'])
    assert.equal((await client.get(path)).status, 403, path);
  assert.equal((await site.visitor().get('/api/admin/accounts')).status, 401);
});
