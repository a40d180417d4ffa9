// review.test.mjs - a vacancy from its checks to its end: what stops or slows an approval, what
// visitors report and how offices handle it, the reminder, and the question who was hired.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { vacancy } from '../lib/objects.mjs';
import { enterDemo } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const who = {};
const mark = Date.now();
let counter = 0;

before(async () => {
  for (const name of ['city1', 'city2', 'province', 'firm1', 'firm2', 'student1', 'student2', 'student3'])
    who[name] = await enterDemo(site, name);
  const reporters = ['student1', 'student2', 'student3'].map((name) => who[name].user.account);
  site.sql(`DELETE FROM jobs_reports WHERE account IN (${reporters})`); // earlier runs count towards limits
});

const post = async (over, firm = who.firm1) => {
  const answer = await firm.post('/api/jobs/new', vacancy({ title: `审核测试${counter++}`, ...over }));
  assert.equal(answer.status, 200, answer.text);
  return Number(site.sql('SELECT MAX(id) FROM jobs_vacancies')[0][0]);
};
const row = (id) => {
  const [state, ver] = site.sql(`SELECT state, ver FROM jobs_vacancies WHERE id = ${id}`)[0];
  return { state, ver: Number(ver) };
};
const move = (client, id, name, body = {}) => client.post(`/api/jobs/flow/vacancy/${id}/${name}`, { ver: row(id).ver, ...body });
const published = async (over) => {
  const id = await post(over);
  const answer = await move(who.city1, id, 'approve');
  assert.equal(answer.status, 200, answer.text);
  return id;
};
const codes = async (client, id) => (await client.get(`/api/jobs/${id}`)).json.checks?.items.map((each) => each.code) ?? null;
const messages = (name, title) => Number(site.sql(`SELECT COUNT(*) FROM messages WHERE account = ${who[name].user.account}
  AND title = '${title}'`)[0][0]);
const reportOf = (id) => {
  const [number, state, halts, ver] = site.sql(`SELECT id, state, halts, ver FROM jobs_reports WHERE vacancy = ${id} ORDER BY id DESC LIMIT 1`)[0];
  return { id: Number(number), state, halts: Number(halts), ver: Number(ver) };
};
const handle = (client, id, name, body) => client.post(`/api/jobs/flow/report/${reportOf(id).id}/${name}`, { ver: reportOf(id).ver, ...body });

test('what is certain stops the approval, for city and province', async () => {
  const id = await post({ description: '整理资料，入职缴纳服装费300元。限女性。' });
  for (const client of [who.city1, who.province]) {
    const answer = await move(client, id, 'approve', { note: '已核实：收费或押金、性别限制' });
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, /收费或押金/);
  }
  assert.equal(row(id).state, 'pending');
  assert.deepEqual(await codes(who.city1, id), ['fee', 'sex']);
  const page = (await who.city1.page(`/jobs/${id}`)).text;
  assert.match(page, /须改正/);
  assert.doesNotMatch(page, new RegExp(`flow/vacancy/${id}/approve|jobs/${id}/checked`));
  assert.equal((await move(who.city1, id, 'decline', { reason: 'fee' })).status, 200);
  assert.deepEqual(await codes(who.firm1, id), ['fee', 'sex'], 'the employer sees what to mend');
  const { ver } = row(id);
  const mended = await who.firm1.post(`/api/jobs/${id}/edit`, vacancy({ title: '改好的岗位', ver }));
  assert.equal(mended.status, 200, mended.text);
  assert.equal((await move(who.city1, id, 'approve')).status, 200);
});

test('pay below the lowest minimum wage stops, by the setting', async () => {
  const id = await post({ pay_min: '800', pay_max: '1200' });
  assert.equal((await move(who.city1, id, 'approve')).status, 422);
  assert.deepEqual(await codes(who.city1, id), ['pay_low']);
});

