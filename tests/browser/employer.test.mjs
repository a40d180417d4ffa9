// A vacancy's way: an employer posts it (first with mistakes), the officer of its city reviews it in the
// queue, everybody finds it and the feed carries it; the officer of another city never sees it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Browser, press, text } from '../lib/browser.mjs';
import { until } from '../lib/load.mjs';

let browser, employer;
before(async () => {
  browser = await Browser.over();
  employer = await browser.signedIn('firm1');
});
after(() => browser?.close());

const mark = () => `浏览器试岗${Math.random().toString(36).slice(2, 8)}`;

async function fill(page, title) {
  await page.goto('/jobs/new');
  await page.getByLabel('岗位名称').fill(title);
  await page.getByLabel('招聘人数').fill('3');
  await page.getByLabel('岗位类别').selectOption({ label: '重点企业' });
  await page.getByLabel('用工形式').selectOption({ label: '全职' });
  await page.getByLabel('工作地点').fill('220102');
  await page.getByLabel('月薪从').fill('4000');
  await page.getByLabel('到（元）').fill('6000');
  await page.getByLabel('最低学历').selectOption({ label: '本科' });
  await page.getByLabel('专业要求').fill('会计学（120203）');
  await page.getByLabel('岗位说明').fill('负责日常账务处理，双休，五险一金。');
  await page.getByLabel('有效期至').fill(`${new Date().getFullYear() + 1}-06-30`);
  await page.getByLabel('本单位声明').check();
}

async function post(title) {
  await fill(employer, title);
  await press(employer, '提交审核');
  assert.match(await text(employer), /已提交，等待审核/);
  return Number(/\/jobs\/(\d+)$/.exec(employer.url())[1]);
}

test('mistakes are named in a summary, and what was typed stays', async () => {
  const title = mark();
  await fill(employer, title);
  await employer.getByLabel('工作地点').fill('月球');
  await employer.getByLabel('到（元）').fill('3000');
  await employer.getByLabel('有效期至').fill('2020-01-01');
  const answer = await press(employer, '提交审核');
  assert.equal(answer.status(), 422);
  const summary = await employer.getByRole('alert').innerText();
  assert.match(summary, /工作地点|行政区划/);
  assert.equal(await employer.getByLabel('岗位名称').inputValue(), title);
  assert.equal(await employer.getByLabel('工作地点').inputValue(), '月球');
  assert.equal(await employer.getByLabel('岗位类别').inputValue(), 'key');
  assert.equal(await employer.getByLabel('岗位说明').inputValue(), '负责日常账务处理，双休，五险一金。');
  assert.ok(await employer.getByLabel('本单位声明').isChecked());
  const link = employer.getByRole('alert').getByRole('link').first();
  const target = await link.getAttribute('href');
  assert.equal(await employer.locator(target).count(), 1, `the summary leads to ${target}`);

  await employer.getByLabel('工作地点').fill('220102');
  await press(employer, '提交审核');
  assert.match(await employer.getByRole('alert').innerText(), /最高月薪不能低于最低月薪[\s\S]*有效期已经过了/);
  assert.deepEqual(browser.site.sql(`SELECT id FROM jobs_vacancies WHERE title = '${title}'`), []);
});

test('posted, reviewed in the queue, found by everybody and in the feed', { timeout: 90000 }, async () => {
  const title = mark();
  const id = await post(title);
  const visitor = await browser.visitor();
  assert.equal((await visitor.goto(`/jobs/${id}`)).status(), 404, 'nobody else sees it before');

  const [other, officer] = [await browser.signedIn('city2'), await browser.signedIn('city1')];
  await other.goto('/jobs/flow/vacancy/queue?state=pending');
  assert.ok(!(await text(other)).includes(title), 'another city has it in no queue');
  assert.equal((await other.goto(`/jobs/${id}`)).status(), 404);

  await officer.goto('/jobs/flow/vacancy/queue');
  await press(officer, title, { role: 'link' });
  await press(officer, '通过并发布');
  assert.match(await text(officer), /已发布/);

  await until('it stands in the public list', async () => {
    await visitor.goto('/jobs');
    return (await text(visitor)).includes(title);
  }, { seconds: 15, every: 1000 });
  await press(visitor, title, { role: 'link' });
  assert.match(await text(visitor), /4000-6000 元\/月/);

  await until('the feed carries it', async () => {
    const feed = await browser.site.visitor().get('/feeds/jobs.xml');
    return feed.status === 200 && feed.text.includes(title);
  }, { seconds: 40, every: 1000 });

  await employer.goto('/account/messages');
  await employer.goto('/messages');
  assert.match(await text(employer), new RegExp(`${title}.{1,3}已通过审核`));
});

test('several at once: a preview first, then declined with a reason that the employer reads', async () => {
  const titles = [mark(), mark()];
  const ids = [await post(titles[0]), await post(titles[1])];
  const officer = await browser.signedIn('city1');
  await officer.goto('/jobs/flow/vacancy/queue');
  for (const title of titles) await officer.getByLabel(`选择 ${title}`).check();
  await press(officer, '退回');
  assert.match(await text(officer), /将对 2 条记录/);
  assert.deepEqual(browser.site.sql(`SELECT DISTINCT state FROM jobs_vacancies WHERE id IN (${ids})`), [['pending']]);
  await officer.getByLabel('理由').selectOption({ label: '薪酬缺失或明显不合理' });
  await press(officer, /^确认/);
  assert.deepEqual(browser.site.sql(`SELECT DISTINCT state FROM jobs_vacancies WHERE id IN (${ids})`), [['declined']]);

  await employer.goto(`/jobs/${ids[0]}`);
  assert.match(await text(employer), /未通过/);
  await press(employer, '修改岗位', { role: 'link' });
  assert.equal(await employer.getByRole('heading', { level: 1 }).innerText(), '修改岗位');
  assert.equal(await employer.getByLabel('岗位名称').inputValue(), titles[0]);
  assert.equal(await employer.getByLabel('月薪从').inputValue(), '4000');
  await employer.getByLabel('月薪从').fill('5000');
  await employer.getByLabel('本单位声明').check();
  await press(employer, '提交审核');
  assert.match(await text(employer), /5000-6000 元\/月[\s\S]*待审核/);
});

test('a double click makes one vacancy, with and without JavaScript', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const title = mark();
    const page = await browser.signedIn('firm1', { javaScriptEnabled });
    await fill(page, title);
    const done = page.waitForURL(/\/jobs\/\d+$/);
    await page.getByRole('button', { name: '提交审核' }).dblclick();
    await done;
    assert.equal(browser.site.sql(`SELECT id FROM jobs_vacancies WHERE title = '${title}'`).length, 1,
      `JavaScript ${javaScriptEnabled}`);
  }
});
