// Two state folders field by field with fast-xml-parser: node fast_xml_parser.mjs THEN NOW. Prints the number of changes.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { changes } from './fields.mjs';

const { XMLParser } = createRequire(join(process.cwd(), 'x.js'))('fast-xml-parser');
const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false });
const [then, now] = process.argv.slice(2);
const files = (folder) => readdirSync(folder, { recursive: true }).filter((file) => statSync(join(folder, file)).isFile());
const read = (path) => (existsSync(path) ? Object.values(parser.parse(readFileSync(path, 'utf8')))[0] : {});
let count = 0;
for (const file of new Set([...files(then), ...files(now)])) count += changes(read(join(then, file)), read(join(now, file)));
console.log(`${count} changes`);
