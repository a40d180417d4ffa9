// attacks.test.mjs - what somebody would try who means harm: words that crash or poison, other people's
// keys and runs, scraping, formulas, and two hundred ways to smuggle markup into a page.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { before, test } from 'node:test';
import { until } from '../lib/load.mjs';
import { vacancy } from '../lib/objects.mjs';
import { enter, everyone } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const key = () => randomBytes(16).toString('hex');
const crashes = async () => (await site.tool('--json', 'status')).json.crashes ?? 0;
let all;

// An employer's vacancy of this test's own, and nothing left of it afterwards.
async function post(client, over = {}) {
  const answer = await client.post('/jobs/new', vacancy(over), { headers: { 'idempotency-key': key() } });
  assert.equal(answer.status, 200, answer.text);
  return Number(site.sql(`SELECT MAX(id) FROM jobs_vacancies WHERE employer_id = ${client.user.organisation}`)[0][0]);
}
const forget = (id) => site.sql(`DELETE FROM flow_history WHERE flow = 'jobs.vacancy' AND record = ${id}; DELETE FROM jobs_vacancies WHERE id = ${id}`);

// A person of the staff whom no other test knows, with the second step passed.
async function officer(role, scope) {
  const name = `atk-${role}-${randomBytes(4).toString('hex')}`;
  const password = `Pw-${key()}-长`;
  const made = await site.tool('account', 'create', name, '--role', role, '--password', password, ...scope);
  assert.equal(made.code, 0, made.err);
  return enter(site, name, password);
}

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

test('marks that turn or hide what is read do not get into a text', async () => {
  const firm = all.employer;
  const id = await post(firm, { title: '文\u202e员\u200b\ufeff甲\uffff\u2066', contact: '\u202d0431-88888888\u202c' });
  assert.deepEqual(site.sql(`SELECT title, contact FROM jobs_vacancies WHERE id = ${id}`)[0], ['文员甲', '0431-88888888']);
  forget(id);
  for (const title of ['文员\u0085甲乙', '\u2060\u202e\u200b'])
    assert.equal((await firm.post('/jobs/new', vacancy({ title }), { headers: { 'idempotency-key': key() } })).status, 422);
});

test('a cursor is only a place in the list', async () => {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const order = '-published';
  for (const [name, cursor, status] of [
    ['SQL in the value', encode({ s: order, v: "2022' OR 1=1 -- ", k: 1 }), 200],
    ['SQL in the key', encode({ s: order, v: '2022-01-01', k: '1 OR 1=1' }), 400],
    ['a number without end', Buffer.from('{"s":"-published","v":1,"k":92233720368547758070}').toString('base64url'), 400],
    ['the last number', encode({ s: order, v: 1e308, k: 2 ** 53 }), 200],
    ['an object', encode({ s: order, v: { a: 1 }, k: 1 }), 400],
    ['another order', encode({ s: 'salary', v: 1, k: 1 }), 400],
    ['brackets', Buffer.from('['.repeat(800)).toString('base64url'), 400],
    ['no base64', '%%%%'.replaceAll('%', '*'), 400],
    ['a text of 4,000 characters', 'A'.repeat(4000), 400],
  ]) {
    for (const way of ['after', 'before']) {
      const answer = await site.visitor().get(`/jobs?${way}=${encodeURIComponent(cursor)}`);
      assert.equal(answer.status, status, `${way} ${name}: ${answer.text.slice(0, 200)}`);
    }
  }
  for (const page of ['-1', '0', '9223372036854775807', '99999999999999999999', '1e3', '1;--'])
    assert.ok([200, 400].includes((await all.graduate.get(`/messages?page=${encodeURIComponent(page)}`)).status), page);
});

test('a list goes back the way it came', async () => {
  const seen = [];
  let address = '';
  for (let i = 0; i < 4; i++) {
    const { rows, next, prev } = (await all.province.get(`/work/orders${address}`)).json;
    seen.push({ ids: rows.map((row) => row.id), prev });
    if (!next) break;
    address = next;
  }
  assert.ok(seen.length >= 3, 'the demonstration has three pages');
  assert.equal(seen[0].prev, undefined);
  for (let i = seen.length - 1; i > 0; i--) {
    const back = (await all.province.get(`/work/orders${seen[i].prev}`)).json;
    assert.deepEqual(back.rows.map((row) => row.id), seen[i - 1].ids);
    assert.equal(Boolean(back.prev), i > 1, 'the first page has none before it');
    assert.ok(back.next);
  }
  const html = (await all.province.page(`/work/orders${seen[1].prev}`)).text;
  assert.match(html, /下一页/);
  assert.doesNotMatch(html, /上一页/);
  assert.match((await all.province.page(`/work/orders${seen[2].prev}`)).text, /rel="prev">上一页/);
});

