// The rules of craft that a machine can check, with no list of exceptions.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter(Boolean);
const read = (name) => readFileSync(join(root, name), 'utf8');
const source = files.filter((f) => /^(core|plugins|tests)\/.*\.[ch]$/.test(f));
// Code without comments, strings and character constants, line by line as in the file.
const bare = (text) => text
  .replace(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, (m) => m.replace(/[^\n]/g, ' '))
  .replace(/\/\/.*/g, '');

test('files stay below 600 lines', () => {
  const long = files.filter((f) => /\.(c|h|mjs|js|css|sh)$|^conf\/(up|down)$|^tests\/run$/.test(f))
    .map((f) => [f, read(f).split('\n').length]).filter(([, n]) => n > 600);
  assert.deepEqual(long, []);
});

test('functions stay below 60 lines', () => {
  const long = [];
  for (const f of source) {
    const lines = read(f).split('\n');
    let start = -1;
    lines.forEach((line, i) => {
      if (line.startsWith('{')) start = i;
      if (line.startsWith('}') && start >= 0) {
        if (i - start > 60) long.push(`${f}:${start + 1} ${i - start}`);
        start = -1;
      }
    });
  }
  assert.deepEqual(long, []);
});

test('banned functions are not called', () => {
  const banned = /\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|strncpy|gets|alloca|system|popen)\s*\(/;
  const inPlugins = /\b(malloc|calloc|realloc|free|strdup)\s*\(/;
  const found = [];
  for (const f of source.filter((name) => !name.startsWith('tests/'))) {
    bare(read(f)).split('\n').forEach((line, i) => {
      if (banned.test(line) || (f.startsWith('plugins/') && inPlugins.test(line))) found.push(`${f}:${i + 1} ${line.trim()}`);
    });
  }
  assert.deepEqual(found, []);
});

test('no statement is made from values by printf', () => {
  const found = [];
  for (const f of source.filter((name) => name.startsWith('plugins/') && !name.includes('/tests/'))) {
    read(f).split('\n').forEach((line, i) => {
      if (/(printf|jy_printf)\s*\(.*"(SELECT|INSERT|UPDATE|DELETE|REPLACE)\b/.test(line)) found.push(`${f}:${i + 1}`);
    });
  }
  assert.deepEqual(found, []);
});

test('every file of the core stands in its README, with one line', () => {
  const text = read('core/README.md');
  const missing = files.filter((f) => /^core\/.*\.c$/.test(f)).filter((f) => !text.includes(`\`${f.slice('core/'.length)}\``));
  assert.deepEqual(missing, []);
});

test('every plugin has a README, and nothing else is at the top', () => {
  const plugins = new Set(files.filter((f) => /^plugins\/[^/]+\//.test(f)).map((f) => f.split('/')[1]));
  assert.deepEqual([...plugins].filter((p) => !files.includes(`plugins/${p}/README.md`)), []);
  const top = new Set(files.map((f) => f.split('/')[0]).filter((f) => !f.startsWith('.')));
  const known = ['CMakeLists.txt', 'LICENSE', 'README.md', 'conf', 'core', 'nginx', 'plugins', 'sql', 'tests'];
  assert.deepEqual([...top].filter((f) => !known.includes(f)), []);
});

test('nothing is left over', () => {
  const found = [];
  for (const f of files.filter((name) => /^(core|plugins|conf|nginx|sql|tests)\//.test(name) && /\.(c|h|mjs|js|css|mustache|sql|in|conf|sh|md)$/.test(name))) {
    if (f === 'tests/style/style.test.mjs') continue;
    read(f).split('\n').forEach((line, i) => {
      if (/\b(TODO|FIXME|XXX|HACK)\b/.test(line)) found.push(`${f}:${i + 1}`);
    });
  }
  assert.deepEqual(found, []);
});
