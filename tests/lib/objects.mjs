// objects.mjs - for each address with a parameter: an object that a caller may see, and one that
// belongs to somebody else. Ids come from the database, so every test has real ones.
import { randomBytes } from 'node:crypto';

const nobody = 999_999_999;
const token = () => randomBytes(32).toString('base64url'); // 43 characters, known to nobody
const days = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);

export const vacancy = (over = {}) => ({
  title: '测试文员', headcount: 2, category: 'general', type: 'full', region: '220102', pay_min: '4000', pay_max: '5000',
  pay_months: 12, education: '1', description: '整理资料，接听电话，双休。', expires: days(60), declared: true, ...over,
});
export const need = (over = {}) => ({ need_guidance: true, guidance_topics: ['interview'], consent: true, ...over });

// The rows of a table that are the caller's, as SQL. columns: which column holds which scope.
function mine(user, { unit, university, employer, person }) {
  const conditions = {
    province: '1 = 1',
    city: unit && `${unit} = '${user.unit}'`,
    university: university && `${university} = '${user.university}'`,
    employer: employer && `${employer} = ${user.organisation}`,
    graduate: person && `${person} = ${user.person}`,
  };
  return conditions[user.role] || '1 = 0';
}

export class Objects {
  constructor(site) {
    this.site = site;
  }

  id(query) {
    return Number(this.site.sql(`${query} LIMIT 1`)[0]?.[0] ?? nobody);
  }

  // own: may be seen by this caller, if any such row exists; else somebody else's.
  row(user, own, table, columns, extra = '1 = 1') {
    return this.id(`SELECT id FROM ${table} WHERE ${own ? '' : 'NOT '}(${mine(user, columns)}) AND ${extra} ORDER BY id DESC`);
  }

  person(user, own) {
    return this.row(user, own, 'people', { unit: 'unit', university: 'university', person: 'id' });
  }
  need(user, own, extra) {
    return this.row(user, own, 'needs', { unit: 'unit', university: 'university', person: 'person' }, extra);
  }
  order(user, own, extra) {
    return this.row(user, own, 'orders', { unit: 'unit', university: 'university', person: 'person' }, extra);
  }
  vacancy(user, own, extra) {
    return this.row(user, own, 'jobs_vacancies', { unit: "COALESCE(unit, '')", employer: 'employer_id' }, extra);
  }
  report(user, own, extra) {
    return this.row(user, own, '(SELECT r.id, r.state, v.unit FROM jobs_reports r JOIN jobs_vacancies v ON v.id = r.vacancy) r',
      { unit: "COALESCE(unit, '')" }, extra);
  }
  outcome(user, own) {
    return this.row(user, own, '(SELECT v.id, v.employer_id FROM jobs_outcomes x JOIN jobs_vacancies v ON v.id = x.vacancy) x',
      { employer: 'employer_id' });
  }
  push(user, own) {
    return this.row(user, own, 'jobs_pushes', { person: 'person' });
  }
  message(user, own) {
    return this.id(`SELECT id FROM messages WHERE account ${own ? '=' : '<>'} ${user.account}`);
  }
  run(user, own, name) {
    return this.id(`SELECT id FROM transfer_runs WHERE name = '${name}' AND account ${own ? '=' : '<>'} ${user.account}`);
  }
}

