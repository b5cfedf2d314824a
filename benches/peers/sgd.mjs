// What sfdx-git-delta says of two commits of a repository in source format: node sgd.mjs REPOSITORY OUTPUT. Prints the components
// that it would deploy or delete (it names components, not fields, and writes the files of the delta).
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const library = createRequire(join(process.cwd(), 'x.js')).resolve('sfdx-git-delta');
const { default: delta } = await import(pathToFileURL(library));
const [repo, output] = process.argv.slice(2).map((path) => resolve(path));
process.chdir(repo);
const work = await delta({ to: 'HEAD', from: 'HEAD~1', output, source: ['.'], repo: '.', ignoreWhitespace: false, generateDelta: true, apiVersion: 65 });
const count = (list) => [...list.values()].reduce((sum, members) => sum + (members.size ?? members.length), 0);
console.log(`${count(work.diffs.package)} components changed, ${count(work.diffs.destructiveChanges)} deleted`);
