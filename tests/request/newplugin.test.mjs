// newplugin.test.mjs - the tutorial's promise: copy plugins/hello, replace one word, build, switch on.
// No file outside the folder changes.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root, Site } from '../lib/site.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'jiye-tree-'));
const [before, tree] = [join(temporary, 'before'), join(temporary, 'tree')];
let site;
after(() => {
  site?.stop();
  rmSync(temporary, { recursive: true, force: true });
});

const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 26 });

// Files first, so that a folder is renamed after what is in it.
function every(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? [...every(path), path] : [path];
  });
}

test('a copied and renamed hello is built, switched on and served', { timeout: 240_000 }, async () => {
  for (const file of run('git', '-C', root, 'ls-files', '-z').split('\0').filter(Boolean))
    if (existsSync(join(root, file))) cpSync(join(root, file), join(before, file));
  cpSync(before, tree, { recursive: true });

  const folder = join(tree, 'plugins/greet');
  cpSync(join(tree, 'plugins/hello'), folder, { recursive: true });
  for (const path of every(folder)) {
    if (statSync(path).isFile()) writeFileSync(path, readFileSync(path, 'utf8').replaceAll('hello', 'greet'));
    const name = path.split('/').pop();
    if (name.includes('hello')) renameSync(path, join(path, '..', name.replaceAll('hello', 'greet')));
  }

  const build = join(temporary, 'build');
  run('cmake', '-S', tree, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release');
  const targets = run('ninja', '-C', build, '-t', 'targets', 'all').match(/^plugin_greet\w*(?=:)/gm);
  run('ninja', '-C', build, 'plugin_greet', ...targets);

  site = await Site.start({ port: 18094, args: ['--empty'] });
  const installed = await site.tool('plugin', 'install', join(build, 'plugins/greet'));
  assert.equal(installed.code, 0, installed.err);
  assert.notEqual((await site.visitor().page('/greet')).status, 200, 'not before it is switched on');
  const enabled = await site.tool('plugin', 'enable', 'greet', '--wait');
  assert.equal(enabled.code, 0, enabled.err);
  const page = await site.visitor().page(`/greet/${encodeURIComponent('小明')}`);
  assert.equal(page.status, 200);
  assert.match(page.text, /你好[^]*小明/);
  assert.equal((await site.visitor().get('/api/greet/x')).json.name, 'x');
  assert.equal((await site.visitor().page('/hello')).status, 200, 'beside the one that it was copied from');
  assert.equal((await site.tool('settings', 'set', 'greet.greeting', '欢迎')).code, 0, 'its setting is its own');

  const differences = spawnSync('diff', ['-r', before, tree], { encoding: 'utf8' }).stdout.trim().split('\n');
  assert.deepEqual(differences, [`Only in ${join(tree, 'plugins')}: greet`]);
});
