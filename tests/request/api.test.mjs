// api.test.mjs - a script's life: sign in, read, state needs, be corrected, sign out; the same model
// and rights as the pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../lib/objects.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const account = site.accounts().find((each) => each.name === 'student2');

test('a script signs in, looks at a form, states needs, reads them and signs out', async () => {
  const script = site.visitor();
  const before = await script.get('/api/session');
  assert.equal(before.json.user, null);

  const signed = await script.post('/api/session', { name: account.name, password: account.password });
  assert.equal(signed.status, 200);
  assert.equal(signed.json.user.role, 'graduate');
  assert.match(signed.json.token, /^[\w-]{43}$/);
  assert.ok(script.cookies.get('jiye'));
  script.token = signed.json.token;

  const form = (await script.get('/needs')).json; // by Accept, the same address as the page
  const fields = form.form.fields;
  for (const name of ['need_job', 'units', 'pay_min', 'consent']) {
    const field = fields.find((each) => each.name === name);
    assert.ok(field?.label && field.type, name);
  }
  assert.equal(fields.find((each) => each.name === 'consent').required, true);
  assert.ok(fields.find((each) => each.name === 'units').choices.some((each) => each.value === '220100'));
  assert.deepEqual((await script.get('/api/needs')).json.form.fields.map((each) => each.name), fields.map((each) => each.name));

  const wrong = await script.post('/api/needs', { need_job: true, pay_min: 'much', units: ['000000'], consent: false });
  assert.equal(wrong.status, 422);
  const names = wrong.json.error.fields.map((field) => field.name);
  for (const name of ['pay_min', 'units', 'consent']) assert.ok(names.includes(name), `${name} in ${names}`);
  assert.equal(typeof wrong.json.error.code, 'string');
  assert.match(wrong.json.error.message, /。$/);

  const saved = await script.post('/api/needs', need({ need_job: true, units: ['220100', '220200'], pay_min: '4500' }));
  assert.equal(saved.status, 200, saved.text);
  assert.ok(saved.json.location.startsWith('/'));
  const values = (await script.get('/api/needs')).json;
  assert.match(JSON.stringify(values), /4500/);
  const rows = site.sql(`SELECT kind, source FROM needs WHERE person = ${signed.json.user.person} AND state <> 'withdrawn'`);
  assert.ok(rows.some(([kind, source]) => kind === 'job' && source === 'self'));
  const timeline = (await script.get('/api/work/timeline')).json;
  assert.ok(JSON.stringify(timeline).includes('job'));

  const out = await script.post('/api/account/sign-out', {});
  assert.equal(out.status, 200);
  assert.equal((await script.get('/api/needs')).status, 401);
});

test('the list of routes says what may be sent where', async () => {
  const script = await site.signIn(account.name, account.password);
  const { routes } = (await script.get('/api')).json;
  const post = routes.find((route) => route.method === 'POST' && route.path === '/needs');
  assert.deepEqual(post.roles, ['graduate']);
  assert.ok(!routes.some((route) => route.path === '/admin/plugins'), 'what this role may not use is not listed');
  assert.ok(post.form.fields.some((field) => field.name === 'consent' && field.required));
});

test('errors keep one shape, whatever went wrong', async () => {
  const script = await site.signIn(account.name, account.password);
  const answers = [
    [404, await script.get('/api/nothing')],
    [404, await script.get('/api/needs/999999999')],
    [403, await script.get('/api/needs/people')],
    [401, await site.visitor().get('/api/needs')],
    [400, await script.get('/api/jobs?nothing=1')],
    [403, await script.post('/api/needs', {}, { headers: { 'x-csrf-token': 'no' } })],
    [422, await script.post('/api/needs', {})],
    [405, await script.post('/api/jobs', {})],
    [400, await script.send('POST', '/api/needs', { body: '{', headers: { 'content-type': 'application/json' } })],
  ];
  for (const [status, answer] of answers) {
    assert.equal(answer.status, status, answer.text);
    const { error } = answer.json;
    assert.match(error.code, /^[a-z_]+(\.[a-z_]+)*$/);
    assert.match(error.message, /[\u4e00-\u9fff].*。$/, answer.text);
    assert.ok(Array.isArray(error.fields));
    assert.match(error.request, /^[0-9a-f]{32}$/);
  }
});

test('XML holds the same model as JSON', async () => {
  const visitor = site.visitor();
  const [data, xml] = [await visitor.get('/jobs'), await visitor.send('GET', '/jobs', { headers: { accept: 'application/xml' } })];
  assert.equal(xml.status, 200);
  assert.match(xml.headers.get('content-type'), /^application\/xml; charset=utf-8$/);
  for (const row of data.json.rows) assert.ok(xml.text.includes(`>${row.id}<`), String(row.id));
  const missing = await visitor.send('GET', '/nothing', { headers: { accept: 'application/xml' } });
  assert.equal(missing.status, 404);
  assert.match(missing.text, /^<\?xml[^]*<error>/);
});

test('a wrong pair of name and password, and a name that nobody has, read the same', async () => {
  const one = await site.visitor().post('/api/session', { name: account.name, password: 'wrong' });
  const two = await site.visitor().post('/api/session', { name: 'nobody-at-all', password: 'wrong' });
  assert.equal(one.status, 422);
  assert.equal(one.json.error.message, two.json.error.message);
  assert.equal(one.json.error.code, two.json.error.code);
});
