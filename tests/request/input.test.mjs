// input.test.mjs - bad input over HTTP: each is refused with its status and a sentence, as a page and
// as JSON, nothing is stored, and what a person typed into a form is still there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { before, test } from 'node:test';
import { vacancy } from '../lib/objects.mjs';
import { enterDemo } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const chinese = /[\u4e00-\u9fff]{4,}.*[。！]/;
const key = () => randomBytes(16).toString('hex');
let firm;

const vacancies = () => Number(site.sql(`SELECT COUNT(*) FROM jobs_vacancies WHERE employer_id = ${firm.user.organisation}`)[0][0]);
const events = () => Number(site.sql('SELECT COUNT(*) FROM flow_history')[0][0]);

before(async () => {
  firm = await enterDemo(site, 'firm1');
});

// Any method and any bytes, as no browser would send them.
function raw(client, method, path, { headers = {}, body } = {}) {
  const cookie = [...client.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  return new Promise((done, fail) => {
    const sent = request(site.url + path, { method, headers: { cookie, ...headers } }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() }));
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

// Sends it twice, once asking for a page and once for JSON.
async function refused(status, code, method, path, { headers = {}, body } = {}) {
  const token = { 'x-csrf-token': firm.token };
  const page = await raw(firm, method, path, { headers: { accept: 'text/html', ...token, ...headers }, body });
  assert.equal(page.status, status, `page: ${page.text.slice(0, 600)}`);
  assert.match(page.headers['content-type'], /^text\/html; charset=utf-8$/);
  assert.match(page.text, /<html lang="zh-CN">/);
  assert.match(page.text.replace(/<[^>]*>/g, ' '), chinese);
  const data = await raw(firm, method, path, { headers: { accept: 'application/json', ...token, ...headers }, body });
  assert.equal(data.status, status, data.text);
  assert.match(data.headers['content-type'], /^application\/json; charset=utf-8$/);
  const { error } = JSON.parse(data.text);
  if (code) assert.equal(error.code, code, data.text);
  assert.match(error.message, chinese);
  assert.ok(Array.isArray(error.fields));
  return { page, error };
}
const form = (text) => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: text });
const json = (text) => ({ headers: { 'content-type': 'application/json' }, body: text });
const good = () => new URLSearchParams({ ...vacancy(), declared: '1' }).toString();