test('who searches for people is written down with the count, without names', async () => {
  const account = all.city.user.account;
  const entries = () => site.sql(`SELECT action, object, detail FROM audit WHERE account = ${account} AND action LIKE 'list.%'`);
  const before = entries().length;
  await all.city.get(`/needs/people?name=${encodeURIComponent('欧阳某某')}`);
  await all.city.get('/needs/people');
  await all.city.get('/needs/people?format=csv&asked=1');
  const made = entries().slice(before);
  assert.deepEqual(made.map(([action, object]) => [action, object]), [['list.search', 'needs.people'], ['list.export', 'needs.people']]);
  const [search, file] = made.map(([, , detail]) => JSON.parse(detail));
  assert.deepEqual(search.filters, { name: '欧***' });
  assert.equal(search.rows, 0);
  assert.deepEqual(file.filters, { asked: '1' });
  assert.equal(file.format, 'csv');
  assert.ok(file.rows >= 0);
});

test('one account takes the lists away only so fast', async () => {
  const scraper = await officer('city', ['--unit', '220100']);
  let address = '/needs/people', pages = 0, answer;
  do {
    answer = await scraper.get(address);
    pages++;
  } while (answer.status === 200 && pages < 400);
  assert.equal(answer.status, 429, `${pages} pages`);
  assert.ok(pages > 200, 'nobody who works is slowed');
  assert.equal(answer.json.error.code, 'list.rate');
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.equal((await scraper.get('/needs/ledger')).status, 429, 'every list of people counts');
  assert.equal((await scraper.get('/needs/coverage')).status, 200, 'other work goes on');
  assert.equal((await all.city.get('/needs/people')).status, 200, 'others are not touched');
  const files = [];
  for (let i = 0; i < 34; i++) files.push((await scraper.get('/jobs/all?format=csv&columns=title')).status);
  assert.equal(files[0], 200);
  assert.equal(files.at(-1), 429);
  assert.ok(Number(site.sql(`SELECT COUNT(*) FROM audit WHERE account = ${scraper.user.account} AND action = 'list.export'`)[0][0]) >= 25);
});

test('a cell of a file is never a formula', async () => {
  const firm = all.employer;
  const ids = [];
  for (const title of ['=1+1 cmd', '+1+1 cmd', '-1+1 cmd', '@SUM(1)', '＝1+1', '＋1+1', '－1+1', '＠SUM'])
    ids.push(await post(firm, { title }));
  const csv = (await firm.get('/jobs/mine?format=csv&columns=title')).text;
  for (const line of csv.replace('\ufeff', '').split('\r\n').slice(1)) assert.doesNotMatch(line, /^"?\s*[=+\-@＝＋－＠]/, line);
  for (const id of ids) forget(id);
});

test('no other site signs anybody in', async () => {
  const { name, password } = site.accounts().find((each) => each.role_code === 'employer');
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await site.visitor().post('/api/session', { name, password }, { headers });
    assert.equal(answer.status, 403, JSON.stringify(headers));
    assert.equal(answer.json.error.code, 'cross_site');
    assert.deepEqual(answer.headers.getSetCookie(), []);
  }
});

test("a key opens nobody else's answer", async () => {
  const one = key();
  const firms = [all.employer, await enter(site, 'firm2', site.accounts().find((a) => a.name === 'firm2').password)];
  const first = await firms[0].post('/jobs/new', vacancy(), { headers: { 'idempotency-key': one } });
  const second = await firms[1].post('/jobs/new', vacancy(), { headers: { 'idempotency-key': one } });
  assert.equal(first.status, 200);
  assert.equal(second.status, 200);
  assert.notEqual(first.json.location, second.json.location);
  for (const answer of [first, second]) forget(Number(/\d+/.exec(answer.json.location)?.[0] ?? 0));
});

test('an import acts only for the role it was uploaded in', async () => {
  const city = await officer('city', ['--unit', '220100']);
  const body = new FormData();
  body.set('file', new Blob(['学校,学号,姓名,专业,学历,毕业年份\n4122010183,ATK001,测试人,080901,本科,2027\n']), 'r.csv');
  const up = await city.send('POST', '/needs/import/roster', { body, headers: { 'idempotency-key': key() } });
  assert.equal(up.status, 200, up.text);
  const path = up.json.location;
  assert.equal((await city.get(path)).status, 200);
  // Moved to another place meanwhile, in the same session.
  site.sql(`UPDATE account_roles SET unit = '220200' WHERE account = ${city.user.account}`);
  assert.equal((await city.get(path)).status, 404);
  assert.equal((await city.post(`${path}/start`, {}, { headers: { 'idempotency-key': key() } })).status, 404);
  assert.equal((await all.city.get(path)).status, 404, "another officer's run");
});