test('what is doubtful must be named: ticked on the page, or written in the note', async () => {
  const first = await post({ description: '整理资料，35岁以下，加微信abc12345。' });
  const plain = await move(who.city1, first, 'approve');
  assert.equal(plain.status, 422, plain.text);
  assert.match(plain.text, /已核实：年龄限制、私人聊天号/);
  assert.equal((await move(who.city1, first, 'approve', { note: '已核实：年龄限制' })).status, 422);
  const page = (await who.city1.page(`/jobs/${first}`)).text;
  assert.match(page, /name="ticked" value="age"/);
  assert.match(page, /name="ticked" value="messenger"/);
  const half = await who.city1.post(`/api/jobs/${first}/checked`, { ticked: ['age'], ver: row(first).ver });
  assert.equal(half.status, 422, half.text);
  assert.equal((await who.city2.post(`/api/jobs/${first}/checked`, { ticked: ['age', 'messenger'], ver: row(first).ver })).status, 404);
  assert.equal((await who.firm1.post(`/api/jobs/${first}/checked`, { ticked: ['age', 'messenger'] })).status, 403);
  const all = await who.city1.post(`/api/jobs/${first}/checked`, { ticked: ['age', 'messenger'], note: '电话核实', ver: row(first).ver });
  assert.equal(all.status, 200, all.text);
  assert.equal(row(first).state, 'published');
  const note = site.sql(`SELECT note FROM flow_history WHERE flow = 'jobs.vacancy' AND record = ${first} ORDER BY id DESC LIMIT 1`)[0][0];
  assert.equal(note, '已核实：年龄限制、私人聊天号。电话核实');
  const second = await post({ description: '整理资料，35岁以下，双休。' });
  assert.equal((await move(who.city1, second, 'approve', { note: '已核实：年龄限制，属特种作业。' })).status, 200);
});

test('public posts may ask what the law lets them: a note, for officers alone', async () => {
  const id = await post({ category: 'public', description: '限男性；35周岁以下；体检费用自理。' });
  assert.deepEqual(await codes(who.city1, id), ['fee', 'sex', 'age']);
  assert.deepEqual(await codes(who.firm1, id), []);
  assert.equal((await move(who.city1, id, 'approve')).status, 200);
  assert.equal(await codes(site.visitor(), id), null, 'the public sees no checks');
  assert.equal(await codes(who.student1, id), null);
  assert.equal(await codes(who.city2, id), null, 'nor does another city');
});

test('text copied from another employer is found, and the other is named to officers only', async () => {
  const text = `第${mark}号岗位：负责客户资料的整理、登记和归档，接听客户来电并做好记录，协助同事准备会议材料，按时完成上级交办的其他工作，周末双休。`;
  const original = await post({ description: text });
  const same = await post({ description: text });
  assert.deepEqual(await codes(who.city1, same), [], 'an employer may repeat itself');
  const copy = await post({ description: text.replaceAll('，', ' ，\n') }, who.firm2);
  const seen = (await who.province.get(`/api/jobs/${copy}`)).json.checks.items;
  assert.equal(seen[0].code, 'copied');
  assert.match(seen[0].quote, new RegExp(`编号 ${original}`));
  const own = (await who.firm2.get(`/api/jobs/${copy}`)).json.checks.items;
  assert.equal(own[0].quote, '');
});

