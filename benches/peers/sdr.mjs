// Two state folders field by field with Salesforce's own library, as the sf command line reads files: node sdr.mjs THEN NOW.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { changes } from './fields.mjs';

const { ComponentSet } = createRequire(join(process.cwd(), 'x.js'))('@salesforce/source-deploy-retrieve');
const [then, now] = process.argv.slice(2).map((folder) => {
  const found = ComponentSet.fromSource(folder).getSourceComponents().toArray();
  return new Map(found.map((component) => [`${component.type.name}:${component.fullName}`, component]));
});
const read = async (component) => (component ? Object.values(await component.parseXml())[0] : {});
let count = 0;
for (const name of new Set([...then.keys(), ...now.keys()])) count += changes(await read(then.get(name)), await read(now.get(name)));
console.log(`${count} changes`);