test('columns of a file with long names do no harm', async () => {
  const body = new FormData();
  body.set('file', new Blob([`学校,学号,姓名,专业,学历,毕业年份,${cut}${cut}\n4122010183,ATK002,测试人,080901,本科,2027,x\n`]), '名册.csv');
  const up = await all.city.send('POST', '/needs/import/roster', { body, headers: { 'idempotency-key': key() } });
  assert.equal(up.status, 200, up.text);
  for (const answer of [await all.city.get(up.json.location), await all.city.page(up.json.location)])
    assert.equal(answer.status, 200, answer.text.slice(0, 300));
  const mapped = new FormData();
  mapped.set('file', new Blob(['a\nb\n']), '名册.csv');
  mapped.set('mapping', `name=${cut}${cut}`);
  assert.equal((await all.city.send('POST', '/needs/import/roster', { body: mapped, headers: { 'idempotency-key': key() } })).status, 422);
});

test('a refused change leads back to where it came from, on this site only', async () => {
  const firm = all.employer;
  const id = await post(firm);
  const refused = async (referer) => {
    const body = new URLSearchParams({ _csrf: firm.token, _key: key(), ver: '999' }).toString();
    const answer = await firm.send('POST', `/jobs/flow/vacancy/${id}/close`, {
      json: false, body, headers: { 'content-type': 'application/x-www-form-urlencoded', referer },
    });
    assert.equal(answer.status, 409, answer.text.slice(0, 200));
    return /<a [^>]*href="([^"]*)">回到刚才的页面/.exec(answer.text)?.[1];
  };
  assert.equal(await refused(`${site.url}/jobs/${id}`), `/jobs/${id}`);
  assert.equal(await refused(`${site.url}/jobs/mine?state=pending&sort=-changed`), '/jobs/mine?state=pending&amp;sort=-changed');
  for (const foreign of ['https://evil.example/jobs', `${site.url}//evil.example/`, `${site.url}.evil.example/x`,
    `http://evil.example@127.0.0.1/x`, 'javascript://x/', `${site.url}/\\evil`, 'about:blank'])
    assert.equal(await refused(foreign), undefined, foreign);
  forget(id);
});

test('a queue of needs says whose and what', async () => {
  const { rows } = (await all.city.get('/needs/flow/need/queue')).json;
  assert.ok(rows.length > 0);
  for (const row of rows) assert.match(row.label, /^.+ · (找工作|就业指导|创业服务|技能培训)$/);
});

test('headers of the caller move nothing', async () => {
  const url = (path) => site.url + path;
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-original-url': '/admin', 'x-rewrite-url': '/admin' };
  const text = await new Promise((done) => request(url('/'), { headers }, (answer) => {
    let all = JSON.stringify(answer.headers);
    answer.on('data', (piece) => (all += piece));
    answer.on('end', () => done(all));
  }).end());
  assert.match(text, /<html lang="zh-CN">/);
  assert.doesNotMatch(text, /evil\.example/);
  for (const [name, value] of [['x-forwarded-for', '127.0.0.1'], ['x-real-ip', '127.0.0.1'], ['x-accel-redirect', '/_feeds/jobs.xml'], ['x-http-method-override', 'DELETE'], ['x-accel-expires', '600']])
    assert.ok([200, 403].includes((await fetch(url('/api/metrics'), { headers: { [name]: value } })).status), name);
  assert.equal((await fetch(url('/api/metrics'), { headers: { 'x-forwarded-for': '203.0.113.9' } })).status, 403);
  assert.equal((await fetch(url('/_feeds/jobs.xml'))).status, 404);
  for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    const answer = await fetch(url('/jobs'), { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST');
  }
  const head = await fetch(url('/needs/people'), { method: 'HEAD', redirect: 'manual' });
  assert.equal(head.status, 303);
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '/%0d%0aset-cookie:x=1'].map(encodeURIComponent)) {
    const text = (await site.visitor().page(`/account/sign-in?next=${next}`)).text;
    assert.doesNotMatch(text, /(?:href|action)="(?:\/\/|https?:|javascript:)/i, next);
  }
});

// --- Markup in every text -------------------------------------------------------------------------