test('badges in the queue and in the preview of a batch', async () => {
  const bad = await post({ description: '整理资料，押金200元。' });
  const doubtful = await post({ description: '整理资料，35岁以下，双休。' });
  const good = await post({});
  site.sql(`UPDATE flow_history SET at = at - INTERVAL 90 DAY WHERE flow = 'jobs.vacancy' AND record IN (${bad}, ${doubtful}, ${good})`);
  const queue = (await who.city1.get('/api/jobs/flow/vacancy/queue')).json.rows;
  const badges = (id) => queue.find((each) => each.id === id)?.remarks.map((each) => each.text);
  assert.deepEqual(badges(bad), ['收费或押金']);
  assert.deepEqual(badges(doubtful), ['年龄限制']);
  assert.deepEqual(badges(good), []);
  assert.match((await who.city1.page('/jobs/flow/vacancy/queue')).text, /text-bg-danger">收费或押金/);
  const ids = [bad, doubtful, good].map((id) => `${id}.${row(id).ver}`);
  const preview = (await who.city1.post('/api/jobs/flow/vacancy/batch', { ids, move: 'approve' })).json.batch;
  assert.deepEqual(preview.rows.map((each) => each.ok), [false, true, true]);
  assert.match(preview.rows[0].why, /收费或押金/);
  const decline = (await who.city1.post('/api/jobs/flow/vacancy/batch', { ids, move: 'decline' })).json.batch;
  assert.deepEqual(decline.rows.map((each) => each.ok), [true, true, true]);
  const done = (await who.city1.post('/api/jobs/flow/vacancy/batch', { ids, move: 'approve', confirm: true })).json.batch;
  assert.deepEqual(done.rows.map((each) => each.ok), [false, false, true]);
  assert.deepEqual([bad, doubtful, good].map((id) => row(id).state), ['pending', 'pending', 'published']);
  await who.city1.post('/api/jobs/flow/vacancy/batch', { ids: [`${doubtful}.${row(doubtful).ver}`], move: 'approve', confirm: true, note: '已核实：年龄限制' });
  assert.equal(row(doubtful).state, 'published');
});

test('a report: sign-in, once, a day\'s limit, and not about oneself', async () => {
  const id = await published();
  assert.match((await site.visitor().page(`/jobs/${id}`)).text, new RegExp(`/jobs/${id}/report`));
  assert.match((await site.visitor().page(`/jobs/${id}/report`)).location, /sign-in\?next=/);
  assert.equal((await site.visitor().post(`/api/jobs/${id}/report`, { reason: 'fake' })).status, 401);
  assert.equal((await who.firm1.post(`/api/jobs/${id}/report`, { reason: 'fake' })).status, 409);
  assert.equal((await who.student1.post(`/api/jobs/${id}/report`, { reason: 'other' })).status, 422);
  assert.equal((await who.student1.post(`/api/jobs/${id}/report`, { reason: 'nonsense' })).status, 422);
  assert.equal((await who.student1.post(`/api/jobs/${id}/report`, { reason: 'filled' })).status, 200);
  const twice = await who.student1.post(`/api/jobs/${id}/report`, { reason: 'fake' });
  assert.equal(twice.status, 409);
  assert.equal(twice.json.error.code, 'jobs.report_twice');
  assert.equal(reportOf(id).halts, 0);
  const pending = await post({});
  assert.equal((await who.student1.post(`/api/jobs/${pending}/report`, { reason: 'fake' })).status, 404);
  for (let i = 0; i < 4; i++) {
    const next = await published();
    assert.equal((await who.student1.post(`/api/jobs/${next}/report`, { reason: 'filled' })).status, 200);
  }
  const sixth = await who.student1.post(`/api/jobs/${await published()}/report`, { reason: 'filled' });
  assert.equal(sixth.json.error.code, 'jobs.reports_full');
});

test('one report of a fake post by a known person stops its pushing until it is handled', async () => {
  const id = await published();
  assert.equal((await who.student2.post(`/api/jobs/${id}/report`, { reason: 'fake', note: '电话打不通' })).status, 200);
  assert.equal(reportOf(id).halts, 1);
  const vacancies = async () => (await site.tool('--json', 'match', '--dry-run')).json.vacancies;
  const halted = await vacancies();
  // Seen in its own region, and nowhere else.
  const inList = async (client) => (await client.get('/api/jobs/reports')).json.rows.some((each) => each.id === reportOf(id).id);
  assert.ok(await inList(who.city1));
  assert.ok(await inList(who.province));
  assert.ok(!(await inList(who.city2)));
  assert.equal((await who.city2.get(`/api/jobs/reports/${reportOf(id).id}`)).status, 404);
  assert.equal((await who.firm1.get(`/api/jobs/reports/${reportOf(id).id}`)).status, 403);
  assert.equal((await handle(who.city2, id, 'dismiss', { note: '越权' })).status, 404);
  const page = (await who.city1.page(`/jobs/reports/${reportOf(id).id}`)).text;
  assert.match(page, /电话打不通/);
  assert.match(page, /不再推送给毕业生/);
  assert.doesNotMatch(page, /student2/);
  assert.equal((await handle(who.city1, id, 'dismiss', {})).status, 422, 'a note is asked for');
  const told = messages('student2', '您反映的岗位问题已处理');
  assert.equal((await handle(who.city1, id, 'dismiss', { note: '已与单位电话确认。' })).status, 200);
  assert.equal(reportOf(id).state, 'dismissed');
  assert.equal(messages('student2', '您反映的岗位问题已处理'), told + 1);
  assert.equal(row(id).state, 'published');
  assert.equal(await vacancies(), halted + 1, 'pushed again');
  assert.equal((await handle(who.city1, id, 'dismiss', { note: '再来一次' })).status, 409);
});

test('back to review, and closing with a reason; employer and reporter are told', async () => {
  const first = await published();
  assert.equal((await who.student3.post(`/api/jobs/${first}/report`, { reason: 'fee' })).status, 200);
  const warned = messages('firm1', '岗位重新审核'), told = messages('student3', '您反映的岗位问题已处理');
  assert.equal((await handle(who.city1, first, 'review')).status, 200);
  assert.equal(row(first).state, 'pending');
  assert.equal(messages('firm1', '岗位重新审核'), warned + 1);
  const second = await published();
  assert.equal((await who.student3.post(`/api/jobs/${second}/report`, { reason: 'fake' })).status, 200);
  assert.equal((await handle(who.province, second, 'close')).status, 422, 'a reason is asked for');
  assert.equal((await handle(who.province, second, 'close', { reason: 'fake', note: '单位否认发布。' })).status, 200);
  assert.equal(row(second).state, 'closed');
  assert.equal(reportOf(second).state, 'closed');
  assert.equal(messages('student3', '您反映的岗位问题已处理'), told + 2);
  const third = await published();
  assert.equal((await who.student3.post(`/api/jobs/${third}/report`, { reason: 'fake' })).status, 200);
  assert.equal((await move(who.firm1, third, 'close', { reason: 'filled' })).status, 200);
  assert.equal((await handle(who.city1, third, 'review')).status, 422, 'there is nothing to review');
  assert.equal((await handle(who.city1, third, 'close', { reason: 'filled' })).status, 200);
});

test('who was wrong three times is heard, but stops nothing', async () => {
  const { account } = who.student2.user;
  const other = await published();
  site.sql(`INSERT INTO jobs_reports (vacancy, account, reason, note, state, at) SELECT ${other}, ${account}, 'fake', '', 'dismissed',
    NOW() - INTERVAL 5 DAY FROM seq_1_to_3`);
  const id = await published();
  assert.equal((await who.student2.post(`/api/jobs/${id}/report`, { reason: 'fake' })).status, 200);
  assert.equal(reportOf(id).halts, 0);
});

test('reminded once before the end; asked once afterwards; the answers are counted', async () => {
  const id = await published();
  const run = async () => {
    const answer = await site.tool('task', 'run', 'jobs.remind');
    assert.equal(answer.code, 0, answer.out + answer.err);
  };
  await run(); // whatever other tests have left
  site.sql(`UPDATE jobs_vacancies SET expires = CURDATE() + INTERVAL 2 DAY WHERE id = ${id}`);
  const before = messages('firm1', '岗位即将到期');
  await run();
  await run();
  assert.equal(messages('firm1', '岗位即将到期'), before + 1);
  assert.equal((await who.firm1.get(`/api/jobs/${id}/outcome`)).status, 404, 'nobody has asked yet');
  const asked = messages('firm1', '招到人了吗');
  site.sql(`UPDATE jobs_vacancies SET expires = CURDATE() - INTERVAL 1 DAY WHERE id = ${id}`);
  assert.equal((await site.tool('task', 'run', 'jobs.expire')).code, 0);
  assert.equal(row(id).state, 'closed');
  await run();
  await run();
  assert.equal(messages('firm1', '招到人了吗'), asked + 1);
  assert.equal((await who.firm2.get(`/api/jobs/${id}/outcome`)).status, 404);
  assert.equal((await who.city1.get(`/api/jobs/${id}/outcome`)).status, 403);
  assert.equal((await who.firm1.get(`/api/jobs/${id}/outcome`)).status, 200);
  assert.equal((await who.firm1.post(`/api/jobs/${id}/outcome`, { hired: 1, via_us: 2 })).status, 422);
  assert.equal((await who.firm1.post(`/api/jobs/${id}/outcome`, { hired: -1, via_us: 0 })).status, 422);
  assert.equal((await who.firm2.post(`/api/jobs/${id}/outcome`, { hired: 1, via_us: 1 })).status, 404);
  assert.equal((await who.firm1.post(`/api/jobs/${id}/outcome`, { hired: 2, via_us: 1 })).status, 200);
  const listed = async (client) => (await client.get('/api/jobs/outcomes')).json.rows.find((each) => each.id === id);
  assert.deepEqual([(await listed(who.city1)).hired, (await listed(who.city1)).via_us], [2, 1]);
  assert.equal((await listed(who.firm1)).via_us, 1);
  assert.equal(await listed(who.city2), undefined);
  assert.equal(await listed(who.firm2), undefined);
  assert.equal((await who.firm1.post(`/api/jobs/${id}/outcome`, { hired: 0, via_us: 0 })).status, 200, 'an answer can be mended');
  assert.equal((await listed(who.city1)).hired, 0);
});