const cases = {
  'a body over its limit': () => refused(413, 'too_large', 'POST', '/jobs/new', form(`title=${'x'.repeat(300_000)}`)),
  'a body over the limit of the whole site': () => refused(413, 'too_large', 'POST', '/jobs/new', form('x'.repeat(13 << 20))),
  'a field over its limit': () => refused(413, 'field_too_large', 'POST', '/jobs/new', form(`${good()}&address=${'x'.repeat(70_000)}`)),
  'an address of nine thousand characters': () => refused(414, 'url_too_long', 'GET', `/jobs?q=${'x'.repeat(9000)}`),
  'an address with dots and slashes too many': () => refused(400, 'path', 'GET', '/jobs//1'),
  'multipart without its boundary': () => refused(400, 'multipart', 'POST', '/jobs/new', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' }),
  'multipart that is cut off': () => refused(400, 'multipart', 'POST', '/jobs/new',
    { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nhalf' }),
  'multipart with a part that has no name': () => refused(400, 'multipart', 'POST', '/jobs/new',
    { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n' }),
  'invalid UTF-8 in a form': () => refused(400, 'encoding', 'POST', '/jobs/new', form('title=%ff%fe')),
  'invalid UTF-8 in an address': () => refused(400, 'encoding', 'GET', '/jobs?q=%c0%af'),
  'an overlong slash in JSON': () => refused(400, 'json.syntax', 'POST', '/jobs/new', json(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d]))),
  'a half escape': () => refused(400, 'escape', 'GET', '/jobs?q=%4'),
  'a field twice': () => refused(400, 'param.doubled', 'POST', '/jobs/new', form(`${good()}&title=two`)),
  'a parameter twice': () => refused(400, 'param.doubled', 'GET', '/jobs?q=a&q=b'),
  'a name twice in JSON': () => refused(400, 'json.syntax', 'POST', '/jobs/new', json('{"title":"a","title":"b"}')),
  'a field that nobody declared': () => refused(400, 'param.unknown', 'POST', '/jobs/new', form(`${good()}&state=published`)),
  'a member that nobody declared': () => refused(400, 'param.unknown', 'POST', '/jobs/new', json(JSON.stringify({ ...vacancy(), employer_id: 1 }))),
  'a parameter that nobody declared': () => refused(400, 'param.unknown', 'GET', '/jobs?debug=1'),
  'a thousand and one fields': () => refused(400, 'too_many_fields', 'POST', '/jobs/new', form(Array.from({ length: 1001 }, (_, i) => `f${i}=1`).join('&'))),
  'JSON seventeen levels deep': () => refused(400, 'json.depth', 'POST', '/jobs/new', json(`{"a":${'['.repeat(16)}${']'.repeat(16)}}`)),
  'JSON that is no object': () => refused(400, 'json.object', 'POST', '/jobs/new', json('[1]')),
  'JSON that is cut off': () => refused(400, 'json.syntax', 'POST', '/jobs/new', json('{"title": "a"')),
  'a NUL in a form': () => refused(400, null, 'POST', '/jobs/new', form('title=a%00b')),
  'a NUL in an address': () => refused(400, null, 'GET', '/jobs?q=a%00b'),
  'a NUL in JSON': () => refused(400, null, 'POST', '/jobs/new', json('{"title":"a\\u0000b"}')),
  'a list where a text belongs': () => refused(400, null, 'POST', '/jobs/new', json(JSON.stringify({ ...vacancy(), title: { a: 1 } }))),
};
for (const [name, run] of Object.entries(cases))
  test(`${name} is refused`, async () => {
    const before = [vacancies(), events()];
    await run();
    assert.deepEqual([vacancies(), events()], before, 'nothing was stored');
  });

test('an address beyond any buffer is refused, though nobody knows yet what its sender reads', async () => {
  const answer = await raw(firm, 'GET', `/jobs?q=${'x'.repeat(20_000)}`);
  assert.equal(answer.status, 414);
  assert.match(answer.text.replace(/<[^>]*>/g, ' '), chinese);
});

test('methods other than GET, HEAD and POST get 405 and what is allowed', async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE']) {
    const answer = await raw(firm, method, '/jobs', { headers: { accept: 'text/html', 'x-secret': 'echo' } });
    assert.equal(answer.status, 405, method);
    assert.match(answer.text.replace(/<[^>]*>/g, ' '), chinese, method);
    assert.doesNotMatch(answer.text, /x-secret|jiye=/, 'nothing is echoed');
  }
  const answer = await raw(firm, 'POST', '/account', { headers: { accept: 'application/json' } });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.allow, 'GET, HEAD');
});

test('wrong values: each has its sentence at its field, in JSON and in the page, and nothing typed is lost', async () => {
  const wrong = { ...vacancy(), title: '', headcount: 'viele', category: 'spaceship', region: '999999', pay_min: '12.345', expires: '2026-02-30', description: '<b>七个字</b>&"\'' };
  const data = await firm.post('/api/jobs/new', wrong);
  assert.equal(data.status, 422);
  const named = data.json.error.fields.map((field) => field.name);
  for (const name of ['title', 'headcount', 'category', 'region', 'pay_min', 'expires']) assert.ok(named.includes(name), `${name} in ${named}`);
  for (const field of data.json.error.fields) assert.match(field.message, /[\u4e00-\u9fff].*。/, JSON.stringify(field));

  const page = await firm.submit('/jobs/new', { ...wrong, declared: '1' });
  assert.equal(page.status, 422);
  assert.match(page.text, /role="alert"/);
  for (const value of ['value="viele"', 'value="12.345"', 'value="2026-02-30"', '&lt;b&gt;七个字&lt;/b&gt;']) assert.ok(page.text.includes(value), value);
  assert.doesNotMatch(page.text, /<b>七个字/);
  assert.match(page.text, /aria-invalid="true"/);
});

