// secrets.test.mjs - what must never stand in a log: passwords, session ids, tokens, resident ids and
// phones. Planted ones are sent in every way, right and wrong, and all log files of the run are read.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { enterDemo } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const unique = randomBytes(4).toString('hex');
const phone = () => `139${String(randomInt(1e8)).padStart(8, '0')}`;

// Valid by GB 11643, with a birthday that no graduate has, so it belongs to nobody.
function residentId() {
  const body = `22010219000101${String(randomInt(1000)).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return body + '10X98765432'[[...body].reduce((sum, digit, i) => sum + digit * weights[i], 0) % 11];
}

test('no log file holds a secret or a personal number', async () => {
  const planted = {
    'a password': `Planted-${unique}-pass`, 'a wrong password': `Planted-${unique}-wrong`,
    'a phone': phone(), 'a second phone': phone(), 'a resident id': residentId(), 'a text': `planted-text-${unique}`, 'a token': randomBytes(32).toString('base64url'),
  };
  const made = await site.tool('account', 'create', `planted${unique}`, '--role', 'province', '--password', planted['a password'], '--phone', planted['a phone'], '--why', '测试');
  assert.equal(made.code, 0, made.err);
  const person = await site.signIn(`planted${unique}`, planted['a password']);
  planted['a session id'] = person.cookies.get('jiye');
  planted['a form token'] = person.token;
  await site.visitor().post('/api/session', { name: planted['a phone'], password: planted['a wrong password'] });
  await site.visitor().post('/api/session', { name: planted['a phone'], password: { a: planted['a wrong password'] } });
  await site.visitor().submit('/account/sign-in', { name: planted['a phone'], password: planted['a wrong password'], next: '' });
  await site.visitor().submit('/account/reset', { who: planted['a second phone'] });
  for (const path of ['/account/reset', '/messages/off', '/api/account/reset']) await site.visitor().page(`${path}/${planted['a token']}`);
  await person.post('/api/account/phone', { phone: planted['a second phone'], password: planted['a wrong password'] });
  for (const query of [`q=${planted['a phone']}`, `nothing=${planted['a resident id']}`, `q=${planted['a text']}%ff`]) await person.page(`/jobs?${query}`);
  await person.send('POST', '/api/account/password', { body: `{"current": "${planted['a password']}", `, headers: { 'content-type': 'application/json' } });

  const folder = mkdtempSync(join(tmpdir(), 'jiye-plant-'));
  const [[university]] = site.sql('SELECT university FROM people LIMIT 1');
  const file = join(folder, 'roster.csv');
  const row = (number, major) => `${university},p${unique}${number},${planted['a text']},男,${major},本科,2027,${planted['a second phone']},${planted['a resident id']}`;
  writeFileSync(file, `学校,学号,姓名,性别,专业,学历,毕业年份,手机,身份证号\n${row(1, '080901')}\n${row(2, '999999')}\n${row(3, '080901')}\n`);
  const school = await enterDemo(site, 'province');
  const body = new FormData();
  body.set('file', new Blob([readFileSync(file)], { type: 'text/csv' }), 'roster.csv');
  const upload = await school.send('POST', '/api/needs/import/roster', { body });
  assert.equal(upload.status, 200, upload.text);
  await school.post(`/api${upload.json.location}/start`, {});
  for (let i = 0; i < 60; i++) {
    const [[state]] = site.sql(`SELECT state FROM transfer_runs WHERE id = ${upload.json.location.split('/').pop()}`);
    if (state === 'done' || state === 'failed') break;
    await new Promise((done) => setTimeout(done, 300));
  }
  rmSync(folder, { recursive: true });
  await new Promise((done) => setTimeout(done, 1500)); // nginx keeps lines back for a second

  for (const account of site.accounts()) planted[`the password of ${account.name}`] = account.password;
  const logs = readdirSync(join(site.home, 'log'));
  assert.ok(logs.includes('jiyed.log') && logs.includes('nginx-access.log'));
  for (const name of logs) {
    const text = readFileSync(join(site.home, 'log', name), 'utf8');
    for (const [what, value] of Object.entries(planted)) assert.ok(!text.includes(value), `${name} holds ${what}: ${text.split('\n').find((line) => line.includes(value))?.slice(0, 400)}`);
    assert.doesNotMatch(text, /(?<![\w.-])1[3-9]\d{9}(?![\w.-])/, `${name}: something like a phone`);
    assert.doesNotMatch(text, /(?<!\w)\d{6}(19|20)\d{2}(0\d|1[0-2])[0-3]\d\d{3}[\dX](?!\w)/, `${name}: something like a resident id`);
  }
});

test('sealed columns hold no readable number, and a dump of the database none of the planted ones', async () => {
  const value = phone();
  const made = await site.tool('account', 'create', `sealed${unique}`, '--role', 'province', '--phone', value, '--why', '测试');
  assert.equal(made.code, 0, made.err);
  const [[stored]] = site.sql(`SELECT LOWER(HEX(phone)) FROM accounts WHERE name = 'sealed${unique}'`);
  assert.ok(stored.length > 80);
  assert.ok(!stored.includes(Buffer.from(value).toString('hex')));
  const traces = site.sql(`SELECT CONCAT('audit ', detail) FROM audit WHERE detail LIKE '%${value}%'
    UNION ALL SELECT CONCAT('events ', payload) FROM events WHERE payload LIKE '%${value}%'
    UNION ALL SELECT CONCAT('work ', payload) FROM work WHERE payload LIKE '%${value}%'`);
  assert.deepEqual(traces, []);
});