// Every address with a parameter has its line here; without one the matrix fails. Each gives the
// path for a caller and own = true or false (somebody else's object); body makes the form complete.
export const addresses = {
  '/account/reset/:token': { path: () => `/account/reset/${token()}`, open: true },
  '/messages/off/:token': { path: () => `/messages/off/${token()}`, open: true },
  '/hello/:name': { path: () => '/hello/小明', open: true },
  '/exchange/feeds/:file': { path: () => '/exchange/feeds/jobs.xml', open: true },
  '/jobs/:id': {
    path: (o, user, own) => `/jobs/${own ? o.id("SELECT id FROM jobs_vacancies WHERE state = 'published' AND expires > NOW()")
      : o.vacancy(user, false, "state <> 'published'")}`,
  },
  '/jobs/:id/edit': { path: (o, user, own) => `/jobs/${o.vacancy(user, own)}/edit`, body: vacancy({ ver: 1 }) },
  '/jobs/:id/checked': { path: (o, user, own) => `/jobs/${o.vacancy(user, own)}/checked`, body: { ver: 999_999 } },
  '/jobs/:id/report': {
    path: (o, user, own) => `/jobs/${own ? o.id("SELECT id FROM jobs_vacancies WHERE state = 'published'")
      : o.vacancy(user, false, "state <> 'published'")}/report`,
    body: { reason: 'other', note: '测试说明' },
  },
  '/jobs/:id/outcome': { path: (o, user, own) => `/jobs/${o.outcome(user, own)}/outcome`, body: { hired: 1, via_us: 1 } },
  '/jobs/reports/:id': { path: (o, user, own) => `/jobs/reports/${o.report(user, own)}` },
  '/jobs/pushed/:id/feedback': {
    path: (o, user, own) => `/jobs/pushed/${o.push(user, own)}/feedback`, body: { feedback: 'interested' },
  },
  '/needs/for/:person': { path: (o, user, own) => `/needs/for/${o.person(user, own)}`, body: need() },
  '/needs/:id': { path: (o, user, own) => `/needs/${o.need(user, own)}` },
  '/work/orders/:id': { path: (o, user, own) => `/work/orders/${o.order(user, own)}` },
  '/work/orders/:id/owner': {
    path: (o, user, own) => `/work/orders/${o.order(user, own)}/owner`, body: { owner: 3, ver: 1 },
  },
  '/work/orders/:id/contact': { path: (o, user, own) => `/work/orders/${o.order(user, own)}/contact` },
  '/messages/:id/read': { path: (o, user, own) => `/messages/${o.message(user, own)}/read` },

  // The administrator's objects belong to no unit; others are refused by role. Where a move needs no
  // form, an object that does not exist keeps it from happening.
  '/admin/accounts/:account': { path: () => '/admin/accounts/1', open: true },
  ...Object.fromEntries(['roles', 'revoke', 'state', 'reset', 'second', 'sessions'].map((word) =>
    [`/admin/accounts/:account/${word}`, { path: () => `/admin/accounts/${nobody}/${word}`, open: true }])),
  '/admin/plugins/:name': { path: () => '/admin/plugins/hello', open: true },
  ...Object.fromEntries(['enable', 'disable', 'clear', 'rollback', 'schedule', 'units'].map((word) =>
    [`/admin/plugins/:name/${word}`, { path: () => `/admin/plugins/hello/${word}`, open: true }])),
  '/admin/plugins/:name/schedule/:id/cancel': { path: () => `/admin/plugins/hello/schedule/${nobody}/cancel`, open: true },
  '/admin/settings/:setting': { path: () => '/admin/settings/site.name', open: true },
  '/admin/campaigns/:id': { path: (o) => `/admin/campaigns/${o.id('SELECT id FROM campaigns')}`, open: true },
  '/admin/campaigns/:id/current': { path: () => `/admin/campaigns/${nobody}/current`, open: true },
  '/admin/tasks/:task': { path: () => '/admin/tasks/jobs.match', open: true },
  '/admin/tasks/:task/run': { path: () => '/admin/tasks/jobs.nothing/run', open: true },
  '/admin/outbox/:id/retry': { path: () => `/admin/outbox/${nobody}/retry`, open: true },
  '/admin/outbox/:id/drop': { path: () => `/admin/outbox/${nobody}/drop`, open: true },
};

// The routes that the core has once for all flows and imports: who may use them stands in the flow's
// or import's own table.
const staff = ['university', 'city', 'province'];
const flows = {
  'jobs/vacancy': { queue: ['employer', 'city', 'province'], move: 'approve', movers: ['city', 'province'], row: (o, u, own) => o.vacancy(u, own, "state = 'pending'") },
  'jobs/report': { queue: ['city', 'province'], move: 'review', movers: ['city', 'province'], row: (o, u, own) => o.report(u, own, "state = 'open'") },
  'needs/need': { queue: ['graduate', ...staff], move: 'withdraw', movers: ['graduate', ...staff], row: (o, u, own) => o.need(u, own, "state = 'open'") },
  'work/order': { queue: ['graduate', ...staff], move: 'answer', movers: staff, row: (o, u, own) => o.order(u, own, "state = 'open'") },
};
const imports = { 'needs/roster': staff, 'jobs/vacancies': ['city', 'province'] };

// One line per real address behind a shared route: { path, roles, own, foreign }.
export function shared(route) {
  const [, , kind, , ...rest] = route.path.split('/');
  const tail = rest.join('/');
  if (kind === 'flow')
    return Object.entries(flows).map(([name, flow]) => {
      const [plugin, noun] = name.split('/');
      const base = `/${plugin}/flow/${noun}`;
      if (tail === ':id/:move')
        return {
          name, roles: flow.movers,
          path: (o, user, own) => `${base}/${flow.row(o, user, own)}/${flow.move}`,
          body: { ver: 999_999, note: '测试说明' }, // a version that no record has: seen, but not moved
        };
      return { name, roles: tail === 'queue' ? flow.queue : null, path: () => `${base}/${tail}`, open: true };
    });
  return Object.entries(imports).map(([name, roles]) => {
    const [plugin, noun] = name.split('/');
    return {
      name, roles, open: !tail.includes(':id'),
      path: (o, user, own) => `/${plugin}/import/${noun}${tail ? `/${tail}` : ''}`
        .replace(':id', o.run(user, own, `${plugin}.${noun}`)),
    };
  });
}
