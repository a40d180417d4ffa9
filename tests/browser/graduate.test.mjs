// A graduate's way: states needs once, sees three jobs with reasons, answers them; with and without
// JavaScript; and nothing typed is lost when the session ends in between.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Browser, press, text } from '../lib/browser.mjs';
import { until } from '../lib/load.mjs';

let browser;
before(async () => { browser = await Browser.over(); });
after(() => browser?.close());

async function stateNeeds(page) {
  await page.goto('/needs');
  await page.getByLabel('我想找工作').check();
  await page.getByLabel('留在本省的意愿').selectOption({ label: '愿意留在本省' });
  await page.getByLabel('期望月薪不低于').fill('2500');
  await page.getByLabel('掌握的技能').fill('Excel、驾照');
  await page.getByLabel('我需要就业指导').check();
  await page.getByLabel('同意人社和教育部门').check();
  await press(page, '提交需求');
}

async function threeJobs(page) {
  return until('three jobs are pushed', async () => {
    await page.goto('/jobs/pushed');
    return (await page.getByRole('heading', { name: '为什么推荐给您' }).count()) >= 3;
  }, { seconds: 25, every: 500 });
}

async function wholeWay(page) {
  await stateNeeds(page);
  assert.match(page.url(), /\/work\/timeline$/);
  assert.match(await text(page), /需求已登记/);
  assert.match(await text(page), /找工作[\s\S]*就业指导|就业指导[\s\S]*找工作/);

  await threeJobs(page);
  for (const card of (await page.locator('article.card').all()).slice(0, 3)) {
    const said = await card.innerText();
    assert.match(said, /元\/月|面议/);
    assert.ok((await card.locator('li').count()) >= 1, `reasons stand in: ${said}`);
    assert.ok(!/\.\d{3}\b/.test(said), 'no milliseconds');
  }

  const first = page.locator('article.card').first();
  const title = (await first.getByRole('link').first().innerText()).trim();
  await press(page, '感兴趣', { within: first });
  assert.match(await text(page), /已记录您的反馈[\s\S]*您的反馈：感兴趣/);

  const before = await page.locator('article.card').count();
  const last = page.locator('article.card').nth(2);
  await last.locator('summary').click();
  await last.getByLabel('原因').selectOption({ label: '地点不合适' });
  await press(page, '提交', { within: last });
  assert.equal(await page.locator('article.card').count(), before - 1, 'what does not fit is gone');

  await press(page, title, { role: 'link' });
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), title);
}

test('states needs, gets three jobs with reasons, answers them', async () => {
  await wholeWay(await browser.newGraduate());
});

test('the whole way works without JavaScript', async () => {
  await wholeWay(await browser.newGraduate({ javaScriptEnabled: false }));
});

test('nothing ticked: the form says so and keeps what was typed', async () => {
  const page = await browser.newGraduate();
  await page.goto('/needs');
  await page.getByLabel('我想找工作').uncheck();
  await page.getByLabel('掌握的技能').fill('茶艺');
  await page.getByLabel('同意人社和教育部门').check();
  const answer = await press(page, '提交需求');
  assert.equal(answer.status(), 422);
  assert.match(await page.getByRole('alert').innerText(), /请至少勾选一项需求/);
  assert.equal(await page.getByLabel('掌握的技能').inputValue(), '茶艺');
});

test('a session that ends in the middle of the form loses nothing, and the form can be sent again', async () => {
  const page = await browser.newGraduate();
  const keys = await page.context().cookies();
  await page.goto('/needs');
  await page.getByLabel('掌握的技能').fill('速录、Excel');
  await page.getByLabel('想做的工作').fill('书记员');
  await page.getByLabel('同意人社和教育部门').check();
  await page.context().clearCookies();
  const answer = await press(page, '提交需求');
  assert.ok([401, 403].includes(answer.status()), `answered ${answer.status()}`);
  assert.match(await text(page), /没有保存/);
  assert.equal(await page.getByLabel('掌握的技能').inputValue(), '速录、Excel');
  assert.equal(await page.getByLabel('想做的工作').inputValue(), '书记员');

  await page.context().addCookies(keys); // signed in again, in another window
  const again = await press(page, '再次提交');
  if (again.status() === 403) await press(page, '再次提交'); // now with the token of this session
  assert.match(await text(page), /需求已登记/);
  const rows = browser.site.sql(`SELECT detail FROM needs WHERE person = ${page.person} AND kind = 'job'`);
  assert.equal(rows.length, 1);
  assert.match(rows[0][0], /速录/);
});