// Ten ways out of where a text may stand, times twenty things to do there: 200 of at most 40 characters.
const ways = ['', '"', "'", '">', "'>", '-->', ']]>', '</p>', '</a>', '</td>'];
const deeds = [
  '<script>xq()</script>', '<img src=x onerror=xq()>', '<svg/onload=xq()>', '<a href=javascript:xq()>x', '<iframe src=//xq.io>',
  '<base href=//xq.io/>', '<style>*{x:xq}</style>', '<body onload=xq()>', '<math><mi xq>', '<form action=//xq.io>',
  '<!--xq', '<textarea autofocus>xq', ' onfocus=xq() autofocus x="', " onclick='xq()' x='", 'javascript:xq()//',
  '{{{page.csrf}}}xq', '{{> core/guard}}xq', '&lt;script&gt;xq', '\\u003cscript>xq', '%3Cscript%3Exq<x y>',
];
const corpus = ways.flatMap((way) => deeds.map((deed) => way + deed));

const main = (html) => html.slice(html.indexOf('<main'), html.lastIndexOf('</main>'));
// Tags and the names of their attributes in order: what a text must never change. Values are left
// out, but for addresses, of which nothing may leave the site or run.
function skeleton(html, what) {
  const tags = main(html).match(/<(?:"[^"]*"|'[^']*'|[^'">])*>/g) ?? [];
  return tags.map((tag) => {
    for (const [, name, value = ''] of tag.matchAll(/\s([^\s=>]+)(?:="([^"]*)")?/g)) {
      assert.doesNotMatch(name, /^(?:style|on.*|formaction|srcdoc)$/i, `${what}: ${tag}`);
      if (['href', 'src', 'action'].includes(name)) assert.match(value, /^(?:[?#]|\/(?!\/)|data:image\/)/, `${what}: ${tag}`);
    }
    return tag.replace(/"[^"]*"|'[^']*'/g, '');
  }).join('\n');
}
const plain = (html) => main(html).replace(/<(?:"[^"]*"|'[^']*'|[^'">])*>/g, '\n')
  .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
const values = (html) => [...main(html).matchAll(/\bvalue="([^"]*)"/g)].map(([, value]) => plain(`<main>${value}</main>`)).join('\n');

// Pages with the text in them have the bones of the pages with a harmless one, and say it letter by letter.
async function unharmed(what, put, pages, { shown = true, harmless = '寻常文字' } = {}) {
  const bones = async () => {
    const made = [];
    for (const [client, path] of pages) made.push(typeof client === 'function' ? await client() : await client.page(path));
    return made;
  };
  await put(harmless);
  const usual = (await bones()).map((page) => skeleton(page.text, what));
  for (const text of corpus) {
    await put(text);
    for (const [i, page] of (await bones()).entries()) {
      assert.ok(page.status < 500, `${what} ${text}: ${page.status}`);
      assert.equal(skeleton(page.text, `${what} ${text}`), usual[i], `${what}: ${text}`);
      if (shown) assert.ok(`${plain(page.text)}${values(page.text)}`.includes(text.trim()), `${what}: ${text} is not shown as it was typed`);
    }
  }
  await put(harmless);
}

test('the corpus has two hundred strings', () => {
  assert.equal(new Set(corpus).size, 200);
  assert.ok(corpus.every((text) => text.length <= 40));
});

test('markup in a vacancy: read, listed, edited, reviewed, exported', async () => {
  const firm = all.employer;
  const id = await post(firm);
  const unit = site.sql(`SELECT COALESCE(unit, '') FROM jobs_vacancies WHERE id = ${id}`)[0][0];
  assert.equal(unit, all.city.user.unit, 'the officer of the place reviews it');
  const put = async (text) => {
    const ver = Number(site.sql(`SELECT ver FROM jobs_vacancies WHERE id = ${id}`)[0][0]);
    const filled = vacancy({ title: text, address: text, majors: text, skills: text, description: `${text} 的岗位说明文字`, contact: text, ver });
    const answer = await firm.post(`/jobs/${id}/edit`, filled, { headers: { 'idempotency-key': key() } });
    assert.equal(answer.status, 200, `${text}: ${answer.text}`);
  };
  await unharmed('vacancy', put, [[firm, `/jobs/${id}`], [firm, `/jobs/${id}/edit`], [firm, '/jobs/mine'], [all.city, `/jobs/${id}`],
    [all.city, '/jobs/all?sort=-changed']]);
  forget(id);
});