test('an expired session in the middle of a form: what was typed comes back, and can be sent after signing in', async () => {
  const person = await enterDemo(site, 'firm2');
  person.token = null; // a browser sends the hidden field alone
  const page = await person.page('/jobs/new');
  const hidden = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)[1];
  site.sql(`DELETE FROM sessions WHERE account = ${person.user.account}`);
  const fields = { ...vacancy({ title: '夜班调度员', address: '解放大路 1 号' }), declared: '1', _csrf: hidden('_csrf'), _key: hidden('_key') };
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: site.url, 'sec-fetch-site': 'same-origin' };
  const late = await person.send('POST', '/jobs/new', { json: false, body: new URLSearchParams(fields).toString(), headers });
  assert.equal(late.status, 401);
  assert.match(late.text, /登录/);
  for (const typed of ['夜班调度员', '解放大路 1 号', '整理资料']) assert.ok(late.text.includes(typed), typed);
  const password = site.accounts().find((each) => each.name === 'firm2').password;
  await person.submit('/account/sign-in', { name: 'firm2', password, next: '/jobs/new' });
  const again = await person.submit('/jobs/new', { ...fields, _csrf: undefined, _key: undefined, ...Object.fromEntries(
    ['_csrf', '_key'].map((name) => [name, new RegExp(`name="${name}" value="([^"]*)"`).exec(late.text)?.[1] ?? ''])) });
  assert.equal(again.status, 403, 'the token of the old page is not the new session\'s');
  assert.ok(again.text.includes('夜班调度员'), 'but nothing is lost');
  const last = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(again.text)[1];
  const sent = await person.send('POST', '/jobs/new', { json: false, headers,
    body: new URLSearchParams({ ...fields, _csrf: last('_csrf'), _key: last('_key') }).toString() });
  assert.equal(sent.status, 303, sent.text.slice(0, 500));
  const data = await site.visitor().post('/api/needs', {}, {});
  assert.equal(data.status, 401);
  assert.equal(data.json.error.code, 'sign_in');
});

test('a double click: one row, and the same place to go on', async () => {
  const before = vacancies();
  const fields = { ...vacancy(), declared: '1', _csrf: firm.token, _key: key() };
  const send = (changed = {}) => firm.send('POST', '/jobs/new', {
    json: false, body: new URLSearchParams({ ...fields, ...changed }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: site.url },
  });
  const one = await send();
  const two = await send();
  assert.equal(one.status, 303, one.text);
  assert.equal(two.status, 303);
  assert.equal(two.location, one.location);
  assert.equal(vacancies(), before + 1);
  const other = await send({ title: '另一个岗位' });
  assert.equal(other.status, 422);
  assert.match(other.text, /没有执行/);
  assert.equal(vacancies(), before + 1);
});

test('ten equal requests at once: one row', async () => {
  const before = vacancies();
  const headers = { 'idempotency-key': key() };
  const answers = await Promise.all(Array.from({ length: 10 }, () => firm.post('/api/jobs/new', vacancy(), { headers })));
  for (const answer of answers) assert.equal(answer.status, 200, answer.text);
  assert.equal(new Set(answers.map((answer) => answer.json.location)).size, 1);
  assert.equal(vacancies(), before + 1);
});

test('the same key from another session or for another address is another act', async () => {
  const headers = { 'idempotency-key': key() };
  const before = vacancies();
  const other = await enterDemo(site, 'firm2');
  assert.equal((await firm.post('/api/jobs/new', vacancy(), { headers })).status, 200);
  const foreign = await other.post('/api/jobs/new', vacancy(), { headers });
  assert.equal(foreign.status, 200);
  assert.equal(vacancies(), before + 1);
  const mine = (await firm.get('/api/jobs/mine')).json.rows[0];
  assert.notEqual(foreign.json.location, `/jobs/${mine.id}`);
});

test('a refused form leaves its key unused: corrected, it goes through', async () => {
  const headers = { 'idempotency-key': key() };
  const before = vacancies();
  assert.equal((await firm.post('/api/jobs/new', vacancy({ headcount: 0 }), { headers })).status, 422);
  assert.equal((await firm.post('/api/jobs/new', vacancy(), { headers })).status, 200);
  assert.equal(vacancies(), before + 1);
});