test('markup in a form that is shown again, in a search and in an address', async () => {
  const firm = all.employer;
  const page = (await firm.page('/jobs/new')).text;
  const csrf = /name="_csrf" value="([^"]*)"/.exec(page)[1];
  let text;
  const send = (path, client, fields) => client.send('POST', path, {
    json: false, headers: { 'content-type': 'application/x-www-form-urlencoded', origin: site.url },
    body: new URLSearchParams({ _csrf: client === firm ? csrf : client.token, _key: key(), ...fields }).toString(),
  });
  await unharmed('form again', (t) => (text = t), [
    [() => send('/jobs/new', firm, { ...vacancy({ title: text, address: text, skills: text, description: `${text} 的岗位说明文字`, majors: text, contact: text }), headcount: text })],
    [() => send('/needs', all.graduate, { wish_jobs: text, skills: text, startup_idea: text })],
    [() => site.visitor().page(`/jobs?${encodeURIComponent(text)}=1`)],
  ]);
  const searcher = await officer('city', ['--unit', '220100']); // whose pages are counted
  const segment = (most = 40) => encodeURIComponent(text.trim().replaceAll('/', '|').replaceAll('\\', '|').slice(0, most).trim());
  await unharmed('address', (t) => (text = t), [
    [() => site.visitor().page(`/jobs?q=${encodeURIComponent(text.trim().slice(0, 20))}`)],
    [() => searcher.page(`/needs/people?name=${encodeURIComponent(text.trim().slice(0, 20))}`)],
    [() => site.visitor().page(`/jobs?sort=${encodeURIComponent(text)}`)],
    [() => site.visitor().page(`/jobs?columns=${encodeURIComponent(text)}`)],
    [() => site.visitor().page(`/${segment()}`)],
    [() => site.visitor().page(`/account/sign-in?next=${encodeURIComponent(`/${text}`)}`)],
    [() => site.visitor().page(`/hello/${segment(20)}`)],
  ], { shown: false, harmless: 'qqzzqq' });
});

test('markup in a need', async () => {
  const graduate = all.graduate;
  const { person } = graduate.user;
  const put = async (text) => {
    const answer = await graduate.post('/needs', {
      need_job: true, wish_jobs: text, skills: text, need_startup: true, startup_idea: text, consent: true,
    }, { headers: { 'idempotency-key': key() } });
    assert.equal(answer.status, 200, `${text}: ${answer.text}`);
  };
  await put('寻常文字');
  const [[job], [startup]] = ['job', 'startup'].map((kind) => site.sql(`SELECT MAX(id) FROM needs WHERE person = ${person} AND kind = '${kind}'`)[0]);
  // The orders come by events: the page is measured when all that belongs to it is there, and stays.
  await until('orders of both needs, answered or waiting', () => Number(site.sql(`SELECT COUNT(DISTINCT need) FROM orders WHERE need IN (${job}, ${startup})`)[0][0]) === 2
    && site.sql("SELECT COUNT(*) FROM work WHERE kind = 'event' AND state = 'waiting'")[0][0] === '0'
    && site.sql('SELECT COUNT(*) FROM events WHERE fanned_out = 0')[0][0] === '0');
  await unharmed('need', put, [[graduate, '/needs'], [graduate, `/needs/${job}`], [all.province, `/needs/${startup}`]]);
});

test('markup in names, messages, notes and proofs', async () => {
  const quote = (text) => `CONVERT(UNHEX('${Buffer.from(text).toString('hex')}') USING utf8mb4)`;
  const someone = await officer('city', ['--unit', all.city.user.unit]);
  const { account } = someone.user;
  const id = await post(all.employer);
  const [[person, name]] = site.sql(`SELECT id, name FROM people WHERE unit = '${all.city.user.unit}' ORDER BY id LIMIT 1`);
  const put = (text) => site.sql(`
    UPDATE accounts SET display_name = ${quote(text)} WHERE id = ${account};
    UPDATE people SET name = ${quote(text)} WHERE id = ${person};
    DELETE FROM messages WHERE account = ${account};
    INSERT INTO messages (account, once, title, text, link) VALUES (${account}, 'atk', ${quote(text)}, ${quote(text)}, '/needs');
    DELETE FROM flow_history WHERE flow = 'jobs.vacancy' AND record = ${id};
    INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, reason, note)
    VALUES ('jobs.vacancy', ${id}, 'submit', 'draft', 'pending', ${account}, 16, '', ${quote(text)})`);
  await unharmed('names', put, [[someone, '/account'], [someone, '/messages'], [someone, `/jobs/${id}`], [someone, `/needs/for/${person}`],
    [all.admin, `/admin/accounts/${account}`]]);
  put('测试');
  site.sql(`UPDATE people SET name = ${quote(name)} WHERE id = ${person}; DELETE FROM messages WHERE account = ${account}`);
  forget(id);
});
